"""Records have two times. What was known on a past day reads back exactly, whatever came later."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from lake_made import (
    CONTRACTS,
    IDS,
    PENSION,
    PENSION_HEADER,
    PERSON,
    Deliver,
    column,
    contract,
    faults,
    pension,
    people,
    records,
)

from jigong.kernel.problems import JigongError
from jigong.lake import Lake
from jigong.lake.batches import contract_hash

A, B, C, D, E, F = IDS
JANUARY, FEBRUARY, MARCH = date(2024, 1, 31), date(2024, 2, 29), date(2024, 3, 31)
BASES = "SELECT person_id, base::INT FROM pension_contribution ORDER BY ALL"


def file(*rows: str) -> dict[str, str | bytes]:
    return {"pension_contribution.csv": PENSION_HEADER + "".join(rows)}


@pytest.fixture
def corrected(lake: Lake, deliver: Deliver) -> Lake:
    """A and B in January; A corrected in February; A corrected again and C added in March."""
    deliver({"person.csv": people()} | file(pension(A), pension(B)), known_on=JANUARY)
    deliver(file(pension(A, base="5000.00"), pension(B)), known_on=FEBRUARY)
    deliver(file(pension(A, base="6000.00"), pension(C)), known_on=MARCH)
    return lake


def test_a_correction_supersedes(corrected: Lake) -> None:
    assert records(corrected, BASES) == [(A, 6000), (B, 4000), (C, 4000)]
    assert records(corrected, "SELECT _known_on, _line FROM pension_contribution ORDER BY person_id") == [
        (MARCH, 2), (JANUARY, 3), (MARCH, 3),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (JANUARY, [(A, 4000), (B, 4000)]),
        (date(2024, 2, 28), [(A, 4000), (B, 4000)]),
        (FEBRUARY, [(A, 5000), (B, 4000)]),
        (date(2024, 3, 30), [(A, 5000), (B, 4000)]),
        (MARCH, [(A, 6000), (B, 4000), (C, 4000)]),
        (date(2030, 1, 1), [(A, 6000), (B, 4000), (C, 4000)]),
    ],
)
def test_as_known_on_a_past_day(corrected: Lake, day: date, expected: list[tuple[str, int]]) -> None:
    assert records(corrected, BASES, known_on=day) == expected


def test_every_snapshot_can_be_read_by_its_id(corrected: Lake) -> None:
    infos = corrected.snapshots()
    assert [info.known_on for info in infos] == [JANUARY, FEBRUARY, MARCH]
    assert infos[0].classes == ("pension_contribution", "person")
    for info in infos:
        assert corrected.snapshot_of(info.id).id == corrected.snapshot(known_on=info.known_on).id == info.id
    with corrected.snapshot_of(infos[0].id).connect() as con:
        assert con.execute(BASES).fetchall() == [(A, 4000), (B, 4000)]
    with pytest.raises(JigongError, match="no snapshot"):
        corrected.snapshot_of("0")


def test_counts_of_corrections_and_known_rows(lake: Lake, deliver: Deliver) -> None:
    deliver({"person.csv": people()} | file(pension(A), pension(B)), known_on=JANUARY)
    taken = deliver(file(pension(A, base="5000.00"), pension(B), pension(C)), known_on=FEBRUARY).taken[0]
    assert (taken.rows_in, taken.accepted, taken.corrected, taken.duplicates) == (3, 2, 1, 1)


def test_a_correction_can_be_taken_back(lake: Lake, deliver: Deliver) -> None:
    deliver({"person.csv": people()} | file(pension(A)), known_on=JANUARY)
    deliver(file(pension(A, base="5000.00")), known_on=JANUARY)
    deliver(file(pension(A), pension(B)), known_on=JANUARY)
    assert records(lake, BASES) == [(A, 4000), (B, 4000)]


def test_nothing_is_known_before_the_first_delivery(corrected: Lake) -> None:
    with pytest.raises(JigongError, match="no data as of 2024-01-30"):
        corrected.snapshot(known_on=date(2024, 1, 30))


def test_an_empty_lake(lake: Lake) -> None:
    assert lake.snapshots() == []
    with pytest.raises(JigongError, match="the lake has no data"):
        lake.snapshot()


def test_the_past_is_closed(corrected: Lake, deliver: Deliver) -> None:
    with pytest.raises(JigongError, match="before the newest delivery"):
        deliver(file(pension(D)), known_on=FEBRUARY)
    assert len(corrected.batches()) == 3


def test_a_repeated_delivery_changes_nothing(lake: Lake, deliver: Deliver, tmp_path: Path) -> None:
    first = deliver({"person.csv": people()} | file(pension(A)), known_on=JANUARY)
    before = {
        path: path.stat().st_mtime_ns
        for path in lake.root.rglob("*")
        if path.is_file() and path.name != "lock"
    }
    again = deliver({"people/person.csv": people()} | file(pension(A)), known_on=JANUARY)
    assert (again.batch, again.taken, again.snapshot) == (None, (), first.snapshot)
    assert {(r.name, r.batch) for r in again.repeated} == {
        ("person.csv", first.batch), ("pension_contribution.csv", first.batch),
    }  # fmt: skip
    after = {
        path: path.stat().st_mtime_ns
        for path in lake.root.rglob("*")
        if path.is_file() and path.name != "lock"
    }
    assert after == before


def test_the_same_file_twice_in_one_delivery(lake: Lake, deliver: Deliver) -> None:
    report = deliver({"person.csv": people(), "person-2.csv": people()})
    assert [(r.name, r.batch) for r in report.repeated] == [("person-2.csv", None)]
    assert report.accepted == 6


def test_equal_deliveries_give_equal_snapshots(lake: Lake, deliver: Deliver, tmp_path: Path) -> None:
    other = Lake(tmp_path / "other", CONTRACTS)
    for into in (lake, other):
        prefix = "" if into is lake else "b/"
        contents = {f"{prefix}person.csv": people()} | file(pension(A))
        deliver(contents, known_on=JANUARY, into=into)
        deliver(file(pension(B)), known_on=FEBRUARY, into=into)
    assert [info.id for info in lake.snapshots()] == [info.id for info in other.snapshots()]
    assert lake.snapshots()[0].id != lake.snapshots()[1].id


def test_the_day_and_the_contract_are_part_of_the_id(lake: Lake, deliver: Deliver, tmp_path: Path) -> None:
    ids = {deliver({"person.csv": people()}, known_on=JANUARY).snapshot}
    ids.add(
        deliver({"person.csv": people()}, known_on=FEBRUARY, into=Lake(tmp_path / "b", CONTRACTS)).snapshot
    )
    stricter = replace(PERSON, row_rules=())
    other = Lake(tmp_path / "c", {**CONTRACTS, "person": stricter})
    ids.add(deliver({"person.csv": people()}, known_on=JANUARY, into=other).snapshot)
    assert len(ids) == 3


def test_a_label_does_not_change_the_contract() -> None:
    assert contract_hash(PERSON) == contract_hash(replace(PERSON, label=PENSION.label, latency_days=1))
    assert contract_hash(PERSON) != contract_hash(replace(PERSON, no_overlap=("person_id",)))


def test_a_new_contract_reads_old_segments(lake: Lake, deliver: Deliver) -> None:
    deliver({"person.csv": people()} | file(pension(A)), known_on=JANUARY)
    wider = replace(PENSION, columns=(*PENSION.columns, column("note", required=False, zh="备注")))
    later = Lake(lake.root, {**CONTRACTS, "pension_contribution": wider})
    assert records(later, "SELECT person_id, note FROM pension_contribution") == [(A, None)]
    content = PENSION_HEADER.strip() + ",备注\n" + pension(B).strip() + ",示例\n"
    deliver({"pension_contribution.csv": content}, known_on=FEBRUARY, into=later)
    assert records(later, "SELECT person_id, note FROM pension_contribution ORDER BY 1") == [
        (A, None),
        (B, "示例"),
    ]


def test_the_same_file_under_a_new_contract_is_read_again(lake: Lake, deliver: Deliver) -> None:
    contents = {"person.csv": people()} | file(pension(A), pension(B, base="9999.00"))
    deliver(contents, known_on=JANUARY)
    stricter = tuple(replace(c, maximum=5000) if c.name == "base" else c for c in PENSION.columns)
    later = Lake(lake.root, {**CONTRACTS, "pension_contribution": replace(PENSION, columns=stricter)})
    report = deliver(contents, known_on=JANUARY, into=later)
    assert [r.class_name for r in report.repeated] == ["person"]
    assert (report.taken[0].duplicates, report.taken[0].quarantined_rows) == (1, 1)


def test_an_earlier_word_said_again_on_a_later_day_holds_again(lake: Lake, deliver: Deliver) -> None:
    before = file(pension(A), pension(B))
    deliver({"person.csv": people()} | before, known_on=JANUARY)
    deliver(file(pension(A, base="5000.00"), pension(B)), known_on=FEBRUARY)
    assert records(lake, BASES) == [(A, 5000), (B, 4000)]
    again = deliver(before, known_on=MARCH)
    assert (again.accepted, again.duplicates, again.repeated) == (1, 1, ())
    assert records(lake, BASES) == [(A, 4000), (B, 4000)]
    assert records(lake, BASES, known_on=FEBRUARY) == [(A, 5000), (B, 4000)]


def test_a_class_that_never_came_is_an_empty_view(lake: Lake, deliver: Deliver) -> None:
    deliver({"person.csv": people()})
    with lake.snapshot().connect() as con:
        described = con.execute("DESCRIBE pension_contribution").fetchall()
        assert con.execute("FROM pension_contribution").fetchall() == []
    assert [row[:2] for row in described] == [
        ("person_id", "VARCHAR"), ("month", "DATE"), ("base", "DECIMAL(12,2)"), ("amount", "DECIMAL(12,2)"),
        ("paid_on", "DATE"), ("cumulative_months", "INTEGER"), ("_file", "VARCHAR"), ("_line", "BIGINT"),
        ("_batch", "VARCHAR"), ("_known_on", "DATE"),
    ]  # fmt: skip


def test_a_unique_value_belongs_to_one_record(lake: Lake, deliver: Deliver) -> None:
    unique = tuple(replace(c, unique=True) if c.name == "mobile" else c for c in PERSON.columns)
    strict = Lake(lake.root, {**CONTRACTS, "person": replace(PERSON, columns=unique)})
    mobile = "10000000001"
    rows = people().replace("07,\n", f"07,{mobile}\n", 2)
    deliver({"person.csv": rows}, into=strict)
    assert [(f[1], f[2], f[4]) for f in faults(strict)] == [
        (2, "mobile", "conflict"),
        (3, "mobile", "conflict"),
    ]
    deliver({"person-2.csv": people(A).replace("07,", f"07,{mobile}")}, into=strict)
    deliver({"person-3.csv": people(B).replace("07,", f"07,{mobile}")}, into=strict)
    assert ("person-3.csv", 2, "mobile", mobile, "conflict") in faults(strict)
    deliver(
        {"person-4.csv": people(A).replace("示例甲", "示例乙").replace("07,", f"07,{mobile}")}, into=strict
    )
    assert records(strict, f"SELECT name FROM person WHERE mobile = '{mobile}'") == [("示例乙",)]


def test_a_row_that_came_too_early_is_taken_in_by_itself(lake: Lake, deliver: Deliver) -> None:
    early = file(pension(A), pension(B))
    first = deliver({"person.csv": people(A)} | early, known_on=JANUARY)
    assert (first.accepted, first.quarantined) == (2, 1)
    assert [row.line for row in lake.snapshot().waiting.rows] == [3]
    second = deliver({"person-2.csv": people(B)}, known_on=FEBRUARY)
    assert (second.accepted, second.again, second.quarantined) == (2, 1, 0)
    assert records(lake, BASES) == [(A, 4000), (B, 4000)]
    assert records(lake, "SELECT _file, _line, _known_on FROM pension_contribution ORDER BY person_id") == [
        ("pension_contribution.csv", 2, JANUARY), ("pension_contribution.csv", 3, FEBRUARY),
    ]  # fmt: skip
    assert records(lake, BASES, known_on=JANUARY) == [(A, 4000)]
    assert lake.snapshot().waiting.rows == ()


def test_a_large_file_says_the_same_again(lake: Lake, deliver: Deliver) -> None:
    """Two rows in conflict beside it: DuckDB 2.0 lost what came into a table after an INSERT of no rows."""
    post = contract(
        "post", "岗位", [column("no"), column("pay", "integer")], key=("no",), time=("date", "no")
    )
    into = Lake(lake.root, {"post": post})
    rows = "".join(f"N{number},{number}\n" for number in range(130_000))
    sent: dict[str, str | bytes] = {"post.csv": f"no,pay\n{rows}X,1\nX,2\n"}
    first = deliver(sent, known_on=JANUARY, into=into)
    assert (first.accepted, first.quarantined) == (130_000, 2)
    again = deliver(sent, known_on=FEBRUARY, into=into)
    assert (again.duplicates, again.quarantined) == (130_000, 2)
