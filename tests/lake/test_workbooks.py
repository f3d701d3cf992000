"""XLSX workbooks and Parquet files: typed cells are read like the text they would be written in."""

import io
import zipfile
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from lake_made import IDS, PENSION_HEADER, PERSON_HEADER, Deliver, faults, people, records

from jigong.lake import Lake

A, B, C, D, E, F = IDS
PERSON = PERSON_HEADER.strip().split(",")
PENSION = PENSION_HEADER.strip().split(",")


def workbook(*rows: list[Any], **more: list[list[Any]]) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in rows:
        sheet.append(row)
    for title, others in more.items():
        other = book.create_sheet(title)
        for row in others:
            other.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def parquet(columns: dict[str, Any]) -> bytes:
    out = io.BytesIO()
    pq.write_table(pa.table(columns), out)
    return out.getvalue()


def test_a_workbook_with_title_rows_and_blank_rows(lake: Lake, deliver: Deliver) -> None:
    content = workbook(
        ["人口基本信息"], ["截至 2024-01-01"], [], PERSON, [A, "示例甲", "男", date(1990, 3, 7), None], [],
        [B, "示例乙", "男", "1990年3月7日", ""], [C, "示例丙", "未知", 32939, None],
    )  # fmt: skip
    report = deliver({"人口基本信息2024.xlsx": content})
    assert records(lake, "SELECT person_id, birth_date, _line FROM person ORDER BY _line") == [
        (A, date(1990, 3, 7), 5), (B, date(1990, 3, 7), 7),
    ]  # fmt: skip
    assert faults(lake) == [("人口基本信息2024.xlsx", 8, "sex", "未知", "enum")]
    assert (report.rows_in, report.accepted, report.quarantined) == (3, 2, 1)


def test_typed_cells(lake: Lake, deliver: Deliver) -> None:
    rows = [
        [A, datetime(2023, 1, 1), 4000, 640.5, datetime(2023, 2, 15), 12],  # noqa: DTZ001
        [A, 202302, 4000.1, 0.1 + 0.2, 44972, "12"],
        [A, "2023-03", 4000.125, 1, datetime(2023, 2, 15, 8, 30), 1.5],  # noqa: DTZ001
        [A, "2023-04", True, 1, "2023-02-15", 1],
    ]
    deliver({"person.csv": people(), "pension_contribution.xlsx": workbook(PENSION, *rows)})
    assert records(
        lake, "SELECT month, base, amount, paid_on, cumulative_months FROM pension_contribution ORDER BY 1"
    ) == [
        (date(2023, 1, 1), Decimal("4000.00"), Decimal("640.50"), date(2023, 2, 15), 12),
        (date(2023, 2, 1), Decimal("4000.10"), Decimal("0.30"), date(2023, 2, 15), 12),
    ]  # fmt: skip
    assert [(line, column, value) for _, line, column, value, _ in faults(lake)] == [
        (4, "base", "4000.125"), (4, "cumulative_months", "1.5"), (5, "base", "true"),
    ]  # fmt: skip


def test_a_citizen_number_typed_as_a_number_has_lost_digits(lake: Lake, deliver: Deliver) -> None:
    deliver({"person.xlsx": workbook(PERSON, [int(B), "示例乙", "男", date(1990, 3, 7), None])})
    ((_, line, column, _, reason),) = [f for f in faults(lake) if not f[4].startswith("rule:")]
    assert (line, column, reason) == (2, "person_id", "digits")


def test_a_cell_beyond_the_header(lake: Lake, deliver: Deliver) -> None:
    right = [A, "示例甲", "男", date(1990, 3, 7), None]
    deliver({"person.xlsx": workbook(PERSON, right, [*right[:1], "示例,甲", "男", "1990-03-07", None, "x"])})
    assert [(fault[1], fault[4]) for fault in faults(lake)] == [(3, "columns")]


def test_other_sheets_are_reported(lake: Lake, deliver: Deliver) -> None:
    content = workbook(["说明"], 数据=[PERSON, [A, "示例甲", "男", date(1990, 3, 7), None]])
    report = deliver({"person.xlsx": content})
    assert report.accepted == 1
    assert [(one.sheet, one.why.en) for one in report.not_taken] == [("Sheet", "has no header of this class")]


