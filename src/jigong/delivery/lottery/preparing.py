"""Drawing up a roster: who takes part, for how many places, by which public event."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db import connection, transaction

from jigong.accounts.cipher import lookup, seal_text
from jigong.accounts.enums import Permission
from jigong.accounts.models import Account
from jigong.audit.days import day_of
from jigong.delivery.actions import StaleError
from jigong.delivery.lottery import events, roster, sampler
from jigong.delivery.lottery.enums import DocumentKind, EventKind, Stage
from jigong.delivery.lottery.models import Document, Draw, Entrant
from jigong.delivery.lottery.queries import View, standing_winners, view, views, waiting_subjects, winners
from jigong.delivery.lottery.roster import Eligible, Source
from jigong.delivery.models import SUBJECT, Entitlement
from jigong.delivery.offers import subject_hash
from jigong.delivery.own import others, own_matter, ties_of
from jigong.delivery.states import State
from jigong.dossiers.law import law_of_run
from jigong.kernel.problems import error
from jigong.packs.model import Clause

_LONGEST = 200
WAIT = "conditional"
"""The step of the pack's deadlines that says how long a place waits for somebody who is undecided."""


@dataclass(frozen=True, slots=True)
class Announcement:
    """The public event that will give the seed: what, how it is written (an example), and when."""

    source: str
    form: str
    known_at: datetime


@dataclass(frozen=True, slots=True)
class Room:
    """A clause's places: how many there are, and how many somebody has already."""

    quota: int
    taken: int

    @property
    def left(self) -> int:
        """How many can be drawn for."""
        return max(self.quota - self.taken, 0)


def room(source: Source, clause: Clause, replaces: View | None = None) -> Room:
    """The places of a clause in the current period; those of the draw that is drawn again are free.

    Where winning becomes a record the places are those of a calendar year.
    """
    quota = int(str(source.law.values[clause.delivery.quota])) if clause.delivery.quota else 0
    freed = _winners_of(replaces)
    if clause.delivery.won is not None:
        held = set(standing_winners(clause.id, source.law.day.year)) - freed
        return Room(quota, len(held))
    return Room(quota, len(_held(clause.id, clause.period_on(source.law.day), freed, live=True)))


def usual_wait(source: Source, known_at: datetime) -> date:
    """The day until which a place waits for somebody undecided, where the officer names no other: counted from the seed."""
    return day_of(known_at) + timedelta(days=source.law.pack.days_for(WAIT))


def _winners_of(found: View | None) -> set[str]:
    if found is None or found.stage != Stage.PUBLISHED:
        return set()
    return {one.entrant.subject_hash for one in winners(found)}


_GONE = (State.WITHDRAWN, State.DECLINED, State.LAPSED)


def _held(clause: str, period: str, freed: Collection[str], *, live: bool) -> set[str]:
    """Subjects that have (``live``), or ever decided on, an entitlement of the clause and period, or for whom a place waits."""
    rows = Entitlement.objects.filter(clause=clause, period=period, supplement=0).exclude(state=State.LAPSED)
    if live:
        rows = rows.exclude(state__in=_GONE)
    return (waiting_subjects(clause, period) - set(freed)) | {
        hash_
        for hash_, state in rows.values_list("subject_hash", "state")
        if not (state == State.PROPOSED and hash_ in freed)
    }


def _barred(clause: Clause, period: str, freed: set[str]) -> set[str]:
    """Subjects who may not enter: they have a place already, or decided on one."""
    if clause.delivery.won is not None:
        return set(standing_winners(clause.id)) - freed
    return _held(clause.id, period, freed, live=False)


def who_enters(source: Source, clause: Clause, replaces: View | None = None) -> list[Eligible]:
    """Everybody with a yes, or not decided yet for want of data, who has no place and never decided on one."""
    freed = _winners_of(replaces)
    barred = _barred(clause, clause.period_on(source.law.day), freed)
    there = roster.eligible(source, clause, freed)
    return [one for one in there if not barred or subject_hash(one.subject) not in barred]


