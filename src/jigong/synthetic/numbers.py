"""Check digits of citizen numbers and credit codes, for numbers made outside DuckDB."""

from datetime import date

_CITIZEN_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CITIZEN_CHECKS = "10X98765432"
_ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
_CREDIT_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"


def citizen_number(place: str, birth: date, order: int) -> str:
    """The 18 characters of GB 11643: a place of six digits, a birth date, an order (odd for men), a check."""
    body = f"{place}{birth:%Y%m%d}{order:03d}"
    total = sum(int(digit) * weight for digit, weight in zip(body, _CITIZEN_WEIGHTS, strict=True))
    return body + _CITIZEN_CHECKS[total % 11]


def credit_code(division: str, number: int) -> str:
    """The 18 characters of GB 32100 for the ``number``-th enterprise registered in ``division``."""
    organisation = f"{number:08d}"
    total = sum(
        int(digit) * weight for digit, weight in zip(organisation, _ORGANISATION_WEIGHTS, strict=True)
    )
    body = f"91{division}{organisation}{'0123456789X0'[11 - total % 11]}"
    total = sum(_CREDIT_ALPHABET.index(char) * pow(3, at, 31) for at, char in enumerate(body))
    return body + _CREDIT_ALPHABET[(31 - total % 31) % 31]


def other_check(number: str) -> str:
    """``number`` with another last character: well formed, but the check is wrong."""
    return number[:-1] + ("1" if number[-1] != "1" else "2")
