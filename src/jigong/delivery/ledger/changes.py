"""Changing the budget of a fund's year takes two people: one proposes it by a paper, another human confirms it."""

from datetime import datetime
from decimal import Decimal

from django.db import transaction

from jigong.accounts.humans import is_second, refuse_same_human
from jigong.accounts.models import Account
from jigong.audit.actions import record
from jigong.delivery.ledger.actions import by_hand, open_year, over_budget
from jigong.delivery.ledger.budgets import budget_in_pack, current_pack, fund_label, highest_budget
from jigong.delivery.ledger.enums import Kind
from jigong.delivery.ledger.given import allowed, refer, said, yuan
from jigong.delivery.ledger.models import BudgetAnswer, BudgetChange, Entry
from jigong.delivery.ledger.posting import Posting, lock
from jigong.delivery.ledger.queries import fund_year
from jigong.kernel.problems import JigongError, error


class SettledError(JigongError):
    """Somebody has answered: there is nothing to do any more."""


@transaction.atomic
def propose_change(
    *, fund: str, year: int, amount: Decimal, reference: str, reason: str, by: Account, at: datetime
) -> BudgetChange:
    """Ask for more (or, below zero, less) in a fund's year, by a paper with a number. The books stay as they are.

    A paper changes a year once: saying the same again gives what was said first.

    Raises:
        JigongError: no permission, no paper or reason, the paper says another amount already, more is cut than is free,
            or the budget would be more than the pack takes for plausible.
    """
    allowed(by)
    refer(reference, "文号", "the number of the paper that says so")
    said(reason, "理由", "a reason")
    amount, reference = yuan(amount), reference.strip()
    lock()
    last = BudgetChange.objects.filter(fund=fund, year=year, reference=reference).order_by("-turn").first()
    answer = BudgetAnswer.objects.filter(change=last).first() if last is not None else None
    if last is not None and (answer is None or answer.confirmed):
        if last.amount != amount:
            raise _another_amount(last)
        return last
    _plausible(fund, year, amount)
    made = BudgetChange.objects.create(
        fund=fund, year=year, amount=amount, reference=reference, turn=last.turn + 1 if last is not None else 0,
        reason=reason.strip(), by=by, at=at,
    )  # fmt: skip
    _record("propose", made, by, at, made.reason)
    return made


@transaction.atomic
def confirm_change(*, change: int, by: Account, at: datetime) -> Entry:
    """The second person's yes: now it is booked, once. A double click gives the same entry.

    Raises:
        SettledError: somebody else has answered.
        JigongError: no permission, the account's human proposed it, or it fits the year no longer.
    """
    allowed(by)
    lock()
    found = BudgetChange.objects.select_related("by").get(pk=change)
    answer = BudgetAnswer.objects.filter(change=found).first()
    if answer is not None and answer.confirmed and answer.by_id == by.pk:
        return Entry.objects.get(event=found.event)
    _unanswered(answer)
    refuse_same_human(
        by, found.by,
        zh="改预算要两个人：提出的人不能自己确认",
        en="a budget is changed by two people: who proposed does not confirm",
        remedy=("请另一位财务人员核对文件后确认", "ask another person in finance to look at the paper and confirm"),
    )  # fmt: skip
    _plausible(found.fund, found.year, found.amount)
    open_year(fund=found.fund, year=found.year, at=at)
    BudgetAnswer.objects.create(change=found, confirmed=True, by=by, at=at)
    posting = Posting(found.event, Kind.SUPPLEMENT, found.fund, found.year, found.amount, reason=found.reason)
    entry = by_hand(posting, by=by, at=at)
    _record("confirm", found, by, at, found.reason)
    return entry


@transaction.atomic
def decline_change(*, change: int, text: str, by: Account, at: datetime) -> None:
    """The budget stays. Who proposed takes it back so; the paper may then be proposed again.

    Raises:
        SettledError: it was answered.
        JigongError: no permission, or no reason.
    """
    allowed(by)
    said(text, "理由", "a reason")
    lock()
    found = BudgetChange.objects.get(pk=change)
    _unanswered(BudgetAnswer.objects.filter(change=found).first())
    BudgetAnswer.objects.create(change=found, confirmed=False, text=text.strip(), by=by, at=at)
    _record("decline", found, by, at, text)


def may_confirm(account: Account, change: BudgetChange) -> bool:
    """Whether the account's human is another than who proposed."""
    return is_second(account, change.by)


def _plausible(fund: str, year: int, amount: Decimal) -> None:
    """Refuse what leaves the bounds: nothing spent is cut, and no budget becomes a multiple of itself by a slip."""
    pack = current_pack()
    budget_in_pack(pack, fund, year)
    found = fund_year(fund, year)
    if amount < 0 and found.free < -amount:
        raise over_budget(fund, year, -amount)
    highest, name = highest_budget(pack, fund, year), pack.funds[fund].value.most
    if amount > 0 and found.budget + amount > highest:
        label = fund_label(pack, fund)
        raise error(
            f"{label.zh} {year} 年预算将变成 {found.budget + amount:,.2f} 元，超过技工包认为合理的上限 {highest:,.2f} 元",
            f"the {label.en} would have a budget of {found.budget + amount:,.2f} yuan for {year}; the pack takes at most {highest:,.2f} for plausible",
            remedy=(
                f"核对金额是否多写了零；确有这么多，先改技工包的参数 {name}",
                f"see whether the amount has a nought too many; if it is right, change the pack's parameter {name} first",
            ),
        )  # fmt: skip


def _another_amount(change: BudgetChange) -> JigongError:
    return error(
        f"文号 {change.reference} 已用于 {change.year} 年的一笔 {change.amount:+,.2f} 元，没有再提出",
        f"paper {change.reference} is used for {change.amount:+,.2f} yuan of {change.year} already; nothing was proposed",
        remedy=(
            "还没确认的先撤回再提；已入账的，凭更正的文件另提一笔",
            "take an open one back first; correct what is booked by the paper that corrects it",
        ),
    )  # fmt: skip


def _unanswered(answer: BudgetAnswer | None) -> None:
    if answer is not None:
        problem = error(
            "这项预算调整已有人处理过，本次操作没有执行",
            "somebody has answered this change already; nothing was done",
            remedy=("刷新看看结果", "reload to see what came of it"),
        )
        raise SettledError(*problem.problems)


def _record(step: str, change: BudgetChange, by: Account, at: datetime, reason: str) -> None:
    record(
        f"ledger.{step}_change", by=by, at=at, object_kind="budget_change", object_id=change.pk, reason=reason,
        detail={
            "fund": change.fund, "year": change.year, "amount": change.amount, "reference": change.reference,
            "proposed_by": change.by_id,
        },
    )  # fmt: skip
