"""How allauth fits in: its secrets are sealed, and it signs in only whom an operator has bound."""

import base64
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from django.http import HttpRequest
from django.shortcuts import redirect

from jigong.accounts.cipher import seal_text, unseal_text

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
