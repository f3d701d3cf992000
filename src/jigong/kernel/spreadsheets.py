"""What spreadsheets make of texts."""

_BEGINNINGS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def looks_like_formula(text: str) -> bool:
    """Whether a spreadsheet may compute the text instead of showing it: it begins with one of the signs that start a formula."""
    return text.startswith(_BEGINNINGS)


def never_computed(text: str) -> str:
    """The text for a file without types, such as CSV: what might be a formula begins with an apostrophe."""
    return f"'{text}" if looks_like_formula(text) else text
