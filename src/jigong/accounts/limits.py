"""How often somebody may try something, counted in PostgreSQL so that every process counts together.

A limit of 5 in 10 minutes lets five through at once and gives one back every two minutes. Each
attempt is one statement, so attempts at the same moment cannot slip through together; a refused
attempt costs nothing, so nobody is kept out longer by knocking.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from jigong.accounts.cipher import lookup


@dataclass(frozen=True, slots=True)
class Limit:
    """At most ``count`` at once, all of which come back within ``within``."""

    name: str
    count: int
    within: timedelta

    @property
    def step(self) -> timedelta:
        """How long it takes to get one back."""
        return self.within / self.count


_TAKE = """
INSERT INTO accounts_throttle AS t (key, free_at) VALUES (%(key)s, %(at)s + %(step)s)
ON CONFLICT (key) DO UPDATE SET free_at = greatest(t.free_at, %(at)s) + %(step)s
WHERE greatest(t.free_at, %(at)s) + %(step)s <= %(at)s + %(within)s
RETURNING 1
"""


def take(limit: Limit, who: str, *, at: datetime) -> timedelta | None:
    """Use one of ``who``'s attempts. None where it is allowed, else how long until the next is."""
    key = lookup(f"{limit.name} {who}", "throttle")
    with connection.cursor() as cursor:
        given: dict[str, Any] = {"key": key, "at": at, "step": limit.step, "within": limit.within}
        cursor.execute(_TAKE, given)
        if cursor.fetchone() is not None:
            return None
        cursor.execute("SELECT free_at FROM accounts_throttle WHERE key = %s", [key])
        row = cursor.fetchone()
    free_at: datetime = row[0] if row else at
    return max(free_at + limit.step - limit.within - at, timedelta(seconds=1))


def give_back(limit: Limit, who: str) -> None:
    """Forget what ``who`` has used: they have shown who they are."""
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM accounts_throttle WHERE key = %s", [lookup(f"{limit.name} {who}", "throttle")]
        )


def tidy(*, at: datetime) -> int:
    """Remove what no longer limits anybody; gives how many."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM accounts_throttle WHERE free_at < %s", [at])
        return int(cursor.rowcount)
