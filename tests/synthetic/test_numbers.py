"""Numbers have right check digits, and can belong to nobody."""

import csv
import re
from collections.abc import Iterable
from datetime import date
from pathlib import Path

import duckdb
import pytest
from stdnum.cn import ric, uscc

from jigong.synthetic import macros
from jigong.synthetic.calibration import read_calibration
from jigong.synthetic.numbers import citizen_number, credit_code, other_check

from .conftest import PACK, District

# GB/T 2260: the first two digits of every province, and 91 of foreign permanent residents.
_PROVINCES = {
    *range(11, 16),
    *range(21, 24),
    *range(31, 38),
    *range(41, 47),
    *range(50, 55),
    *range(61, 66),
    71,
    81,
    82,
    83,
    91,
}
_DIVISIONS = Path(__file__).parents[3] / "shared" / "data" / "divisions_zhejiang.csv"


def _citizens(clean: District) -> set[str]:
    return {
        row[name]
        for name, of in (
            ("person_id", "person"),
            ("member_id", "household_member"),
            ("child_id", "child_schooling"),
        )
        for row in clean.rows(of)
    }


def test_known_numbers() -> None:
    assert citizen_number("110105", date(1949, 12, 31), 2) == "11010519491231002X"
    assert citizen_number("330114", date(1990, 3, 7), 123) == "330114199003071236"
    assert ric.calc_check_digit(other_check("330114199003071236")) != other_check("330114199003071236")[-1]
    assert uscc.is_valid(credit_code("383838", 42))


def test_sql_and_python_agree() -> None:
    with duckdb.connect() as connection:
        macros.install(connection, read_calibration(PACK / "synthetic"), seed=1, workers=100)
        sql = "SELECT citizen_number('38000019900101' || printf('%03d', n)), credit_code('383838', n) FROM range(999) t(n)"
        made = connection.execute(sql).fetchall()
    assert made == [
        (citizen_number("380000", date(1990, 1, 1), n), credit_code("383838", n)) for n in range(999)
    ]


def test_citizen_numbers_have_right_check_digits(clean: District) -> None:
    assert [number for number in _citizens(clean) if ric.calc_check_digit(number) != number[-1]] == []


def test_citizen_numbers_belong_to_no_province(clean: District) -> None:
    assert {int(number[:2]) for number in _citizens(clean)} & _PROVINCES == set()
    calibration = read_calibration(PACK / "synthetic")
    for name in ("worker", "family", "parent", "stranger"):
        assert {int(digits) for digits in calibration.texts(f"{name}_provinces")} & _PROVINCES == set()
    assert int(calibration.text("credit_division")[:2]) not in _PROVINCES


def test_no_place_is_in_the_official_table(clean: District) -> None:
    if not _DIVISIONS.exists():
        pytest.skip("no table of divisions beside the project; the provinces are tested above")
    with _DIVISIONS.open(encoding="utf-8") as file:
        official = {row["code"][:6] for row in csv.DictReader(file)}
    assert {number[:6] for number in _citizens(clean)} & official == set()
    assert {row["enterprise_id"][2:8] for row in clean.rows("enterprise")} & official == set()


def test_people_agree_with_their_numbers(clean: District) -> None:
    for row in clean.rows("person"):
        assert row["person_id"][6:14] == f"{row['birth_date']:%Y%m%d}"
        assert (int(row["person_id"][16]) % 2 == 1) == (row["sex"] == "男")


def test_numbers_are_given_once(clean: District) -> None:
    for name, key in (
        ("person", "person_id"),
        ("household_member", "member_id"),
        ("skill_certificate", "certificate_no"),
        ("enterprise", "enterprise_id"),
    ):
        numbers = [row[key] for row in clean.rows(name)]
        assert len(numbers) == len(set(numbers)), name


def test_there_are_enough_numbers_for_a_province() -> None:
    calibration = read_calibration(PACK / "synthetic")
    in_one, workers = 10_000 * 499, 21_500_000
    assert len(calibration.texts("worker_provinces")) * in_one > workers
    assert len(calibration.texts("family_provinces")) * in_one > 4 * workers + 4
    assert len(calibration.texts("parent_provinces")) * in_one > workers
    with duckdb.connect() as connection:
        macros.install(connection, calibration, seed=1, workers=100)
        [(number,)] = connection.execute(
            f"SELECT nobody({workers}, DATE '1990-01-01', true, cal.worker_provinces())"
        ).fetchall()
    assert ric.calc_check_digit(number) == number[-1]


def test_credit_codes_and_certificates(clean: District) -> None:
    assert all(uscc.is_valid(row["enterprise_id"]) for row in clean.rows("enterprise"))
    assert _all(
        r"[YS]990033\d{6}(0[89]|1\d|2[0-2])[1-5]\d{6}",
        (row["certificate_no"] for row in clean.rows("skill_certificate")),
    )


def test_names_are_plainly_synthetic(clean: District) -> None:
    assert _all(r"工人\d{6}", (row["name"] for row in clean.rows("person")))
    assert _all(r"示例企业\d{4}", (row["name"] for row in clean.rows("enterprise")))
    assert _all(r"154\d{8}", (row["mobile"] for row in clean.rows("person") if row["mobile"]))


def _all(pattern: str, values: Iterable[str]) -> bool:
    return all(re.fullmatch(pattern, value) for value in values)
