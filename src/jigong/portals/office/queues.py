"""The queues of the office: which states wait, who may do what with them."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from urllib.parse import urlencode

from django.http import QueryDict

from jigong.accounts.enums import Permission
from jigong.delivery.queries import Wanted
from jigong.delivery.states import UNDERWAY, Cause, State
from jigong.kernel.text import Text
from jigong.packs.contract import Contract
from jigong.portals.office.shared import day_from


@dataclass(frozen=True, slots=True)
class Queue:
    """One queue: ``moves`` are what somebody with ``permission`` may do with its lines."""

    id: str
    label: Text
    hint: Text
    icon: str
    states: tuple[State, ...]
    permission: Permission
    moves: tuple[str, ...]
    held: bool = False
    """Whether it is the queue of what is on hold; the others leave that out."""


QUEUES: Mapping[str, Queue] = {
    queue.id: queue
    for queue in (
        Queue(
            "review", Text("待复核", "To review"), Text("核对填报与数据", "compare what was stated with the data"),
            "checklist", (State.CONFIRMED,), Permission.REVIEW, ("review", "decline"),
        ),
        Queue(
            "approve", Text("待批准", "To approve"), Text("批准即占用预算", "approving reserves budget"),
            "circle-check", (State.PASSED,), Permission.APPROVE, ("approve", "decline"),
        ),
        Queue(
            "payment", Text("待发放", "To pay"), Text("等待进入发放批次", "waiting for a batch of payments"),
            "cash", (State.APPROVED,), Permission.PAY, (),
        ),
        Queue(
            "held", Text("暂缓办理", "On hold"), Text("等数据或处理，逾期上报", "waits for data or an answer; escalated when late"),
            "hourglass", UNDERWAY, Permission.REVIEW, (), held=True,
        ),
    )
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Filters:
    """What a page of a queue was asked for: the wish, and how the form and the next page repeat it."""

    wanted: Wanted
    values: Mapping[str, str]

    @property
    def query(self) -> str:
        """The filters as part of an address."""
        return urlencode(self.values)

    @property
    def active(self) -> bool:
        """Whether anything is filtered."""
        return bool(self.values)


def filters_of(given: QueryDict) -> Filters:
    """Read the filters of an address; what makes no sense is left out."""
    names = ("clause", "town", "mode", "due", "risk", "least", "most")
    values = {name: text for name in names if (text := str(given.get(name, "")).strip())}
    due, risk = day_from(values.get("due", "")), values.get("risk", "")
    least, most = _amount(values.get("least", "")), _amount(values.get("most", ""))
    parsed = {"due": due, "risk": risk.isdecimal() or None, "least": least, "most": most}
    return Filters(
        Wanted(
            values.get("clause", ""),
            values.get("town", ""),
            values.get("mode", ""),
            due,
            int(risk) if risk.isdecimal() and len(risk) < 4 else None,
            least,
            most,
        ),
        {name: value for name, value in values.items() if parsed.get(name, True) is not None},
    )


def held_filters_of(given: QueryDict, contracts: Mapping[str, Contract]) -> Filters:
    """:func:`filters_of` for what is on hold: also by cause, by a class that is waited for, and by who has to deliver."""
    found = filters_of(given)
    cause, name, office = (str(given.get(key, "")).strip() for key in ("cause", "class", "office"))
    wanted, values = replace(found.wanted, held=True), dict(found.values)
    if cause in Cause.values:
        wanted, values["cause"] = replace(wanted, cause=cause), cause
    classes = tuple(c.name for c in contracts.values() if c.office == office) if office else ()
    if classes:
        wanted, values["office"] = replace(wanted, classes=classes), office
    # A class stays until an office is chosen that does not deliver it.
    if name in (classes or contracts):
        wanted, values["class"] = replace(wanted, classes=(name,)), name
    return Filters(wanted, values)


def _amount(text: str) -> Decimal | None:
    try:
        amount = Decimal(text)
    except InvalidOperation:
        return None
    return amount if amount.is_finite() and abs(amount) < 10**12 else None
