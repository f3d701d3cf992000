"""The list of a demonstration: be anybody on it with one tap. It exists only in a demonstration."""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from jigong.accounts.demo import demo_account, demo_accounts
from jigong.portals.entry.coming_in import enter
from jigong.portals.kit.access import public
from jigong.portals.kit.clock import now


@public
@require_safe
def people(request: HttpRequest) -> HttpResponse:
    """Whom one can be."""
    _only_in_demo()
    accounts = demo_accounts()
    groups = (
        ("user", "职工", "Workers", [a for a in accounts if a.account.is_worker]),
        ("building-factory-2", "企业", "Enterprises", [a for a in accounts if a.kind == "enterprise"]),
        ("building-bank", "部门与街道", "Bureaus and towns", [a for a in accounts if a.kind == "office"]),
        ("dashboard", "全区", "The district", [a for a in accounts if a.kind == "district"]),
    )
    return render(request, "entry/demo.html", {"groups": [group for group in groups if group[3]]})


@public
@require_POST
def be(request: HttpRequest) -> HttpResponse:
    """Sign in as one of them."""
    _only_in_demo()
    account = demo_account(request.POST.get("username", ""))
    if account is None:
        raise Http404
    enter(request, account, how="demo", at=now())
    return redirect("entry:home")


def _only_in_demo() -> None:
    if not settings.JIGONG.demo:
        raise Http404
