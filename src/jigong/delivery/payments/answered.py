"""What a bank says of a payment, whatever file it says it in."""

import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import Enum


class Answer(Enum):
    """What the bank says of a payment."""

    PAID = "paid"
    FAILED = "failed"
    RETURNED = "returned"
    """It went through, and the money came back later."""
    WAITING = "waiting"
    UNREADABLE = "unreadable"
    ELSEWHERE = "elsewhere"
    """It is about no payment of ours: a statement lists every movement of the account."""


@dataclass(frozen=True, slots=True)
class Answered:
    """One answer. ``message`` instead of ``end_to_end_id``: it is about every payment of that batch; an ``amount`` is then
    their sum.
    """

    place: int
    """The line of the file, or the how-manieth element, from 1."""
    end_to_end_id: str
    answer: Answer
    amount: Decimal | None
    reason: str
    reference: str = ""
    message: str = ""


def yuan_and_cents(text: str) -> Decimal | None:
    """An amount with at most two decimals; None for anything else."""
    try:
        value = Decimal(re.sub(r"[,¥¥']", "", text))
    except InvalidOperation:
        return None
    if not value.is_finite() or abs(value) >= Decimal("1e12") or value != value.quantize(Decimal("0.01")):
        return None
    return value.quantize(Decimal("0.01"))
