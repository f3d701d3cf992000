"""What spreadsheets make of texts."""

_BEGINNINGS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def looks_like_formula(text: str) -> bool:
    """Whether a spreadsheet may compute the text instead of showing it: it begins with one of the signs that start a formula."""
    return text.startswith(_BEGINNINGS)
