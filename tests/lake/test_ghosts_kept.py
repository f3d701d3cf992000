"""What waits of a class is made once for each state of it, and has the numbers of the snapshot that asks."""

from datetime import date
from typing import Any

import pytest
from lake_made import IDS, PENSION_HEADER, Deliver, pension, people

from jigong.lake import Lake, ghosts
from jigong.lake.ghosts import attach_ghosts
from jigong.packs.contract import Contract


def test_ghosts_made_before_have_the_numbers_of_now(
    lake: Lake, deliver: Deliver, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad = PENSION_HEADER + pension(IDS[0], "2023-11").replace("2023-11", "2023-13", 1)
    deliver({"person.csv": people(IDS[0]), "pension_contribution.csv": bad})
    made: list[str] = []
    read = ghosts.read_waiting

    def noted(con: Any, snapshot: Any, contract: Contract, rows: Any) -> None:
        made.append(contract.name)
        read(con, snapshot, contract, rows)

    def attached() -> tuple[set[int], set[int]]:
        made.clear()
        snapshot = lake.snapshot()
        with snapshot.connect() as con:
            monkeypatch.setattr(ghosts, "read_waiting", noted)
            attach_ghosts(con, snapshot)
            monkeypatch.setattr(ghosts, "read_waiting", read)
            found = {
                ghost
                for (ghost,) in con.execute('SELECT _ghost FROM "ghost pension_contribution"').fetchall()
            }
        return found, {row.number for row in snapshot.waiting.of("pension_contribution")}

    found, numbers = attached()
    assert found == numbers
    assert made == ["pension_contribution"]
    # Another class gets a row that waits, and with it the numbers may move: nothing of this class is read again.
    more = people(IDS[0]) + people(IDS[1]).splitlines()[-1].replace("男", "未知") + "\n"
    deliver({"person.csv": more}, known_on=date(2024, 6, 1))
    found, numbers = attached()
    assert found == numbers
    assert made == ["person"]
