"""What every response has in common: a strict content policy, the reader's language, errors a person can read."""

from collections.abc import Callable

from django.db import DataError, InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from jigong.accounts.models import Account
from jigong.delivery.actions import StaleError
from jigong.kernel.problems import JigongError
from jigong.portals.kit.views import away, bad_request

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
    """``request.language``: a cookie's choice, the account's, or Chinese."""

    def __init__(self, get_response: Next) -> None:
        self._next = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        chosen = request.COOKIES.get("language", "")
        if not chosen:
            try:
                chosen = request.user.language if isinstance(request.user, Account) else "zh"
            except (OperationalError, InterfaceError):
                return away(request)
        request.language = "en" if chosen == "en" else "zh"  # type: ignore[attr-defined]
        return self._next(request)


class Problems:
    """An error a user can mend becomes a page that says what, and what to do; the database being away, another.

    Under htmx it becomes a notice on the page the reader is on.
    """

    def __init__(self, get_response: Next) -> None:
        self._next = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        # PostgreSQL cannot hold the character NUL in a text; nobody types it.
        if "\x00" in request.path or "%00" in request.META.get("QUERY_STRING", ""):
            return bad_request(request)
        return self._next(request)

    def process_exception(self, request: HttpRequest, bad: Exception) -> HttpResponse | None:
        """Django calls it with what a view raised."""
        if isinstance(bad, JigongError):
            status = 409 if isinstance(bad, StaleError) else 422
            return problem_page(request, bad, status)
        if isinstance(bad, (OperationalError, InterfaceError)):
            return away(request)
        if isinstance(bad, DataError) and "NUL" in str(bad):
            return bad_request(request)
        return None


def problem_page(request: HttpRequest, bad: JigongError, status: int) -> HttpResponse:
    """What is wrong and what to do, as a page or, under htmx, as a notice."""
    if request.headers.get("HX-Request"):
        response = render(request, "kit/problem_notice.html", {"problems": bad.problems}, status=status)
        response.headers["HX-Retarget"] = "#notices"
        response.headers["HX-Reswap"] = "beforeend"
        return response
    back = request.headers.get("Referer", "")
    return render(request, "kit/problem.html", {"problems": bad.problems, "back": back}, status=status)
