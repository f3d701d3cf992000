"""Whether a bank account number can be right, and whose it is."""

from jigong.accounts.models import Organisation, Person
from jigong.kernel.problems import error

_CARD_LENGTHS = range(16, 20)
_UNIONPAY = "62"


def clean_bank_number(number: str) -> str:
    """The digits of an account number as somebody typed it.

    Raises:
        JigongError: it is no number of 8 to 32 digits, or a bank card's check digit is wrong.
    """
    digits = "".join(number.split()).replace("-", "")
    if not (digits.isascii() and digits.isdigit() and 8 <= len(digits) <= 32):
        raise error(
            "银行账号须为 8 至 32 位数字",
            "a bank account number has 8 to 32 digits",
            remedy=("照银行卡或开户资料填写", "copy it from the card or the bank's papers"),
        )
    if digits.startswith(_UNIONPAY) and len(digits) in _CARD_LENGTHS and not _luhn(digits):
        raise error(
            "银行卡号的校验位不对，可能有一位输错",
            "the card number's check digit is wrong; one digit may be mistyped",
            remedy=("对照卡面，逐位检查", "compare it with the card, digit by digit"),
        )
    return digits


def check_holder(owner: Person | Organisation, holder: str) -> str:
    """The holder's name, which must be the owner's own.

    Raises:
        JigongError: it is somebody else's.
    """
    expected = owner.name if isinstance(owner, Person) else owner.zh
    if "".join(holder.split()) != "".join(expected.split()):
        raise error(
            "户名与本人(本单位)不一致",
            "the account is not in the owner's own name",
            remedy=(
                "只能填写本人(本单位)名下的账户",
                "give an account held in your own (your organisation's) name",
            ),
        )
    return expected


def _luhn(digits: str) -> bool:
    total = 0
    for place, digit in enumerate(reversed(digits)):
        doubled = int(digit) * (1 + place % 2)
        total += doubled - 9 if doubled > 9 else doubled
    return total % 10 == 0
