"""When somebody asks for money, the risk is worked out: after the transaction, so that it never stands in its way."""

from functools import partial
from typing import Any

from django.db import transaction
from django.dispatch import receiver

from jigong.delivery.models import Entitlement
from jigong.delivery.sampling.signals import assess
from jigong.delivery.signals import moved
from jigong.delivery.states import State

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
