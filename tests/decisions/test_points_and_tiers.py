"""Points of the small district: caps, missing items, tiers."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

import mini

PackWith = Callable[[mini.Edits], Path]


def points(built: mini.Built, worker: str) -> dict[str, Any]:
    cursor = duckdb.execute(f"SELECT * FROM {built.run.points} WHERE worker = ?", [worker])
    names = [column[0] for column in cursor.description or []]
    (row,) = cursor.fetchall()
    return dict(zip(names, row, strict=True))


def test_items_and_dimensions_are_capped(district: mini.Built) -> None:
    """Twelve months count 10 at most; 10 and 5 for the union count 13 at most."""
    assert points(district, "P1") == {
        "worker": "P1", "growth.insured": 10, "growth.union": 5, "points_growth": 13, "points_growth most": 13,
        "points_total": 13, "points_total most": 13, "tier": "silver",
    }  # fmt: skip
    assert points(district, "P2")["points_total"] == 9


def test_tiers_begin_at_their_number(district: mini.Built, pack_with: PackWith) -> None:
    assert points(district, "P8")["tier"] is None
    nine = district.under(pack_with({"parameters/points.yaml": ("value: 8,", "value: 9,")}))
    assert points(nine, "P2")["tier"] == "silver"
    ten = district.under(
        mini.edited(mini.PACK, nine.folder / "ten", {"parameters/points.yaml": ("value: 8,", "value: 10,")})
    )
    assert points(ten, "P2")["tier"] == "bronze"


def test_an_item_that_is_not_known_counts_nothing_and_says_so(district: mini.Built) -> None:
    stale = points(district.on(date(2023, 3, 4)), "P1")
    assert (stale["growth.insured"], stale["growth.union"]) == (None, 5)
    assert (stale["points_growth"], stale["points_total"], stale["tier"]) == (5, 5, "bronze")
