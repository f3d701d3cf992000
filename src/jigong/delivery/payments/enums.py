"""Where batches and payments stand."""

from django.db.models import TextChoices

from jigong.kernel.text import Text


class BatchState(TextChoices):
    """Where a batch stands."""

    DRAFT = "draft", "待复核"
    RELEASED = "released", "已放行"
    SENT = "sent", "已交银行"
    CLOSED = "closed", "已完结"
    DISCARDED = "discarded", "已作废"


BATCH_LABELS = {
    BatchState.DRAFT: Text("待另一人复核放行", "to be released by another person"),
    BatchState.RELEASED: Text("已放行，文件可交银行", "released: its file may go to the bank"),
    BatchState.SENT: Text("已交银行，等回单", "with the bank, waiting for its return"),
    BatchState.CLOSED: Text("已完结", "closed"),
    BatchState.DISCARDED: Text("已作废", "discarded"),
}


class PaymentState(TextChoices):
    """Where a payment stands."""

    PENDING = "pending", "待发出"
    SENT = "sent", "在途"
    PAID = "paid", "成功"
    FAILED = "failed", "失败"
    DISCARDED = "discarded", "已作废"


PAYMENT_LABELS = {
    PaymentState.PENDING: Text("待发出", "to be sent"),
    PaymentState.SENT: Text("在途", "in payment"),
    PaymentState.PAID: Text("成功", "paid"),
    PaymentState.FAILED: Text("失败", "failed"),
    PaymentState.DISCARDED: Text("已作废", "discarded"),
}

OVER = frozenset({PaymentState.FAILED, PaymentState.DISCARDED})
"""States after which the entitlement may be paid by another payment."""


class Outcome(TextChoices):
    """What came of one line of a return file."""

    PAID = "paid", "支付成功"
    FAILED = "failed", "支付失败"
    BOUNCED = "bounced", "付后退汇"
    WAITING = "waiting", "银行处理中"
    REPEATED = "repeated", "已处理过"
    ELSEWHERE = "elsewhere", "不是本平台的付款"
    UNKNOWN = "unknown", "编号不明"
    WRONG_AMOUNT = "wrong_amount", "金额不符"
    CONFLICT = "conflict", "与先前回单矛盾"
    UNREADABLE = "unreadable", "无法识别"


OUTCOME_LABELS = {
    Outcome.PAID: Text("支付成功", "paid"),
    Outcome.FAILED: Text("银行报支付失败", "failed, says the bank"),
    Outcome.BOUNCED: Text("银行报付后退汇", "returned after payment, says the bank"),
    Outcome.WAITING: Text("银行处理中", "still with the bank"),
    Outcome.REPEATED: Text("已处理过，未重复入账", "booked before, not booked again"),
    Outcome.ELSEWHERE: Text("账户的其他收支，不是本平台的付款", "another movement of the account, no payment of the platform"),
    Outcome.UNKNOWN: Text("编号不明，未入账", "unknown id, nothing booked"),
    Outcome.WRONG_AMOUNT: Text("金额不符，未入账", "another amount, nothing booked"),
    Outcome.CONFLICT: Text("与先前回单矛盾，未入账，请人工核对", "contradicts an earlier return, nothing booked; a person must look"),
    Outcome.UNREADABLE: Text("无法识别，未入账", "cannot be read, nothing booked"),
}  # fmt: skip

SECOND = frozenset({Outcome.FAILED, Outcome.BOUNCED})
"""Outcomes by which money could be paid again: nothing is booked until a second person confirms them."""
TROUBLE = frozenset({Outcome.UNKNOWN, Outcome.WRONG_AMOUNT, Outcome.CONFLICT, Outcome.UNREADABLE})
"""Outcomes somebody must look at."""
