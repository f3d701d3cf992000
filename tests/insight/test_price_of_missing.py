"""What missing data costs the small district."""

from datetime import date
from pathlib import Path

import mini
from jigong.insight.missing import MissingPrice, price_of_missing


def price(built: mini.Built) -> MissingPrice:
    return price_of_missing(built.run, built.pack, built.snapshot)


def test_an_open_amount_costs_the_clauses_mean(district: mini.Built) -> None:
    """E6's tuition is not known; E1 gets 4,500 and E5 700, so 2,600 are undecided."""
    found = price(district)
    (fact,) = found.facts
    assert (fact.fact, fact.classes, fact.people, fact.clauses, fact.yuan) == (
        "tuition",
        ("enrolment",),
        1,
        1,
        2600,
    )
    by_class = {entry.data_class: (entry.people, entry.yuan) for entry in found.classes}
    assert by_class == {
        "enrolment": (1, 2600),
        "person": (0, 0),
        "contribution": (0, 0),
        "membership": (0, 0),
    }


def test_stale_classes_are_ranked_by_yuan_and_a_decision_counts_once_for_a_class(
    district: mini.Built,
) -> None:
    """On 4 March contributions are stale: all eight wait for the allowance, six of the seven for a known grant."""
    found = price(district.on(date(2023, 3, 4)))
    first = found.classes[0]
    assert (first.data_class, first.people, first.clauses) == ("contribution", 8, 2)
    # Six enrolments have a known grant (4500 + 5000 + 5000 + 700 + 700 … those not refused), eight an allowance.
    assert first.yuan == 8 * 1000 + 4500 + 5000 + 700
    assert [entry.yuan for entry in found.classes] == sorted((e.yuan for e in found.classes), reverse=True)


def test_subjects_nobody_listed_are_priced_too(tmp_path: Path) -> None:
    source = mini.edited(mini.DISTRICT, tmp_path / "files", {"enrolment.csv": None})
    found = price(mini.build(tmp_path / "data", deliveries=((source, mini.NEW_YEAR),)))
    assert (found.facts[0].fact, found.facts[0].people) == ("study", 8)
    assert (found.classes[0].data_class, found.classes[0].people) == ("enrolment", 8)
