"""Rows in quarantine wait until a later delivery brings them right."""

from lake_made import IDS, PENSION_HEADER, PERSON_HEADER, Deliver, citizen, pension, people

from jigong.lake.lake import Lake
from jigong.lake.quarantine import quarantined_rows
from jigong.lake.waiting import still_waiting


def waiting(lake: Lake, name: str) -> list[tuple[int, str]]:
    found = still_waiting(lake.snapshot(), quarantined_rows(lake, name))
    return [(row.line, row.reason) for row in found]


def test_a_row_delivered_right_waits_no_longer(lake: Lake, deliver: Deliver) -> None:
    """The key is compared as the lake reads it, however it was written."""
    wide = citizen(50).translate(str.maketrans("0123456789", "０１２３４５６７８９"))
    deliver(
        {
            "person.csv": PERSON_HEADER
            + f" {wide},甲,未知,1990-03-07,\n{citizen(51)},乙,未知,1990-03-07,\n"
            + people(citizen(52), citizen(53)).removeprefix(PERSON_HEADER)
        }
    )
    assert waiting(lake, "person") == [(2, "enum"), (3, "enum")]
    deliver({"person.csv": people(citizen(50))})
    assert waiting(lake, "person") == [(3, "enum")]
    assert len(quarantined_rows(lake, "person")) == 2


def test_what_came_right_before_does_not_settle_what_came_wrong_after(lake: Lake, deliver: Deliver) -> None:
    deliver({"person.csv": people(citizen(50))})
    deliver({"person.csv": PERSON_HEADER + f"{citizen(50)},甲,未知,1990-03-07,\n"})
    assert waiting(lake, "person") == [(2, "enum")]


def test_a_wrong_key_is_found_again_by_the_rest_where_that_names_somebody(
    lake: Lake, deliver: Deliver
) -> None:
    wrong = pension(IDS[0], month="前月") + pension("1")
    deliver({"person.csv": people(), "pension_contribution.csv": PENSION_HEADER + wrong})
    assert {line for line, _ in waiting(lake, "pension_contribution")} == {2, 3}
    right = pension(IDS[0]) + pension(IDS[1])
    deliver({"pension_contribution.csv": PENSION_HEADER + right})
    # Whose month the second one was, its own cells do not say; but the month came whole since.
    assert waiting(lake, "pension_contribution") == []


def test_a_row_that_could_not_be_cut_is_not_known_again(lake: Lake, deliver: Deliver) -> None:
    deliver({"person.csv": people() + f"{citizen(50)},甲\n"})
    deliver({"person.csv": people(citizen(50))})
    assert [reason for _, reason in waiting(lake, "person")] == ["columns"]
