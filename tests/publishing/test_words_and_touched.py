"""What of a pack is only words, and whom a delivery touches: what a check need not look at again."""

from pathlib import Path

import pytest

import mini
from jigong.decisions.meaning import meaning
from jigong.insight.touched import touched
from jigong.lake.facts import FactTables, build_facts
from jigong.lake.lake import Lake
from jigong.packs.reader import read_pack
from jigong.rules.rulebook import read_rulebook

GRANT, AID = "clauses/grant/clause.yaml", "parameters/aid.yaml"


def of(folder: Path) -> str:
    pack = read_pack(folder)
    return meaning(pack, read_rulebook(pack))


def text(file: str, old: str) -> str:
    whole = (mini.PACK / file).read_text(encoding="utf-8")
    assert old in whole
    return whole


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        (GRANT, "zh: ", "zh: 新的"),
        (GRANT, "en: Degree", "en: New degree"),
        (GRANT, "when: ", "when:   "),
        (AID, "zh: ", "zh: 新的"),
        (AID, "confirmed: 20", "note: 说明, confirmed: 20"),
        ("clauses/grant/cases.yaml", "zh: ", "zh: 新的"),
    ],
)
def test_words_change_no_meaning(pack_with, file, old, new):
    assert of(pack_with({file: text(file, old).replace(old, new)})) == of(mini.PACK)


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        (AID, "value: ", "value: 1"),
        (AID, "from: 20", "from: 19"),
        (GRANT, "in_force: {from: 20", "in_force: {from: 19"),
        (GRANT, "mode: ", "period: month, mode: "),
        (GRANT, " <= ", " < "),
        ("facts/subjects.yaml", "SELECT", "SELECT "),
    ],
)
def test_what_decides_changes_the_meaning(pack_with, file, old, new):
    assert of(pack_with({file: text(file, old).replace(old, new)})) != of(mini.PACK)


def rows(facts: FactTables) -> dict[str, tuple[object, ...]]:
    """Everything that is known of each worker."""
    with facts.connect() as duck:
        return {row[0]: row for row in duck.execute("SELECT * FROM worker").fetchall()}


def test_those_are_touched_whose_facts_are_not_what_they_were(corrected, tmp_path):
    lake, day = Lake(corrected.folder / "lake", corrected.pack.contracts), mini.FEBRUARY
    then, now = (
        build_facts(snapshot, corrected.pack, corrected.values, day, tmp_path)
        for snapshot in (lake.snapshot(known_on=mini.NEW_YEAR), lake.snapshot())
    )
    before, after = rows(then), rows(now)
    found = touched(then, now)
    changed = {worker for worker in before | after if before.get(worker) != after.get(worker)}
    assert changed
    assert changed <= found.people <= before.keys() | after.keys()
    assert touched(then, then).nobody
