"""What everybody has to give who writes in the books by hand: the right, yuan and cents, a reference, a reason."""

from decimal import Decimal

from jigong.accounts.enums import Permission
from jigong.accounts.models import Account
from jigong.kernel.problems import error

LONGEST_REFERENCE = 35
"""Characters, as ISO 20022 has it."""


def allowed(by: Account) -> None:
    """Refuse whoever is not in finance.

    Raises:
        JigongError: the account may not pay.
    """
    if not by.may(Permission.PAY):
        raise error(
            "只有财务可以记账",
            "only finance writes in the books",
            remedy=("请财务人员办理", "ask somebody in finance"),
        )


def yuan(amount: Decimal) -> Decimal:
    """The amount to the cent; anything but a number other than zero, of at most two decimals, is refused."""
    if (
        not amount.is_finite()
        or abs(amount) >= Decimal("1e12")
        or amount != amount.quantize(Decimal("0.01"))
        or not amount
    ):
        raise error(
            "金额须为不等于零的数，最多两位小数",
            "the amount is a number other than zero with at most two decimals",
            remedy=("改正金额", "correct the amount"),
        )
    return amount.quantize(Decimal("0.01"))


def refer(reference: str, zh: str, en: str) -> None:
    """A reference is part of the name under which an event is booked once."""
    said(reference, zh, en)
    if len(reference.strip()) > LONGEST_REFERENCE:
        raise error(
            f"{zh}不超过 {LONGEST_REFERENCE} 个字",
            f"{en} has at most {LONGEST_REFERENCE} characters",
            remedy=("其余写进理由", "put the rest into the reason"),
        )


def said(text: str, zh: str, en: str) -> None:
    """Refuse what says nothing."""
    if not text.strip():
        raise error(f"须写明{zh}", f"{en} is needed", remedy=(f"写上{zh}", f"give {en}"))
