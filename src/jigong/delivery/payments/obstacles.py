"""Why money that is approved, or would be, does not move; and what moves it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db.models import Prefetch, TextChoices

from jigong.delivery.ledger.budgets import current_pack
from jigong.delivery.ledger.queries import fund_year, reserved_years
from jigong.delivery.ledger.shares import borne_of, parts_of
from jigong.delivery.models import Entitlement, Hold
from jigong.delivery.payments.enums import BatchState, Outcome, PaymentState
from jigong.delivery.payments.models import Batch, Payment
from jigong.delivery.payments.payables import payables, unpaid
from jigong.delivery.payments.returns import open_lines
from jigong.delivery.states import State
from jigong.kernel.text import Text


class Obstacle(TextChoices):
    """What keeps money from moving."""

    NO_ACCOUNT = "no_account", "没有收款账户"
    FAILED = "failed", "上次付款失败"
    UNCONFIRMED = "unconfirmed", "失败待确认"
    CHANGED = "changed", "换了账户"
    RECENT = "recent", "账户刚换过"
    HOLD = "hold", "暂缓办理"
    BUDGET = "budget", "预算不够"
    UNRESERVED = "unreserved", "没有预留资金"


LABELS = {
    Obstacle.NO_ACCOUNT: Text("没有收款账户", "no bank account"),
    Obstacle.FAILED: Text("上次付款失败，还没有另一个账户", "the last payment failed, and there is no other account"),
    Obstacle.UNCONFIRMED: Text("银行报失败，等第二人确认", "failed, says the bank; a second person has to confirm"),
    Obstacle.CHANGED: Text("编批之后换了收款账户，批次不能放行", "another account since the batch was made, which cannot be released"),
    Obstacle.RECENT: Text("收款账户刚换过，等几个工作日再付", "the account was changed lately, and waits some working days"),
    Obstacle.HOLD: Text("暂缓办理", "on hold"),
    Obstacle.BUDGET: Text("基金余额不够，不能批准", "the fund has too little left for the approval"),
    Obstacle.UNRESERVED: Text("账上没有为它预留资金", "the books hold no money for it"),
}  # fmt: skip
NEXT = {
    Obstacle.NO_ACCOUNT: Text("请收款人登记收款账户", "ask the payee to enter an account"),
    Obstacle.FAILED: Text("请收款人登记另一个账户", "ask the payee to enter another account"),
    Obstacle.UNCONFIRMED: Text("请另一位财务在回单页核对", "another person in finance looks at the return"),
    Obstacle.CHANGED: Text("作废这个批次，重新编制", "discard the batch and make it anew"),
    Obstacle.RECENT: Text("到期进下一批；有疑问的先联系本人核实", "it goes into a later batch; ask the payee first if in doubt"),
    Obstacle.HOLD: Text("看它在等什么；解除后进下一批", "see what it waits for; it goes into a later batch"),
    Obstacle.BUDGET: Text("在“资金”页提出追加预算", "propose a supplement on the fund’s page"),
    Obstacle.UNRESERVED: Text("运行 jigong ledger check，撤回批准后重新批准", "run jigong ledger check; take the approval back and approve again"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class HeldUp:
    """An entitlement whose money does not move. On hold, the entitlement has its open holds as ``on``."""

    entitlement: Entitlement
    obstacle: Obstacle
    failed: str = ""
    """Why the bank did not pay, as it says."""
    batch: Batch | None = None
    """In which it lies, if it does."""
    until: date | None = None
    """The first day on which it can be paid, where only days are waited for."""

    @property
    def label(self) -> Text:
        """Why, and until when."""
        why = LABELS[self.obstacle]
        return (
            why
            if self.until is None
            else Text(f"{why.zh}：{self.until} 起可付", f"{why.en}: from {self.until}")
        )

    @property
    def next(self) -> Text:
        """What to do."""
        return NEXT[self.obstacle]


def held_up(*, on: date, at: datetime, fund: str | None = None) -> list[HeldUp]:
    """Everything of the fund, or of all, whose money does not move, by entitlement. ``on`` says whose year's budget is asked. ``at`` is now."""
    found = [*outside(fund, at=at), *_inside(fund), *_over_budget(fund, on)]
    return sorted(found, key=lambda one: one.entitlement.pk)


