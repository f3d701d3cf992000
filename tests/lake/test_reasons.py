"""Every reason for quarantine, with file, line, column and value; and nothing else goes there."""

import pytest
from lake_made import (
    CONTRACTS,
    IDS,
    PENSION_HEADER,
    PERSON_HEADER,
    RESIDENCE_HEADER,
    Deliver,
    citizen,
    faults,
    pension,
    people,
    records,
)  # fmt: skip

from jigong.lake import Lake
from jigong.lake.claims import Claim
from jigong.lake.quarantine import quarantined_rows
from jigong.lake.reasons import FILE, FILE_REMEDY, ROW, ROW_REMEDY, message


@pytest.mark.parametrize(
    ("row", "column", "value", "reason"),
    [
        (f"{citizen(50)},,男,1990-03-07,", "name", None, "required"),
        (f"{citizen(50)},示例乙,男,1990年3月,", "birth_date", "1990年3月", "type"),
        (f"{citizen(50)},示例乙,未知,1990-03-07,", "sex", "未知", "enum"),
        ("100000199003070001,示例乙,男,1990-03-07,", "person_id", "100000199003070001", "identifier"),
        (
            f"{citizen(50)},示例乙,男,1990-03-08,",
            "person_id,birth_date",
            f"{citizen(50)},1990-03-08",
            "rule:birth_date_agrees",
        ),
    ],
)
def test_a_bad_row(
    lake: Lake, deliver: Deliver, row: str, column: str, value: str | None, reason: str
) -> None:
    report = deliver({"person.csv": people() + row + "\n"})
    assert faults(lake) == [("person.csv", 8, column, value, reason)]
    assert (report.rows_in, report.accepted, report.quarantined, report.duplicates) == (7, 6, 1, 0)


@pytest.mark.parametrize(
    ("row", "column", "value", "reason"),
    [
        (pension(citizen(99)), "person_id", citizen(99), "reference"),
        (pension("100000199003070001"), "person_id", "100000199003070001", "identifier"),
        (pension(IDS[0], base="-1", amount="-2"), "base", "-1", "range"),
        (pension(IDS[0], amount="4000.01"), "base,amount", "4000.00,4000.01", "rule:amount_within_base"),
    ],
)
def test_a_bad_row_of_a_class_that_refers(
    lake: Lake, deliver: Deliver, row: str, column: str, value: str, reason: str
) -> None:
    deliver({"person.csv": people(), "pension_contribution.csv": PENSION_HEADER + pension(IDS[1]) + row})
    assert ("pension_contribution.csv", 3, column, value, reason) in faults(lake)
    assert records(lake, "SELECT _line FROM pension_contribution") == [(2,)]


def test_every_fault_of_a_row_is_told(lake: Lake, deliver: Deliver) -> None:
    report = deliver({"person.csv": people() + f"{citizen(50)},,未知,x,1\n"})
    assert [(line, column, reason) for _, line, column, _, reason in faults(lake)] == [
        (8, "sex", "enum"), (8, "mobile", "pattern"), (8, "name", "required"), (8, "birth_date", "type"),
    ]  # fmt: skip
    assert report.quarantined == 1
    assert report.taken[0].quarantined == {"enum": 1, "pattern": 1, "required": 1, "type": 1}


def test_a_row_that_refers_to_a_quarantined_row(lake: Lake, deliver: Deliver) -> None:
    bad = f"{citizen(50)},示例乙,未知,1990-03-07,\n"
    deliver({"pension_contribution.csv": PENSION_HEADER + pension(citizen(50)), "person.csv": people() + bad})
    assert ("pension_contribution.csv", 2, "person_id", citizen(50), "reference") in faults(lake)


def test_a_reference_written_another_way_is_known(lake: Lake, deliver: Deliver) -> None:
    known = IDS[0]
    assert known.endswith("X")
    deliver(
        {"person.csv": people(), "pension_contribution.csv": PENSION_HEADER + pension(f" {known.lower()}　")}
    )
    assert faults(lake) == []
    assert records(lake, "SELECT person_id FROM pension_contribution") == [(known,)]


