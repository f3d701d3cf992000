"""Whom the data are about that came since: those whom the platform's own records name, or anybody."""

from datetime import date

import pytest
from lake_made import IDS, PERSON_HEADER, Deliver, people

from jigong.lake import Lake
from jigong.lake.merging import merge
from jigong.lake.named import named_since

A, B, C = IDS[:3]
LATER = date(2024, 1, 3)


def corrected(person: str) -> dict[str, str | bytes]:
    return {"person.csv": f"{PERSON_HEADER}{person},示例乙,男,1990-03-07,\n"}


@pytest.fixture
def first(lake: Lake, deliver: Deliver) -> str:
    """The id of a snapshot in which three people are known."""
    deliver({"person.csv": people(A, B, C)})
    return lake.snapshot().id


def test_nothing_came(lake: Lake, first: str) -> None:
    assert named_since(lake.snapshot(), first) == frozenset()


def test_the_platforms_records_name_whom_they_are_about(lake: Lake, deliver: Deliver, first: str) -> None:
    deliver(corrected(A), known_on=LATER, origin="platform:case-1")
    deliver(corrected(B), known_on=LATER, origin="platform:case-2")
    second = lake.snapshot().id
    deliver(corrected(C), known_on=LATER, origin="platform:case-3")
    assert named_since(lake.snapshot(), first) == {A, B, C}
    assert named_since(lake.snapshot(), second) == {C}
    merge(lake, whole=True)
    assert named_since(lake.snapshot(), second) == {C}


def test_what_an_office_says_may_be_about_anybody(lake: Lake, deliver: Deliver, first: str) -> None:
    deliver(corrected(A), known_on=LATER)
    assert named_since(lake.snapshot(), first) is None


def test_what_waits_may_be_about_anybody(lake: Lake, deliver: Deliver, first: str) -> None:
    bad = f"{PERSON_HEADER}{A},示例乙,不明,1990-03-07,\n"
    deliver({"person.csv": bad}, known_on=LATER, origin="platform:case-1")
    assert named_since(lake.snapshot(), first) is None


def test_a_snapshot_that_is_not_there_is_no_ground(lake: Lake, first: str) -> None:
    assert named_since(lake.snapshot(), "0" * 64) is None
