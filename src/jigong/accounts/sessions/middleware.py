"""``request.user``, from what the session's read already brought."""

from django.conf import settings
from django.contrib import auth
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare
from django.utils.functional import SimpleLazyObject

from jigong.accounts.models import Account
from jigong.accounts.sessions.store import SessionStore


class SessionAccount(AuthenticationMiddleware):
    """Django's middleware without its second read; whatever is out of the ordinary is left to Django."""

    def process_request(self, request: HttpRequest) -> None:
        """Called by Django for each request."""
        super().process_request(request)
        request.user = SimpleLazyObject(lambda: _account(request))  # type: ignore[assignment]


def _account(request: HttpRequest) -> Account | AnonymousUser:
    cached: Account | AnonymousUser | None = getattr(request, "_cached_user", None)
    if cached is None:
        cached = _signed_in(request.session) or auth.get_user(request)
        request._cached_user = cached  # type: ignore[attr-defined]
    return cached


def _signed_in(session: SessionBase) -> Account | None:
    """The account, where the session is its own and was begun under the password it has now."""
    signed_in = session.get(auth.SESSION_KEY)
    account = session.account if isinstance(session, SessionStore) else None
    if account is None or not account.is_active:
        return None
    same = str(account.pk) == signed_in
    known = session.get(auth.BACKEND_SESSION_KEY) in settings.AUTHENTICATION_BACKENDS
    begun = constant_time_compare(session.get(auth.HASH_SESSION_KEY, ""), account.get_session_auth_hash())
    return account if same and known and begun else None
