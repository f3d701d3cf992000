"""One of two languages, outside templates."""

from django.http import HttpRequest

from jigong.kernel.text import Text


def words(request: HttpRequest, text: Text) -> str:
    """``text`` in the reader's language."""
    return text.in_("en" if getattr(request, "language", "zh") == "en" else "zh")


def said(request: HttpRequest, zh: str, en: str) -> str:
    """One of two sentences."""
    return words(request, Text(zh, en))
