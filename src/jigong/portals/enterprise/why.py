"""Why something is due to the firm: the conditions of its clause, and what they read."""

from jigong.delivery.held import held_now
from jigong.delivery.models import Entitlement
from jigong.insight.explain import Explained, explain_clause


def why(entitlement: Entitlement) -> Explained | None:
    """The clause explained for this matter as things are today; None where it cannot be told any more."""
    found = held_now(entitlement)
    if found is None or entitlement.clause not in found[1].pack.clauses:
        return None
    key = entitlement.open_subject()
    return next((entry for entry in explain_clause(*found, entitlement.clause) if entry.subject == key), None)
