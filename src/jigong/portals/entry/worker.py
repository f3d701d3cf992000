"""A worker comes in: a phone, a one-time code, and where a family shares the phone, four digits more."""

from datetime import timedelta

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from jigong.accounts import sign_in
from jigong.accounts.codes import DemoSender, sender
from jigong.accounts.limits import Limit, give_back, take
from jigong.accounts.masking import mask_mobile, mask_name
from jigong.accounts.models import Person, SignInCode
from jigong.accounts.sign_in import Tried
from jigong.kernel.problems import JigongError
from jigong.portals.entry.coming_in import enter, go
from jigong.portals.kit.access import public
from jigong.portals.kit.address import address_of, own_path
from jigong.portals.kit.clock import now
from jigong.portals.kit.views import too_many

_ASKED = "code asked for"
_PROVEN = "phone proven by code"
_LAST_DIGITS = Limit("last digits", 5, timedelta(minutes=30))


@public
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def phone(request: HttpRequest) -> HttpResponse:
    """The phone's number; sends a code."""
    by = sender()
    if request.method == "POST" and by is not None:
        next_ = own_path(request.POST.get("next"))
        try:
            mobile = sign_in.clean_mobile(request.POST.get("mobile", ""))
        except JigongError as bad:
            return _phone_page(request, next_, bad, 422)
        at = now()
        for limit, who in ((sign_in.ASK_ADDRESS, address_of(request)), (sign_in.ASK_PHONE, mobile)):
            wait = take(limit, who, at=at)
            if wait is not None:
                return too_many(request, seconds=int(wait.total_seconds()) + 1)
        asked = sign_in.ask_code(mobile=mobile, by=by, at=at)
        request.session[_ASKED] = {"code": asked.pk, "next": next_}
        return redirect("entry:code")
    return _phone_page(request, own_path(request.GET.get("next")), None, 200)


def _phone_page(request: HttpRequest, next_: str, bad: JigongError | None, status: int) -> HttpResponse:
    shown = {
        "next": next_,
        "problems": bad.problems if bad else (),
        "typed": request.POST.get("mobile", ""),
        "by_code": sender() is not None,
        "ways": settings.SIGN_IN,
    }
    return render(request, "entry/phone.html", shown, status=status)


@public
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def code(request: HttpRequest) -> HttpResponse:
    """The code that was sent."""
    held = request.session.get(_ASKED)
    asked = SignInCode.objects.filter(pk=held["code"]).first() if held else None
    if held is None or asked is None:
        return redirect("entry:sign-in")
    mobile, tried = asked.open_mobile(), None
    if request.method == "POST":
        at = now()
        for limit, who in ((sign_in.TRY_ADDRESS, address_of(request)), (sign_in.TRY_PHONE, mobile)):
            wait = take(limit, who, at=at)
            if wait is not None:
                return too_many(request, seconds=int(wait.total_seconds()) + 1)
        tried = sign_in.try_code(code_id=asked.pk, typed=request.POST.get("code", ""), at=at)
        if tried is Tried.RIGHT:
            give_back(sign_in.TRY_PHONE, mobile)
            del request.session[_ASKED]
            return _proven(request, asked.pk, held["next"])
    by = sender()
    shown = {
        "mobile": mask_mobile(mobile),
        "minutes": int(sign_in.LIFE.total_seconds() // 60),
        "wrong": tried is Tried.WRONG,
        "spent": tried is Tried.SPENT,
        "shown_code": by.shown(mobile) if isinstance(by, DemoSender) else None,
    }
    return render(request, "entry/code.html", shown, status=422 if tried else 200)


def _proven(request: HttpRequest, code_id: int, next_: str) -> HttpResponse:
    people = sign_in.people_of(code_id)
    if len(people) == 1:
        return _admit(request, people[0], next_)
    if not people:
        return render(request, "entry/unknown.html", status=404)
    request.session[_PROVEN] = {"code": code_id, "next": next_, "until": (now() + sign_in.LIFE).isoformat()}
    return redirect("entry:which")


@public
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def which(request: HttpRequest) -> HttpResponse:
    """Which of those who share the phone."""
    held = request.session.get(_PROVEN)
    if held is None or now().isoformat() >= held["until"]:
        return redirect("entry:sign-in")
    people = sign_in.people_of(held["code"])
    wrong = False
    if request.method == "POST":
        wait = take(_LAST_DIGITS, str(held["code"]), at=now())
        if wait is not None:
            return too_many(request, seconds=int(wait.total_seconds()) + 1)
        person = sign_in.with_last_digits(people, request.POST.get("digits", ""))
        if person is not None:
            del request.session[_PROVEN]
            return _admit(request, person, held["next"])
        wrong = True
    names = [mask_name(person.name) for person in people]
    return render(request, "entry/which.html", {"names": names, "wrong": wrong}, status=422 if wrong else 200)


def _admit(request: HttpRequest, person: Person, next_: str) -> HttpResponse:
    account = sign_in.open_account(person)
    if account is None:
        return render(request, "entry/unknown.html", status=404)
    enter(request, account, how="code", at=now())
    return go(next_)
