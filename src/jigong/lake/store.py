"""The lake's folder: where things lie, how they appear all at once, and who may write.

    archive/<sha256>                    every file as delivered, named by its content
    segments/<batch>/<class>.parquet    accepted rows
    segments/<batch>/<class>.corrected.parquet   which earlier records these rows supersede
    segments/<batch>/<class>.confirmed.parquet   which records the owner said once more, and as of which day
    segments/<batch>/<class>.withdrawn.parquet   which records were withdrawn, and why
    quarantine/<batch>/<class>.parquet  one row for each fault
    waiting/<batch>/<class>.parquet     what could be read of the rows in quarantine
    coverage/<batch>/covered.parquet    what the batch covers
    batches/<batch>.json                what was delivered, what became of it, and the hash of each file
    merged/<number>/head.json           all batches merged so far, and every file that has their rows
    merged/<number>/*.parquet           what that merging wrote: rows of many batches of the kinds above, those
                                        superseded apart, and the batches and their files as two tables
    former/<number>.json                what that merging replaced: it stays for an hour, for those who still read it
    held/<id>.json                      a delivery that waits for a person's word; no snapshot knows of it
    CURRENT                             the head, its hash, and the batches that came after it, oldest first: replaced
                                        in one step
    tmp/<run>/                          where a batch is built; whatever is left there was interrupted

Nothing is ever changed after it appeared. A run that is killed leaves ``CURRENT`` as it was; the next one
sweeps away what neither ``CURRENT``, nor the head it names, nor a file in ``former`` names.
"""

import fcntl
import json
import os
import shutil
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from itertools import takewhile
from pathlib import Path
from uuid import uuid4

from jigong.kernel.hashing import file_hash
from jigong.kernel.problems import JigongError, error

BATCH_FOLDERS = ("segments", "quarantine", "waiting", "coverage")

_KEPT = 3600
"""Seconds for which what a merging replaced stays: whoever began to read before it must come to an end."""


@dataclass(frozen=True, slots=True)
class Current:
    """What counts: the head (its number) with its hash, where batches were merged; and the batches after it."""

    head: int | None = None
    sha256: str = ""
    batches: tuple[str, ...] = ()


class LakeBusyError(JigongError):
    """Another run holds the lake; it can be tried again."""


