"""What is gone stops counting: records named in a file of keys, and those that a whole delivery leaves out."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from lake_made import (
    CONTRACTS,
    IDS,
    PENSION_HEADER,
    PERSON,
    PERSON_HEADER,
    RESIDENCE_HEADER,
    citizen,
    column,
    contract,
    faults,
    pension,
    people,
    records,
)

from jigong.kernel.problems import JigongError
from jigong.lake import FolderSource, IntakeReport, Lake, take_in
from jigong.lake.claims import DEPARTMENT, Claim
from jigong.lake.held import dismiss_held, held_deliveries, held_items
from jigong.lake.intake import take_in_items
from jigong.lake.merging import merge
from jigong.lake.withdrawals import withdrawn_since
from jigong.packs.contract import Covers, Withdraws

A, B, C, D = IDS[:4]
START = date(2024, 1, 1)
WHOLE, SINGLE = Claim(whole=True), Claim(records_only=True)
GONE = "公民身份号码,撤回原因\n"
Say: TypeAlias = Callable[..., IntakeReport]


@pytest.fixture
def say(lake: Lake, tmp_path: Path) -> Say:
    """``say({"person.csv": "…"}, day=3)`` delivers files on a day of January."""
    count = iter(range(1000))

    def run(
        files: dict[str, str],
        *,
        day: int = 1,
        origin: str = DEPARTMENT,
        claim: Claim | None = None,
        into: Lake | None = None,
        **more: Any,
    ) -> IntakeReport:
        folder = tmp_path / f"sent-{next(count)}"
        folder.mkdir()
        for name, text in files.items():
            (folder / name).write_text(text, encoding="utf-8")
        known_on = START + timedelta(day - 1)
        return take_in(
            into or lake, [FolderSource(folder)], known_on=known_on, origin=origin, claim=claim, **more
        )

    return run


def there(lake: Lake, **when: Any) -> list[str]:
    return [person for (person,) in records(lake, "SELECT person_id FROM person ORDER BY person_id", **when)]


def waits(lake: Lake) -> list[tuple[str, str]]:
    return [(row.class_name, fault.reason) for row in lake.snapshot().waiting.rows for fault in row.faults]


def test_a_named_record_is_gone_from_that_day_and_may_come_back(lake: Lake, say: Say) -> None:
    say({"person.csv": people(A, B, C)})
    report = say({"person-撤回.csv": f"{GONE}{B},重复登记\n"}, day=3)
    (file,) = report.taken
    assert (file.rows_in, file.accepted, file.withdrawn, report.quarantined) == (1, 1, 1, 0)
    assert there(lake) == sorted([A, C])
    # What was known before reads back as it was, also when the deliveries lie together.
    assert there(lake, known_on=START) == sorted([A, B, C])
    merge(lake, whole=True)
    assert there(lake, known_on=START) == sorted([A, B, C])
    assert there(lake) == sorted([A, C])
    say({"person.csv": people(B)}, day=4, claim=SINGLE)
    assert there(lake) == sorted([A, B, C])
    assert there(lake, known_on=START + timedelta(2)) == sorted([A, C])


def test_a_file_of_keys_covers_nothing_and_says_what_it_cannot_do(lake: Lake, say: Say) -> None:
    say({"person.csv": people(A, B)})
    report = say({"person-withdrawals.csv": f"{GONE}{C},查无此人\n{A[:-1]}0,号码错\n{B},\n"}, day=3)
    assert report.covered == ()
    assert [(line, reason) for _, line, _, _, reason in faults(lake)] == [
        (2, "withdrawal"), (3, "digits"), (4, "required"),
    ]  # fmt: skip
    assert there(lake) == sorted([A, B])
    with pytest.raises(JigongError, match="names records to be withdrawn"):
        say({"person-withdrawals.csv": GONE}, day=3, claim=WHOLE)
    # The same again changes nothing; a record that is gone already is no news.
    say({"person-撤回.csv": f"{GONE}{B},重复登记\n"}, day=4)
    report = say({"person-撤回.csv": f"{GONE}{B},还是重复\n"}, day=5)
    assert (report.taken[0].duplicates, report.taken[0].withdrawn) == (1, 0)


def test_what_is_delivered_and_withdrawn_at_once_waits(lake: Lake, say: Say) -> None:
    say({"person.csv": people(A, B)})
    say({"person.csv": people(A, B), "person-撤回.csv": f"{GONE}{B},重复登记\n"}, day=2)
    assert there(lake) == sorted([A, B])
    assert waits(lake) == [("person", "conflict")]


def test_a_row_that_waits_can_be_withdrawn(lake: Lake, say: Say) -> None:
    say({"person.csv": people(A) + f"{B},示例乙,未知,1990-03-07,\n{C},示例丙,男,1990-03-07,12345\n"})
    assert len(waits(lake)) == 2
    report = say({"person-撤回.csv": f"{GONE}{B},不是本区\n{C},不是本区\n"}, day=2)
    assert report.taken[0].withdrawn == 2
    assert (waits(lake), there(lake)) == ([], [A])


def test_a_register_withdraws_what_it_leaves_out(lake: Lake, say: Say) -> None:
    say({"person.csv": people(A, B, C, D)})
    report = say({"person.csv": people(A, B, C)}, day=5)
    assert report.taken[0].withdrawn == 1
    assert there(lake) == sorted([A, B, C])
    assert there(lake, known_on=START + timedelta(3)) == sorted([A, B, C, D])
    # Single records say nothing of others.
    say({"person.csv": people(A)}, day=6, claim=SINGLE)
    assert there(lake) == sorted([A, B, C])


def test_a_month_withdraws_only_where_it_is_named(lake: Lake, say: Say) -> None:
    say(
        {"person.csv": people(), "pension_contribution-2023-01.csv": PENSION_HEADER + pension(A) + pension(B)}
    )
    kept = "SELECT person_id, month FROM pension_contribution ORDER BY ALL"
    january, later = date(2023, 1, 1), pension(A, "2023-02")
    say({"pension_contribution-更正.csv": PENSION_HEADER + pension(A, base="5000.00")}, day=2)
    assert len(records(lake, kept)) == 2
    say({"pension_contribution-2023-01_2023-02.csv": PENSION_HEADER + pension(A) + later}, day=3)
    assert records(lake, kept) == [(A, january), (A, date(2023, 2, 1))]


def test_a_scope_withdraws_only_its_own(lake: Lake, say: Say) -> None:
    by_sex = replace(PERSON, covers=Covers("register", "sex", ("男", "女")))
    into = Lake(lake.root, {**CONTRACTS, "person": by_sex})
    women = f"{C},示例丙,女,1990-03-07,\n{D},示例丁,女,1990-03-07,\n"
    say({"person-男.csv": people(A, B), "person-女.csv": PERSON_HEADER + women}, into=into)
    say({"person-女.csv": PERSON_HEADER + women[: len(women) // 2]}, day=2, into=into)
    assert there(into) == sorted([A, B, C])


@pytest.mark.parametrize(
    ("wrong", "open_ones"),
    [
        # Nobody can tell whose row it is.
        (f"{citizen(9)[:-1]}?,示例丁,男,1990-03-07,\n", {C, D}),
        # The number may be the wrong one of two that disagree.
        (f"{citizen(9, '19800101')},示例丁,男,1990-03-07,\n", {C, D}),
        # It is the record itself.
        (f"{D},示例丁,未知,1990-03-07,\n", {D}),
        # It is somebody else's.
        (f"{citizen(9)},示例丁,未知,1990-03-07,\n", {citizen(9)}),
    ],
    ids=["number", "rule", "itself", "other"],
)
def test_what_a_wrong_row_may_be_is_not_known(lake: Lake, say: Say, wrong: str, open_ones: set[str]) -> None:
    say({"person.csv": people(A, B, C, D)})
    report = say({"person.csv": people(A, B) + wrong}, day=2)
    rows = lake.snapshot().waiting.rows
    named = {
        (row.row or {})["person_id"] for row in rows if row.line < 0 or (row.row and row.row["sex"] == "未知")
    }
    assert named == open_ones
    assert there(lake) == sorted({A, B} | open_ones & {C, D})
    assert report.quarantined == 1
    # The next whole delivery tells.
    say({"person.csv": people(A, B)}, day=3, claim=WHOLE)
    assert (there(lake), waits(lake)) == (sorted([A, B]), [])


def test_an_open_record_is_settled_by_being_sent_or_withdrawn(lake: Lake, say: Say) -> None:
    say({"person.csv": people(A, B, C, D)})
    wrong = f"{citizen(9)[:-1]}?,示例丁,男,1990-03-07,\n"
    say({"person.csv": people(A, B) + wrong}, day=2)
    # Said once more it holds, though it says nothing new.
    say({"person.csv": people(C)}, day=3, claim=SINGLE)
    say({"person-撤回.csv": f"{GONE}{D},迁出\n"}, day=3)
    assert there(lake) == sorted([A, B, C])
    assert [reason for _, reason in waits(lake)] == ["identifier"]


def test_beside_a_refused_file_nobody_knows_what_is_gone(lake: Lake, say: Say) -> None:
    say({"person.csv": people(A, B, C)})
    # A file of the class was refused: the other is not the whole. One of no class may be of this one.
    say({"person-1.csv": people(A, B), "person-2.csv": "编号\n1\n"}, day=2)
    assert (there(lake), waits(lake)) == (sorted([A, B, C]), [])
    say({"person-1.csv": people(A, B), "附件.csv": "编号\n1\n"}, day=3)
    assert (there(lake), waits(lake)) == (sorted([A, B, C]), [("person", "left_out")])


def test_the_platforms_record_is_no_departments_to_leave_out(lake: Lake, say: Say) -> None:
    say({"person.csv": people(A)})
    say({"person.csv": people(B)}, day=2, origin="platform:draw-1", claim=SINGLE)
    say({"person.csv": people(C)}, day=2, origin="enterprise:x", claim=SINGLE)
    report = say({"person.csv": people(A)}, day=3, claim=WHOLE)
    assert there(lake) == sorted([A, B, C])
    (one,) = report.differences
    assert (one.key, one.column, one.platform, one.owner, one.kept) == ((B,), "", None, None, "platform")
    report = say({"person-撤回.csv": f"{GONE}{B},没有这个人\n{C},没有这个人\n"}, day=4)
    assert (there(lake), report.outdated, len(report.differences)) == (sorted([A, B]), 1, 1)
    # Who answers the case knows of the platform's word; and the platform may take its own away.
    say({"person-撤回.csv": f"{GONE}{B},已核实\n"}, day=5, origin="platform:case-1")
    assert there(lake) == [A]
    # Whoever else delivered takes away only what is its own.
    say({"person-撤回.csv": f"{GONE}{A},不想要\n"}, day=6, origin="enterprise:x")
    assert (there(lake), waits(lake)) == ([A], [("person", "withdrawal")])


def test_an_older_word_takes_nothing_newer_away_and_brings_nothing_back(lake: Lake, say: Say) -> None:
    say({"person.csv": people(A, B)})
    say({"person.csv": people(C)}, day=10, claim=SINGLE)
    older = replace(WHOLE, stated_on=START + timedelta(4))
    say({"person.csv": people(A)}, day=12, claim=older)
    assert there(lake) == sorted([A, C])
    # Withdrawn by the word of the fifth; an export of the third knows nothing of that.
    report = say({"person.csv": people(B)}, day=13, claim=replace(SINGLE, stated_on=START + timedelta(2)))
    assert (report.outdated, there(lake)) == (1, sorted([A, C]))
    say(
        {"person.csv": people(B)},
        day=13,
        claim=replace(SINGLE, stated_on=START + timedelta(2), supersedes=True),
    )
    assert there(lake) == sorted([A, B, C])


def test_a_new_record_takes_the_place_of_one_left_out(lake: Lake, say: Say) -> None:
    say({"person.csv": people(), "residence_registration.csv": f"{RESIDENCE_HEADER}R1,{A},2022-01-01,,是\n"})
    say({"residence_registration.csv": f"{RESIDENCE_HEADER}R2,{A},2023-01-01,,是\n"}, day=2)
    assert records(lake, "SELECT registration_no FROM residence_registration") == [("R2",)]
    assert waits(lake) == []


@pytest.fixture
def strict(lake: Lake) -> Lake:
    """A lake that asks when more than a quarter of the people is left out."""
    bound = Withdraws(at_least=1)
    contract = replace(PERSON, covers=Covers(withdraws=replace(bound, share=bound.share * 5)))
    return Lake(lake.root, {**CONTRACTS, "person": contract})


def test_too_many_wait_for_a_persons_word(strict: Lake, say: Say, tmp_path: Path) -> None:
    say({"person.csv": people(A, B, C, D)}, into=strict)
    before = strict.snapshot().id
    for day in (2, 3):
        report = say({"person.csv": people(A, B)}, day=day, into=strict)
        (refused,) = report.refused
        assert (refused.reason, report.snapshot) == ("file:withdrawals", before)
        assert "lacks 2 of 4" in refused.what.en
    one, other = held_deliveries(strict)
    assert (one.lacking, one.of, {key for (key,) in one.examples}) == (2, 4, {C, D})
    dismiss_held(strict, other)
    # Confirmed a week later, its word is of the day it came.
    say({"person.csv": people(citizen(8))}, day=5, claim=SINGLE, into=strict)
    day = START + timedelta(8)
    items = held_items(strict, one, day, tmp_path)
    report = take_in_items(strict, items, known_on=day, confirm_withdrawals=True)
    assert report.taken[0].withdrawn == 2
    assert there(strict) == sorted([A, B, citizen(8)])
    assert strict.snapshot().coverage.classes["person"].until == START + timedelta(1)
    assert held_deliveries(strict) == []


def test_held_changes_leave_a_gap_and_the_next_register_forgets_what_was_held(strict: Lake, say: Say) -> None:
    say({"person.csv": people(A, B, C, D)}, into=strict)
    say({"person.csv": people(A, B)}, day=2, into=strict)
    say({"person.csv": people(A, B, C, D)}, day=3, into=strict)
    assert held_deliveries(strict) == []
    changes = replace(
        strict.contracts["person"], covers=replace(strict.contracts["person"].covers, kind="changes")
    )
    into = Lake(strict.root, {**CONTRACTS, "person": changes})
    report = say({"person.csv": people(A)}, day=4, claim=WHOLE, into=into)
    assert [gap.class_name for gap in report.gaps] == ["person"]
    report = say({"person.csv": people(A)}, day=4, claim=WHOLE, into=into, confirm_withdrawals=True)
    assert (there(into), held_deliveries(into)) == ([A], [])
    assert not into.snapshot().coverage.classes["person"].broken


def test_what_was_withdrawn_of_whom_since_a_snapshot(lake: Lake, say: Say) -> None:
    say({"person.csv": people(), "residence_registration.csv": f"{RESIDENCE_HEADER}R1,{A},2022-01-01,,是\n"})
    say({"person-撤回.csv": f"{GONE}{B},重复登记\n"}, day=2)
    then = lake.snapshot().id
    say({"person.csv": people(*(p for p in IDS if p != B and p != C))}, day=3)
    say({"residence_registration-撤回.csv": "登记编号,撤回原因\nR1,报错了\n"}, day=4)
    found = withdrawn_since(lake.snapshot(), lake.snapshot_of(then))
    assert [(one.class_name, one.key, one.reason, one.left_out) for one in found] == [
        ("person", (C,), None, True),
        ("residence_registration", ("R1",), "报错了", False),
    ]
    (of_a,) = withdrawn_since(lake.snapshot(), lake.snapshot_of(then), {A})
    assert (of_a.class_name, of_a.known_on) == ("residence_registration", START + timedelta(3))
    assert of_a.values["person_id"] == A
    assert of_a.key_hash not in (A, "R1")
    assert {one.key for one in withdrawn_since(lake.snapshot())} == {(B,), (C,), ("R1",)}
    # One that came back is not withdrawn any more.
    say({"person.csv": people(C)}, day=5, claim=SINGLE)
    assert withdrawn_since(lake.snapshot(), lake.snapshot_of(then), {C}) == []


FIRM = contract(
    "enterprise",
    "企业",
    [
        column("enterprise_id", zh="代码"),
        column("successor_id", zh="承继", required=False, reference=("enterprise", "enterprise_id")),
        column("registered_on", "date", "登记日期"),
    ],
    key=("enterprise_id",),
    time=("date", "registered_on"),
)


def test_who_follows_whom_leads_nowhere_back(lake: Lake, say: Say) -> None:
    into = Lake(lake.root, {"enterprise": FIRM})

    def firms(*pairs: tuple[str, str]) -> str:
        return "代码,承继,登记日期\n" + "".join(f"{one},{other},2010-01-01\n" for one, other in pairs)

    # A successor may come with whom it follows.
    report = say({"enterprise.csv": firms(("A", "B"), ("B", "C"), ("C", ""), ("D", "X"))}, into=into)
    assert report.quarantined == 1
    assert [reason for *_, reason in faults(into)] == ["reference"]
    # Three that follow one another in a circle, of which the lake has two; who only leads to it is right.
    report = say({"enterprise.csv": firms(("C", "A"), ("E", "A"))}, day=2, claim=SINGLE, into=into)
    assert (report.accepted, report.quarantined) == (1, 1)
    assert records(into, "SELECT successor_id FROM enterprise WHERE enterprise_id = 'C'") == [(None,)]
    assert waits(into) == [("enterprise", "reference"), ("enterprise", "circle")]
