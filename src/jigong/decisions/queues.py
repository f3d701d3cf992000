"""Who comes first where there is a quota."""

from collections.abc import Mapping, Sequence
from datetime import date

from jigong.packs.model import Clause, ParameterValue


def place_sql(clause: Clause, falling: Sequence[bool], day: date) -> str:
    """SQL for a subject's place among those entitled; NULL where no quota ranks them.

    It goes by the columns ``rank0``, ``rank1`` and so on, those that are ``falling`` from the largest down.
    """
    if clause.delivery.mode != "quota":
        return "CAST(NULL AS INTEGER)"
    order = "".join(
        f"rank{place} {'DESC' if down else 'ASC'} NULLS LAST, " for place, down in enumerate(falling)
    )
    # Ties are broken by a hash nobody can choose, the same in every run for the date.
    entitled = "verdict = 'yes'"
    lot = f"CASE WHEN {entitled} THEN sha256('{day}|{clause.id}|' || subject) END"
    place = f"row_number() OVER (PARTITION BY {entitled} ORDER BY {order}{lot})"
    return f"CAST(CASE WHEN {entitled} THEN {place} END AS INTEGER)"


def in_quota_sql(clause: Clause, values: Mapping[str, ParameterValue]) -> str:
    """SQL for whether a place lies within the quota; NULL where there is none."""
    if clause.delivery.mode != "quota" or clause.delivery.quota is None:
        return "CAST(NULL AS BOOLEAN)"
    return f"rank <= {values[clause.delivery.quota]}"
