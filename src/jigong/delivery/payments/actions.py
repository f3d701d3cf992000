"""Everything people do with payments, in one place."""

from jigong.delivery.payments.confirming import confirm_returns, decline_returns
from jigong.delivery.payments.making import discard, make_batch
from jigong.delivery.payments.releasing import mark_sent, release, same_account, set_paying_account
from jigong.delivery.payments.returns import ReturnReport, ReturnResult, take_return

__all__ = [
    "ReturnReport",
    "ReturnResult",
    "confirm_returns",
    "decline_returns",
    "discard",
    "make_batch",
    "mark_sent",
    "release",
    "same_account",
    "set_paying_account",
    "take_return",
]