@transaction.atomic
def prepare(
    *,
    source: Source,
    clause: str,
    places: int,
    announced: Announcement,
    by: Account,
    at: datetime,
    waits_until: date | None = None,
    replaces: int | None = None,
    reason: str = "",
) -> Draw:
    """Draw up the roster of everybody who may enter and has no place yet. It is a draft until it is sealed.

    ``waits_until`` is the last day on which a place waits for a winner who is undecided; :func:`usual_wait` if not given.

    Raises:
        StaleError: another draw of the clause is under way, or the one to be drawn again was meanwhile.
        JigongError: no such lottery, no place or nobody to draw, the seed's event is not to come, places would
            not wait beyond it, or the draw is a matter of one's own.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('delivery.lottery'), hashtext(%s))", [clause])
    entry = _lottery(source, clause)
    _check_announcement(announced, at)
    waits_until = waits_until or usual_wait(source, announced.known_at)
    earlier = None if replaces is None else _replaceable(replaces, clause, reason)
    if (draft := _under_way(clause, replaces)) is not None:
        if draft.prepared_by_id == by.pk and _same(draft, places, announced, waits_until, reason):
            return draft
        raise StaleError(
            *error(
                f"这一条款的第 {draft.pk} 号摇号还没有完成",
                f"draw {draft.pk} of this clause is not finished yet",
                remedy=("先完成或作废它，再准备新的", "finish or discard it first"),
            ).problems
        )
    _check_places(places, room(source, entry, earlier))
    entrants = who_enters(source, entry, earlier)
    if not entrants:
        raise error("目前没有符合条件、可以参加摇号的人", "there is nobody to draw among at the moment")
    _check_wait(waits_until, announced)
    draw = _make(source, entry, places, announced, waits_until, entrants, by, at, earlier, reason)
    refuse_entrant(draw.pk, by)
    detail = {"entrants": draw.entrants, "conditional": draw.conditional, "places": places}
    events.add(draw, EventKind.PREPARE, by=by, at=at, detail=detail)
    return draw


def _lottery(source: Source, clause: str) -> Clause:
    found = {entry.id: entry for entry in source.law.clauses}.get(clause)
    if found is None or found.delivery.mode != "lottery":
        raise error(f"{clause} 不是目前有效的摇号条款", f"{clause} is no lottery clause in force")
    return found


def _check_announcement(announced: Announcement, at: datetime) -> None:
    for text in (announced.source, announced.form):
        if not text.strip() or len(text) > _LONGEST or not text.isprintable():
            raise error(
                "请写明公开事件和种子写法(各不超过 200 字)",
                "name the public event and how its seed is written (each at most 200 characters)",
                remedy=(
                    "例：某日收盘指数，写作 3089.26",
                    "such as the closing index of a day, written 3089.26",
                ),
            )
    if sampler.SEED.fullmatch(announced.form.strip()) is None:
        raise error("种子写法的例子含有不允许的字符", "the example of the seed holds characters that are not allowed", remedy=("只用字母、数字和 . , : + / -", "use letters, digits and . , : + / - only"))  # fmt: skip
    if announced.known_at <= at:
        raise error(
            "公布种子的事件必须在将来", "the event that gives the seed must be still to come",
            remedy=("另选一个将来的公开事件", "name a public event to come"),
        )  # fmt: skip


def _check_wait(waits_until: date, announced: Announcement) -> None:
    known_on = day_of(announced.known_at)
    if waits_until <= known_on:
        raise error(
            "名额保留到的日期必须晚于公布种子的日期", "places must wait until a day after the seed is known",
            remedy=(f"选 {known_on} 之后的日期，给补数据留出时间", f"choose a day after {known_on}, so that there is time for data to come"),
        )  # fmt: skip


def _check_places(places: int, there: Room) -> None:
    if not 1 <= places <= there.left:
        raise error(
            f"名额须在 1 到 {there.left} 之间(共 {there.quota} 个，已有 {there.taken} 人占用)",
            f"there must be 1 to {there.left} places (of {there.quota}, {there.taken} are taken)",
        )


def _replaceable(replaces: int, clause: str, reason: str) -> View:
    earlier = view(Draw.objects.select_for_update(of=("self",)).get(pk=replaces, clause=clause))
    if not earlier.sealed or earlier.replaced_by is not None:
        raise StaleError(
            *error(
                "要重做的摇号还没有封存，或已经重做过",
                "that draw was never sealed, or has been drawn again already",
            ).problems
        )
    if not reason.strip():
        raise error(
            "重做必须写明理由", "drawing again needs a reason", remedy=("理由会公开", "it will be public")
        )
    return earlier


def _under_way(clause: str, replaces: int | None) -> Draw | None:
    """The draw of the clause that is neither finished, given up, nor the one to be drawn again."""
    open_ = views(list(Draw.objects.filter(clause=clause)))
    for found in open_:
        over = found.stage in (Stage.DISCARDED, Stage.PUBLISHED) or found.replaced_by is not None
        if not over and found.draw.pk != replaces:
            return found.draw
    return None


def _same(draft: Draw, places: int, announced: Announcement, waits_until: date, reason: str) -> bool:
    until = draft.waits_until or waits_until
    said = (draft.places, until, draft.seed_source, draft.seed_form, draft.seed_known_at, draft.reason)
    return said == (
        places,
        waits_until,
        announced.source.strip(),
        announced.form.strip(),
        announced.known_at,
        reason.strip(),
    )


def _make(
    source: Source,
    clause: Clause,
    places: int,
    announced: Announcement,
    waits_until: date,
    entrants: Sequence[Eligible],
    by: Account,
    at: datetime,
    earlier: View | None,
    reason: str,
) -> Draw:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(pg_get_serial_sequence('lottery_draw', 'id'))")
        (number,) = cursor.fetchone()
    codes = {roster.code_of(number, one.subject): one for one in entrants}
    conditional = sum(one.conditional for one in entrants)
    head: dict[str, object] = {
        "lottery": number,
        "roster-format": roster.FORMAT,
        "clause": f"{clause.id} {clause.zh}",
        "places": places,
        "entrants": len(entrants),
        "day": source.law.day,
        "law": source.loaded.pack_hash,
        "data": source.loaded.snapshot,
        "verdicts": source.run.hash_of(clause.id),
        "sampler": sampler.VERSION,
        "sampler-sha256": sampler.SOURCE_SHA256,
        "seed-source": announced.source.strip(),
        "seed-form": announced.form.strip(),
        "seed-known-at": f"{announced.known_at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
    }
    if conditional:
        head |= {"conditional": conditional, "conditional-until": waits_until}
    if earlier is not None:
        head |= {"replaces": earlier.draw.pk, "reason": " ".join(reason.split())}
    file = roster.written(head, codes)
    draw = Draw(
        pk=number, clause=clause.id, clause_zh=clause.zh, clause_en=clause.en, period=clause.period_on(source.law.day), office=clause.delivery.office or "",
        run=source.loaded, day=source.law.day, places=places, entrants=len(entrants), conditional=conditional, waits_until=waits_until if conditional else None,
        roster_sha256=sampler.sha256(file), sampler_version=sampler.VERSION, sampler_sha256=sampler.SOURCE_SHA256,
        seed_source=announced.source.strip(), seed_form=announced.form.strip(), seed_known_at=announced.known_at,
        replaces=None if earlier is None else earlier.draw, reason=reason.strip(), prepared_at=at, prepared_by=by,
    )  # fmt: skip
    draw.save(force_insert=True)
    Document.objects.create(draw=draw, kind=DocumentKind.ROSTER, body=file, sha256=draw.roster_sha256)
    Document.objects.create(
        draw=draw, kind=DocumentKind.SAMPLER, body=sampler.SOURCE, sha256=sampler.SOURCE_SHA256
    )
    _keep(draw, sorted(codes.items()), clause)
    return draw


def _keep(draw: Draw, entrants: Sequence[tuple[str, Eligible]], clause: Clause) -> None:
    """Write the lines of the roster, each with whose it is."""
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMP TABLE incoming_entrant (line integer, code text, subject_hash text, subject bytea,"
            " number_hash text, enterprise text, branch text, amount numeric(14,2), conditional boolean) ON COMMIT DROP"
        )
        columns = "line, code, subject_hash, subject, number_hash, enterprise, branch, amount, conditional"
        with cursor.copy(f"COPY incoming_entrant ({columns}) FROM STDIN") as copy:
            for line, (code, one) in enumerate(entrants, 1):
                number = lookup(one.worker, "person.number") if one.worker else None
                enterprise = one.subject if clause.per == "enterprise" else None
                copy.write_row(
                    (line, code, subject_hash(one.subject), seal_text(one.subject, SUBJECT), number, enterprise, one.branch, one.amount, one.conditional)
                )  # fmt: skip
        cursor.execute("ANALYZE incoming_entrant")
        given: dict[str, Any] = {"draw": draw.pk, "to_employer": clause.delivery.payee == "enterprise"}
        cursor.execute(_RESOLVE, given)
        cursor.execute("DROP TABLE incoming_entrant")


_RESOLVE = """
INSERT INTO lottery_entrant (draw_id, line, code, subject_hash, subject, person_id, organisation_id, branch, amount, conditional)
SELECT %(draw)s, i.line, i.code, i.subject_hash, i.subject, p.id,
  CASE WHEN %(to_employer)s THEN coalesce(o.id, p.employer_id) ELSE o.id END, i.branch, i.amount, i.conditional
