"""From which amount on an entitlement is among the largest of its clause; remembered, for it moves slowly."""

from collections.abc import Collection
from decimal import Decimal

from django.core.cache import cache
from django.db import connection

_SECONDS = 600


def bounds(share: Decimal, clauses: Collection[str], *, fresh: bool = False) -> dict[str, Decimal]:
    """By clause, the amount (yuan) below which ``share`` of its entitlements lie; at most ten minutes old.

    ``fresh`` computes them anew. Clauses that give no money are left out.
    """
    keys = {f"sampling.bound:{share}:{clause}": clause for clause in clauses}
    known: dict[str, str] = {} if fresh else cache.get_many(list(keys))
    missing = [clause for key, clause in keys.items() if key not in known]
    if missing:
        found = _computed(share, missing)
        made = {f"sampling.bound:{share}:{clause}": str(found.get(clause, "")) for clause in missing}
        cache.set_many(made, _SECONDS)
        known = {**known, **made}
    return {keys[key]: Decimal(bound) for key, bound in known.items() if bound}


def _computed(share: Decimal, clauses: Collection[str]) -> dict[str, Decimal]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT clause, percentile_disc(%s::float) WITHIN GROUP (ORDER BY amount) FROM delivery_entitlement"
            " WHERE clause = ANY(%s) AND amount > 0 GROUP BY clause",
            [share, list(clauses)],
        )
        return dict(cursor.fetchall())
