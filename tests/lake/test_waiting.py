"""Rows in quarantine wait until a later delivery brings them right."""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

from lake_made import CONTRACTS, IDS, PENSION_HEADER, PERSON_HEADER, Deliver, citizen, pension, people

from jigong.lake import FileSource, take_in
from jigong.lake.claims import Claim
from jigong.lake.lake import Lake
from jigong.lake.quarantine import quarantined_rows
from jigong.lake.waiting import still_waiting
from jigong.packs.contract import Covers

DAY = date(2024, 1, 31)


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


def test_the_word_of_others_ends_no_row_of_the_owner(lake: Lake, deliver: Deliver, tmp_path: Path) -> None:
    deliver({"person.csv": people()})
    spoilt = PERSON_HEADER + f"{IDS[0]},示例甲,未知,1990-03-07,\n{IDS[1]},示例甲,男,1990-03-07,12345\n"
    deliver({"person.csv": spoilt})
    file = tmp_path / "correction.csv"

    def waits_after(origin: str, text: str) -> list[tuple[int, tuple[str, ...]]]:
        file.write_text(text, encoding="utf-8")
        take_in(lake, [FileSource(file, "person")], known_on=DAY, origin=origin)
        return [(row.line, row.cells) for row in lake.snapshot().waiting.rows]

    both = [(2, ()), (3, ("mobile",))]
    named = people(*IDS[:2]).replace("示例甲", "示例乙")
    assert waits_after("enterprise:91383838000000019X", named) == both
    assert waits_after("platform:case-1", named.replace("示例乙", "示例丙")) == both
    # The platform has put the lost cell right; what else the other row says only the owner knows.
    mobile = PERSON_HEADER + f"{IDS[1]},示例丙,男,1990-03-07,13800000000\n"
    assert waits_after("platform:case-2", mobile) == both[:1]
    assert waits_after("department", people(IDS[0])) == []


def test_a_spoilt_row_of_an_older_export_changes_no_newer_word(
    lake: Lake, deliver: Deliver, tmp_path: Path
) -> None:
    deliver({"person.csv": people()}, known_on=DAY)
    file = tmp_path / "person-old.csv"
    file.write_text(PERSON_HEADER + f"{IDS[0]},甲,未知,1990-03-07,\n{citizen(50)},甲,未知,1990-03-07,\n")
    claim = Claim(stated_on=DAY - timedelta(1), records_only=True)
    take_in(lake, [FileSource(file)], known_on=DAY, claim=claim)
    assert waiting(lake, "person") == [(3, "enum")]


def test_a_row_without_a_scope_is_of_that_of_its_file(lake: Lake, deliver: Deliver) -> None:
    by_sex = replace(CONTRACTS["person"], covers=Covers("register", "sex", ("男", "女")))
    into = Lake(lake.root, {**CONTRACTS, "person": by_sex})
    woman = PERSON_HEADER + f"{citizen(60)},示例丙,女,1990-03-07,\n"
    deliver({"person-男.csv": people() + f"{citizen(50)},甲,未知,1990-03-07,\n"}, into=into)
    deliver({"person-女.csv": woman}, into=into)
    assert len(into.snapshot().waiting.rows) == 1
    deliver({"person-男.csv": people()}, known_on=DAY, into=into)
    assert into.snapshot().waiting.rows == ()
