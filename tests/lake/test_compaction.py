"""Small deliveries are merged on disk, and nobody who reads the lake can tell: against a twin that never merges."""

import json
import os
import random
import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from lake_made import (
    CONTRACTS,
    PENSION,
    PENSION_HEADER,
    RESIDENCE,
    RESIDENCE_HEADER,
    citizen,
    column,
    pension,
    people,
    records,
)

from jigong.lake import FileSource, Lake, merging, store, take_in
from jigong.lake.claims import Claim
from jigong.lake.ghosts import attach_ghosts, ghost_table
from jigong.lake.intake import set_aside
from jigong.lake.merging import merge
from jigong.lake.parts import Part
from jigong.lake.quality import quality
from jigong.lake.quarantine import quarantined_rows
from jigong.packs.contract import Contract, Covers

NEVER = 10_000
START = date(2024, 1, 31)
IDS = [citizen(place) for place in range(12)]
EARLY: dict[str, Contract] = {
    **CONTRACTS,
    "residence_registration": replace(RESIDENCE, covers=Covers("changes")),
}
# Half-way the contract of a class gets a column: files from before lack it.
NOTE = column("note", required=False, zh="备注")
LATE = {**EARLY, "pension_contribution": replace(PENSION, columns=(*PENSION.columns, NOTE))}

Sent = tuple[str, str, dict[str, Any]]
"""A file's name, its content, and the other arguments of an intake."""


def a_delivery(chance: random.Random, number: int, day: date) -> list[Sent]:
    """A few files as departments, enterprises and the platform send them, some of it wrong."""

    def ids() -> list[str]:
        return chance.sample(IDS, chance.randint(1, 3))

    def paid() -> str:
        bases = chance.choice(("4000.00", "5000.00", "6000.00"))
        rows = [pension(i, chance.choice(("2023-10", "2023-11", "2023-12")), bases) for i in ids()]
        rows += chance.choice(([], [pension(IDS[0], "前月")], [pension(citizen(90), "2023-12")]))
        rows += chance.choice(([], [f"{IDS[1]},2023-11,4000.00,640.00,2023-12-01,很多\n"]))
        return PENSION_HEADER + "".join(rows)

    def lives() -> str:
        since = chance.choice(("2022-01-01", "2022-06-01"))
        return RESIDENCE_HEADER + "".join(f"R{IDS.index(i)},{i},{since},,是\n" for i in ids())

    name = chance.choice(("甲", "乙", "丙"))
    persons = people(*ids()).replace("示例甲", f"示例{name}")
    match chance.randrange(11):
        case 9:
            gone = "公民身份号码,所属月份,原因\n" + "".join(f"{i},2023-11,报错了\n" for i in ids())
            return [(f"pension_contribution-撤回-{number}.csv", gone, {})]
        case 10:
            # The whole of a few, with one whose number cannot be read: nobody knows who of the others is gone.
            wrong = people(*ids()) + chance.choice(("", f"1{IDS[0][1:]},示例甲,男,1990-03-07,\n"))
            return [(f"person-{number}.csv", wrong, {"claim": Claim(whole=True)})]
        case 0:
            return [(f"person-{number}.csv", persons + f"{citizen(50 + number)},甲,未知,1990-03-07,\n", {})]
        case 1:
            return [
                (f"person-{number}.csv", persons, {}),
                (f"pension_contribution-{number}a.csv", paid(), {}),
                (f"residence_registration-{number}.csv", lives(), {}),
            ]
        case 2:
            return [(f"person-{number}.csv", persons, {"origin": "platform:case-1"})]
        case 3:
            mine = {"origin": "enterprise:x", "claim": Claim(records_only=True)}
            return [(f"pension_contribution-{number}.csv", paid(), mine)]
        case 4:
            return [(f"residence_registration-{number}.csv", "编号\nR2\n", {})]
        case 5:
            stated = {"claim": Claim(stated_on=day - timedelta(chance.randint(1, 30)))}
            return [(f"pension_contribution-{number}.csv", paid(), stated)]
        case 6:
            return [(f"person-{number}.csv", people(citizen(90), *ids()), {"claim": Claim(whole=True)})]
        case 7:
            return [(f"residence_registration-{number}.csv", lives(), {})]
        case _:
            return [(f"pension_contribution-{number}.csv", paid(), {})]


