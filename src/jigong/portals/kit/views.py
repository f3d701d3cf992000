"""Pages every portal shares: how pages look, and what is shown when something went wrong."""

import sys

from django.core.exceptions import RequestDataTooBig
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from jigong.accounts import actions as accounts
from jigong.accounts.models import Account
from jigong.portals.kit import clock
from jigong.portals.kit.access import public
from jigong.portals.kit.look import ELDER, TEXT_SIZES, THEMES, look_of, remember


@public
@require_POST
def preferences(request: HttpRequest) -> HttpResponse:
    """Choose language, size of type or theme: kept on this device and, for who is signed in, in the account."""
    response = HttpResponseRedirect(safe_next(request))
    language, theme = request.POST.get("language"), request.POST.get("theme")
    text = _text_size(request)
    chosen = {
        "language": language if language in ("zh", "en") else None,
        "theme": theme if theme in THEMES else None,
        "text": text,
    }
    for name, value in chosen.items():
        if value is not None:
            remember(response, name, value, secure=request.is_secure())
    account = request.user
    if isinstance(account, Account):
        accounts.set_preferences(
            account=account,
            language=chosen["language"] or account.language,
            elder=account.elder if text is None else text != "0",
            dark=chosen["theme"] or account.dark,
            by=account,
            at=clock.now(),
        )
    return response


def _text_size(request: HttpRequest) -> str | None:
    """``larger``, ``smaller``, ``elder``, ``plain`` or a size, as a size; None where nothing was asked."""
    asked, now = request.POST.get("text", ""), look_of(request).text
    if asked == "elder":
        return str(ELDER)
    if asked == "larger":
        return str(next((size for size in TEXT_SIZES if size > now), TEXT_SIZES[-1]))
    if asked == "smaller":
        return str(next((size for size in reversed(TEXT_SIZES) if size < now), 0))
    if asked in ("plain", "0"):
        return "0"
    return asked if asked in map(str, TEXT_SIZES) else None


def safe_next(request: HttpRequest, fallback: str = "/") -> str:
    """Where a form wants to go on, if that is a page of this site."""
    target = request.POST.get("next") or request.headers.get("Referer") or fallback
    safe = url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure())
    return target if safe else fallback


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """403: signed in, but this page is somebody else's work."""
    return render(request, "kit/errors/403.html", status=403)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """404: there is no such page, or nothing of the reader's own under it."""
    return render(request, "kit/errors/404.html", status=404)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form without the token of this browser: an old page, or another site's doing."""
    return render(request, "kit/errors/csrf.html", status=403)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """400: the request makes no sense; 413: it is too large."""
    if isinstance(exception, RequestDataTooBig):
        return _plain(request, "kit/errors/413.html", 413)
    return _plain(request, "kit/errors/400.html", 400)


def too_many(request: HttpRequest, *, seconds: int = 60) -> HttpResponse:
    """429: too often; try again in so many ``seconds``."""
    response = _plain(request, "kit/errors/429.html", 429, minutes=-(-seconds // 60))
    response.headers["Retry-After"] = str(seconds)
    return response


def server_error(request: HttpRequest) -> HttpResponse:
    """500: our mistake; or 503, where it was the database being away."""
    if isinstance(sys.exc_info()[1], (OperationalError, InterfaceError)):
        return away(request)
    return _plain(request, "kit/errors/500.html", 500)


def away(request: HttpRequest) -> HttpResponse:
    """503: the database cannot be reached. Asks nothing of it."""
    response = _plain(request, "kit/away.html", 503)
    response.headers["Retry-After"] = "10"
    return response


def _plain(request: HttpRequest, template: str, status: int, **given: int) -> HttpResponse:
    """A page that needs neither session nor database."""
    language = "en" if request.COOKIES.get("language") == "en" else "zh"
    context = {"language": language, "look": look_of(request, account=False), **given}
    return HttpResponse(render_to_string(template, context), status=status)
