"""What people and the platform do with the funds' money, up to the moment it goes to the bank."""

from datetime import date, datetime
from decimal import Decimal

from django.db import connection, transaction

from jigong.accounts.models import Account
from jigong.audit.actions import record
from jigong.audit.days import day_of
from jigong.delivery.ledger.budgets import budget_in_pack, current_pack, fund_label
from jigong.delivery.ledger.enums import CORRECTABLE, KIND_LABELS, Kind
from jigong.delivery.ledger.given import allowed, refer, said, yuan
from jigong.delivery.ledger.models import Entry
from jigong.delivery.ledger.posting import Posting, lock, post, share_event
from jigong.delivery.ledger.queries import fund_year, paid_by_fund, paid_for, reserved_year
from jigong.delivery.ledger.shares import borne_of, parts_of, returned
from jigong.delivery.models import Entitlement
from jigong.kernel.problems import JigongError, error


class OverBudgetError(JigongError):
    """The fund has not enough left this year: nothing was reserved."""


def open_year(*, fund: str, year: int, at: datetime) -> bool:
    """Put the year's budget in the books, as the pack gives it. False if it is there; doing it again changes nothing.

    Raises:
        JigongError: the pack gives the fund no budget for that year.
    """
    with transaction.atomic():
        lock()
        event = f"open:{fund}:{year}"
        if Entry.objects.filter(event=event).exists():
            return False
        amount = budget_in_pack(current_pack(), fund, year)
        post([Posting(event, Kind.OPEN, fund, year, amount)], by=None, at=at)
        record("ledger.open", by=None, at=at, object_kind="fund", object_id=fund, detail={"year": year, "amount": amount})  # fmt: skip
    return True


def open_years(*, year: int, at: datetime) -> list[str]:
    """Open the year for every fund of the pack; returns those that were not open yet."""
    return [fund for fund in current_pack().funds if open_year(fund=fund, year=year, at=at)]


def reserve(*, entitlement: Entitlement, year: int, by: Account | None, at: datetime) -> None:
    """Set the money of an entitlement (locked by the caller) aside, in the transaction that approves it.

    Raises:
        OverBudgetError: a fund that bears the amount or a part has less left than is needed; says how much.
    """
    lock()
    postings = []
    for fund, amount in parts_of(
        entitlement.fund, borne_of(current_pack(), entitlement, day_of(at)), _due(entitlement)
    ):
        free, taken_back = _free(fund, year, entitlement.pk)
        if free is None:
            open_year(fund=fund, year=year, at=at)
            free, taken_back = _free(fund, year, entitlement.pk)
        if free is None or free < amount:
            raise over_budget(fund, year, amount)
        event = f"reserve:{entitlement.pk}:{taken_back}"
        event = event if fund == entitlement.fund else share_event(event, fund)
        postings.append(Posting(event, Kind.RESERVE, fund, year, amount, entitlement.pk))
    post(postings, by=by, at=at)


def unreserve(*, entitlement: Entitlement, by: Account, at: datetime, reason: str) -> None:
    """Give the money of an approved entitlement (locked by the caller) back to its fund."""
    lock()
    year = reserved_year(entitlement.pk)
    if year is None:
        raise error(
            "账簿里没有为这一项预留资金",
            "the books hold no money for this entitlement",
            remedy=("运行 jigong ledger check", "run jigong ledger check"),
        )
    _, taken_back = _free(entitlement.fund, year, entitlement.pk)
    event = f"unreserve:{entitlement.pk}:{taken_back}"
    post(
        [Posting(event, Kind.UNRESERVE, entitlement.fund, year, _due(entitlement), entitlement.pk, reason=reason)],
        by=by, at=at,
    )  # fmt: skip


