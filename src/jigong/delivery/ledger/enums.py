"""The accounts of a fund's year, and which two of them each kind of entry moves money between."""

from dataclasses import dataclass

from django.db.models import TextChoices

from jigong.kernel.text import Text


class AccountName(TextChoices):
    """Where the yuan of a fund's year are. Each year of each fund has these six accounts."""

    BUDGET = "budget", "核定预算"
    AVAILABLE = "available", "可用指标"
    RESERVED = "reserved", "已批待付"
    SENT = "sent", "支付在途"
    PAID = "paid", "已支付"
    RECOVERED = "recovered", "已追回"


ACCOUNT_LABELS = {
    AccountName.BUDGET: Text("核定预算", "Budget"),
    AccountName.AVAILABLE: Text("可用指标", "Available"),
    AccountName.RESERVED: Text("已批待付", "Reserved"),
    AccountName.SENT: Text("支付在途", "In payment"),
    AccountName.PAID: Text("已支付", "Paid"),
    AccountName.RECOVERED: Text("已追回", "Recovered"),
}

SOURCES = frozenset({AccountName.BUDGET, AccountName.RECOVERED})
"""Accounts that say where money came from: their balance is never above zero, that of the others never below."""


class Kind(TextChoices):
    """What an entry is about."""

    OPEN = "open", "年初预算"
    SUPPLEMENT = "supplement", "预算调整"
    RESERVE = "reserve", "批准预留"
    UNRESERVE = "unreserve", "撤回批准"
    SEND = "send", "发出支付"
    SETTLE = "settle", "支付成功"
    FAIL = "fail", "支付失败"
    BOUNCE = "bounce", "付后退汇"
    RECOVER = "recover", "追回款项"
    REVERSE = "reverse", "红字冲销"


@dataclass(frozen=True, slots=True)
class Sides:
    """The account that is debited (grows by the amount) and the one that is credited."""

    debit: AccountName
    credit: AccountName


A = AccountName
SIDES = {
    Kind.OPEN: Sides(A.AVAILABLE, A.BUDGET),
    Kind.SUPPLEMENT: Sides(A.AVAILABLE, A.BUDGET),
    Kind.RESERVE: Sides(A.RESERVED, A.AVAILABLE),
    Kind.UNRESERVE: Sides(A.AVAILABLE, A.RESERVED),
    Kind.SEND: Sides(A.SENT, A.RESERVED),
    Kind.SETTLE: Sides(A.PAID, A.SENT),
    Kind.FAIL: Sides(A.RESERVED, A.SENT),
    Kind.BOUNCE: Sides(A.RESERVED, A.PAID),
    Kind.RECOVER: Sides(A.AVAILABLE, A.RECOVERED),
}
"""Of every kind but :attr:`Kind.REVERSE`, which turns round the sides of what it corrects."""

KIND_LABELS = {
    Kind.OPEN: Text("年初预算", "Budget of the year"),
    Kind.SUPPLEMENT: Text("预算调整", "Budget adjusted"),
    Kind.RESERVE: Text("批准预留", "Reserved on approval"),
    Kind.UNRESERVE: Text("撤回批准", "Approval taken back"),
    Kind.SEND: Text("发出支付", "Sent to the bank"),
    Kind.SETTLE: Text("支付成功", "Paid"),
    Kind.FAIL: Text("支付失败", "Payment failed"),
    Kind.BOUNCE: Text("付后退汇", "Returned after payment"),
    Kind.RECOVER: Text("追回款项", "Money recovered"),
    Kind.REVERSE: Text("红字冲销", "Entry reversed"),
}

CORRECTABLE = frozenset({Kind.RECOVER})
"""Entries one person wrote by hand. A budget changes by two people only, back as well; all others follow from what happens
to an entitlement, and are undone by undoing that."""