def outside(fund: str | None = None, *, at: datetime) -> Iterator[HeldUp]:
    """What is approved and in no payment, and no batch can take."""
    open_ = Prefetch("holds", Hold.objects.filter(lifted_at=None).order_by("id"), to_attr="on")
    for entitlement in unpaid(fund, held=True).prefetch_related(open_):
        yield HeldUp(entitlement, Obstacle.HOLD)
    rows = list(unpaid(fund))
    years = reserved_years([row.pk for row in rows])
    for payable in payables(rows, at=at):
        if payable.account is None:
            why = Obstacle.FAILED if payable.failed or payable.attempt > 1 else Obstacle.NO_ACCOUNT
            yield HeldUp(payable.entitlement, why, payable.failed)
        elif payable.entitlement.pk not in years:
            yield HeldUp(payable.entitlement, Obstacle.UNRESERVED)
        elif payable.until is not None:
            yield HeldUp(payable.entitlement, Obstacle.RECENT, until=payable.until)


def _inside(fund: str | None) -> Iterator[HeldUp]:
    """What lies in a batch that cannot be released, or of which the bank says that it failed."""
    open_ = Prefetch("entitlement__holds", Hold.objects.filter(lifted_at=None).order_by("id"), to_attr="on")
    drafts = Payment.objects.filter(batch__state=BatchState.DRAFT).select_related("batch", "entitlement")
    drafts = drafts if fund is None else drafts.filter(batch__fund=fund)
    for payment in drafts.filter(entitlement__held=True).prefetch_related(open_):
        yield HeldUp(payment.entitlement, Obstacle.HOLD, batch=payment.batch)
    for payment in drafts.filter(entitlement__held=False, bank_account__active=False):
        yield HeldUp(payment.entitlement, Obstacle.CHANGED, batch=payment.batch)
    said = open_lines().filter(outcome=Outcome.FAILED, payment__state=PaymentState.SENT)
    said = said if fund is None else said.filter(payment__batch__fund=fund)
    for line in said.select_related("payment__batch", "payment__entitlement"):
        if line.payment is not None:
            yield HeldUp(line.payment.entitlement, Obstacle.UNCONFIRMED, line.reason, line.payment.batch)


def _over_budget(fund: str | None, on: date) -> Iterator[HeldUp]:
    """What only waits for its approval, of which a fund has less left than it would bear."""
    pack = current_pack()
    free: dict[str, Decimal] = {}
    waiting = Entitlement.objects.filter(state=State.PASSED, held=False, amount__gt=0).exclude(fund="")
    for entitlement in waiting if fund is None else waiting.filter(fund=fund):
        parts = parts_of(entitlement.fund, borne_of(pack, entitlement, on), entitlement.amount or Decimal(0))
        for name, amount in parts:
            if name not in free:
                free[name] = fund_year(name, on.year).free
            if amount > free[name]:
                yield HeldUp(entitlement, Obstacle.BUDGET)
                break


def by_obstacle(found: Iterable[HeldUp]) -> list[tuple[Text, Text, int]]:
    """How many for which reason, with what to do; the most first."""
    counts: dict[Obstacle, int] = {}
    for one in found:
        counts[one.obstacle] = counts.get(one.obstacle, 0) + 1
    return [
        (LABELS[why], NEXT[why], count) for why, count in sorted(counts.items(), key=lambda pair: -pair[1])
    ]


def left_out(batch: Batch) -> list[tuple[Text, Text, list[int]]]:
    """What a batch left out when it was made, by reason, with what to do and the entitlements."""
    return [(LABELS[Obstacle(why)], NEXT[Obstacle(why)], ids) for why, ids in batch.left_out.items()]
