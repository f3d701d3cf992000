"""Words for what is not known exactly: bounds, the month to which data count, and what waits to be put right."""

from collections.abc import Mapping, Sequence
from datetime import date

from jigong.decisions.exclusion import Outbid
from jigong.insight.explain import FactValue
from jigong.insight.held import Standing
from jigong.kernel.dates import add_months
from jigong.kernel.text import Text
from jigong.lake.claims import month_end
from jigong.lake.coverage import ClassCoverage
from jigong.lake.facts import Ghost
from jigong.lake.withdrawals import Withdrawn
from jigong.packs.pack import Pack


def bounds_words(fact: FactValue) -> Text | None:
    """“At least 7”, “7 to 9”, “at most 9”: what is known of a number that is not known exactly; None if nothing is."""
    least, most = fact.least, fact.most
    if fact.value is not None or (least is None and most is None):
        return None
    if least is None:
        return Text(f"至多 {most}", f"at most {most}")
    if most is None:
        # No number says that it is at least nothing.
        return Text(f"至少 {least}", f"at least {least}") if least else None
    return Text(f"{least} 到 {most}", f"{least} to {most}")


def outbid_words(other: Outbid, pack: Pack) -> Text:
    """That a clause of the same exclusion group is not decided and could still give more."""
    label = pack.clauses[other.clause].clause.value.label
    zh = f"“{label.zh}”还没有判定，可能更高"
    en = f"{label.en} is not decided yet and could give more"
    if other.most is None:
        return Text(zh, en)
    return Text(f"{zh}，至多 {other.most:,} 元", f"{en}, up to {other.most:,} yuan")


def reckoned_words(month: date | None, day: date) -> Text | None:
    """“Counted to November; December is not in yet”; None where the month before ``day`` is in, or none is."""
    if month is None:
        return None
    following = add_months(month, 1)
    if following is None or month_end(following) >= day:
        return None
    said = f"{month.year} 年 {month.month} 月", f"{month:%B %Y}"
    return Text(
        f"计至 {said[0]}；{following.month} 月的数据还没有报齐",
        f"counted to {said[1]}; {following:%B} is not in yet",
    )


def where_words(ghost: Ghost, pack: Pack) -> Text:
    """Where a row stands that waits: its class, file and line, and what is wrong with it."""
    label = pack.contracts[ghost.class_name].label
    why = Text(
        "；".join(dict.fromkeys(message.zh for message in ghost.messages)),
        "; ".join(dict.fromkeys(message.en for message in ghost.messages)),
    )
    if ghost.line < 0:
        # A record that the file lacks stands in no line of it.
        return Text(f"{label.zh} {ghost.file}：{why.zh}", f"{label.en} {ghost.file}: {why.en}")
    return Text(
        f"{label.zh} {ghost.file} 第 {ghost.line} 行：{why.zh}",
        f"{label.en} {ghost.file}:{ghost.line}: {why.en}",
    )


def withdrawn_words(one: Withdrawn, pack: Pack) -> Text:
    """That a record counts no more: its class, whose it is, since when, and why."""
    contract = pack.contracts[one.class_name]
    label, whose, why, day = contract.label, contract.department, one.why, one.known_on
    return Text(
        f"{label.zh}（{whose.zh}）有一条记录于{day.year}年{day.month}月{day.day}日撤回：{why.zh}",
        f"{label.en} ({whose.en}): a record was withdrawn on {day.day} {day:%b %Y}: {why.en}",
    )


def nobody_words(nobody: Mapping[str, int], pack: Pack) -> Text | None:
    """That rows wait of which nobody can tell whose they are; None where none do."""
    if not nobody:
        return None
    zh = "、".join(f"{pack.contracts[name].label.zh} {count} 行" for name, count in nobody.items())
    en = ", ".join(f"{pack.contracts[name].label.en} {count}" for name, count in nobody.items())
    return Text(
        f"另有等待改正、看不出是谁的数据：{zh}", f"rows wait of which nobody can tell whose they are: {en}"
    )


def offices_of(ghosts: Sequence[Ghost], pack: Pack) -> tuple[Text, ...]:
    """The departments at which rows wait, each once."""
    return tuple(dict.fromkeys(pack.contracts[ghost.class_name].department for ghost in ghosts))


def coverage_words(one: ClassCoverage) -> Text:
    """What is covered of a class, and what is missing from that: “2021-01 to 2022-11, without 2022-06”."""
    if one.missing_scopes:
        return Text(f"还缺 {'、'.join(one.missing_scopes)}", f"lacks {', '.join(one.missing_scopes)}")
    if one.last is None:
        return Text("还没有报全", "not complete yet")
    if not one.monthly:
        lost = (
            Text("；其后的变化缺失，须报整册", "; changes after it are missing: the whole is wanted")
            if one.broken
            else Text("", "")
        )
        return Text(f"{one.until}{lost.zh}", f"{one.until}{lost.en}")
    span = f"{one.months[0]:%Y-%m}", f"{one.months[-1]:%Y-%m}"
    holes = [f"{month:%Y-%m}" for month in one.holes]
    shown = holes[:3] + (["…"] if len(holes) > 3 else [])
    zh = f"，缺 {'、'.join(shown)}" if holes else ""
    en = f", without {', '.join(shown)}" if holes else ""
    return Text(f"{span[0]} 至 {span[1]}{zh}", f"{span[0]} to {span[1]}{en}")


def place_words(standing: Standing) -> Text | None:
    """A place in a queue: one, or those between which it can still lie; None for whoever stands in none."""
    best, worst, rank = standing.rank_best, standing.rank_worst, standing.rank
    if best is None or (best, worst) == (rank, rank):
        return None if rank is None else Text(f"排第 {rank} 位", f"place {rank}")
    if worst is None:
        found = Text(f"排第 {best} 位或更后", f"place {best} or further back")
    elif best == worst:
        found = Text(f"排第 {best} 位", f"place {best}")
    else:
        found = Text(f"排第 {best} 至 {worst} 位", f"place {best} to {worst}")
    # Somebody undecided stands nowhere yet; this is where they would.
    return found if rank is not None else Text(f"若符合，{found.zh}", f"if entitled, {found.en}")


def place_why(standing: Standing) -> Text | None:
    """Why a place is not certain: data of their own are missing, or those of others; None where it is certain."""
    if standing.rank_best is None or standing.rank_best == standing.rank_worst:
        return None
    if standing.open:
        return Text(
            "您有数据还没到，这是按已确定的排；数据到了只会往前",
            "data of yours are missing, so this goes by what is certain; they can only bring you forward",
        )
    return Text("有人的数据还没到齐，名次还会变", "data of other people are missing, so it may still move")
