"""Who may open a page: every view carries exactly one of these marks, and a test sees that it does."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import quote

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from jigong.accounts.enums import Permission
from jigong.accounts.models import Account

View = Callable[..., HttpResponse]


def public(view: View) -> View:
    """Open to everybody, signed in or not. The page shows nobody's data."""
    view.access = "public"  # type: ignore[attr-defined]
    return view


def worker_only(view: View) -> View:
    """Open to workers; ``request.user.person`` is whose data it shows."""

    @wraps(view)
    def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.is_authenticated:
            return _sign_in(request)
        if not request.user.is_worker:
            raise PermissionDenied
        return view(request, *args, **kwargs)

    checked.access = "worker"  # type: ignore[attr-defined]
    return checked


def staff_with(*permissions: Permission) -> Callable[[View], View]:
    """Open to staff with any of these permissions, somewhere; what they then see, their scope decides."""

    def mark(view: View) -> View:
        @wraps(view)
        def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not request.user.is_authenticated:
                return _sign_in(request)
            if not any(account_of(request).may(permission) for permission in permissions):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        checked.access = permissions  # type: ignore[attr-defined]
        return checked

    return mark


def account_of(request: HttpRequest) -> Account:
    """The signed-in account."""
    account = request.user
    if not isinstance(account, Account):
        raise PermissionDenied
    return account


def _sign_in(request: HttpRequest) -> HttpResponse:
    target = request.get_full_path() if request.method == "GET" else "/"
    address = f"/sign-in?next={quote(target)}"
    if request.headers.get("HX-Request"):
        # htmx would put the sign-in page into a part of this one.
        return HttpResponse(status=401, headers={"HX-Redirect": address})
    return redirect(address)
