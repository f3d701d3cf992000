"""What can go wrong with the machine: every time the old snapshot stays whole and the error says what to do."""

import errno
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

import pytest
from lake_made import CONTRACTS, IDS, PENSION_HEADER, Deliver, pension, people, records

from jigong.kernel.problems import JigongError
from jigong.lake import FileSource, Lake, store, take_in

DAY = date(2024, 1, 31)
MANY = PENSION_HEADER + "".join(
    pension(person, f"{year}-{month:02d}")
    for person in IDS
    for year in range(1900, 3900)
    for month in range(1, 13)
)
COUNT = "SELECT count(*) FROM pension_contribution"

RUN = """
import sys
from datetime import date
from pathlib import Path
sys.path.insert(0, {tests!r})
from lake_made import CONTRACTS
from jigong.lake import FileSource, Lake, take_in
take_in(Lake(Path({lake!r}), CONTRACTS), [FileSource(Path({file!r}))], known_on=date(2024, 1, 31))
"""


@pytest.fixture
def start(lake: Lake, deliver: Deliver, tmp_path: Path) -> tuple[Lake, Path]:
    """A lake with people and one contribution, and a file with many more."""
    deliver(
        {"person.csv": people(), "pension_contribution.csv": PENSION_HEADER + pension(IDS[0])}, known_on=DAY
    )
    file = tmp_path / "pension_contribution-many.csv"
    file.write_text(MANY, encoding="utf-8")
    return lake, file


def in_a_process(lake: Lake, file: Path) -> subprocess.Popen[bytes]:
    code = RUN.format(tests=str(Path(__file__).parent), lake=str(lake.root), file=str(file))
    return subprocess.Popen([sys.executable, "-W", "ignore", "-c", code], stderr=subprocess.DEVNULL)


def assert_whole(lake: Lake, snapshot: str, rows: int) -> None:
    assert lake.snapshot().id == snapshot
    assert records(lake, COUNT) == [(rows,)]
    assert lake.verify() == []


def test_killed_at_any_moment(start: tuple[Lake, Path], tmp_path: Path) -> None:
    lake, file = start
    before = lake.snapshot().id
    twin = tmp_path / "twin"
    shutil.copytree(lake.root, twin)
    began = time.monotonic()
    assert in_a_process(Lake(twin, CONTRACTS), file).wait() == 0
    length = time.monotonic() - began
    after = Lake(twin, CONTRACTS).snapshot().id
    assert after != before

    interrupted = 0
    # Most of a run is start-up; the later moments are where files are written.
    for share in (0.3, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95):
        process = in_a_process(lake, file)
        time.sleep(length * share)
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert lake.snapshot().id in (before, after)
        if lake.snapshot().id == after:
            break
        interrupted += 1
        assert_whole(lake, before, 1)
    assert interrupted

    take_in(lake, [FileSource(file)], known_on=DAY)
    assert_whole(lake, after, len(IDS) * 24_000)
    assert list((lake.root / "tmp").iterdir()) == []
    listed = {batch.name for batch in lake.batches()}
    assert {path.name for path in (lake.root / "segments").iterdir()} == listed


def test_rubbish_of_an_interrupted_run_is_swept(start: tuple[Lake, Path]) -> None:
    lake, file = start
    for rubbish in (
        "tmp/old/x",
        "segments/000002-dead/person.parquet",
        "quarantine/000002-dead/person.parquet",
    ):
        (lake.root / rubbish).parent.mkdir(parents=True)
        (lake.root / rubbish).write_text("x", encoding="utf-8")
    (lake.root / "batches" / "000002-dead.json").write_text("{", encoding="utf-8")
    take_in(lake, [FileSource(file)], known_on=DAY)
    assert not list(lake.root.rglob("*dead*"))
    assert not list((lake.root / "tmp").iterdir())


@pytest.mark.parametrize("point", ["archive", "publish"])
def test_interrupted_from_the_keyboard(
    start: tuple[Lake, Path], monkeypatch: pytest.MonkeyPatch, point: str
) -> None:
    lake, file = start
    before = lake.snapshot().id

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(store.Store, point, interrupt)
    with pytest.raises(KeyboardInterrupt):
        take_in(lake, [FileSource(file)], known_on=DAY)
    assert_whole(lake, before, 1)
    assert not list((lake.root / "tmp").iterdir())


@pytest.mark.parametrize("name", ["archive", "publish"])
def test_a_full_disk(start: tuple[Lake, Path], monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    lake, file = start
    before = lake.snapshot().id

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(store.Store, name, full)
    with pytest.raises(JigongError) as caught:
        take_in(lake, [FileSource(file)], known_on=DAY)
    problem = caught.value.problems[0]
    assert "磁盘已满" in problem.what.zh
    assert str(lake.root) in problem.what.en
    assert problem.remedy is not None
    assert_whole(lake, before, 1)


def test_a_disk_that_fills_up_under_duckdb(start: tuple[Lake, Path]) -> None:
    lake, file = start
    before = lake.snapshot().id
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    previous = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    # The file itself still fits; the Parquet written from it does not.
    small = file.with_name("pension_contribution-small.csv")
    small.write_text(PENSION_HEADER + "".join(pension(i, "2022-01") for i in IDS), encoding="utf-8")
    resource.setrlimit(resource.RLIMIT_FSIZE, (small.stat().st_size + 100, limits[1]))
    try:
        with pytest.raises(JigongError, match="the disk is full"):
            take_in(lake, [FileSource(small)], known_on=DAY)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, previous)
    assert_whole(lake, before, 1)
    assert take_in(lake, [FileSource(small)], known_on=DAY).accepted == 6


def test_two_intakes_do_not_run_at_once(start: tuple[Lake, Path]) -> None:
    lake, file = start
    with lake.store.writing(), pytest.raises(JigongError, match="another intake is running"):
        take_in(lake, [FileSource(file)], known_on=DAY)
    assert take_in(lake, [FileSource(file)], known_on=DAY).batch


def test_a_changed_or_missing_file_is_found(start: tuple[Lake, Path]) -> None:
    lake, _ = start
    assert lake.verify() == []
    segment = next((lake.root / "segments").rglob("person.parquet"))
    archived = next((lake.root / "archive").iterdir())
    segment.write_bytes(segment.read_bytes() + b"x")
    archived.unlink()
    problems = lake.verify()
    assert {str(problem.place) for problem in problems} == {str(segment), str(archived)}
    assert all(problem.remedy for problem in problems)


@pytest.mark.parametrize("path", ["CURRENT", "batches"])
def test_a_broken_record_is_an_error_with_its_place(start: tuple[Lake, Path], path: str) -> None:
    lake, _ = start
    file = lake.root / path
    file = next(file.iterdir()) if file.is_dir() else file
    file.write_text("{", encoding="utf-8")
    with pytest.raises(JigongError, match=str(file)):
        lake.snapshot()


def test_a_file_that_may_not_be_read_is_refused(
    lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "person.csv"
    file.write_text(people(), encoding="utf-8")
    real = Path.open

    def denied(self: Path, *rest: object, **more: object) -> object:
        if self == file:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        return real(self, *rest, **more)  # type: ignore[call-overload]

    monkeypatch.setattr(Path, "open", denied)
    report = take_in(lake, [FileSource(file)], known_on=DAY)
    assert [refused.reason for refused in report.refused] == ["file:unreadable"]
