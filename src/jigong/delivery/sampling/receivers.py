"""What steps of entitlements mean for second looks.

When somebody asks for money, the risk is worked out: after the transaction, so that it never stands in its way. What a second
look found wrong holds whatever comes under way again, until it is answered.
"""

from datetime import datetime
from functools import partial
from typing import Any

from django.db import transaction
from django.dispatch import receiver

from jigong.delivery.holds import put_on
from jigong.delivery.models import Entitlement, Step
from jigong.delivery.sampling.enums import Waits
from jigong.delivery.sampling.models import Audit
from jigong.delivery.sampling.signals import assess
from jigong.delivery.signals import moved
from jigong.delivery.states import HOLDABLE, Cause, State

MOST_ALIKE = 200
"""Others with the same bank account whose risk is worked out along with it; the rest when a sample is picked."""


@receiver(moved)
def weigh(sender: Any, entitlement: Entitlement, **_: Any) -> None:
    """Work out the risk of what was just confirmed, and of whatever goes to the same bank account."""
    if entitlement.state == State.CONFIRMED:
        transaction.on_commit(partial(_weigh, entitlement.pk), robust=True)


def _weigh(number: int) -> None:
    account = Entitlement.objects.values_list("bank_account__number_hash", flat=True).get(pk=number)
    alike: list[int] = []
    if account is not None:
        same = Entitlement.objects.filter(bank_account__number_hash=account).order_by("-id")
        alike = list(same.values_list("pk", flat=True)[:MOST_ALIKE])
    assess(list({number, *alike}))


@receiver(moved)
def hold_again(sender: Any, entitlement: Entitlement, step: Step, at: datetime, **_: Any) -> None:
    """Hold what the bank returned, what was appealed or is due again, while a finding about it is not answered.

    Its hold ended with the step that ended the matter, or there was none: the finding came when it was paid.
    """
    back = step.to_state in HOLDABLE and step.from_state not in HOLDABLE
    if back and Audit.objects.filter(entitlement=entitlement).exclude(waits=Waits.NOBODY).exists():
        put_on(entitlement, Cause.FINDING, at=at)
