"""Whole numbers as forms and addresses send them."""

_DIGITS = 18
"""So many any key of the database has room for."""


def whole_number(text: str | None) -> int | None:
    """The number in ``text``; None where there is none that a key could be."""
    if text is None or not text.isascii() or not text.isdigit() or len(text) > _DIGITS:
        return None
    return int(text)
