"""What notices are about, where they lead, and the ways they are pushed."""

from django.db.models import TextChoices


class Kind(TextChoices):
    """What a notice tells."""

    ASK = "ask", "等您确认"
    STEP = "step", "办理进展"
    APPROVED = "approved", "已批准"
    DECLINED = "declined", "不予批准"
    PAID = "paid", "已兑现"
    UNPAID = "unpaid", "没有付成"
    HOLD = "hold", "暂缓办理"
    DRAW = "draw", "摇号"
    ADJUSTMENT = "adjustment", "补发与追回"
    CASE = "case", "更正的答复"
    LOOK = "look", "查看了完整信息"
    CONSENT = "consent", "请求授权"


PUSHED = frozenset(Kind) - {Kind.HOLD, Kind.LOOK, Kind.STEP}
"""What is worth a message to a phone: what asks something, and what was decided or went wrong."""


class Place(TextChoices):
    """Where a notice leads. A portal that knows the place has a page for it."""

    CLAUSE = "clause", "政策"
    DUE = "due", "企业资金"
    MONEY = "money", "企业资金一览"
    BANK_ACCOUNT = "bank_account", "收款账户"
    CASES = "cases", "我的更正与申诉"
    LOOKS = "looks", "谁看过我的信息"
    CONSENTS = "consents", "授权"


class Channel(TextChoices):
    """A way to a phone."""

    SMS = "sms", "短信"
    ZLB = "zlb", "浙里办"