def test_conflict_takes_every_row_of_the_key(lake: Lake, deliver: Deliver) -> None:
    rows = pension(IDS[0]) + pension(IDS[1]) + pension(IDS[0], base="5000.00") + pension(IDS[0])
    report = deliver({"person.csv": people(), "pension_contribution.csv": PENSION_HEADER + rows})
    assert faults(lake) == [
        ("pension_contribution.csv", 2, "base", "4000.00", "conflict"),
        ("pension_contribution.csv", 4, "base", "5000.00", "conflict"),
        ("pension_contribution.csv", 5, "base", "4000.00", "conflict"),
    ]
    assert report.taken[1].duplicates == 0


def test_a_bad_row_does_not_make_a_conflict(lake: Lake, deliver: Deliver) -> None:
    rows = pension(IDS[0]) + pension(IDS[0], base="x")
    deliver({"person.csv": people(), "pension_contribution.csv": PENSION_HEADER + rows})
    assert [fault[1:] for fault in faults(lake)] == [(3, "base", "x", "type")]


def test_exact_duplicates_are_counted_and_dropped(lake: Lake, deliver: Deliver) -> None:
    rows = pension(IDS[0]) + pension(IDS[0], month="2023年1月") + pension(IDS[0], base="4000")
    report = deliver({"person.csv": people(), "pension_contribution.csv": PENSION_HEADER + rows})
    assert faults(lake) == []
    assert (report.taken[1].accepted, report.taken[1].duplicates) == (1, 2)
    assert records(lake, "SELECT _line FROM pension_contribution") == [(2,)]


def test_conflict_across_files_of_one_delivery(lake: Lake, deliver: Deliver) -> None:
    deliver(
        {
            "person.csv": people(),
            "pension_contribution-1.csv": PENSION_HEADER + pension(IDS[0]) + pension(IDS[1]),
            "pension_contribution-2.csv": PENSION_HEADER + pension(IDS[0], base="5000.00") + pension(IDS[1]),
        }
    )
    assert [(fault[0], fault[1], fault[4]) for fault in faults(lake)] == [
        ("pension_contribution-1.csv", 2, "conflict"), ("pension_contribution-2.csv", 2, "conflict"),
    ]  # fmt: skip
    assert records(lake, "SELECT _file, _line FROM pension_contribution") == [
        ("pension_contribution-1.csv", 3)
    ]


def test_overlap_takes_all_rows_that_overlap(lake: Lake, deliver: Deliver) -> None:
    rows = [
        f"R1,{IDS[0]},2020-01-01,2020-12-31,是",
        f"R2,{IDS[0]},2020-12-30,2021-05-01,是",
        f"R3,{IDS[0]},2021-05-01,,是",
        f"R4,{IDS[1]},2020-06-01,2020-07-01,否",
    ]
    deliver({"person.csv": people(), "residence_registration.csv": RESIDENCE_HEADER + "\n".join(rows)})
    assert faults(lake) == [
        ("residence_registration.csv", 2, "valid_from", "2020-01-01", "overlap"),
        ("residence_registration.csv", 3, "valid_from", "2020-12-30", "overlap"),
    ]
    assert records(lake, "SELECT registration_no FROM residence_registration ORDER BY 1") == [
        ("R3",),
        ("R4",),
    ]


def test_an_open_period_overlaps_everything_after_it(lake: Lake, deliver: Deliver) -> None:
    rows = [
        f"R1,{IDS[0]},2020-01-01,,",
        f"R2,{IDS[0]},2031-01-01,2031-02-01,",
        f"R3,{IDS[0]},2019-01-01,2019-02-01,",
    ]
    deliver({"person.csv": people(), "residence_registration.csv": RESIDENCE_HEADER + "\n".join(rows)})
    assert [fault[1] for fault in faults(lake)] == [2, 3]


