"""The quality report and how long data may be relied on."""

from datetime import date

import pytest
from lake_made import CONTRACTS, IDS, PENSION_HEADER, PERSON_HEADER, Deliver, citizen, pension, people

from jigong.lake import Lake
from jigong.lake.quality import ClassQuality, quality

A, B, C, D, E, F = IDS


def by_class(lake: Lake) -> dict[str, ClassQuality]:
    return {entry.class_name: entry for entry in quality(lake.snapshot(), CONTRACTS)}


def test_rows_shares_and_completeness(lake: Lake, deliver: Deliver) -> None:
    rows = people(A, B, C).replace("07,\n", "07,10000000001\n", 1) + f"{citizen(50)},,男,1990-03-07,\n"
    deliver({"person.csv": rows}, known_on=date(2024, 1, 31))
    deliver({"person.csv": people(A, D)}, known_on=date(2024, 3, 1))
    entry = by_class(lake)["person"]
    # A is corrected (its mobile number is gone), B and C are no longer in the register: two records of six rows.
    assert (entry.rows, entry.rows_in, entry.quarantined) == (2, 6, 1)
    assert entry.share_accepted == pytest.approx(5 / 6)
    assert [(column.name, column.filled, column.share) for column in entry.completeness] == [
        ("person_id", 2, 1), ("name", 2, 1), ("sex", 2, 1), ("birth_date", 2, 1), ("mobile", 0, 0),
    ]  # fmt: skip
    assert entry.completeness_overall == pytest.approx(8 / 10)
    assert (entry.newest_valid, entry.newest_known) == (date(1990, 3, 7), date(2024, 3, 1))
    assert entry.stale_after == date(2024, 5, 2)


def test_a_monthly_class_is_fresh_until_some_days_after_its_newest_month(
    lake: Lake, deliver: Deliver
) -> None:
    rows = pension(A, "2023-11") + pension(A, "2024-02") + pension(B, "2023-12")
    deliver(
        {"person.csv": people(), "pension_contribution.csv": PENSION_HEADER + rows}, known_on=date(2024, 3, 5)
    )
    entry = by_class(lake)["pension_contribution"]
    assert entry.newest_valid == date(2024, 2, 1)
    assert (
        entry.stale_after
        == lake.snapshot().coverage.relied_until(["pension_contribution"])
        == date(2024, 5, 1)
    )


def test_a_class_that_never_came(lake: Lake, deliver: Deliver) -> None:
    deliver({"person.csv": people()})
    entry = by_class(lake)["residence_registration"]
    assert (entry.rows, entry.share_accepted, entry.stale_after, entry.completeness_overall) == (
        0,
        None,
        None,
        None,
    )
    assert [column.share for column in entry.completeness] == [None] * 5


def test_a_class_of_which_every_row_is_in_quarantine(lake: Lake, deliver: Deliver) -> None:
    bad = PERSON_HEADER + f"{citizen(50)},,男,1990-03-07,\n"
    deliver({"person.csv": bad}, known_on=date(2024, 1, 31))
    entry = by_class(lake)["person"]
    assert (entry.rows, entry.share_accepted, entry.newest_valid) == (0, 0, None)
