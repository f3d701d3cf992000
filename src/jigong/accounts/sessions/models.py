"""A session: what Django keeps of one, and whose it is."""

from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models

from jigong.accounts.models import Account


class Session(AbstractBaseSession):
    """One browser that came by; ``account`` is None until somebody signs in there."""

    account = models.ForeignKey(Account, null=True, on_delete=models.CASCADE, related_name="sessions")

    @classmethod
    def get_session_store_class(cls) -> type:
        """The store that keeps them."""
        from jigong.accounts.sessions.store import SessionStore

        return SessionStore
