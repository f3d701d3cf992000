"""How a decision came to be looked at again, and what was found."""

from django.db.models import TextChoices

from jigong.kernel.text import Text


class Why(TextChoices):
    """How a decision was picked."""

    RANDOM = "random", "随机抽查"
    RISK = "risk", "风险抽查"


class Finding(TextChoices):
    """What the second look found."""

    OPEN = "open", "待查"
    RIGHT = "right", "无误"
    WRONG = "wrong", "有误"


WHY_LABELS = {Why.RANDOM: Text("随机抽查", "random sample"), Why.RISK: Text("风险抽查", "by risk")}
FINDING_LABELS = {
    Finding.OPEN: Text("待查", "to be checked"),
    Finding.RIGHT: Text("无误", "found right"),
    Finding.WRONG: Text("有误", "found wrong"),
}
