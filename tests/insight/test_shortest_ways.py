"""The shortest way from no to yes, for the small district."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

import mini
from jigong.insight.ways import FoundWay, all_ways, one_step_away

PackWith = Callable[[mini.Edits], Path]


def ways(built: mini.Built, clause: str = "grant", worker: str | None = None) -> dict[str, FoundWay]:
    found = all_ways(built.facts, built.pack, built.rulebook, built.values, built.run, worker)
    return {way.subject or f"begun by {way.worker}": way for way in found if way.clause == clause}


def test_two_more_insured_months_five_thousand_yuan_from_the_first_of_march(district: mini.Built) -> None:
    way = ways(district)["E3"].way
    (step,) = way.steps
    assert (step.action, step.fact, step.now, step.target, step.months) == (
        "keep_insured",
        "insured_months",
        4,
        6,
        2,
    )
    assert (way.on, way.worth) == (date(2023, 3, 1), Decimal("5000.00"))


def test_a_birthday_in_between_leaves_no_way(district: mini.Built) -> None:
    """P2 lacks the same two months, but is 46 on 10 February."""
    assert "E2" not in ways(district)


def test_what_is_done_at_once_takes_its_days(district: mini.Built) -> None:
    way = ways(district)["E4"].way
    (step,) = way.steps
    assert (step.action, step.target, step.months) == ("join_union", True, None)
    assert (way.on, way.worth) == (date(2023, 1, 16), 700)


def test_a_graduate_cannot_change_the_day_of_graduation(district: mini.Built) -> None:
    assert "E7" not in ways(district)


def test_who_is_entitled_or_has_nothing_to_decide_about_has_no_way(district: mini.Built) -> None:
    assert set(ways(district)) == {"E3", "E4"}


def test_one_worker_alone(district: mini.Built) -> None:
    assert set(ways(district, worker="P4")) == {"E4"}
    assert set(ways(district, "trip", worker="P4")) == {"P4"}


def test_a_condition_on_points_can_be_met_too(district: mini.Built, pack_with: PackWith) -> None:
    """A clause that reads points beside what is missing still has its way."""
    condition = (
        "conditions:\n",
        "conditions:\n  - {id: points, when: points_total >= 10, zh: 分, en: Points}\n",
    )
    built = district.under(pack_with({"clauses/trip/clause.yaml": condition}))
    assert set(ways(built, "trip")) == {"P4"}


def test_a_way_counts_on_the_law_of_its_day(district: mini.Built, pack_with: PackWith) -> None:
    """From February seven months are needed, so six on 1 March are not enough; nor after the clause ends."""
    harder = "    - {from: 2023-02-01, value: 7, source: law, confirmed: 2022-12-16}\nmax_age"
    assert "E3" not in ways(district.under(pack_with({"parameters/aid.yaml": ("max_age", harder)})))
    ending = {"clauses/grant/clause.yaml": ("{from: 2022-05-01}", "{from: 2022-05-01, to: 2023-02-28}")}
    built = district.under(mini.edited(mini.PACK, district.folder / "ending", ending))
    assert set(ways(built)) == {"E4"}


def test_totals_of_single_steps(district: mini.Built) -> None:
    found = all_ways(district.facts, district.pack, district.rulebook, district.values, district.run)
    totals = {(total.clause, total.action): (total.people, total.yuan) for total in one_step_away(found)}
    assert totals == {
        ("grant", "keep_insured"): (1, 5000),
        ("grant", "join_union"): (1, 700),
        ("allowance", "keep_insured"): (1, 1000),
        ("trip", "join_union"): (2, 0),
    }


BEGIN = {
    "clauses/grant/clause.yaml": ("delivery: {mode: application}\n", "delivery: {mode: application}\nbegin: enrol\n"),
    "actions.yaml": (
        "- {id: join_union,",
        "- {id: enrol, zh: 报读, en: Enrol, days: 120, source: law}\n- {id: join_union,",
    ),
}  # fmt: skip


def test_who_has_no_enrolment_is_shown_how_to_begin(district: mini.Built, pack_with: PackWith) -> None:
    """P8 is not enrolled, no member, and never was insured; what it is worth depends on the tuition."""
    pack = pack_with(BEGIN)
    assert mini.found(pack) == []
    found = ways(district.under(pack))
    assert set(found) == {"E3", "E4", "begun by P8"}
    way = found["begun by P8"].way
    assert (found["begun by P8"].worker, way.on, way.worth) == ("P8", date(2023, 7, 1), None)
    assert [(step.action, step.on) for step in way.steps] == [
        ("join_union", date(2023, 1, 16)),
        ("enrol", date(2023, 5, 1)),
        ("keep_insured", date(2023, 7, 1)),
    ]


def test_who_is_too_old_anyway_is_not(district: mini.Built, pack_with: PackWith) -> None:
    younger = {**BEGIN, "parameters/aid.yaml": ("value: 45", "value: 32")}
    assert "begun by P8" not in ways(district.under(pack_with(younger)))


def test_an_action_to_begin_with_moves_no_fact(pack_with: PackWith) -> None:
    wrong = {"clauses/grant/clause.yaml": ("delivery: {mode: application}\n", "delivery: {mode: application}\nbegin: join_union\n")}  # fmt: skip
    (problem,) = mini.found(pack_with(wrong))
    assert "join_union" in problem.what.en
    assert problem.place is not None
    assert problem.place.file.endswith("grant/clause.yaml")
