"""Where each fund's money of a year is, and where it will be when the year ends."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from jigong.delivery.ledger.queries import FundYear, MonthFlow, fund_years, months
from jigong.insight.figures import Figures
from jigong.insight.spending import MonthSpending
from jigong.portals.cockpit.cells import small

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class FundOutlook:
    """A fund's year: the books, and what everybody who is due will need until its end if all take it up."""

    fund: FundYear
    need: Decimal | None
    """Yuan still to be approved this year; None while it is being computed."""

    @property
    def promised(self) -> Decimal:
        """Approved, on its way to the bank, or paid."""
        return self.fund.reserved + self.fund.sent + self.fund.paid

    @property
    def at_end(self) -> Decimal | None:
        """What would be left of the budget at the year's end; below zero it does not last."""
        return None if self.need is None else self.fund.free - self.need

    def share(self, part: Decimal) -> int:
        """A part of the budget in thousandths, for a bar."""
        whole = max(self.fund.budget + self.fund.recovered, self.promised + (self.need or ZERO), Decimal(1))
        return int(part * 1000 / whole)

    @property
    def bars(self) -> list[tuple[str, int, int]]:
        """Parts of a bar: name, where it starts, how wide, in thousandths."""
        parts = (
            ("paid", self.fund.paid),
            ("sent", self.fund.sent),
            ("reserved", self.fund.reserved),
            ("need", self.need or ZERO),
        )
        start, found = 0, []
        for name, part in parts:
            width = self.share(part)
            found.append((name, start, width))
            start += width
        return found


def outlook(year: int, figures: Figures | None) -> list[FundOutlook]:
    """Every fund's year."""
    need: dict[str, Decimal] = defaultdict(Decimal)
    for spent in figures.spending if figures else ():
        if spent.month.year == year:
            need[spent.fund] += spent.yuan
    return [FundOutlook(fund, need[fund.fund] if figures else None) for fund in fund_years(year)]


@dataclass(frozen=True, slots=True)
class MonthMoney:
    """One month of a fund's year in yuan: what was approved and paid, and what is expected."""

    month: str
    approved: Decimal
    paid: Decimal
    expected: Decimal


def by_month(fund: str, year: int, figures: Figures | None, today: date) -> list[MonthMoney]:
    """The twelve months of a year: the books up to today's month, the expectation from there on.

    A month's expectation for fewer than five people is left out.
    """
    flows = {flow.month: flow for flow in _flows(year) if flow.fund == fund}
    expected: dict[str, Decimal] = defaultdict(Decimal)
    for spent in figures.spending if figures else ():
        if spent.fund == fund and spent.month.year == year and not small(spent.people):
            expected[f"{spent.month:%Y-%m}"] += spent.yuan
    found = []
    for number in range(1, 13):
        month = f"{year}-{number:02}"
        flow = flows.get(month)
        ahead = date(year, number, 1) >= today.replace(day=1)
        found.append(
            MonthMoney(
                month,
                flow.reserved if flow else ZERO,
                flow.paid if flow else ZERO,
                expected[month] if ahead else ZERO,
            )
        )
    return found


def _flows(year: int) -> list[MonthFlow]:
    return months(year)


@dataclass(frozen=True, slots=True)
class ClauseNeed:
    """What one clause will need in the next twelve months: first for what is due now, then for what comes."""

    clause: str
    fund: str
    now: Decimal | None
    later: Decimal | None


def clause_needs(spending: Sequence[MonthSpending]) -> list[ClauseNeed]:
    """Every clause that needs money, the most first. A clause with fewer than five people in any month is hidden."""
    if not spending:
        return []
    first = min(spent.month for spent in spending)
    now: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    later: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    few: set[tuple[str, str]] = set()
    for spent in spending:
        key = (spent.clause, spent.fund)
        (now if spent.month == first else later)[key] += spent.yuan
        if small(spent.people):
            few.add(key)
    keys = sorted({*now, *later}, key=lambda key: -(now[key] + later[key]))
    return [
        ClauseNeed(*key, None if key in few else now[key], None if key in few else later[key])
        for key in keys
        if now[key] or later[key]
    ]
