"""Every way a department writes a value, read the plain and the careful way alike."""

from datetime import date
from decimal import Decimal
from typing import Any

import duckdb
import pytest
from lake_made import column, contract

from jigong.lake import sql
from jigong.lake.checks import ODD, careful_select, plain_select
from jigong.packs.contract import Column, EnumValue

KNOWN_ON = date(2024, 1, 31)
DAY = column("day", "date")
MONTH = column("month", "month")
MONEY = column("money", "decimal")
COUNT = column("count", "integer")
FLAG = column("flag", "boolean")
CODE = column("code")
NAME = column("name")


def read(cell: Column, raw: str | None, end: str | None = None) -> tuple[Any, str | None]:
    """(value, reason) of one cell, which may be the ``end`` of a period; the plain way must agree with the careful way."""
    time = ("period", "code", end) if end else ("date", cell.name)
    wanted = contract("thing", "东西", [cell], key=("code",), time=time)
    with duckdb.connect() as con:
        con.execute("CREATE TABLE sent (raw VARCHAR)")
        con.execute("INSERT INTO sent VALUES (?)", [raw])
        con.execute(f"CREATE TABLE plain AS {plain_select(wanted, 'sent', {cell.name: 'raw'}, KNOWN_ON)}")
        plain, odd = con.execute(f"SELECT {sql.name(cell.name)}, {sql.name(ODD)} FROM plain").fetchall()[0]
        con.execute(
            f"CREATE TABLE odd AS SELECT 0 AS _file_no, 2 AS _line, [raw] AS {sql.name(ODD)} FROM sent"
        )
        careful = careful_select(wanted, "odd", {}, KNOWN_ON)
        value, faults = con.execute(f"SELECT {sql.name(cell.name)}, _faults FROM ({careful})").fetchall()[0]
    reason = faults[0]["reason"] if faults else None
    if odd is None:
        assert (plain, None) == (value, reason)
    return value, reason


@pytest.mark.parametrize(
    "raw",
    ["2022-05-01", "2022/5/1", "2022/05/01", "20220501", "2022年5月1日", "2022.5.1", "44682", "2022-05-01 00:00:00",
     "2022-05-01T00:00:00", "2022-05-01 10:22:31", "2022/5/1 9:05", "2022-05-01T23:59:59.123+08:00", "20220501102231",
     "44682.4323", "'2022-05-01", '="2022-05-01"', "２０２２-０５-０１ １０：２２", " 2022-05-01\t", "　2022-05-01　", "２０２２－０５－０１", "2022年05月01日"],
)  # fmt: skip
def test_a_day_in_every_form(raw: str) -> None:
    assert read(DAY, raw) == (date(2022, 5, 1), None)


@pytest.mark.parametrize(
    "raw",
    ["2022-02-30", "2022-13-01", "2022-05", "22-05-01", "2022-05-01 25:30:00", "2022-05-01T12:30:00Z", "五月一日", "2022", "0", "-1", "1/5/2022",
     "2022-05-01-02"],
)  # fmt: skip
def test_what_is_not_a_day(raw: str) -> None:
    assert read(DAY, raw)[1] == "type"


@pytest.mark.parametrize(
    "raw",
    [
        "2022-05",
        "202205",
        "2022/5",
        "2022年5月",
        "2022年05月",
        "2022-05-01",
        "2022/5/1",
        "20220501",
        "44682",
        "2022.05",
    ],
)
def test_a_month_in_every_form(raw: str) -> None:
    assert read(MONTH, raw) == (date(2022, 5, 1), None)


@pytest.mark.parametrize("raw", ["2022-05-02", "2022-13", "2022-00", "202213", "5月", "44683"])
def test_what_is_not_a_month(raw: str) -> None:
    assert read(MONTH, raw)[1] == "type"


