"""How the pages look to a reader: language, size of type, light or dark. A cookie's choice, or the account's."""

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse

from jigong.accounts.models import Account
from jigong.kernel.text import Language

TEXT_SIZES = (18, 20, 22, 24, 26, 28, 30)
"""Root type of elder mode, in pixels; the plain one is 16."""
ELDER = 20
THEMES = ("auto", "light", "dark")
_YEAR = 365 * 24 * 3600


@dataclass(frozen=True, slots=True)
class Look:
    """``text`` is one of :data:`TEXT_SIZES`, or 0 for plain type; ``theme`` one of :data:`THEMES`."""

    text: int
    theme: str

    @property
    def elder(self) -> bool:
        """Whether type and targets are large."""
        return self.text > 0


def language_of(request: HttpRequest) -> Language:
    """The reader's language (:class:`jigong.portals.kit.middleware.Language`)."""
    return "en" if getattr(request, "language", "zh") == "en" else "zh"


def look_of(request: HttpRequest, *, account: bool = True) -> Look:
    """The look of a request. Without ``account`` only cookies are read, never the database."""
    user = request.user if account and hasattr(request, "user") else None
    stored = user if isinstance(user, Account) else None
    text = request.COOKIES.get("text", "")
    theme = request.COOKIES.get("theme", "")
    size = int(text) if text in {"0", *map(str, TEXT_SIZES)} else ELDER if stored and stored.elder else 0
    return Look(size, theme if theme in THEMES else stored.dark if stored else "auto")


def remember(response: HttpResponse, name: str, value: str, *, secure: bool) -> None:
    """Keep a choice on this device for a year."""
    response.set_cookie(name, value, max_age=_YEAR, samesite="Lax", secure=secure, httponly=True)
