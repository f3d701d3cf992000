"""Showing what is masked: only for a reason, and never without a line in the record."""

from datetime import datetime
from typing import Literal

from django.db import transaction

from jigong.accounts.models import Account, Person
from jigong.accounts.signals import unmasked
from jigong.audit.actions import record
from jigong.kernel.problems import error

What = Literal["number", "mobile", "name"]
WHATS: tuple[What, ...] = ("number", "mobile", "name")
MIN_REASON = 4
"""Characters; the shortest reason that says anything."""


@transaction.atomic
def unmask(*, person: Person, what: str, reason: str, by: Account, at: datetime) -> str:
    """The person's full number, mobile or name; recorded with the reason. The caller has checked the scope.

    Raises:
        JigongError: ``what`` is not one of these, or the reason says nothing.
    """
    if what not in WHATS:
        raise error(f"没有可查看的“{what}”", f"there is no “{what}” to show")
    if len(reason.strip()) < MIN_REASON:
        raise error(
            "查看完整信息须写明事由",
            "seeing it in full needs a reason",
            remedy=(f"用至少 {MIN_REASON} 个字说明用途，会留痕备查", f"say in {MIN_REASON} characters or more what for; it is recorded"),
        )  # fmt: skip
    record(
        "accounts.unmask", by=by, at=at, object_kind="person", object_id=person.pk, person=person.pk,
        reason=reason.strip(), detail={"what": what},
    )  # fmt: skip
    unmasked.send(sender=Person, person=person, what=what, reason=reason.strip(), by=by, at=at)
    match what:
        case "number":
            return person.open_number()
        case "mobile":
            return person.open_mobile()
        case "name":
            return person.name