def send(lake: Lake, folder: Path, sent: list[Sent], day: date) -> str | None:
    folder.mkdir(exist_ok=True)
    sources = []
    for name, content, _ in sent:
        (folder / name).write_text(content, encoding="utf-8")
        sources.append(FileSource(folder / name))
    return take_in(lake, sources, known_on=day, **sent[0][2]).snapshot


def everything(lake: Lake) -> list[Any]:
    """All that can be read of a lake, snapshot by snapshot, without where it lies on disk."""
    found: list[Any] = [
        [replace(batch, segments=(), hashes={}) for batch in lake.batches()],
        lake.snapshots(),
        sorted(map(repr, quarantined_rows(lake))),
        *(quarantined_rows(lake, batch=batch.name) for batch in lake.batches()),
    ]
    with duckdb.connect() as con:
        for place, info in enumerate(lake.snapshots()):
            snapshot = lake.snapshot_of(info.id)
            found.append((snapshot.id, snapshot.known_on, len(snapshot.batches), snapshot.coverage))
            found.append(snapshot.waiting.rows)
            snapshot.attach(con, f"s{place}")
            con.execute(f"USE s{place}")
            tables = [*lake.contracts, *map(ghost_table, attach_ghosts(con, snapshot))]
            tables += [f"({snapshot.history(name)})" for name in lake.contracts]
            tables += [f"({snapshot.withdrawn(name)})" for name in lake.contracts]
            found += [con.execute(f"FROM {table} ORDER BY ALL").fetchall() for table in tables]
    for day in sorted({info.known_on for info in lake.snapshots()}):
        found += [lake.snapshot(known_on=day).id, lake.snapshot(known_on=day).known_on]
    return [*found, *quality(lake.snapshot(), lake.contracts)]


def assert_same(found: list[Any], expected: list[Any]) -> None:
    for one, other in zip(found, expected, strict=True):
        assert one == other


@pytest.mark.parametrize("seed", [int(seed) for seed in os.environ.get("SEEDS", "1 2").split()])
def test_nobody_can_tell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    chance = random.Random(seed)
    # Small enough that each way of merging, and of leaving alone, is taken.
    monkeypatch.setattr(merging, "_LARGE", chance.choice((3, 6, 1000)))
    monkeypatch.setattr(merging, "_RATIO", chance.choice((1, 2, 4)))
    monkeypatch.setattr(merging, "_NOTICED", chance.choice((2, 32)))
    lake, twin = (Lake(tmp_path / name, EARLY, NEVER) for name in ("lake", "twin"))
    first = [
        ("person.csv", people(*IDS), {}),
        ("pension_contribution.csv", PENSION_HEADER + pension(IDS[0]), {}),
    ]
    day = START
    for number in range(8):
        sent = a_delivery(chance, number, day) if number else first
        if number == 4:
            lake, twin = Lake(lake.root, LATE, NEVER), Lake(twin.root, LATE, NEVER)
        assert send(lake, tmp_path / "sent", sent, day) == send(twin, tmp_path / "sent", sent, day)
        waiting = twin.snapshot().waiting.rows
        assert lake.snapshot().waiting.rows == waiting
        if waiting and chance.random() < 0.3:
            rows = [chance.choice(waiting)]
            assert {set_aside(one, rows, reason="不用了", known_on=day) for one in (lake, twin)} == {
                twin.batches()[-1].name
            }
        if chance.random() < 0.4:
            merge(lake, whole=chance.random() < 0.2)
        day += timedelta(chance.choice((0, 0, 1, 20)))
    assert_same(everything(lake), everything(twin))
    merge(lake, whole=chance.random() < 0.5)
    newest = [
        [records(one, f"FROM {name} ORDER BY ALL") for name in contracts]
        for contracts in (EARLY, LATE)
        for one in (Lake(lake.root, contracts), Lake(twin.root, contracts))
    ]
    assert newest[0] == newest[1]
    assert newest[2] == newest[3]
    assert lake.verify() == []


