"""Whose word holds: a correction keeps its own cell, and an older day's word replaces no newer one unless told to."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from lake_made import (
    CONTRACTS,
    IDS,
    PERSON,
    PERSON_HEADER,
    RESIDENCE_HEADER,
    Deliver,
    citizen,
    people,
    records,
)

from jigong.lake import FileSource, IntakeReport, Lake, take_in
from jigong.lake.claims import DEPARTMENT, Claim
from jigong.lake.merging import merge

A, B, C = IDS[:3]
FIRST = date(2024, 1, 1)
SINGLE = Claim(records_only=True)
Say: TypeAlias = Callable[..., IntakeReport]


def row(name: str = "示例甲", sex: str = "男", mobile: str = "", person: str = A) -> str:
    return f"{person},{name},{sex},1990-03-07,{mobile}\n"


@pytest.fixture
def say(lake: Lake, tmp_path: Path) -> Say:
    """``say(rows, day=3)`` delivers rows of a class on a day of January."""
    count = iter(range(1000))

    def run(
        rows: str,
        *,
        day: int = 1,
        origin: str = DEPARTMENT,
        claim: Claim = SINGLE,
        name: str = "person",
        into: Lake | None = None,
    ) -> IntakeReport:
        header = {"person": PERSON_HEADER, "residence_registration": RESIDENCE_HEADER}[name]
        file = tmp_path / f"{name}-no{next(count)}.csv"
        file.write_text(header + rows, encoding="utf-8")
        known_on = FIRST + timedelta(day - 1)
        return take_in(into or lake, [FileSource(file)], known_on=known_on, origin=origin, claim=claim)

    return run


def found(lake: Lake, person: str = A) -> tuple[Any, ...]:
    (only,) = records(lake, f"SELECT name, sex, mobile FROM person WHERE person_id = '{person}'")
    return only


def kept(report: IntakeReport) -> list[tuple[Any, ...]]:
    return [(one.column, one.platform, one.owner, one.kept) for one in report.differences]


@pytest.fixture
def corrected(lake: Lake, say: Say) -> Lake:
    """The department said 示例甲; the platform knows that it is 示例乙."""
    say(row() + row(person=B))
    say(row(name="示例乙"), day=2, origin="platform:case-1")
    return lake


def test_other_columns_come_in_and_the_corrected_word_stays_out(corrected: Lake, say: Say) -> None:
    report = say(row(sex="女"), day=3)
    assert (report.accepted, report.outdated) == (1, 0)
    assert found(corrected) == ("示例乙", "女", None)
    assert kept(report) == [("name", "示例乙", "示例甲", "platform")]
    # The record is the department's by now; what was corrected stays out all the same, merged or not.
    for day, mobile in ((4, "13800000001"), (5, "13800000002")):
        report = say(row(sex="女", mobile=mobile), day=day)
        assert found(corrected) == ("示例乙", "女", mobile)
        assert kept(report) == [("name", "示例乙", "示例甲", "platform")]
        merge(corrected, whole=True)


def test_a_row_with_no_news_but_the_corrected_word_is_outdated(corrected: Lake, say: Say) -> None:
    for day in (3, 4):
        report = say(row() + row(person=B), day=day)
        assert (report.rows_in, report.accepted, report.outdated, report.duplicates) == (2, 0, 1, 1)
        assert kept(report) == [("name", "示例乙", "示例甲", "platform")]
    assert found(corrected) == ("示例乙", "男", None)


def test_the_right_word_is_a_duplicate_and_differs_in_nothing(corrected: Lake, say: Say) -> None:
    report = say(row(name="示例乙"), day=3)
    assert (report.duplicates, report.outdated, report.differences) == (1, 0, ())
    # Having said it once, the department still cannot fall back to what was corrected.
    assert kept(say(row(), day=4)) == [("name", "示例乙", "示例甲", "platform")]


def test_a_new_word_in_the_corrected_cell_holds(corrected: Lake, say: Say) -> None:
    report = say(row(name="示例丙"), day=3)
    assert found(corrected)[0] == "示例丙"
    assert kept(report) == [("name", "示例乙", "示例丙", "owner")]
    # The correction is over: from here on the department says what it likes.
    report = say(row(), day=4)
    assert (found(corrected)[0], report.differences) == ("示例甲", ())


def test_every_word_that_was_corrected_stays_out(corrected: Lake, say: Say) -> None:
    say(row(name="示例丙"), day=3)
    say(row(name="示例乙"), day=4, origin="platform:case-2")
    for day, name in ((5, "示例丙"), (6, "示例甲")):
        report = say(row(name=name), day=day)
        assert kept(report) == [("name", "示例乙", name, "platform")]
    assert found(corrected)[0] == "示例乙"


def test_two_corrections_of_one_record_stand_apart(corrected: Lake, say: Say) -> None:
    say(row(name="示例乙", mobile="13800000009"), day=3, origin="platform:case-2")
    # An empty cell was corrected, and is empty again.
    report = say(row(name="示例丁"), day=4)
    assert found(corrected) == ("示例丁", "男", "13800000009")
    assert kept(report) == [
        ("name", "示例乙", "示例丁", "owner"),
        ("mobile", "13800000009", None, "platform"),
    ]


def test_a_department_that_knows_of_the_correction_is_let_in(corrected: Lake, say: Say) -> None:
    report = say(row(sex="女"), day=3, claim=replace(SINGLE, supersedes=True))
    assert found(corrected) == ("示例甲", "女", None)
    assert kept(report) == [("name", "示例乙", "示例甲", "owner")]


def test_a_cell_that_cannot_be_read_says_nothing_against_a_correction(lake: Lake, say: Say) -> None:
    say(row(mobile="13800000001"))
    say(row(mobile="13800000002"), day=2, origin="platform:case-1")
    report = say(row(sex="女", mobile="12345"), day=3)
    assert (report.lost_cells, report.differences) == (1, ())
    assert kept(say(row(sex="女", mobile="13800000001"), day=4)) == [
        ("mobile", "13800000002", "13800000001", "platform")
    ]
    assert found(lake) == ("示例甲", "女", "13800000002")


def test_a_column_of_the_platforms_goes_beside_a_corrected_cell(lake: Lake, say: Say) -> None:
    columns = tuple(replace(c, owner="platform") if c.name == "mobile" else c for c in PERSON.columns)
    into = Lake(lake.root, {**CONTRACTS, "person": replace(PERSON, columns=columns)})
    say(row(), into=into)
    say(row(name="示例乙", mobile="13800000001"), day=2, origin="platform:draw-1", into=into)
    report = say(row(sex="女", mobile="13800000002"), day=3, into=into)
    assert found(into) == ("示例乙", "女", "13800000001")
    assert [one[0] for one in kept(report)] == ["mobile", "name"]


@pytest.mark.parametrize("together", [True, False], ids=["merged", "loose"])
def test_a_word_that_was_repeated_is_of_the_day_it_was_repeated(lake: Lake, say: Say, together: bool) -> None:
    say(row() + row(person=B) + row(person=C))
    # The delivery of the ninth repeats the first two and leaves the third out.
    report = say(row() + row(person=B), day=9)
    assert report.duplicates == 2
    if together:
        merge(lake, whole=True)
    older = row(name="示例旧") + row(name="示例旧", person=B) + row(name="示例旧", person=C)
    claim = replace(SINGLE, stated_on=date(2024, 1, 5))
    report = say(older, day=10, claim=claim)
    assert (report.accepted, report.outdated, report.replaced) == (1, 2, 0)
    assert [found(lake, person)[0] for person in (A, B, C)] == ["示例甲", "示例甲", "示例旧"]
    told = say(older, day=10, claim=replace(claim, supersedes=True))
    assert (told.accepted, told.duplicates, told.outdated, told.replaced) == (2, 1, 0, 2)
    assert [found(lake, person)[0] for person in (A, B, C)] == ["示例旧"] * 3
    # What was told to replace is said anew that day: another export from between does not undo it.
    between = replace(SINGLE, stated_on=date(2024, 1, 6))
    assert say(row(name="示例间"), day=11, claim=between).outdated == 1


def test_only_the_owners_repeating_confirms(lake: Lake, say: Say) -> None:
    say(row())
    say(row(), day=9, origin="enterprise:9133")
    report = say(row(name="示例旧"), day=10, claim=replace(SINGLE, stated_on=date(2024, 1, 5)))
    assert (report.accepted, report.outdated) == (1, 0)


def test_an_older_export_knows_nothing_of_a_correction(corrected: Lake, say: Say) -> None:
    older = replace(SINGLE, stated_on=FIRST)
    report = say(row(sex="女"), day=3, claim=older)
    assert (report.outdated, report.differences) == (1, ())
    assert found(corrected) == ("示例乙", "男", None)
    told = say(row(sex="女"), day=3, claim=replace(older, supersedes=True))
    assert (told.replaced, kept(told)) == (1, [("name", "示例乙", "示例甲", "owner")])


def test_an_older_row_that_waited_replaces_no_newer_word(lake: Lake, say: Say, deliver: Deliver) -> None:
    stranger = citizen(70)
    lives = "R1,{},2022-01-01,,是\n".format
    deliver(
        {"person.csv": people(), "residence_registration.csv": RESIDENCE_HEADER + lives(A)}, known_on=FIRST
    )
    older = Claim(records_only=True, stated_on=date(2023, 12, 1))
    say(lives(stranger), day=2, name="residence_registration", claim=older)
    report = deliver({"person-more.csv": people(stranger)}, known_on=date(2024, 1, 3))
    assert (report.accepted, report.again) == (1, 0)
    assert records(lake, "SELECT person_id FROM residence_registration") == [(A,)]


def test_an_older_word_does_not_end_the_waiting_of_a_newer_row(lake: Lake, say: Say) -> None:
    say(row())
    say(row(sex="未知"), day=9)
    older = replace(SINGLE, stated_on=date(2024, 1, 5))
    for text in (row(), row(sex="女")):
        say(text, day=10, claim=older)
        assert [waiting.line for waiting in lake.snapshot().waiting.rows] == [2]
    # Mended and sent again as the export it was, a row is what had waited.
    say(row(mobile="13800000001"), day=11, claim=replace(SINGLE, stated_on=date(2024, 1, 9)))
    assert lake.snapshot().waiting.rows == ()


def test_an_older_export_that_is_mended_ends_its_own_waiting(lake: Lake, say: Say) -> None:
    say(row())
    older = replace(SINGLE, stated_on=date(2024, 1, 5))
    say(row(sex="未知"), day=9, claim=older)
    say(row(sex="女"), day=10, claim=older)
    assert lake.snapshot().waiting.rows == ()
    assert found(lake)[1] == "女"
