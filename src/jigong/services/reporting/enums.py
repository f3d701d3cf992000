"""Where a report stands."""

from django.db.models import TextChoices

from jigong.kernel.text import Text


class State(TextChoices):
    """A report is checked first, and taken in only when whoever sent it has seen what would become of it."""

    CHECKED = "checked", "待确认"
    TAKEN = "taken", "已入库"
    DISCARDED = "discarded", "已放弃"


STATE_LABELS = {
    State.CHECKED: Text("已检查，待您确认", "checked, waiting for you"),
    State.TAKEN: Text("已入库", "taken in"),
    State.DISCARDED: Text("已放弃", "discarded"),
}
