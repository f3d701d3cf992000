"""What a draft would change for people, as JSON for its page: sums, groups, months, and how long the money lasts."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from jigong.accounts.cipher import lookup
from jigong.accounts.models import Organisation, Person
from jigong.decisions.run import Run
from jigong.delivery.ledger.budgets import budget_in_pack
from jigong.delivery.ledger.queries import fund_year
from jigong.delivery.models import Entitlement
from jigong.delivery.states import State
from jigong.insight.difference import ClauseDifference, difference
from jigong.insight.groups import GroupChange, PeopleChange
from jigong.insight.spending import MonthSpending, Settled
from jigong.kernel.problems import JigongError
from jigong.packs.pack import Pack

EXAMPLES = 5


def settled(pack: Pack, known_on: date) -> Settled:
    """What is promised or paid already, by clause and period: it will not be paid again.

    Where the data tell what was paid before, amounts are net of it; what was paid before the data
    were known is left out here.
    """
    found: dict[tuple[str, str], list[tuple[str, Decimal]]] = defaultdict(list)
    rows = Entitlement.objects.filter(state__in=[State.APPROVED, State.PAID], amount__gt=0)
    for entitlement in rows.only("clause", "period", "subject", "amount", "state", "updated_at").iterator(
        2_000
    ):
        files = pack.clauses.get(entitlement.clause)
        told = files is not None and files.clause.value.delivery.paid is not None
        if told and entitlement.state == State.PAID and entitlement.updated_at.date() <= known_on:
            continue
        # A supplement (arrears) is of the period it supplements.
        found[entitlement.clause, entitlement.period].append(
            (entitlement.open_subject(), entitlement.amount or Decimal(0))
        )
    return found


def people_part(before: Run, after: Run, change: PeopleChange) -> dict[str, Any]:
    """Who gains, who loses: by clause with a few people, and by group."""
    return {
        "whole": _group(change.whole),
        "undecided": list(change.undecided),
        "clauses": [_clause(found) for found in difference(before, after, EXAMPLES) if found.changed],
        "groups": {
            breakdown: [_group(row) for row in rows if row.gain or row.lose]
            for breakdown, rows in change.groups.items()
        },
    }


def _clause(found: ClauseDifference) -> dict[str, Any]:
    return {
        "clause": found.clause,
        "gain": found.gain,
        "lose": found.lose,
        "new_yes": found.new_yes,
        "no_longer_yes": found.no_longer_yes,
        "before": str(found.before),
        "after": str(found.after),
        "examples": [_example(*example) for example in found.examples],
    }


def _example(key: str, before: Decimal, after: Decimal) -> dict[str, Any]:
    """A person or an enterprise by its id here: names stay where they are kept."""
    person = Person.objects.filter(number_hash=lookup(key, "person.number")).first()
    organisation = None if person else Organisation.objects.filter(kind="enterprise", code=key).first()
    return {
        "person": person.pk if person else None,
        "organisation": organisation.pk if organisation else None,
        "before": str(before),
        "after": str(after),
    }


def _group(row: GroupChange) -> dict[str, Any]:
    return {
        "group": row.group,
        "gain": row.gain,
        "lose": row.lose,
        "before": str(row.before),
        "after": str(row.after),
    }


def money_part(
    old: tuple[Pack, Sequence[MonthSpending]], new: tuple[Pack, Sequence[MonthSpending]]
) -> list[dict[str, Any]]:
    """For each fund: what is free, yuan by month under both laws, and the month in which it would run out."""
    packs = {"before": old[0], "after": new[0]}
    series = {"before": _by_month(old[1]), "after": _by_month(new[1])}
    months = sorted({spent.month for spent in (*old[1], *new[1])})
    if not months:
        return []
    parts = []
    for fund in new[0].funds:
        free = fund_year(fund, months[0].year).free
        part: dict[str, Any] = {"fund": fund, "free": str(free), "months": []}
        for month in months:
            sums = {side: str(series[side][fund].get(month, Decimal(0))) for side in series}
            part["months"].append({"month": f"{month:%Y-%m}", **sums})
        for side, pack in packs.items():
            part[f"out_{side}"] = runs_out(series[side][fund], months, free, pack, fund)
        parts.append(part)
    return parts


Both = Sequence[Sequence[MonthSpending]]
"""Without the draft, and with it."""


def put_right(
    funds: Sequence[dict[str, Any]], earlier: Both, later: Both, packs: tuple[Pack, Pack]
) -> list[dict[str, Any]]:
    """Yuan by month after newer data: less what some people had come to by the data before, and more what they come to now.

    What is free in a fund stays as it was.
    """
    less, more = [_by_month(spent) for spent in earlier], [_by_month(spent) for spent in later]
    parts = []
    for part in funds:
        fund, months, sums = part["fund"], [], []
        for line in part["months"]:
            month = date.fromisoformat(f"{line['month']}-01")
            moved = {"month": line["month"]}
            for place, side in enumerate(("before", "after")):
                change = _of_month(more[place][fund], month) - _of_month(less[place][fund], month)
                moved[side] = str(Decimal(line[side]) + change)
            months.append(moved)
            sums.append(month)
        found = {**part, "months": months}
        for side, pack in zip(("before", "after"), packs, strict=True):
            spent = {month: Decimal(line[side]) for month, line in zip(sums, months, strict=True)}
            found[f"out_{side}"] = runs_out(spent, sums, Decimal(part["free"]), pack, fund)
        parts.append(found)
    return parts


def _of_month(spent: Mapping[date, Decimal], month: date) -> Decimal:
    """The first month begins on the day of the run."""
    same = (yuan for day, yuan in spent.items() if (day.year, day.month) == (month.year, month.month))
    return sum(same, Decimal(0))


def _by_month(spent: Sequence[MonthSpending]) -> Mapping[str, dict[date, Decimal]]:
    sums: dict[str, dict[date, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for one in spent:
        sums[one.fund][one.month] += one.yuan
    return sums


def runs_out(
    spent: Mapping[date, Decimal], months: Sequence[date], free: Decimal, pack: Pack, fund: str
) -> str | None:
    """The first month whose spending the fund cannot bear, as ``2023-05``; each year begins with its own budget."""
    left, year = free, months[0].year
    for month in months:
        if month.year != year:
            year = month.year
            try:
                left = budget_in_pack(pack, fund, year)
            except JigongError:
                return f"{month:%Y-%m}"
        left -= spent.get(month, Decimal(0))
        if left < 0:
            return f"{month:%Y-%m}"
    return None
