"""What keys are for, what a code is checked for, and what a check finds."""

from django.db.models import TextChoices

from jigong.kernel.text import Text


class KeyUse(TextChoices):
    """What a signing key signs."""

    CODE = "code", "技能码"
    CREDENTIAL = "credential", "凭证"


class Purpose(TextChoices):
    """What a code is shown for. One code counts once for each purpose, whoever checks it."""

    PUBLIC = "public", "公开查验"
    ENTRY = "entry", "出入"
    SERVICE = "service", "服务签到"
    TRANSIT = "transit", "乘车"


PURPOSE_LABELS = {
    Purpose.PUBLIC: Text("公开查验", "Public check"),
    Purpose.ENTRY: Text("出入", "Entry"),
    Purpose.SERVICE: Text("服务签到", "Service check-in"),
    Purpose.TRANSIT: Text("乘车", "Transit"),
}


class Outcome(TextChoices):
    """What checking a skill code finds."""

    VALID = "valid"
    EXPIRED = "expired"
    EARLY = "early"
    """Made in the future: a clock is wrong."""
    USED = "used"
    FORGED = "forged"
    UNKNOWN_KEY = "unknown_key"
    """Signed with a key this site never published, or withdrew."""
    UNREADABLE = "unreadable"
    """Not a skill code at all."""
    GONE = "gone"
    """Genuine, but its holder is no longer in the data."""


class Standing(TextChoices):
    """Whether a credential still counts."""

    VALID = "valid"
    EXPIRED = "expired"
    REVOKED = "revoked"
