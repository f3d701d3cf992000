"""Reading the books: a fund's year, its lines, and what they hold for one entitlement."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.conf import settings
from django.db import connection

from jigong.delivery.ledger.budgets import budget_in_pack, current_pack, fund_label
from jigong.delivery.ledger.check import LedgerCheck, check
from jigong.delivery.ledger.enums import ACCOUNT_LABELS, KIND_LABELS, AccountName, Kind
from jigong.delivery.ledger.models import Balance, BudgetChange, Line
from jigong.kernel.problems import JigongError
from jigong.kernel.text import Text

PAGE = 50
"""Lines on one page."""
ZERO = Decimal("0.00")


@dataclass(frozen=True, slots=True)
class FundYear:
    """Where a fund's money of one year is, in yuan: budget + recovered = free + reserved + sent + paid.

    ``opened`` is False until the first approval (or :func:`.actions.open_year`) puts the budget in the
    books; until then ``budget`` is what the pack says.
    """

    fund: str
    year: int
    budget: Decimal
    reserved: Decimal
    sent: Decimal
    paid: Decimal
    recovered: Decimal
    free: Decimal
    label: Text
    opened: bool


@dataclass(frozen=True, slots=True)
class BookLine:
    """One line of the books as a person reads it; of ``debit`` and ``credit`` one is None."""

    id: int
    entry: int
    at: datetime
    kind: Kind
    kind_label: Text
    account: AccountName
    account_label: Text
    debit: Decimal | None
    credit: Decimal | None
    entitlement: int | None
    actor_label: str
    reason: str
    hash: str


@dataclass(frozen=True, slots=True)
class LinePage:
    """One page of lines, the newest first. Pages count from 1."""

    lines: list[BookLine]
    page: int
    pages: int
    total: int


@dataclass(frozen=True, slots=True)
class MonthFlow:
    """Yuan a fund reserved, paid and got back in one month of the year it belongs to."""

    fund: str
    month: str
    """``2023-01``."""
    reserved: Decimal
    paid: Decimal
    recovered: Decimal


def fund_year(fund: str, year: int) -> FundYear:
    """The state of one fund's year."""
    rows = Balance.objects.filter(fund=fund, year=year).values_list("account", "balance")
    return _fund_year(fund, year, dict(rows))


def fund_years(year: int) -> list[FundYear]:
    """The state of every fund of the pack in that year, in the pack's order; then funds only the books know."""
    found: dict[str, dict[str, Decimal]] = {fund: {} for fund in current_pack().funds}
    for fund, account, balance in Balance.objects.filter(year=year).values_list("fund", "account", "balance"):
        found.setdefault(fund, {})[account] = balance
    return [_fund_year(fund, year, balances) for fund, balances in found.items()]


def _fund_year(fund: str, year: int, balances: Mapping[str, Decimal]) -> FundYear:
    pack = current_pack()
    opened = bool(balances)
    budget = -balances.get(AccountName.BUDGET, ZERO)
    if not opened:
        try:
            budget = budget_in_pack(pack, fund, year)
        except JigongError:
            budget = ZERO
    return FundYear(
        fund,
        year,
        budget=budget,
        reserved=balances.get(AccountName.RESERVED, ZERO),
        sent=balances.get(AccountName.SENT, ZERO),
        paid=balances.get(AccountName.PAID, ZERO),
        recovered=-balances.get(AccountName.RECOVERED, ZERO),
        free=balances.get(AccountName.AVAILABLE, ZERO) if opened else budget,
        label=fund_label(pack, fund),
        opened=opened,
    )


def open_changes(fund: str | None = None, year: int | None = None) -> list[tuple[BudgetChange, FundYear]]:
    """Proposed changes without an answer, of a fund's year or of all, the oldest first; each with where its year is now."""
    found = BudgetChange.objects.filter(answer__isnull=True).select_related("by").order_by("pk")
    if fund is not None and year is not None:
        found = found.filter(fund=fund, year=year)
    return [(change, fund_year(change.fund, change.year)) for change in found]


