"""What a hold waits for: a class that has not come, or a record that waits, and in which words that is told."""

from datetime import date

import mini
from jigong.delivery.hold_words import delivery_words, waits_in_short, waits_words
from jigong.delivery.lacking import lacking
from jigong.delivery.models import Hold
from jigong.delivery.states import CAUSE_LABELS, ONLY_AMOUNT, Cause
from jigong.insight.held import Waits
from jigong.lake.facts import Ghost

DAY = mini.NEW_YEAR
GHOST = Ghost(1, "enrolment", "b", "f.csv", 3, DAY, ("tuition",), (), ())


def test_a_fact_waits_for_the_classes_it_is_read_from(district: mini.Built) -> None:
    found = lacking(["tuition least", "tuition"], district.pack, district.snapshot.coverage, DAY)
    assert (found.detail, found.classes, found.records) == ("tuition", ("enrolment",), ())


def test_of_several_classes_it_waits_for_the_one_that_is_stale(district: mini.Built) -> None:
    stale = date(2023, 3, 4)
    facts = [name for name in district.pack.facts if "insured" in name]
    found = lacking(facts, district.pack, district.snapshot.coverage, stale)
    assert found.classes == ("contribution",)


def test_a_record_that_waits_is_named_and_not_the_facts_it_leaves_open(district: mini.Built) -> None:
    """A row of which nothing can be told leaves all facts of its subject open; one cell leaves one."""
    coverage, keys = district.snapshot.coverage, {"E6", "W6"}
    for facts in ((), ("tuition",)):
        waits = Waits("study", "E6", facts, GHOST)
        found = lacking(["tuition"], district.pack, coverage, DAY, keys=keys, waiting=lambda w=waits: [w])
        assert (found.detail, found.classes, found.records) == ("", (), ("enrolment",))
    others = [Waits("study", "E7", (), GHOST), Waits("study", "E6", ("start_on",), GHOST)]
    found = lacking(["tuition"], district.pack, coverage, DAY, keys=keys, waiting=lambda: others)
    assert (found.classes, found.records) == (("enrolment",), ())
    whose = Waits("study", None, (), GHOST)
    found = lacking(["study"], district.pack, coverage, DAY, keys=keys, waiting=lambda: [whose])
    assert found.records == ("enrolment",)


def test_what_waits_is_told_with_who_has_to_deliver_it(district: mini.Built) -> None:
    pack = district.pack
    contract = pack.contracts["enrolment"]
    office, label = contract.department.zh, contract.label.zh
    came_not = Hold(cause=Cause.UNDECIDED, detail="tuition", classes=["enrolment"])
    assert [line.zh for line in waits_words(came_not, pack)] == [
        f"等{office}报送{label}",
        f"还缺：{pack.facts['tuition'].label.zh}",
    ]
    wrong = Hold(cause=Cause.UNDECIDED, records=["enrolment"])
    assert [line.zh for line in waits_words(wrong, pack)] == [f"一条{label}记录等待改正（{office}）"]
    assert waits_in_short([wrong, came_not], pack).zh == f"一条{label}记录等待改正（{office}）"
    assert delivery_words("enrolment", pack).zh == f"{office}的{label}"
    dead = Hold(cause=Cause.DEATH)
    assert waits_words(dead, pack) == []
    assert waits_in_short([dead], pack) == CAUSE_LABELS[Cause.DEATH]


def test_where_only_the_amount_is_open_it_does_not_say_that_nothing_can_be_told() -> None:
    assert Hold(cause=Cause.UNDECIDED, entitled=True).label == ONLY_AMOUNT
    assert Hold(cause=Cause.UNDECIDED).label == CAUSE_LABELS[Cause.UNDECIDED]
