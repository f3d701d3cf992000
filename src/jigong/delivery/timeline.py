"""What happened to an entitlement, in order: its steps, and between them the holds that were put on and lifted."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from django.db.models import Exists, OuterRef

from jigong.delivery.models import Entitlement, Hold, Step
from jigong.kernel.text import Text


@dataclass(frozen=True, slots=True)
class HoldEvent:
    """A hold was put on, or lifted. To a page it looks like a step nobody took and that moved nothing."""

    by: ClassVar[None] = None
    amount: ClassVar[None] = None
    move: ClassVar[str] = "hold"
    from_state: ClassVar[str] = ""
    to_state: ClassVar[str] = ""
    reason: ClassVar[str] = ""

    at: datetime
    hold: Hold
    lifted: bool

    @property
    def label(self) -> Text:
        """What happened, and why."""
        why = self.hold.label
        if self.lifted:
            return Text(f"不再暂缓（{why.zh}）", f"no longer on hold ({why.en})")
        return Text(f"暂缓办理：{why.zh}", f"on hold: {why.en}")


def hold_events(entitlements: Collection[int]) -> list[HoldEvent]:
    """The holds of these entitlements as they were put on and lifted, but for those a step of that moment tells."""
    told = Step.objects.filter(entitlement=OuterRef("entitlement"))
    rows = Hold.objects.filter(entitlement__in=list(entitlements)).annotate(
        begun_by_step=Exists(told.filter(at=OuterRef("since"))),
        ended_by_step=Exists(told.filter(at=OuterRef("lifted_at"))),
    )
    events = []
    for hold in rows.order_by("id"):
        if not hold.begun_by_step:
            events.append(HoldEvent(hold.since, hold, False))
        if hold.lifted_at is not None and not hold.ended_by_step:
            events.append(HoldEvent(hold.lifted_at, hold, True))
    return events


def timeline(steps: Collection[Step], events: Collection[HoldEvent]) -> list[Step | HoldEvent]:
    """Steps and holds of one entitlement, the oldest first."""
    return sorted([*steps, *events], key=lambda one: one.at)


def timeline_of(entitlement: Entitlement) -> list[Step | HoldEvent]:
    """:func:`timeline`, read for one entitlement."""
    steps = entitlement.steps.select_related("by").order_by("id")
    return timeline(list(steps), hold_events([entitlement.pk]))
