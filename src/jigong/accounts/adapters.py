"""How allauth fits in: its secrets are sealed, and it signs in only whom an operator has bound."""

import base64
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.shortcuts import redirect

from jigong.accounts.cipher import reseal, seal_text, unseal_text

_CONTEXT = "mfa.secret"
ELSEWHERE = "signed in elsewhere"
"""Session: whom a provider has just named."""


class SecondFactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """Seals the secrets of second factors."""

    def encrypt(self, text: str) -> str:
        """As it is kept."""
        return base64.b64encode(seal_text(text, _CONTEXT)).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """As it is used."""
        return unseal_text(base64.b64decode(encrypted_text), _CONTEXT)


def resealed(kept: str) -> str | None:
    """A kept secret sealed with the site's key and cipher; None where it is already.

    Raises:
        JigongError: none of the site's keys opens it.
    """
    new = reseal(base64.b64decode(kept), _CONTEXT)
    return None if new is None else base64.b64encode(new).decode()


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Nobody makes an account for themself."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Never."""
        return False


class SocialAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]
    """Nobody makes an account by way of a provider, or binds one themself.

    allauth sees to the exchange with the provider; who that then is here, and the second factor, are the
    site's own pages' to settle.
    """

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        """Never."""
        return False

    def populate_user(self, request: HttpRequest, sociallogin: Any, data: Any) -> Any:
        """See that both of the provider's answers are about the same subject, and keep none of what they say.

        The identity token came over TLS from where the code was redeemed; what names the user came for an
        access token, and counts only for the token's subject (OpenID Connect Core 5.3.2).
        """
        said = sociallogin.account.extra_data
        token, user = said.get("id_token") or {}, said.get("userinfo") or {}
        if not token.get("sub") or token["sub"] != user.get("sub") or sociallogin.account.uid != token["sub"]:
            raise PermissionDenied
        sociallogin.account.extra_data = {}
        return sociallogin.user

    def get_requests_session(self) -> Any:
        """Calls to the provider end in time, and follow no redirect."""
        session = super().get_requests_session()
        session.max_redirects = 0
        return session

    def pre_social_login(self, request: HttpRequest, sociallogin: Any) -> None:
        """Keep whom the provider named, in the session, and go on to the site's page."""
        request.session[ELSEWHERE] = {
            "provider": sociallogin.account.provider,
            "subject": sociallogin.account.uid,
            "next": sociallogin.state.get("next") or "",
        }
        raise ImmediateHttpResponse(redirect("entry:elsewhere"))

    def on_authentication_error(self, request: HttpRequest, provider: Any, **kwargs: Any) -> None:
        """Cancelled, refused, or the provider does not answer: the site's page says so."""
        raise ImmediateHttpResponse(redirect("entry:elsewhere-failed"))
