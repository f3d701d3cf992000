"""Spending month by month: facts move by themselves, a subject is paid once a period, and how long money lasts."""

from datetime import date
from decimal import Decimal

import duckdb
import pytest

import mini
from jigong.insight.groups import people_change
from jigong.insight.projection import project
from jigong.insight.spending import MonthLaw, months_from, spending
from jigong.services.publishing.report import runs_out


def months(district: mini.Built, count: int = 12) -> list[MonthLaw]:
    return [
        MonthLaw(day, district.facts, district.pack, district.rulebook)
        for day in months_from(district.as_of, count)
    ]


def test_the_first_month_begins_today_and_the_others_on_their_first_day():
    days = months_from(date(2023, 11, 20), 3)
    assert days == [date(2023, 11, 20), date(2023, 12, 1), date(2024, 1, 1)]


def test_age_moves_and_what_does_not_move_by_itself_stays(district, tmp_path):
    day = date(2026, 1, 1)
    moved = project(
        district.facts, district.pack, district.rulebook, district.values, day, tmp_path / "facts"
    )
    now = dict(district.facts.connect().execute("SELECT worker, age FROM worker").fetchall())
    then = dict(moved.connect().execute("SELECT worker, age FROM worker").fetchall())
    assert {worker: age + 3 for worker, age in now.items() if age is not None} == {
        worker: age for worker, age in then.items() if age is not None
    }
    insured = "SELECT worker, insured_months, as_of FROM worker ORDER BY 1"
    before, after = (f.connect().execute(insured).fetchall() for f in (district.facts, moved))
    assert [row[:2] for row in after] == [row[:2] for row in before]
    assert {row[2] for row in after} == {day}


def test_on_their_own_day_facts_are_themselves(district, tmp_path):
    facts = district.facts
    assert (
        project(facts, district.pack, district.rulebook, district.values, facts.as_of, tmp_path / "x")
        is facts
    )


def test_what_is_due_once_is_paid_once(district, tmp_path):
    spent = spending(months(district), {}, tmp_path / "aside")
    due = {total.clause: total.due for total in district.run.totals if total.fund}
    first = {s.clause: s.yuan for s in spent if s.month == district.as_of}
    assert first == due
    assert sum(due.values()) > 0
    for clause in due:
        if district.pack.clauses[clause].clause.value.delivery.period == "once":
            assert sum(s.yuan for s in spent if s.clause == clause and s.month != district.as_of) == 0
    assert not (tmp_path / "aside").exists()


def test_what_was_promised_already_is_not_paid_again(district, tmp_path):
    clause = "grant"
    rows = duckdb.execute(f"SELECT subject, due FROM {district.run.rows(clause)} WHERE due > 0").fetchall()
    assert rows
    subject, due = rows[0]
    settled = {(clause, ""): [(subject, due - 1)]}
    spent = spending(months(district, 1), settled, tmp_path / "aside")
    (found,) = (s for s in spent if s.clause == clause)
    assert found.yuan == sum(row[1] for row in rows) - due + 1


@pytest.mark.parametrize(
    ("free", "out"), [("100", "2023-11"), ("250", "2023-12"), ("300", None), ("99.99", "2023-11")]
)
def test_a_fund_runs_out_in_the_month_it_cannot_bear(district, free, out):
    spent = {date(2023, 11, 1): Decimal(150), date(2023, 12, 1): Decimal(150)}
    days = list(spent)
    assert runs_out(spent, days, Decimal(free), district.pack, "education") == out


def test_each_year_begins_with_its_own_budget(district):
    spent = {date(2023, 12, 1): Decimal(10), date(2024, 1, 1): Decimal(1000)}
    assert runs_out(spent, list(spent), Decimal(10), district.pack, "education") is None


def test_two_equal_runs_change_nothing_for_anybody(district):
    found = people_change(district.run, district.run, district.facts, district.pack)
    assert (found.whole.gain, found.whole.lose) == (0, 0)
    assert found.whole.before == found.whole.after == sum(t.due for t in district.run.totals)
    assert sum(row.after for row in found.groups["tier"]) == found.whole.after
