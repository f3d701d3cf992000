"""Where each fund's money of a year is, and where it will be when the year ends."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from jigong.delivery.ledger.queries import FundYear, MonthFlow, fund_years, months
from jigong.insight.figures import Figures
from jigong.insight.spending import MonthSpending
from jigong.portals.cockpit.cells import given_away, hidden

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class FundOutlook:
    """A fund's year: the books, and what everybody who is due will need until its end if all take it up."""

    fund: FundYear
    need: Decimal | None
    """Yuan still to be approved this year; None while it is being computed, or where it is of too few."""
    few: bool = False
    """Whether it would tell what fewer than five people get."""

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
    spending = figures.spending if figures else ()
    need: dict[str, Decimal] = defaultdict(Decimal)
    for spent in spending:
        if spent.month.year == year:
            need[spent.fund] += spent.yuan
    found = []
    for fund in fund_years(year):
        few = _table(spending, fund.fund, year).sum_hidden
        found.append(FundOutlook(fund, None if few or not figures else need[fund.fund], few))
    return found


@dataclass(frozen=True, slots=True)
class MonthMoney:
    """One month of a fund's year in yuan: what was approved and paid, and what is expected (None: of too few)."""

    month: str
    approved: Decimal
    paid: Decimal
    expected: Decimal | None


def by_month(fund: str, year: int, figures: Figures | None, today: date) -> list[MonthMoney]:
    """The twelve months of a year: the books up to today's month, the expectation from there on."""
    flows = {flow.month: flow for flow in _flows(year) if flow.fund == fund}
    table = _table(figures.spending if figures else (), fund, year)
    found = []
    for number in range(1, 13):
        first = date(year, number, 1)
        month = f"{first:%Y-%m}"
        flow = flows.get(month)
        ahead = first >= today.replace(day=1)
        found.append(
            MonthMoney(
                month,
                flow.reserved if flow else ZERO,
                flow.paid if flow else ZERO,
                table.months.get(month, ZERO) if ahead else ZERO,
            )
        )
    return found


def _flows(year: int) -> list[MonthFlow]:
    return months(year)


@dataclass(frozen=True, slots=True)
class ClauseNeed:
    """What one clause will need in the next twelve months: first for what is due now, then for what comes.

    None is a small cell, or one that is hidden so that another cannot be worked out.
    """

    clause: str
    fund: str
    now: Decimal | None
    later: Decimal | None


def clause_needs(spending: Sequence[MonthSpending]) -> list[ClauseNeed]:
    """Every clause that needs money, the most that is shown first: the order gives nothing away."""
    found = [
        (clause, fund, need)
        for fund in dict.fromkeys(spent.fund for spent in spending)
        for clause, need in _clauses(spending, fund).items()
        if need.now.yuan or need.later.yuan
    ]
    hides = {fund: _hidden_cells(spending, fund) for _, fund, _ in found}
    needs = [
        ClauseNeed(
            clause,
            fund,
            None if (clause, "now") in hides[fund] else need.now.yuan,
            None if (clause, "later") in hides[fund] else need.later.yuan,
        )
        for clause, fund, need in found
    ]
    return sorted(needs, key=lambda need: -((need.now or ZERO) + (need.later or ZERO)))


@dataclass(slots=True)
class _Cell:
    """Money of at least so many people: more than in any one month there may be, but those of two may be the same."""

    people: int = 0
    yuan: Decimal = ZERO

    def add(self, spent: MonthSpending) -> None:
        self.people, self.yuan = max(self.people, spent.people), self.yuan + spent.yuan


@dataclass(slots=True)
class _Need:
    now: _Cell
    later: _Cell


def _clauses(spending: Sequence[MonthSpending], fund: str) -> dict[str, _Need]:
    first = min((spent.month for spent in spending), default=None)
    found: dict[str, _Need] = {}
    for spent in spending:
        if spent.fund == fund:
            need = found.setdefault(spent.clause, _Need(_Cell(), _Cell()))
            (need.now if spent.month == first else need.later).add(spent)
    return found


def _hidden_cells(spending: Sequence[MonthSpending], fund: str) -> set[tuple[str, str]]:
    """The cells of a fund's clauses that are hidden; each column's sum is what its months show."""
    return {cell for column in _columns(spending, fund) for cell in column.hidden}


@dataclass(frozen=True, slots=True)
class _Column:
    hidden: frozenset[tuple[str, str]]
    sum_hidden: bool


def _columns(spending: Sequence[MonthSpending], fund: str) -> list[_Column]:
    clauses = _clauses(spending, fund)
    return [
        _column([((clause, "now"), need.now) for clause, need in clauses.items()]),
        _column([((clause, "later"), need.later) for clause, need in clauses.items()]),
    ]


def _column(cells: Sequence[tuple[tuple[str, str], _Cell]]) -> _Column:
    marks = hidden(cells, _people, apart=False)
    away = given_away(cells, _people, marks, apart=False)
    return _Column(frozenset(name for (name, _), mark in zip(cells, marks, strict=True) if mark), away)


def _people(cell: tuple[object, _Cell]) -> int:
    return cell[1].people


@dataclass(frozen=True, slots=True)
class _FundTable:
    """What a fund's year may show: money by month (None: hidden), and whether even the sum tells too much."""

    months: Mapping[str, Decimal | None]
    sum_hidden: bool


def _table(spending: Sequence[MonthSpending], fund: str, year: int) -> _FundTable:
    cells: dict[str, _Cell] = {}
    for spent in spending:
        if spent.fund == fund and spent.month.year == year:
            cells.setdefault(f"{spent.month:%Y-%m}", _Cell()).add(spent)
    rows = list(cells.items())
    marks = hidden(rows, _people, apart=False)
    away = given_away(rows, _people, marks, apart=False)
    shown = {month: None if mark else cell.yuan for (month, cell), mark in zip(rows, marks, strict=True)}
    return _FundTable(shown, away or any(column.sum_hidden for column in _columns(spending, fund)))
