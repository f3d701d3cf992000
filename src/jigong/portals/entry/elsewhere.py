"""Coming in by way of others: 浙里办 for workers; 浙政钉 and OpenID Connect for staff, who still show a second factor."""

import logging
import secrets
from datetime import datetime, timedelta
from urllib.parse import parse_qs, urlsplit

from allauth.socialaccount.providers.openid_connect import views as oidc
from django.conf import settings
from django.core.cache import cache
from django.core.exceptions import ImproperlyConfigured
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from requests import RequestException

from jigong.accounts import sign_in
from jigong.accounts.adapters import ELSEWHERE
from jigong.accounts.cipher import lookup
from jigong.accounts.external.http import OutsideError
from jigong.accounts.external.zlb import citizen_of_ticket, sign_in_address
from jigong.accounts.external.zzd import account_id_of_code
from jigong.accounts.limits import Limit, take
from jigong.accounts.queries import person_with_number
from jigong.accounts.staff import ZZD, bound_account
from jigong.kernel.problems import error
from jigong.portals.entry.coming_in import enter, go, wait_for_second
from jigong.portals.kit.access import public
from jigong.portals.kit.address import address_of, own_path
from jigong.portals.kit.clock import now
from jigong.portals.kit.views import too_many

REDEEM = Limit("tickets from an address", 30, timedelta(minutes=10))
_STATE = "on the way to 浙里办"
_AWAY = timedelta(minutes=10)
"""How long somebody may take at 浙里办."""
_USED_SECONDS = 900
_BAD_ANSWERS = (RequestException, KeyError, ValueError, TypeError, AttributeError, ImproperlyConfigured)
"""What allauth lets through where a provider does not answer, or answers nonsense."""
_log = logging.getLogger(__name__)


@public
@never_cache
@require_GET
def zlb(request: HttpRequest) -> HttpResponse:
    """Off to 浙里办's own page; the state that comes back shows it was this browser that went."""
    ways = settings.SIGN_IN
    if ways.zlb is None:
        raise Http404
    state = secrets.token_urlsafe(24)
    until = (now() + _AWAY).isoformat()
    request.session[_STATE] = {"state": state, "next": own_path(request.GET.get("next")), "until": until}
    back = f"{request.build_absolute_uri('/sign-in/zlb/back')}?state={state}"
    return HttpResponseRedirect(sign_in_address(ways.zlb, back))


@public
@never_cache
@require_http_methods(["GET", "POST"])
def zlb_back(request: HttpRequest) -> HttpResponse:
    """Back with a ticket: by redirect with our state, or inside the 浙里办 app by our own page's form."""
    ways = settings.SIGN_IN
    if ways.zlb is None:
        raise Http404
    if request.method == "POST":
        ticket, next_ = request.POST.get("ticket", ""), own_path(request.POST.get("next"))
    else:
        held = request.session.pop(_STATE, None)
        if held is None or now() >= datetime.fromisoformat(held["until"]):
            raise _stale_ticket()
        if not secrets.compare_digest(_state_of(request).encode(), held["state"].encode()):
            raise _stale_ticket()
        ticket, next_ = request.GET.get("ticketId", ""), held["next"]
    refused = _spend(request, "zlb", ticket)
    if refused is not None:
        return refused
    try:
        citizen = citizen_of_ticket(ways.zlb, ticket, at=now())
    except OutsideError as bad:
        raise _failed(bad) from None
    person = person_with_number(citizen.number)
    account = sign_in.open_account(person) if person else None
    if account is None:
        return render(request, "entry/unknown.html", status=404)
    enter(request, account, how="zlb", at=now())
    return go(next_)


def _state_of(request: HttpRequest) -> str:
    """Our state as it comes back: on its own, or within the address we gave."""
    if "state" in request.GET:
        return request.GET["state"]
    for name in ("sp", "redirectUrl"):
        try:
            found = parse_qs(urlsplit(request.GET.get(name, "")).query).get("state")
        except ValueError:
            continue
        if found:
            return found[0]
    return ""


@public
@never_cache
@require_POST
def zzd(request: HttpRequest) -> HttpResponse:
    """Inside 浙政钉: the page's script got an authCode of the app and sent it here."""
    ways = settings.SIGN_IN
    if ways.zzd is None:
        raise Http404
    code = request.POST.get("auth_code", "")
    refused = _spend(request, "zzd", code)
    if refused is not None:
        return refused
    try:
        subject = account_id_of_code(ways.zzd, code, at=now())
    except OutsideError as bad:
        raise _failed(bad) from None
    return _named(request, ZZD, subject, request.POST.get("next", ""))


@public
@never_cache
@require_GET
def elsewhere(request: HttpRequest) -> HttpResponse:
    """Back from OpenID Connect: allauth has seen to the exchange and left whom the provider named."""
    named = request.session.pop(ELSEWHERE, None)
    if named is None:
        return redirect("entry:staff")
    return _named(request, named["provider"], named["subject"], named["next"])


@public
@require_GET
def failed(request: HttpRequest) -> HttpResponse:
    """The provider was left without a result."""
    return render(request, "entry/elsewhere_failed.html", status=422)


def _named(request: HttpRequest, provider: str, subject: str, next_: str) -> HttpResponse:
    account = bound_account(provider, subject)
    if account is None:
        shown = {"provider": provider, "subject": subject}
        return render(request, "entry/unbound.html", shown, status=403)
    return wait_for_second(request, account, how=provider, next_=next_, at=now())


def _spend(request: HttpRequest, kind: str, ticket: str) -> HttpResponse | None:
    """Use a ticket up here too, whatever the other side does; None where it may be redeemed."""
    refused = _too_many(request)
    if refused is not None:
        return refused
    if not 0 < len(ticket) <= 512 or not cache.add(f"{kind}-{lookup(ticket, 'ticket')}", 1, _USED_SECONDS):
        raise _stale_ticket()
    return None


def _too_many(request: HttpRequest) -> HttpResponse | None:
    """Somebody else's service is not asked without limit for anybody who comes along."""
    wait = take(REDEEM, address_of(request), at=now())
    return None if wait is None else too_many(request, seconds=int(wait.total_seconds()) + 1)


def _stale_ticket() -> Exception:
    return error(
        "登录票据已失效或已用过",
        "this ticket has expired or was used before",
        remedy=("回到应用里重新进入一次", "go back and come in again"),
    )


def _failed(bad: OutsideError) -> Exception:
    _log.warning("a sign-in elsewhere failed: %s %s", bad.kind, bad.status or "")
    if bad.kind == "refused" and (bad.status is None or bad.status < 500):
        return _stale_ticket()
    return error(
        "对方登录系统暂时没有应答",
        "the other sign-in system does not answer just now",
        remedy=("稍后再试，或用手机验证码登录", "try again later, or sign in by a code to your phone"),
    )


@public
@never_cache
@require_http_methods(["GET", "POST"])
def oidc_login(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Off to the provider of OpenID Connect."""
    if settings.SIGN_IN.oidc is None:
        raise Http404
    refused = _too_many(request)
    if refused is not None:
        return refused
    try:
        response: HttpResponse = oidc.login(request, provider_id)
    except _BAD_ANSWERS:
        return failed(request)
    return response


@public
@never_cache
@require_GET
def oidc_back(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Back from it; allauth redeems the code and goes on to :func:`elsewhere`."""
    if settings.SIGN_IN.oidc is None:
        raise Http404
    refused = _too_many(request)
    if refused is not None:
        return refused
    try:
        response: HttpResponse = oidc.callback(request, provider_id)
    except _BAD_ANSWERS:
        return failed(request)
    return response
