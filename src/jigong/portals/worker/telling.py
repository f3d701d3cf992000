"""Ways, points and reasons in sentences."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from jigong.delivery.hold_words import record_words
from jigong.delivery.quota import waits_until
from jigong.insight.held import Standing
from jigong.insight.shown import day_text, yuan
from jigong.insight.words import place_why, place_words
from jigong.kernel.text import Language, Text
from jigong.portals.kit.lawbook import Lawbook
from jigong.portals.worker.situation import Situation
from jigong.portals.worker.standing import Matter, Stage
from jigong.rules.nodes import least_of
from jigong.rules.paths import Step, Way


@dataclass(frozen=True, slots=True)
class ToldWay:
    """A way in words: what to do, by when it counts, and what it is worth."""

    steps: tuple[str, ...]
    on: date
    when: str
    worth: str

    @property
    def what(self) -> str:
        """The steps in one line."""
        return " + ".join(self.steps)


def told_way(way: Way, book: Lawbook, language: Language) -> ToldWay:
    """A way, in the reader's language."""
    day = day_text(way.on, language)
    if way.worth:
        worth = Text(f"可得 {yuan(way.worth)} 元", f"{yuan(way.worth)} yuan").in_(language)
    else:
        worth = Text("即可享受", "you are entitled").in_(language)
    return ToldWay(
        tuple(_told_step(step, book, language) for step in way.steps),
        way.on,
        Text(f"{day}起", f"from {day}").in_(language),
        worth,
    )


def _told_step(step: Step, book: Lawbook, language: Language) -> str:
    action = book.law.pack.actions[step.action].value.label.in_(language)
    if step.months is not None:
        more = Text(f"再 {step.months} 个月", f"{step.months} more months").in_(language)
        return f"{action} ({more})" if language == "en" else f"{action}（{more}）"
    if isinstance(step.target, bool):
        return action
    return f"{action} → {book.shown(step.fact, step.target, language)}"


def why_line(matter: Matter, book: Lawbook, language: Language) -> str:
    """One line under a clause's name: the reason it stands where it does."""
    explained = matter.explained
    if matter.stage is Stage.ENTERPRISE or explained is None:
        return Text("由用人单位申请", "your employer applies for it").in_(language)
    if matter.stage in (Stage.ASK, Stage.UNDECIDED):
        if explained.waiting:
            return record_words(explained.waiting[0].class_name, book.law.pack).in_(language)
        names = [book.label(name).in_(language) for name in explained.missing]
        lacks = Text("还缺：", "missing: ")
        if explained.verdict == "yes":
            lacks = Text("符合条件，金额还缺：", "it is due; to tell the amount is missing: ")
        return lacks.in_(language) + (", " if language == "en" else "、").join(names)
    if matter.stage is Stage.WAY and matter.way is not None:
        way = told_way(matter.way, book, language)
        return f"{way.what} → {way.when}{' ' if language == 'en' else ''}{way.worth}"
    if matter.stage is Stage.YES:
        return standing_line(matter, book).in_(language)
    if matter.stage is Stage.NO:
        return _first_no(matter, book).in_(language)
    return explained.branch_label.in_(language) if explained.branch_label else ""


def _first_no(matter: Matter, book: Lawbook) -> Text:
    explained = matter.explained
    if explained is None or explained.subject is None:
        label = book.label(matter.clause.per)
        return Text(f"您名下没有{label.zh}记录", f"nothing on record: {label.en.lower()}")
    part = next((part for part in explained.conditions if part.holds is False), None)
    return Text(f"未满足：{part.label.zh}", f"not met: {part.label.en}") if part else Text("", "")


def standing_line(matter: Matter, book: Lawbook) -> Text:
    """Why something that holds waits for nothing: another clause gives more, a quota, a draw."""
    standing = matter.explained.standing if matter.explained else None
    if standing is not None and standing.excluded_by is not None:
        kept = book.law.pack.clauses[standing.excluded_by].clause.value.label
        return Text(f"就高不重复：由“{kept.zh}”代替", f"the higher one counts: {kept.en} instead")
    if standing is not None and (place := place_words(standing)) is not None:
        return _in_queue(standing, place, matter, book)
    if matter.clause.delivery.mode == "lottery":
        return Text("有资格参加摇号", "you may enter the draw")
    if matter.clause.delivery.payee == "enterprise":
        return Text("发给您的单位", "paid to your employer")
    return Text("符合，目前没有应付金额", "it holds; nothing is due at present")


def _in_queue(standing: Standing, place: Text, matter: Matter, book: Lawbook) -> Text:
    """The place in a queue, whether that is within the quota, and why it may still move."""
    quota = matter.clause.delivery.quota
    places = _number(book.law.values[quota]) if quota else 0
    worst, until = standing.rank_worst, waits_until(book.law, matter.clause)
    if standing.rank is not None and worst is not None and worst <= places:
        within = Text("名额之内", "within the quota")
    elif (standing.rank_best or standing.rank or 1) > places:
        within = Text("名额暂时不够", "the quota is used up")
    elif book.law.day <= until:
        day = (day_text(until, "zh"), day_text(until, "en"))
        within = Text(
            f"能否进名额，最晚{day[0]}见分晓",
            f"whether there is a place is settled by {day[1]} at the latest",
        )
    else:
        within = (
            Text("名额之内", "within the quota")
            if standing.in_quota
            else Text("名额暂时不够", "the quota is used up")
        )
    parts = [part for part in (place, within, place_why(standing)) if part is not None]
    return Text("；".join(part.zh for part in parts), "; ".join(part.en for part in parts))


@dataclass(frozen=True, slots=True)
class DimensionPoints:
    """One dimension of points: what is earned of how much at most, item by item."""

    id: str
    label: Text
    earned: int
    most: int
    items: tuple[tuple[Text, int | None, bool], ...]
    """Of each: its name, the points it has at least (None: nothing is known), and whether that is all."""


@dataclass(frozen=True, slots=True)
class Points:
    """Total, dimensions, tier, and how far the next tier is (None: this is the highest)."""

    total: int
    dimensions: tuple[DimensionPoints, ...]
    tier: Text | None
    next_tier: Text | None
    missing: int
    sure: bool = True
    """Whether that is all; otherwise data are missing, and there are at least so many."""


def points_of(situation: Situation) -> Points:
    """The worker's points, as the law of the day counts them."""
    law, held = situation.law, situation.held.points
    dimensions = tuple(
        DimensionPoints(
            id_,
            placed.value.label,
            _earned(held, f"points_{id_}")[0] or 0,
            _number(law.values[placed.value.cap]),
            tuple((item.label, *_earned(held, f"{id_}.{item.id}")) for item in placed.value.items),
        )
        for id_, placed in law.pack.dimensions.items()
    )
    least, sure = _earned(held, "points_total")
    total = least or 0
    tiers = [(placed.value, _number(law.values[placed.value.from_])) for placed in law.pack.tiers]
    reached = [tier.label for tier, from_ in tiers if total >= from_]
    ahead = next(((tier.label, from_ - total) for tier, from_ in tiers if from_ > total), None)
    return Points(
        total,
        dimensions,
        reached[-1] if reached else None,
        ahead[0] if ahead else None,
        ahead[1] if ahead else 0,
        sure,
    )


def _earned(points: Mapping[str, int | None], name: str) -> tuple[int | None, bool]:
    exact = points.get(name)
    return (exact, True) if exact is not None else (points.get(least_of(name)), False)


def _number(value: object) -> int:
    return int(value) if isinstance(value, int) else 0