@pytest.mark.parametrize(
    ("raw", "value"),
    [("3750", "3750.00"), ("3750.5", "3750.50"), ("3,750.50", "3750.50"), ("1,234,567.80", "1234567.80"),
     ("３７５０．５０", "3750.50"), ("3750.5000", "3750.50"), ("+12.00", "12.00"), ("-3.1", "-3.10"), (" 12 ", "12.00")],
)  # fmt: skip
def test_an_amount_in_every_form(raw: str, value: str) -> None:
    assert read(MONEY, raw) == (Decimal(value), None)


@pytest.mark.parametrize(
    "raw",
    ["3750.505", "1e3", "12,34.00", "12345678901.00", "¥12", "12元", "1.2.3", "--1", "nan", "1_000", "0x10"],
)
def test_an_amount_is_never_rounded_or_guessed(raw: str) -> None:
    assert read(MONEY, raw)[1] == "type"


@pytest.mark.parametrize(
    ("raw", "value"), [("12", 12), ("12.0", 12), ("1,200", 1200), ("１２", 12), ("-3", -3)]
)
def test_a_whole_number_in_every_form(raw: str, value: int) -> None:
    assert read(COUNT, raw) == (value, None)


@pytest.mark.parametrize("raw", ["12.5", "1e3", "99999999999", "十二"])
def test_what_is_not_a_whole_number(raw: str) -> None:
    assert read(COUNT, raw)[1] == "type"


@pytest.mark.parametrize("raw", ["是", "1", "true", "TRUE", "Y", "y", "１"])
def test_yes(raw: str) -> None:
    assert read(FLAG, raw) == (True, None)


@pytest.mark.parametrize("raw", ["否", "0", "false", "False", "N", "n"])
def test_no(raw: str) -> None:
    assert read(FLAG, raw) == (False, None)


def test_neither_yes_nor_no() -> None:
    assert read(FLAG, "也许") == (None, "type")


def test_a_code_is_half_width_and_free_text_stays_as_sent() -> None:
    assert read(CODE, "　ＡＢ１２（x） ") == ("AB12(x)", None)
    assert read(NAME, " 示例（钱塘）公司　") == ("示例（钱塘）公司", None)


@pytest.mark.parametrize("raw", [None, "", "  ", "　"])
def test_blank_is_missing(raw: str | None) -> None:
    assert read(NAME, raw) == (None, "required")
    assert read(DAY, raw) == (None, "required")
    assert read(column("day", "date", required=False), raw) == (None, None)


def test_enumerated_values_are_matched_in_either_width() -> None:
    level = column("level", values=("高级工", "A（一）"))
    assert read(level, " 高级工 ") == ("高级工", None)
    assert read(level, "A（一）") == ("A（一）", None)
    assert read(level, "高工") == ("高工", "enum")


@pytest.mark.parametrize(
    ("limits", "raw", "reason"),
    [({"minimum": Decimal(0)}, "-0.01", "range"), ({"minimum": Decimal(0)}, "0", None),
     ({"maximum": Decimal(10)}, "10.01", "range"), ({"maximum": Decimal(10)}, "10", None),
     ({"exclusive_minimum": Decimal(0)}, "0", "range"), ({"exclusive_minimum": Decimal(0)}, "0.01", None),
     ({"exclusive_maximum": Decimal(1)}, "1", "range"), ({"exclusive_maximum": Decimal(1)}, "0.99", None)],
)  # fmt: skip
def test_limits(limits: dict[str, Decimal], raw: str, reason: str | None) -> None:
    assert read(column("money", "decimal", **limits), raw)[1] == reason


@pytest.mark.parametrize(
    ("form", "raw", "reason"),
    [({"pattern": r"^\d{6}$"}, "330114", None), ({"pattern": r"^\d{6}$"}, "３３０１１４", None),
     ({"pattern": r"^\d{6}$"}, "33011", "pattern"), ({"min_length": 3}, "ab", "pattern"), ({"min_length": 2}, "ab", None),
     ({"max_length": 2}, "示例三", "pattern"), ({"max_length": 2}, "示例", None)],
)  # fmt: skip
def test_forms(form: dict[str, Any], raw: str, reason: str | None) -> None:
    assert read(column("name", **form), raw)[1] == reason