class Store:
    """A lake's folder on disk; knows files, not what is in them."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def archived(self, sha256: str) -> Path:
        """Where the delivered file with this hash lies."""
        return self.root / "archive" / sha256

    def batch_file(self, batch: str) -> Path:
        """The record of a batch."""
        return self.root / "batches" / f"{batch}.json"

    def merged_folder(self, number: int) -> Path:
        """Where the files lie that a merging wrote."""
        return self.root / "merged" / f"{number:06d}"

    def head_file(self, number: int) -> Path:
        """The record of the batches merged so far."""
        return self.merged_folder(number) / "head.json"

    def head_record(self, current: Current) -> str:
        """The record of the batches merged so far.

        Raises:
            JigongError: it is missing, or not as it was written.
        """
        assert current.head is not None
        file = self.head_file(current.head)
        if not file.is_file() or file_hash(file) != current.sha256:
            raise broken_record(file)
        return file.read_text(encoding="utf-8")

    def current(self) -> Current:
        """What counts.

        Raises:
            JigongError: the pointer is there but cannot be read.
        """
        pointer = self.root / "CURRENT"
        try:
            data = json.loads(pointer.read_text(encoding="utf-8"))
            head, sha256 = data.get("head") or (None, "")
            return Current(head, sha256, tuple(data["batches"]))
        except FileNotFoundError:
            return Current()
        except (ValueError, KeyError, TypeError, AttributeError) as bad:
            raise error(
                f"数据湖的指针文件已损坏：{pointer}",
                f"the lake's pointer file is broken: {pointer}",
                remedy=("从备份恢复这个文件", "restore this file from the backup"),
            ) from bad

    @contextmanager
    def writing(self) -> Iterator[Path]:
        """Hold the lake for one run; gives an empty folder to build in, gone afterwards.

        Raises:
            LakeBusyError: another run holds the lake.
        """
        self.root.mkdir(parents=True, exist_ok=True)
        with (self.root / "lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                busy = error(
                    f"另一次接入正在进行：{self.root}",
                    f"another intake is running: {self.root}",
                    remedy=("等它结束后再试", "wait until it has ended and try again"),
                )
                raise LakeBusyError(*busy.problems) from None
            if _children(self.root / "tmp"):
                self._sweep()
            self._let_go()
            build = self.root / "tmp" / uuid4().hex
            build.mkdir(parents=True)
            try:
                yield build
            except BaseException:
                # Where that fails as well, the folder left behind tells the next run.
                with suppress(OSError, JigongError):
                    self._sweep()
                raise
            shutil.rmtree(build, ignore_errors=True)

    def archive(self, file: Path, sha256: str) -> None:
        """Keep a built file in the archive; one that is there already stays."""
        target = self.archived(sha256)
        if target.exists():
            return
        target.parent.mkdir(exist_ok=True)
        _sync(file)
        file.replace(target)
        _sync(target.parent)

    def publish(self, batch: str, build: Path, record: str) -> None:
        """Make the batch built in ``build`` (its folders are ``BATCH_FOLDERS``) current, in one step."""
        for folder in BATCH_FOLDERS:
            source = build / folder
            if not source.exists():
                continue
            for file in source.iterdir():
                _sync(file)
            _sync(source)
            (self.root / folder).mkdir(exist_ok=True)
            shutil.rmtree(self.root / folder / batch, ignore_errors=True)
            source.rename(self.root / folder / batch)
            _sync(self.root / folder)
        self._replace(self.batch_file(batch), record, build)
        current = self.current()
        self._point(replace(current, batches=(*current.batches, batch)), build)

    def publish_head(
        self, number: int, folder: Path, record: str, replaced: Collection[str], build: Path
    ) -> None:
        """Make a head current, in one step: ``folder`` has the files it wrote, and it stands for every batch there is.

        ``replaced`` are the files and folders (paths in the lake) that nothing names from now on.
        """
        (folder / "head.json").write_text(record, encoding="utf-8")
        sha256 = file_hash(folder / "head.json")
        for file in folder.iterdir():
            _sync(file)
        _sync(folder)
        target = self.merged_folder(number)
        target.parent.mkdir(exist_ok=True)
        shutil.rmtree(target, ignore_errors=True)
        folder.rename(target)
        _sync(target.parent)
        self._replace(self.root / "former" / f"{number:06d}.json", json.dumps(sorted(replaced)), build)
        self._point(Current(number, sha256), build)

    def note_held(self, name: str, record: str, build: Path) -> None:
        """Keep the note of a delivery that waits for a person's word."""
        self._replace(self.root / "held" / f"{name}.json", record, build)

    def forget_held(self, name: str) -> None:
        """Remove such a note, where it is there."""
        (self.root / "held" / f"{name}.json").unlink(missing_ok=True)

    def held(self) -> list[str]:
        """Every such note."""
        return [file.read_text(encoding="utf-8") for file in _children(self.root / "held")]

    def copy_to(self, target: Path) -> None:
        """Copy the lake into the new folder ``target``, as it is now, also while others write to it.

        Raises:
            OSError: something cannot be copied.
        """
        pointer = self.root / "CURRENT"
        # First the pointer, then everything: what it names stays there for longer than copying takes.
        current = pointer.read_bytes() if pointer.exists() else None
        try:
            shutil.copytree(self.root, target, ignore=shutil.ignore_patterns("tmp", "lock", "CURRENT"))
        except shutil.Error as bad:
            if any(Path(source).exists() for source, *_ in bad.args[0]):
                raise
            # What is gone was replaced long ago, and let go just now.
        if current is not None:
            (target / "CURRENT").write_bytes(current)
        # What came meanwhile is not named by it.
        Store(target)._sweep()

    def _point(self, current: Current, build: Path) -> None:
        head = None if current.head is None else [current.head, current.sha256]
        pointer = json.dumps({"head": head, "batches": current.batches}, indent=1)
        self._replace(self.root / "CURRENT", pointer, build)

    def _replace(self, target: Path, content: str, build: Path) -> None:
        target.parent.mkdir(exist_ok=True)
        aside = build / target.name
        aside.write_text(content, encoding="utf-8")
        _sync(aside)
        os.replace(aside, target)
        _sync(target.parent)

    def _sweep(self) -> None:
        """Remove what an interrupted run left behind."""
        kept = self._kept()
        for folder in (*BATCH_FOLDERS, "batches", "merged"):
            for child in _children(self.root / folder):
                self._remove(f"{folder}/{child.name}", kept)
        for build in _children(self.root / "tmp"):
            shutil.rmtree(build, ignore_errors=True)

    def _let_go(self) -> None:
        """Remove what was replaced more than an hour ago, by the file system's own clock."""
        former = _children(self.root / "former")
        if not former:
            return
        lock = self.root / "lock"
        os.utime(lock)
        now = lock.stat().st_mtime
        old = list(takewhile(lambda file: now - file.stat().st_mtime > _KEPT, former))
        if not old:
            return
        kept = self._kept(but=old)
        for file in old:
            for path in json.loads(file.read_text(encoding="utf-8")):
                self._remove(path, kept)
            file.unlink()

    def _kept(self, but: Collection[Path] = ()) -> set[str]:
        """The files and folders that are named by anything but these lists of replaced ones; all else may go."""
        current = self.current()
        kept = {f"{folder}/{batch}" for folder in BATCH_FOLDERS for batch in current.batches}
        kept |= {f"batches/{batch}.json" for batch in current.batches}
        if current.head is not None:
            kept.add(self.head_file(current.head).relative_to(self.root).as_posix())
            kept.update(part["path"] for part in json.loads(self.head_record(current))["parts"])
        for file in _children(self.root / "former"):
            if file not in but:
                kept.update(json.loads(file.read_text(encoding="utf-8")))
        return kept

    def _remove(self, path: str, kept: Collection[str]) -> None:
        """Remove a file, or a folder but for what is kept of it; and the folder it leaves empty."""
        place = self.root / path
        if path in kept:
            return
        if place.is_dir() and not place.is_symlink():
            for name in os.listdir(place):
                self._remove(f"{path}/{name}", kept)
            with suppress(OSError):
                place.rmdir()
        else:
            place.unlink(missing_ok=True)
        if place.parent.parent != self.root:
            with suppress(OSError):
                place.parent.rmdir()


def broken_record(file: Path) -> JigongError:
    """That a record cannot be read."""
    return error(
        f"批次记录缺失或已损坏：{file}",
        f"the record of a batch is missing or broken: {file}",
        remedy=("从备份恢复这个文件", "restore this file from the backup"),
    )


def _children(folder: Path) -> Sequence[Path]:
    return sorted(folder.iterdir()) if folder.exists() else []


def _sync(path: Path) -> None:
    """Wait until ``path`` (a file or a folder) is on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
