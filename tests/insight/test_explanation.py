"""One worker explained: conditions, values, figures of the law, and the records behind them."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

import mini
from jigong.insight.explain import Explained, explain
from jigong.insight.words import withdrawn_words
from jigong.kernel.problems import JigongError
from jigong.lake import FileSource, Lake, take_in
from jigong.lake.provenance import Provenance

PackWith = Callable[[mini.Edits], Path]


def explained(built: mini.Built, worker: str, clause: str) -> Explained:
    found = explain(
        worker,
        built.facts,
        built.pack,
        built.rulebook,
        built.values,
        Provenance(built.snapshot, built.pack),
        built.run,
    )
    (one,) = [entry for entry in found.clauses if entry.clause.id == clause]
    return one


def test_each_condition_says_whether_it_holds_and_what_it_read(district: mini.Built) -> None:
    found = explained(district, "P3", "grant")
    assert (found.subject, found.verdict, found.amount) == ("E3", "no", 0)
    assert {part.id: part.holds for part in found.conditions} == {
        "member": True,
        "insured": False,
        "age": True,
    }
    insured = found.conditions[1]
    (months,) = insured.facts
    assert (months.name, months.value, months.unit, months.label.en) == (
        "insured_months",
        4,
        "month",
        "Consecutive insured months",
    )
    (least,) = insured.parameters
    assert (least.name, least.value, least.assumed, least.since, least.source) == (
        "aid.min_months", 6, False, date(2022, 5, 1), "law",
    )  # fmt: skip


def test_each_value_names_the_records_it_came_from(district: mini.Built) -> None:
    (months,) = explained(district, "P3", "grant").conditions[1].facts
    newest = months.evidence[0]
    assert (newest.data_class, newest.file, newest.known_on) == (
        "contribution",
        "contribution.csv",
        mini.NEW_YEAR,
    )
    assert newest.values["month"] == newest.holds_from == date(2022, 12, 1)
    lines = (mini.DISTRICT / newest.file).read_text(encoding="utf-8").splitlines()
    assert lines[newest.line - 1] == "P3,2022-12"
    assert newest.batch in {batch.name for batch in district.snapshot.batches}


def test_evidence_is_about_the_worker_alone(district: mini.Built) -> None:
    for part in explained(district, "P3", "grant").conditions:
        for fact in part.facts:
            assert {record.values["person_id"] for record in fact.evidence} == {"P3"}


def test_an_amount_names_what_it_was_computed_from(district: mini.Built) -> None:
    found = explained(district, "P1", "grant")
    assert (found.branch, found.amount) == ("partial", 4500)
    (tuition,) = found.award
    assert (tuition.value, tuition.evidence[0].data_class) == (Decimal("6000.00"), "enrolment")


def test_a_graduates_facts_and_evidence_are_of_that_day(district: mini.Built) -> None:
    found = explained(district, "P7", "grant")
    member, insured, _ = found.conditions
    assert (member.holds, member.facts[0].value, member.facts[0].evidence) == (False, False, ())
    assert insured.facts[0].value == 5
    assert max(record.holds_from for record in insured.facts[0].evidence if record.holds_from) == date(
        2022, 6, 1
    )
    assert found.way is None


def test_exclusion_and_rank_are_said(district: mini.Built) -> None:
    allowance, trip = explained(district, "P1", "allowance"), explained(district, "P1", "trip")
    assert allowance.standing is not None
    assert (allowance.standing.excluded_by, allowance.standing.due) == ("grant", None)
    assert trip.standing is not None
    assert trip.standing.rank == district.column("trip", "rank")["P1"]
    assert trip.standing.in_quota == district.column("trip", "in_quota")["P1"]


def test_the_way_is_part_of_the_explanation(district: mini.Built) -> None:
    way = explained(district, "P3", "grant").way
    assert way is not None
    assert (way.steps[0].months, way.worth, way.on) == (2, 5000, date(2023, 3, 1))


def test_missing_data_is_named(district: mini.Built) -> None:
    assert explained(district, "P6", "grant").missing == ("tuition",)


def test_nothing_to_decide_about_is_a_no_unless_the_list_never_came(
    district: mini.Built, tmp_path: Path
) -> None:
    found = explained(district, "P8", "grant")
    assert (found.subject, found.verdict, found.amount, found.missing) == (None, "no", 0, ())
    source = mini.edited(mini.DISTRICT, tmp_path / "files", {"enrolment.csv": None})
    found = explained(mini.build(tmp_path / "data", deliveries=((source, mini.NEW_YEAR),)), "P8", "grant")
    assert (found.subject, found.verdict, found.amount, found.missing) == (
        None,
        "undecided",
        None,
        ("study",),
    )


def test_points_a_condition_reads_are_explained(district: mini.Built, pack_with: PackWith) -> None:
    condition = ("when: union_member", "when: union_member AND points_total >= 1")
    found = explained(district.under(pack_with({"clauses/trip/clause.yaml": condition})), "P1", "trip")
    assert [(fact.name, fact.value, fact.label.en) for fact in found.conditions[0].facts] == [
        ("union_member", True, "Union member"),
        ("points_total", 13, "Points"),
    ]


def test_who_is_not_known_is_refused(district: mini.Built) -> None:
    with pytest.raises(JigongError, match="there is no worker P9"):
        explained(district, "P9", "grant")


def test_a_no_names_the_record_that_was_withdrawn(tmp_path: Path) -> None:
    built = mini.build(tmp_path)
    assert explained(built, "P3", "trip").withdrawn == ()
    file = tmp_path / "membership-withdraw.csv"
    file.write_text("编号,撤回原因\nP3,入会登记有误\n", encoding="utf-8")
    lake = Lake(built.folder / "lake", built.pack.contracts)
    take_in(lake, [FileSource(file)], known_on=mini.NEW_YEAR)
    found = explained(built.on(mini.NEW_YEAR), "P3", "trip")
    assert found.verdict == "no"
    (one,) = found.withdrawn
    assert withdrawn_words(one, built.pack).en == (
        "Membership (Example office): a record was withdrawn on 1 Jan 2023: 入会登记有误"
    )
    # Whoever had none is told of none; nor is anybody whose no has other grounds.
    assert explained(built.on(mini.NEW_YEAR), "P4", "trip").withdrawn == ()
    assert explained(built.on(mini.NEW_YEAR), "P3", "allowance").withdrawn == ()