@transaction.atomic
def recover(
    *, entitlement: int, amount: Decimal, reference: str, reason: str, on: date, by: Account, at: datetime
) -> Entry:
    """Book money that a payee gave back (``reference``: the bank's). It can be used again in the year of ``on``.

    Raises:
        JigongError: no permission, or more comes back than was paid.
    """
    allowed(by)
    refer(reference, "银行流水号", "the bank's reference")
    amount = yuan(amount)
    found = Entitlement.objects.select_for_update(of=("self",), no_key=True).get(pk=entitlement)
    lock()
    event = f"recover:{found.pk}:{reference.strip()}"
    if not Entry.objects.filter(event=event).exists() and not 0 < amount <= paid_for(found.pk):
        raise error(
            f"追回 {amount:,.2f} 元，但这一项净支付只有 {paid_for(found.pk):,.2f} 元",
            f"{amount:,.2f} yuan came back, but only {paid_for(found.pk):,.2f} yuan are paid for it",
            remedy=("核对金额和这笔款项对应的事项", "check the amount and what it belongs to"),
        )
    entry = None
    for fund, part in returned(found.fund, paid_by_fund(found.pk), amount):
        open_year(fund=fund, year=on.year, at=at)
        own = event if fund == found.fund else share_event(event, fund)
        entry = by_hand(
            Posting(own, Kind.RECOVER, fund, on.year, part, found.pk, reason=reason), by=by, at=at
        )
    return entry or Entry.objects.get(event=event)


@transaction.atomic
def reverse(*, entry: int, reason: str, by: Account, at: datetime) -> Entry:
    """Correct an entry somebody wrote by hand: a new entry with its sides turned round.

    Raises:
        JigongError: no permission, no reason, the entry follows from an entitlement, or its money is used.
    """
    allowed(by)
    said(reason, "理由", "a reason")
    lock()
    found = Entry.objects.get(pk=entry)
    kind = Kind(found.kind)
    if kind not in CORRECTABLE:
        raise error(
            f"“{KIND_LABELS[kind].zh}”是随业务自动入账的，不能单独冲销",
            f"“{KIND_LABELS[kind].en}” follows from what was decided, and is not reversed by itself",
            remedy=("撤回批准，或等银行回单", "take back the approval, or wait for the bank's return"),
        )
    if fund_year(found.fund, found.year).free < found.amount:
        raise over_budget(found.fund, found.year, found.amount)
    posting = Posting(
        f"reverse:{found.pk}", Kind.REVERSE, found.fund, found.year, found.amount, found.entitlement,
        undoes=(found.pk, kind), reason=reason,
    )  # fmt: skip
    return by_hand(posting, by=by, at=at)


def by_hand(posting: Posting, *, by: Account, at: datetime) -> Entry:
    """Book what a person wrote, once, and record it; gives the entry."""
    if post([posting], by=by, at=at):
        record(
            f"ledger.{posting.kind.value}", by=by, at=at, object_kind="fund", object_id=posting.fund, reason=posting.reason,
            detail={"year": posting.year, "amount": posting.amount, "event": posting.event},
        )  # fmt: skip
    return Entry.objects.get(event=posting.event)


def _free(fund: str, year: int, entitlement: int) -> tuple[Decimal | None, int]:
    """What is left of the year (None: not open yet), and how often this entitlement's approval was taken back."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT (SELECT balance FROM ledger_balance WHERE fund = %s AND year = %s AND account = 'available'),"
            " (SELECT count(*) FROM ledger_entry WHERE entitlement = %s AND kind = 'unreserve')",
            [fund, year, entitlement],
        )
        free, taken_back = cursor.fetchone()
    return free, int(taken_back)


def _due(entitlement: Entitlement) -> Decimal:
    if entitlement.amount is None or entitlement.amount <= 0:
        raise error(
            "没有应付金额，不需要预留资金",
            "no money is due, so none can be reserved",
            remedy=("核对金额；实物或服务类不占用基金", "check the amount; benefits in kind use no fund"),
        )
    return entitlement.amount


def over_budget(fund: str, year: int, needed: Decimal) -> OverBudgetError:
    """That the fund has less left than is needed, with the numbers."""
    found = fund_year(fund, year)
    label = fund_label(current_pack(), fund)
    problem = error(
        f"{label.zh} {year} 年预算 {found.budget:,.2f} 元，可用 {found.free:,.2f} 元，需要 {needed:,.2f} 元，不够",
        f"the {label.en} has a budget of {found.budget:,.2f} yuan for {year} with {found.free:,.2f} free; {needed:,.2f} are needed",
        remedy=("申请追加预算后再批准", "have the budget supplemented, then approve"),
    )
    return OverBudgetError(*problem.problems)
