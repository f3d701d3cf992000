"""What makes an entitlement worth a second look: each signal is measured in the database, the pack weighs it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection

from jigong.delivery.models import Entitlement
from jigong.delivery.sampling.bounds import bounds
from jigong.delivery.states import State
from jigong.dossiers.law import current_run, law_of_run
from jigong.packs.sampling import RiskRule, Sampling, Signal

_WEIGHED = ("confirmed", "passed", "approved", "appealed", "corrected", "paid")
"""States in which a risk means something: somebody has asked for the money."""

_EVER = 36_500
"""Days: how far back a rule without a limit looks."""

_CONFIRMED = "(SELECT max(s.at) FROM delivery_step s WHERE s.entitlement_id = c.id AND s.move = 'confirm')"
_WITHIN = "BETWEEN {confirmed} - make_interval(days => %(days)s) AND {confirmed}"
_LOOKING_BACK = _WITHIN.format(confirmed=_CONFIRMED)

_REACHED: dict[Signal, str] = {
    # Above the bound of its clause: equal amounts never stand out.
    "amount_rank": (
        "SELECT c.id FROM candidates c JOIN unnest(%(clauses)s::text[], %(bounds)s::numeric[]) AS b (clause, bound)"
        " ON b.clause = c.clause AND c.amount > b.bound"
    ),
    # Facts the applicant stated, by the record of the application.
    "claimed_facts": (
        "SELECT c.id FROM candidates c JOIN audit_entry a ON a.person = c.person_id AND a.action = 'delivery.apply'"
        " AND a.object_id = c.id::text GROUP BY c.id HAVING max(jsonb_array_length(a.detail::jsonb -> 'claimed')) >= %(from)s"
    ),
    # People and enterprises that gave the same account number.
    "shared_account": (
        "SELECT c.id FROM candidates c JOIN accounts_bankaccount b ON b.id = c.bank_account_id"
        " WHERE (SELECT count(DISTINCT (o.person_id, o.organisation_id)) FROM accounts_bankaccount o"
        " WHERE o.number_hash = b.number_hash) >= %(from)s"
    ),
    # Other accounts the payee had before one that was given shortly before confirming.
    "changed_account": (
        "SELECT c.id FROM candidates c JOIN accounts_bankaccount b ON b.id = c.bank_account_id"
        f" WHERE b.created_at {_LOOKING_BACK}"
        " AND (SELECT count(*) FROM accounts_bankaccount o WHERE o.created_at < b.created_at AND o.number_hash <> b.number_hash"
        " AND (o.person_id = b.person_id OR o.organisation_id = b.organisation_id)) >= %(from)s"
    ),
    # Corrections of the person's data that were upheld.
    "recent_correction": (
        "SELECT c.id FROM candidates c WHERE (SELECT count(*) FROM audit_entry a WHERE a.person = c.person_id"
        f" AND a.action = 'cases.upheld' AND a.detail::jsonb ->> 'kind' = 'correction' AND a.at {_LOOKING_BACK}) >= %(from)s"
    ),
    "upheld_appeal": (
        "SELECT c.id FROM candidates c WHERE (SELECT count(*) FROM delivery_step s"
        " WHERE s.entitlement_id = c.id AND s.move = 'uphold') >= %(from)s"
    ),
}

_CANDIDATES = (
    "WITH candidates AS (SELECT id, clause, amount, person_id, bank_account_id FROM delivery_entitlement"
    " WHERE state = ANY(%(states)s) AND (%(ids)s::bigint[] IS NULL OR id = ANY(%(ids)s::bigint[])))"
)


def plan_of_sampling() -> Sampling | None:
    """What the pack in force says about second looks."""
    placed = law_of_run(current_run()).pack.sampling
    return placed.value if placed else None


def assess(entitlements: Sequence[int] | None = None) -> int:
    """Work out the risk of these entitlements (None: of all that wait or were paid) anew; how many changed.

    It is the sum of the weights of the pack's rules that apply, at most 100. A pack without rules
    leaves every risk at 0. An entitlement's version stays: nobody decided anything.
    """
    plan = plan_of_sampling()
    weighed = _weighed(plan.rules if plan else (), _clauses(entitlements), fresh=entitlements is None)
    with connection.cursor() as cursor:
        cursor.execute(
            f"{_CANDIDATES}, reached AS ({weighed.sql}),"
            " risks AS (SELECT c.id, least(100, coalesce(sum(r.weight), 0)) AS risk FROM candidates c"
            " LEFT JOIN reached r USING (id) GROUP BY c.id),"
            # In the order of ids, as everybody locks: nobody waits in a circle.
            " changed AS (SELECT e.id, r.risk FROM delivery_entitlement e JOIN risks r ON r.id = e.id AND e.risk <> r.risk"
            " ORDER BY e.id FOR NO KEY UPDATE OF e)"
            " UPDATE delivery_entitlement e SET risk = c.risk FROM changed c WHERE e.id = c.id",
            {
                "states": list(_WEIGHED),
                "ids": None if entitlements is None else list(entitlements),
                **weighed.given,
            },
        )
        return int(cursor.rowcount)


def reasons(entitlement: int) -> list[RiskRule]:
    """The pack's rules that apply to one entitlement."""
    plan = plan_of_sampling()
    if plan is None:
        return []
    weighed = _weighed(plan.rules, _clauses([entitlement]))
    with connection.cursor() as cursor:
        cursor.execute(
            f"{_CANDIDATES} SELECT DISTINCT rule FROM ({weighed.sql}) reached",
            {"states": [state.value for state in State], "ids": [entitlement], **weighed.given},
        )
        found = {row[0] for row in cursor.fetchall()}
    return [rule for rule in plan.rules if rule.id in found]


def _clauses(entitlements: Sequence[int] | None) -> list[str]:
    rows = Entitlement.objects.order_by()
    if entitlements is not None:
        rows = rows.filter(pk__in=entitlements)
    return list(rows.values_list("clause", flat=True).distinct())


@dataclass(frozen=True, slots=True)
class _Weighed:
    """SQL for (id, rule, weight), one row for each rule that applies to a candidate, and its values."""

    sql: str
    given: dict[str, Any]


def _weighed(rules: Sequence[RiskRule], clauses: Sequence[str], *, fresh: bool = False) -> _Weighed:
    parts = ["SELECT NULL::bigint AS id, ''::text AS rule, 0 AS weight WHERE FALSE"]
    given: dict[str, Any] = {}
    for place, rule in enumerate(rules):
        reached = _REACHED[rule.signal]
        for name in ("from", "days", "clauses", "bounds"):
            reached = reached.replace(f"%({name})s", f"%({name}_{place})s")
        parts.append(f"SELECT id, %(rule_{place})s::text, %(weight_{place})s::int FROM ({reached}) r_{place}")
        given |= {
            f"from_{place}": rule.from_,
            f"days_{place}": rule.within_days or _EVER,
            f"rule_{place}": rule.id,
            f"weight_{place}": rule.weight,
        }
        if rule.signal == "amount_rank":
            found = bounds(rule.from_, clauses, fresh=fresh)
            given |= {f"clauses_{place}": list(found), f"bounds_{place}": list(found.values())}
    return _Weighed(" UNION ALL ".join(parts), given)