def lines(fund: str, year: int, page: int = 1) -> LinePage:
    """One page of a fund's lines in a year; a page that is not there is the nearest one that is."""
    found = Line.objects.filter(fund=fund, year=year).select_related("entry").order_by("-id")
    total = found.count()
    pages = max(1, -(-total // PAGE))
    page = min(max(page, 1), pages)
    return LinePage([_line(line) for line in found[(page - 1) * PAGE : page * PAGE]], page, pages, total)


def _line(line: Line) -> BookLine:
    entry, kind, account = line.entry, Kind(line.entry.kind), AccountName(line.account)
    return BookLine(
        line.pk, entry.pk, entry.at, kind, KIND_LABELS[kind], account, ACCOUNT_LABELS[account],
        debit=line.amount if line.amount > 0 else None, credit=-line.amount if line.amount < 0 else None,
        entitlement=entry.entitlement, actor_label=entry.actor_label, reason=entry.reason, hash=line.hash,
    )  # fmt: skip


def months(year: int) -> list[MonthFlow]:
    """What each fund reserved (less what was taken back), paid and recovered, by the month of the day of business."""
    with connection.cursor() as cursor:
        cursor.execute(_MONTHS, [settings.JIGONG.today, settings.TIME_ZONE, year])
        return [MonthFlow(*row) for row in cursor.fetchall()]


_MONTHS = """
SELECT fund, to_char(coalesce(%s::date, (at AT TIME ZONE %s)::date), 'YYYY-MM') AS month,
  sum(CASE kind WHEN 'reserve' THEN amount WHEN 'unreserve' THEN -amount ELSE 0 END),
  sum(CASE kind WHEN 'settle' THEN amount WHEN 'bounce' THEN -amount ELSE 0 END),
  sum(CASE kind WHEN 'recover' THEN amount ELSE 0 END)
FROM ledger_entry WHERE year = %s AND kind IN ('reserve', 'unreserve', 'settle', 'bounce', 'recover')
GROUP BY fund, month ORDER BY month, fund
"""


def held_for(entitlement: int) -> dict[tuple[AccountName, int], Decimal]:
    """What the books hold for an entitlement: yuan in each account and year, zeros left out."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT l.account, l.year, sum(l.amount) FROM ledger_line l JOIN ledger_entry e ON e.id = l.entry_id"
            " WHERE e.entitlement = %s GROUP BY l.account, l.year HAVING sum(l.amount) <> 0",
            [entitlement],
        )
        return {(AccountName(account), year): amount for account, year, amount in cursor.fetchall()}


def reserved_year(entitlement: int) -> int | None:
    """The year whose budget the entitlement's reserved money belongs to; None if nothing is reserved."""
    return next((year for account, year in held_for(entitlement) if account == AccountName.RESERVED), None)


def reserved_years(entitlements: Collection[int]) -> dict[int, int]:
    """Of each approved entitlement the year whose budget its money is reserved in."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT ON (entitlement) entitlement, year FROM ledger_entry"
            " WHERE entitlement = ANY(%s) AND kind = 'reserve' ORDER BY entitlement, id DESC",
            [list(entitlements)],
        )
        return dict(cursor.fetchall())


def paid_by_fund(entitlement: int) -> dict[str, Decimal]:
    """Yuan that each fund paid for an entitlement, less what came back to it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT l.fund, sum(l.amount) FROM ledger_line l JOIN ledger_entry e ON e.id = l.entry_id"
            " WHERE e.entitlement = %s AND l.account IN ('paid', 'recovered') GROUP BY l.fund HAVING sum(l.amount) <> 0",
            [entitlement],
        )
        return dict(cursor.fetchall())


def paid_for(entitlement: int) -> Decimal:
    """Yuan paid for an entitlement, less what came back."""
    return sum(
        (
            amount
            for (account, _), amount in held_for(entitlement).items()
            if account in (AccountName.PAID, AccountName.RECOVERED)
        ),
        ZERO,
    )


__all__ = [
    "BookLine", "FundYear", "LedgerCheck", "LinePage", "MonthFlow",
    "check", "fund_year", "fund_years", "held_for", "lines", "months", "open_changes", "paid_by_fund", "paid_for", "reserved_year", "reserved_years",
]  # fmt: skip