@pytest.mark.parametrize("name", ["person.xlsx", "person.parquet"])
@pytest.mark.parametrize("cut", [0, 10, 0.5])
def test_a_broken_file(lake: Lake, deliver: Deliver, name: str, cut: float) -> None:
    whole = workbook(PERSON, [A, "示例甲", "男", date(1990, 3, 7), None])
    if name.endswith("parquet"):
        whole = parquet({"person_id": [A], "name": ["x"], "sex": ["男"], "birth_date": [date(1990, 3, 7)]})
    broken = whole[: int(len(whole) * cut) if cut == 0.5 else int(cut)]
    report = deliver({name: broken})
    assert [file.reason for file in report.refused] == ["file:format"]
    assert report.taken == ()
    # That a first register is missing is noted, so that a few rows that follow are not taken for it.
    assert [gap.file for gap in report.gaps] == [name]


def test_native_types_of_parquet(lake: Lake, deliver: Deliver) -> None:
    content = parquet(
        {
            "公民身份号码": [A, A, A, A],
            "所属月份": [date(2023, 1, 1), date(2023, 2, 1), date(2023, 3, 2), None],
            "缴费基数": pa.array(
                [Decimal("4000.00"), Decimal("4000.50"), Decimal("1.00"), None], pa.decimal128(14, 2)
            ),
            "缴费金额": [640.0, 640.25, 0.125, 1.0],
            "paid_on": pa.array([datetime(2023, 2, 15)] * 4, pa.timestamp("us")),  # noqa: DTZ001
            "累计缴费月数": pa.array([12, None, 1, 1], pa.int64()),
            "备注": ["x"] * 4,
        }
    )
    report = deliver({"person.csv": people(), "pension_contribution.parquet": content})
    assert records(
        lake, "SELECT month, base, amount, paid_on, cumulative_months, _line FROM pension_contribution"
    ) == [
        (date(2023, 1, 1), Decimal("4000.00"), Decimal("640.00"), date(2023, 2, 15), 12, 2),
        (date(2023, 2, 1), Decimal("4000.50"), Decimal("640.25"), date(2023, 2, 15), None, 3),
    ]
    assert [fault[1:] for fault in faults(lake)] == [
        (4, "amount", "0.125", "type"), (4, "month", "2023-03-02", "type"),
        (5, "base", None, "required"), (5, "month", None, "required"),
    ]  # fmt: skip
    assert report.taken[1].ignored == ("备注",)


@pytest.mark.parametrize("value", [{"a": 1}, ["a"], b"a"])
def test_a_cell_of_parquet_that_is_no_single_value(lake: Lake, deliver: Deliver, value: Any) -> None:
    content = parquet(
        {"person_id": [A], "name": pa.array([value]), "sex": ["男"], "birth_date": [date(1990, 3, 7)]}
    )
    (refused,) = deliver({"person.parquet": content}).refused
    assert "each cell of column “name” holds not one value" in refused.what.en


def test_a_missing_column(lake: Lake, deliver: Deliver, tmp_path: Path) -> None:
    report = deliver(
        {"person.parquet": parquet({"person_id": [A]}), "person-2.xlsx": workbook(["公民身份号码"], [A])}
    )
    assert [file.reason for file in report.refused] == ["file:columns", "file:columns"]


def far_cell(place: str) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(PERSON)
    sheet.append([A, "示例甲", "男", date(1990, 3, 7), None])
    sheet[place] = "x"
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def packed(sheet: bytes, *, stated: int | None = None) -> bytes:
    """A workbook whose sheet is these bytes; its directory says it is ``stated`` bytes long."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(far_cell("A3"))) as old,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for part in old.infolist():
            body = old.read(part)
            new.writestr(part.filename, sheet if part.filename.startswith("xl/worksheets/") else body)
        if stated is not None:
            new.getinfo("xl/worksheets/sheet1.xml").file_size = stated
    return out.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(far_cell("XFD1048576"), id="a stray cell in the last corner"),
        pytest.param(
            packed(b'<worksheet><sheetData><row r="1048576">' + b"<c/>" * 16_000 + b"</row></sheetData></worksheet>"),
            id="cells that say no place",
        ),
        pytest.param(packed(b"<c/>" * 8_000_000, stated=100), id="a size that is a lie"),
    ],
)  # fmt: skip
def test_a_workbook_that_would_fill_the_memory_is_refused(
    lake: Lake, deliver: Deliver, content: bytes
) -> None:
    report = deliver({"人口基本信息2024.xlsx": content})
    (refused,) = report.refused
    assert refused.reason == "file:format"
    assert len(content) < 100_000


def test_a_stray_cell_that_costs_little_is_no_reason_to_refuse(lake: Lake, deliver: Deliver) -> None:
    assert deliver({"人口基本信息2024.xlsx": far_cell("E9000")}).refused == ()
