"""What an invitation is for, and where it stands."""

from django.db.models import TextChoices

from jigong.accounts.enums import CONSENT_PURPOSES
from jigong.kernel.text import Text


class Purpose(TextChoices):
    """What an enterprise may see with consent; the values are those of :class:`~jigong.accounts.models.Consent`."""

    BENEFITS = "benefits", "协助享受政策"
    CERTIFICATES = "certificates", "证书管理"
    SKILLS = "skills", "技能培养"


PURPOSE_LABELS = {purpose: CONSENT_PURPOSES[purpose.value] for purpose in Purpose}
PURPOSE_SEES = {
    Purpose.BENEFITS: Text(
        "您可享受哪些政策、金额、办理进度和下一步",
        "which benefits you could get, how much, how far they are, and the next step",
    ),
    Purpose.CERTIFICATES: Text("您的技能证书和职称", "your skill certificates and professional titles"),
    Purpose.SKILLS: Text("您的技能等级", "your skill level"),
}
"""What exactly the enterprise will see, as the worker is told before answering."""


class State(TextChoices):
    """Where an invitation stands."""

    OPEN = "open", "待答复"
    ACCEPTED = "accepted", "已同意"
    DECLINED = "declined", "已拒绝"
