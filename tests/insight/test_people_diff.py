"""Who gains and loses between two packs, two dates, or two states of knowledge."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

import mini
from jigong.insight.difference import ClauseDifference, difference

PackWith = Callable[[mini.Edits], Path]


def between(before: mini.Built, after: mini.Built) -> dict[str, ClauseDifference]:
    return {entry.clause: entry for entry in difference(before.run, after.run) if entry.changed}


def test_the_same_run_differs_in_nothing(district: mini.Built) -> None:
    assert between(district, district) == {}


def test_another_pack(district: mini.Built, pack_with: PackWith) -> None:
    """Three months suffice: P2 and P3 get the grant, 5,000 each, instead of the allowance."""
    after = district.under(pack_with({"parameters/aid.yaml": ("value: 6,", "value: 4,")}))
    found = between(district, after)
    grant, allowance = found["grant"], found["allowance"]
    assert (grant.gain, grant.lose, grant.new_yes, grant.no_longer_yes) == (2, 0, 2, 0)
    assert (grant.before, grant.after) == (Decimal("4500.00"), Decimal("14500.00"))
    assert grant.examples == (("P2", 0, 5000), ("P3", 0, 5000))
    assert (allowance.gain, allowance.lose, allowance.new_yes) == (0, 2, 0)
    back = between(after, district)["grant"]
    assert (back.gain, back.lose, back.new_yes, back.no_longer_yes) == (0, 2, 0, 2)


def test_another_date(district: mini.Built) -> None:
    found = between(district, district.on(date(2022, 11, 1)))
    assert (found["allowance"].lose, found["allowance"].no_longer_yes) == (2, 2)


def test_newer_knowledge(corrected: mini.Built) -> None:
    """E6's tuition comes: the grant of 3,000 takes the place of the allowance."""
    found = between(corrected.on(mini.NEW_YEAR, mini.NEW_YEAR), corrected.on(mini.NEW_YEAR))
    assert (found["grant"].gain, found["grant"].new_yes, found["grant"].after - found["grant"].before) == (
        1,
        0,
        3000,
    )
    assert found["allowance"].lose == 1


def test_a_clause_only_one_pack_has(district: mini.Built, pack_with: PackWith) -> None:
    folder = pack_with({})
    for name in ("clause.yaml", "cases.yaml"):
        (folder / "clauses" / "allowance" / name).unlink()
    found = between(district.under(folder), district)
    assert (found["allowance"].gain, found["allowance"].new_yes, found["allowance"].before) == (6, 7, 0)