def corrections(lake: Lake, folder: Path, count: int, start: int = 0) -> None:
    """So many deliveries, each of a new row, a correction and a wrong row."""
    for number in range(start, start + count):
        base = f"{4000 + number}.00"
        rows = pension(IDS[number % 2], "2023-01", base) + pension(IDS[number % 12], "2022-12", base)
        content = PENSION_HEADER + rows + pension(citizen(90), "2023-02")
        send(lake, folder, [(f"pension_contribution-{number}.csv", content, {})], START + timedelta(number))


@pytest.fixture(scope="module")
def ready(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lake with some deliveries merged, and more that lie loose."""
    folder = tmp_path_factory.mktemp("ready")
    lake = Lake(folder / "lake", CONTRACTS, NEVER)
    send(lake, folder / "sent", [("person.csv", people(*IDS), {})], START)
    corrections(lake, folder / "sent", 3)
    merge(lake)
    corrections(lake, folder / "sent", 3, 3)
    return lake.root


@pytest.fixture
def lake(ready: Path, tmp_path: Path) -> Lake:
    shutil.copytree(ready, tmp_path / "lake")
    return Lake(tmp_path / "lake", CONTRACTS, NEVER)


def files_of(lake: Lake) -> set[str]:
    there = {path.relative_to(lake.root).as_posix() for path in lake.root.rglob("*") if path.is_file()}
    return {path for path in there if not path.startswith(("archive/", "former/", "lock", "tmp/"))}


def age_what_was_replaced(lake: Lake) -> None:
    for file in (lake.root / "former").iterdir():
        os.utime(file, (1, 1))
    with lake.store.writing():
        pass


@pytest.mark.parametrize(
    ("owner", "name"),
    [(store, "_sync"), (merging._Merging, "_write"), (os, "replace"), (Path, "rename"), (Path, "write_text")],
)
def test_killed_at_any_moment(lake: Lake, monkeypatch: pytest.MonkeyPatch, owner: Any, name: str) -> None:
    before, newest = lake.snapshot().id, "FROM pension_contribution ORDER BY ALL"
    there, current = records(lake, newest), (lake.root / "CURRENT").read_text()
    real: Callable[..., Any] = getattr(owner, name)
    for allowed in range(100):
        left = iter(range(allowed))

        def killed(*arguments: Any, left: Iterator[int] = left, **more: Any) -> Any:
            if next(left, None) is None:
                raise KeyboardInterrupt
            return real(*arguments, **more)

        with monkeypatch.context() as patch, suppress(KeyboardInterrupt):
            patch.setattr(owner, name, killed)
            merge(lake)
        assert lake.snapshot().id == before
        if (lake.root / "CURRENT").read_text() != current:
            break
        assert lake.batches().loose
    assert allowed
    assert records(lake, newest) == there
    assert lake.verify() == []
    age_what_was_replaced(lake)
    named = {part.path for part in lake.batches().head.parts}  # type: ignore[union-attr]
    assert files_of(lake) == {"CURRENT", "merged/000002/head.json", *named}
    assert records(lake, newest) == there


def test_who_reads_while_deliveries_are_merged_reads_on(lake: Lake) -> None:
    snapshot = lake.snapshot()
    with snapshot.connect() as con:
        before = con.execute("FROM pension_contribution ORDER BY ALL").fetchall()
        merge(lake)
        merge(lake, whole=True)
        with lake.store.writing():
            pass
        assert con.execute("FROM pension_contribution ORDER BY ALL").fetchall() == before
        assert len(snapshot.waiting.rows) == 6
    age_what_was_replaced(lake)
    assert not list((lake.root / "batches").iterdir())
    assert not list((lake.root / "former").iterdir())


def test_a_copy_is_whole_whatever_comes_meanwhile(
    lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = lake.snapshot().id
    real = shutil.copytree

    def copytree(*arguments: Any, **more: Any) -> Any:
        if Path(arguments[0]).name == "segments":
            merge(lake, whole=True)
            corrections(lake, tmp_path / "sent", 1, 6)
        return real(*arguments, **more)

    monkeypatch.setattr(shutil, "copytree", copytree)
    lake.store.copy_to(tmp_path / "copy")
    copied = Lake(tmp_path / "copy", CONTRACTS)
    assert copied.snapshot().id == before != lake.snapshot().id
    assert copied.verify() == []
    assert len(copied.batches().loose) == 3
    assert not list(copied.root.rglob(f"*{lake.batches()[-1].name}*"))


def test_a_changed_byte_is_found_in_each_file(lake: Lake) -> None:
    merge(lake)
    head = lake.batches().head
    assert head is not None
    assert {part.kind for part in head.parts} == {
        "segments", "corrected", "superseded", "quarantine", "waiting", "coverage", "batches", "files",
    }  # fmt: skip
    for path in [*(part.path for part in head.parts), "merged/000002/head.json"]:
        file = lake.root / path
        content = file.read_bytes()
        middle = len(content) // 2
        file.write_bytes(content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :])
        assert [problem.place and problem.place.file for problem in lake.verify()] == [str(file)]
        file.write_bytes(content)
    next((lake.root / "archive").iterdir()).unlink()
    assert len(lake.verify()) == 1


def test_an_intake_merges_when_too_much_lies_loose(ready: Path, tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake", CONTRACTS, 2)
    send(lake, tmp_path / "sent", [("person.csv", people(*IDS), {})], START)
    corrections(lake, tmp_path / "sent", 6)
    assert (len(lake.batches()), len(lake.batches().loose)) == (7, 1)
    twin = Lake(ready, CONTRACTS, NEVER)
    assert_same(everything(lake), everything(twin))
    # One file for most kinds, however many deliveries there were.
    parts = lake.batches().parts("segments", "pension_contribution")
    assert len(parts) <= 3


def test_an_intake_does_not_fail_where_merging_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    lake = Lake(tmp_path / "lake", CONTRACTS, 2)
    send(lake, tmp_path / "sent", [("person.csv", people(*IDS), {})], START)
    tried = []

    def full(*_: object, **__: object) -> None:
        tried.append(1)
        raise OSError("no space left")

    monkeypatch.setattr(store.Store, "publish_head", full)
    corrections(lake, tmp_path / "sent", 4)
    assert len(tried) == 2
    assert "could not be merged" in caplog.text
    assert len(lake.batches().loose) == 5
    assert lake.verify() == []
    monkeypatch.undo()
    corrections(lake, tmp_path / "sent", 2, 4)
    assert lake.batches().loose == ()
    assert records(lake, "SELECT count(*) FROM pension_contribution") == [(8,)]


def test_an_earlier_snapshot_reads_what_was_corrected_since(lake: Lake) -> None:
    ids = [info.id for info in lake.snapshots()]
    merge(lake, whole=True)
    bases = "SELECT base::INT FROM pension_contribution WHERE month = DATE '2023-01-01' ORDER BY 1"
    found = []
    for identity in ids:
        with lake.snapshot_of(identity).connect() as con:
            found.append([base for (base,) in con.execute(bases).fetchall()])
    assert found == [[], [4000], [4000, 4001], [4001, 4002], [4002, 4003], [4003, 4004], [4004, 4005]]


def test_all_merging_of_a_year_stays_small() -> None:
    """Few files are left to read, and writing them anew is a few thousand rows each time."""
    groups = merging._Merging(None, Path(), Path(), 1, whole=False)._groups  # type: ignore[arg-type]

    def part(rows: int) -> Part:
        return Part("segments", "person", "", "", rows, ("", ""))

    parts: list[Part] = [part(2_000_000)]
    written = most = 0
    for _ in range(2000):
        made = []
        for group in groups([*parts, *[part(1)] * 16]):
            if len(group) > 1:
                written += sum(one.rows for one in group)
            made.append(group[0] if len(group) == 1 else part(sum(one.rows for one in group)))
        parts = made
        most = max(most, len(parts))
    assert sum(part.rows for part in parts) == 2_032_000
    assert parts[0].rows == 2_000_000
    assert most <= 5
    assert written <= 2000 * 2500


def test_a_head_says_what_is_in_it(lake: Lake) -> None:
    merge(lake)
    number, _ = json.loads((lake.root / "CURRENT").read_text())["head"]
    assert number == 2
    head = json.loads((lake.root / "merged" / "000002" / "head.json").read_text())
    assert head["count"] == 7
    assert head["id"] == lake.snapshot().id
    assert head["classes"]["pension_contribution"]["files"] == 6
