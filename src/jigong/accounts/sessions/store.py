"""The store of sessions (``SESSION_ENGINE``): a session and its account are read together, once for each request."""

from typing import Any

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends import db
from django.contrib.sessions.base_session import AbstractBaseSession
from django.utils import timezone

from jigong.accounts.models import Account
from jigong.accounts.sessions.models import Session

_READ = """
SELECT a.*, s.session_data FROM account_sessions_session s LEFT JOIN accounts_account a ON a.id = s.account_id
WHERE s.session_key = %s AND s.expire_date > %s
"""


class SessionStore(db.SessionStore):
    """Sessions in the database; signing out ends one in every process at once."""

    account: Account | None = None
    """Whose the session was when it was read."""

    @classmethod
    def get_model_class(cls) -> type[Session]:
        """The table."""
        return Session

    def create_model_instance(self, data: dict[str, Any]) -> AbstractBaseSession:
        """The row, with the account that signed in."""
        row = super().create_model_instance(data)
        assert isinstance(row, Session)
        row.account_id = data.get(SESSION_KEY)
        return row

    def load(self) -> dict[str, Any]:
        """What the session holds; nothing where it has ended."""
        for found in Account.objects.raw(_READ, [self.session_key, timezone.now()]):
            self.account = found if found.pk is not None else None
            return self.decode(vars(found)["session_data"])
        self._session_key = None
        return {}