FROM incoming_entrant i
LEFT JOIN accounts_person p ON p.number_hash = i.number_hash
LEFT JOIN accounts_organisation o ON o.kind = 'enterprise' AND o.code = i.enterprise
ORDER BY i.line
"""


def refuse_entrant(draw: int, by: Account) -> None:
    """Refuse whoever is drawn themself, or whose household or enterprise is.

    Raises:
        JigongError: they are on the roster.
    """
    ties = ties_of(by)
    entrant = Entrant.objects.filter(ties.people, draw=draw).select_related("person", "draw").first()
    why = entrant and ties.of(entrant.person, entrant.organisation_id)
    if entrant and why:
        raise own_matter(why, others(by, Permission.RUN_LOTTERY, entrant.draw.office))


def refuse_outdated(draw: Draw) -> None:
    """Refuse to seal a draft after somebody on it got a place by other ways.

    Raises:
        JigongError: somebody on the roster has a place, or decided on one, since it was drawn up.
    """
    freed = _winners_of(view(draw.replaces)) if draw.replaces else set()
    barred = _barred(law_of_run(draw.run).pack.clauses[draw.clause].clause.value, draw.period, freed)
    if barred and Entrant.objects.filter(draw=draw, subject_hash__in=barred).exists():
        raise error(
            "名单拟定之后，名单上有人已另行获得或放弃名额",
            "since it was drawn up somebody on the roster has got or given up a place by other ways",
            remedy=("作废草案，重新准备", "discard the draft and prepare it again"),
        )
