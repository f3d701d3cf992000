"""What every response has in common: a strict content policy, the reader's language, errors a person can read."""

from collections.abc import Callable

from django.db import Error as DatabaseError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from jigong.accounts.models import Account
from jigong.delivery.actions import StaleError
from jigong.kernel.problems import JigongError

Next = Callable[[HttpRequest], HttpResponse]

_POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self';"
    " font-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)


class ContentSecurityPolicy:
    """No inline script or style, nothing from elsewhere."""

    def __init__(self, get_response: Next) -> None:
        self._next = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self._next(request)
        response.headers.setdefault("Content-Security-Policy", _POLICY)
        response.headers.setdefault("Permissions-Policy", "camera=(self), geolocation=(), microphone=()")
        return response


class Language:
    """``request.language``: the account's choice, a cookie's, or Chinese."""

    def __init__(self, get_response: Next) -> None:
        self._next = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        chosen = request.COOKIES.get("language", "")
        if isinstance(request.user, Account) and not chosen:
            chosen = request.user.language
        request.language = "en" if chosen == "en" else "zh"  # type: ignore[attr-defined]
        return self._next(request)


class Problems:
    """An error a user can mend becomes a page that says what, and what to do; the database being away, another."""

    def __init__(self, get_response: Next) -> None:
        self._next = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self._next(request)

    def process_exception(self, request: HttpRequest, bad: Exception) -> HttpResponse | None:
        """Django calls it with what a view raised."""
        if isinstance(bad, JigongError):
            status = 409 if isinstance(bad, StaleError) else 422
            return render(request, "kit/problem.html", {"problems": bad.problems}, status=status)
        if isinstance(bad, DatabaseError):
            return render(request, "kit/away.html", status=503)
        return None
