"""Indicators of the small district, overall and broken down, with their data quality."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

import mini
from jigong.insight.portrait import IndicatorValue, portrait

PackWith = Callable[[mini.Edits], Path]


def values(built: mini.Built, by: str | None = None) -> dict[tuple[str, str | None], IndicatorValue]:
    found = portrait(built.facts, built.pack, built.rulebook, built.values, by)
    return {(value.indicator, value.group): value for value in found}


def test_means_leave_out_what_is_missing_and_say_so(district: mini.Built) -> None:
    """Six tuitions of seven are known: 6,000 + 8,000 + 8,000 + 700 + 700 + 9,000."""
    tuition = values(district)["mean_tuition", None]
    assert (tuition.value, tuition.rows, tuition.known) == (Decimal("5400.0000"), 7, 6)
    assert tuition.quality == Decimal("0.8571")
    assert values(district)["mean_months", None].value == Decimal("8.5000")


def test_a_count_divided_by_another(district: mini.Built) -> None:
    """Seven enrolments over six union members, per thousand."""
    assert values(district)["students", None].value == Decimal("1166.6667")


def test_a_breakdown_groups_subjects_by_their_own_or_their_workers_fact(district: mini.Built) -> None:
    found = values(district, "town")
    assert {group for _, group in found} == {"白杨", "下沙"}
    assert found["mean_months", "白杨"].value == Decimal("6.6667")
    assert found["mean_tuition", "下沙"].value == Decimal("700.0000")


def test_stale_data_is_not_zero(district: mini.Built) -> None:
    months = values(district.on(date(2023, 3, 4)))["mean_months", None]
    assert (months.value, months.rows, months.known, months.quality) == (None, 8, 0, 0)


def test_a_list_that_never_came_is_not_zero(tmp_path: Path) -> None:
    source = mini.edited(mini.DISTRICT, tmp_path / "files", {"enrolment.csv": None})
    found = values(mini.build(tmp_path / "data", deliveries=((source, mini.NEW_YEAR),)))
    assert found["students", None].value is None
    assert found["mean_tuition", None].value is None


def test_an_empty_list_is_zero(tmp_path: Path) -> None:
    """An enrolment that begins later: the class came, and nobody is enrolled yet."""
    later = "学号,编号,层次,学费,入学日期,毕业日期\nE1,P1,专科,6000.00,2023-09-01,\n"
    source = mini.edited(mini.DISTRICT, tmp_path / "files", {"enrolment.csv": later})
    found = values(mini.build(tmp_path / "data", deliveries=((source, mini.NEW_YEAR),)))
    assert found["students", None].value == 0
    assert (found["mean_tuition", None].value, found["mean_tuition", None].rows) == (None, 0)


def test_an_indicator_may_read_the_points(district: mini.Built, pack_with: PackWith) -> None:
    folder = pack_with({"indicators/income.yaml": ("value: insured_months", "value: points_total")})
    assert mini.found(folder) == []
    assert values(district.under(folder))["mean_months", None].value == Decimal("10.0000")