def test_a_row_that_overlaps_a_record_of_the_lake(lake: Lake, deliver: Deliver) -> None:
    first = f"R1,{IDS[0]},2020-01-01,2020-12-31,\n"
    deliver({"person.csv": people(), "residence_registration.csv": RESIDENCE_HEADER + first})
    more = RESIDENCE_HEADER + f"R2,{IDS[0]},2020-06-01,2021-06-01,\n"
    deliver({"residence_registration.csv": more}, claim=Claim(records_only=True))
    assert faults(lake) == [("residence_registration.csv", 2, "valid_from", "2020-06-01", "overlap")]
    assert records(lake, "SELECT registration_no FROM residence_registration") == [("R1",)]


def test_a_correction_makes_room_for_the_next_period(lake: Lake, deliver: Deliver) -> None:
    deliver(
        {
            "person.csv": people(),
            "residence_registration.csv": RESIDENCE_HEADER + f"R1,{IDS[0]},2020-01-01,,\n",
        }
    )
    rows = f"R1,{IDS[0]},2020-01-01,2020-06-30,\nR2,{IDS[0]},2020-07-01,,\n"
    deliver({"residence_registration.csv": RESIDENCE_HEADER + rows})
    assert faults(lake) == []
    assert len(records(lake, "FROM residence_registration")) == 2


def test_a_correction_that_goes_brings_the_old_record_back(lake: Lake, deliver: Deliver) -> None:
    start = f"R1,{IDS[0]},2020-01-01,2020-12-31,\nR9,{IDS[0]},2022-01-01,2022-12-31,\n"
    deliver({"person.csv": people(), "residence_registration.csv": RESIDENCE_HEADER + start})
    # R1 moves onto R9 and is refused; so the old R1 stays, and R2 is in its way.
    rows = f"R1,{IDS[0]},2022-06-01,2022-07-01,\nR2,{IDS[0]},2020-05-01,2020-06-01,\n"
    deliver({"residence_registration.csv": RESIDENCE_HEADER + rows}, claim=Claim(records_only=True))
    assert [(fault[1], fault[4]) for fault in faults(lake)] == [(2, "overlap"), (3, "overlap")]
    assert records(lake, "SELECT registration_no, _line FROM residence_registration ORDER BY 1") == [
        ("R1", 2),
        ("R9", 3),
    ]


def test_the_quarantine_keeps_the_whole_row_and_says_what_to_do(lake: Lake, deliver: Deliver) -> None:
    deliver({"person.csv": PERSON_HEADER + f"{citizen(50)}, 示例 ,未知,1990/3/7,\n"})
    (row,) = quarantined_rows(lake)
    assert row.row == {
        "person_id": citizen(50), "name": " 示例 ", "sex": "未知", "birth_date": "1990/3/7", "mobile": None,
    }  # fmt: skip
    assert row.message == ROW["enum"]
    assert row.remedy == ROW_REMEDY["enum"]


def test_every_reason_has_a_message_and_a_remedy() -> None:
    assert ROW.keys() == ROW_REMEDY.keys()
    assert FILE.keys() == FILE_REMEDY.keys()
    for reason in ROW:
        assert message(reason, CONTRACTS["person"]).zh


def test_the_quarantine_can_be_read_by_class_and_up_to_a_limit(lake: Lake, deliver: Deliver) -> None:
    bad = f"{citizen(50)},,男,1990-03-07,\n{citizen(51)},,男,1990-03-07,\n"
    deliver({"person.csv": people() + bad, "pension_contribution.csv": PENSION_HEADER + pension(citizen(50))})
    assert len(quarantined_rows(lake)) == 3
    assert [row.line for row in quarantined_rows(lake, "person", 1)] == [8]
    assert quarantined_rows(lake, "residence_registration") == []