@pytest.mark.parametrize(
    ("kind", "raw", "reason"),
    [
        ("citizen", "11010519491231002X", None),
        ("citizen", "11010519491231002x", None),
        ("citizen", "110105194912310021", "identifier"),
        ("citizen", "330114199003071236", None),
        ("citizen", "330114199013071236", "identifier"),
        ("citizen", "'11010519491231002X", None),
        ("citizen", '="11010519491231002X"', None),
        ("citizen", "１１０１０５１９４９１２３１００２Ｘ", None),
        ("citizen", "330114900307123", "old_number"),
        ("citizen", "3.30114199003071E+17", "digits"),
        ("citizen", "3.3E+17", "digits"),
        ("citizen", "330114199003071000", "digits"),
        ("citizen", "33011419900307123", "identifier"),
        ("credit_code", "91350100M000100Y43", None),
        ("credit_code", "91350100m000100y43", None),
        ("credit_code", "91350100M000100Y4A", "identifier"),
        ("credit_code", "91350100M000100Y", "identifier"),
        ("certificate", "Y000133000001223000123", None),
        ("certificate", "Y000133000001220000123", "identifier"),
        ("occupation", "6-31-01-03", None),
        ("occupation", "6-31-1-3", "identifier"),
    ],
)
def test_identifiers(kind: str, raw: str, reason: str | None) -> None:
    assert read(column("number", identifier=kind), raw)[1] == reason


@pytest.mark.parametrize("raw", ["3.8E+17", "1.23456789012345E+20"])
def test_a_code_that_excel_took_for_an_amount(raw: str) -> None:
    assert read(CODE, raw)[1] == "digits"
    assert read(NAME, raw)[1] is None


@pytest.mark.parametrize(
    "raw", ["长期", "无固定期限", "至今", "无", " 长期 ", "9999-12-31", "2099/12/31", "99991231", "/"]
)
def test_an_open_end_in_words(raw: str) -> None:
    until = column("until", "date", required=False)
    assert read(until, raw, end="until") == (None, None)


def test_only_an_end_can_be_open_and_only_what_may_be_empty_can_be_nothing() -> None:
    assert read(column("day", "date", required=False), "无") == (None, None)
    assert read(column("day", "date", required=False), "长期")[1] == "type"
    assert read(DAY, "无")[1] == "type"


def test_a_code_of_a_standard_stands_for_its_word() -> None:
    sex = column("sex", values=(EnumValue("男", "male", ("1", "男性")), EnumValue("女", "female", ("2",))))
    assert [read(sex, raw) for raw in ("1", "２", "男性", "男", "9")] == [
        ("男", None), ("女", None), ("男", None), ("男", None), ("9", "enum"),
    ]  # fmt: skip


def test_a_character_of_a_private_area() -> None:
    for character in ("\ue863", "\U000f0000"):
        assert read(NAME, f"示例{character}") == (f"示例{character}", "character")
    assert read(NAME, "示例𠮷")[1] is None


def test_a_lost_character_is_an_encoding_fault() -> None:
    assert read(NAME, "示例\ufffd") == ("示例\ufffd", "encoding")
    assert read(CODE, "A\ufffd1")[1] == "encoding"
    assert read(DAY, "2022\ufffd05-01")[1] == "encoding"


PAYER = column("payer", identifier="credit_code", none=("个人", "灵活就业"))


@pytest.mark.parametrize("raw", [None, "", " ", "个人", "灵活就业", "　灵活就业 ", "'个人"])
def test_a_cell_that_names_nothing_where_it_may(raw: str | None) -> None:
    assert read(PAYER, raw) == ("个人", None)


def test_what_names_something_must_still_be_right() -> None:
    assert read(PAYER, "91350100M000100Y43") == ("91350100M000100Y43", None)
    assert read(PAYER, "91350100M000100Y44")[1] == "identifier"
    assert read(PAYER, "自己")[1] == "identifier"
