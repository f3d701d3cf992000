"""Staff come in: a password, then a second factor; and the invitation that sets a password."""

from datetime import timedelta

from django.conf import settings
from django.contrib.auth import authenticate
from django.contrib.auth.tokens import default_token_generator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from jigong.accounts import staff
from jigong.accounts.limits import Limit, give_back, take
from jigong.accounts.models import Account
from jigong.kernel.problems import JigongError
from jigong.portals.entry.coming_in import wait_for_second
from jigong.portals.kit.access import public
from jigong.portals.kit.address import address_of, own_path
from jigong.portals.kit.clock import now
from jigong.portals.kit.views import too_many

PASSWORD_NAME = Limit("password for a name", 6, timedelta(minutes=15))
PASSWORD_ADDRESS = Limit("passwords from an address", 40, timedelta(minutes=10))


@public
@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def password(request: HttpRequest) -> HttpResponse:
    """Name and password. What is wrong is not told apart; too many tries for a name rest it."""
    wrong = False
    if request.method == "POST":
        name, at = request.POST.get("username", "").strip()[:150], now()
        for limit, who in ((PASSWORD_ADDRESS, address_of(request)), (PASSWORD_NAME, name.casefold())):
            wait = take(limit, who, at=at)
            if wait is not None:
                return too_many(request, seconds=int(wait.total_seconds()) + 1)
        account = authenticate(request, username=name, password=request.POST.get("password", ""))
        if isinstance(account, Account) and not account.is_worker:
            give_back(PASSWORD_NAME, name.casefold())
            next_ = request.POST.get("next", "")
            return wait_for_second(request, account, how="password", next_=next_, at=at)
        wrong = True
    shown = {
        "wrong": wrong,
        "username": request.POST.get("username", ""),
        "next": own_path(request.POST.get("next") or request.GET.get("next")),
        "ways": settings.SIGN_IN,
    }
    return render(request, "entry/staff.html", shown, status=422 if wrong else 200)


@public
@never_cache
@sensitive_post_parameters("password", "again")
@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: HttpRequest, account: int, token: str) -> HttpResponse:
    """Set the password an operator's invitation allows, once."""
    found = Account.objects.filter(pk=account, is_active=True, person=None).first()
    if found is None or not default_token_generator.check_token(found, token):
        raise staff.spent_invitation()
    problems: object = ()
    differ = False
    if request.method == "POST":
        differ = request.POST.get("password", "") != request.POST.get("again", "")
        if not differ:
            at = now()
            try:
                staff.set_password(
                    account=found, token=token, password=request.POST.get("password", ""), at=at
                )
            except JigongError as bad:
                problems = bad.problems
            else:
                return wait_for_second(request, found, how="invitation", next_="/", at=at)
    shown = {"account": found, "problems": problems, "differ": differ}
    return render(request, "entry/invitation.html", shown, status=422 if problems or differ else 200)
