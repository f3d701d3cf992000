"""The lake's folder: where things lie, how they appear all at once, and who may write.

    archive/<sha256>                    every file as delivered, named by its content
    segments/<batch>/<class>.parquet    accepted rows
    segments/<batch>/<class>.corrected.parquet   keys of earlier records that these rows supersede
    quarantine/<batch>/<class>.parquet  one row for each fault
    waiting/<batch>/<class>.parquet     what could be read of the rows in quarantine
    coverage/<batch>/covered.parquet    what the batch covers
    batches/<batch>.json                what was delivered, what became of it, and the hash of each file
    CURRENT                             the batches that count, oldest first: replaced in one step
    tmp/<run>/                          where a batch is built; whatever is left there was interrupted

Nothing is ever changed after it appeared. A run that is killed leaves ``CURRENT`` as it was; the next one
sweeps away what ``CURRENT`` does not name.
"""

import fcntl
import json
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from jigong.kernel.problems import JigongError, error

BATCH_FOLDERS = ("segments", "quarantine", "waiting", "coverage")


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

    def current(self) -> tuple[str, ...]:
        """The batches that count, oldest first.

        Raises:
            JigongError: the pointer is there but cannot be read.
        """
        pointer = self.root / "CURRENT"
        try:
            return tuple(json.loads(pointer.read_text(encoding="utf-8"))["batches"])
        except FileNotFoundError:
            return ()
        except (ValueError, KeyError, TypeError) as bad:
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
                    f"另一次入湖正在进行：{self.root}",
                    f"another intake is running: {self.root}",
                    remedy=("等它结束后再试", "wait until it has ended and try again"),
                )
                raise LakeBusyError(*busy.problems) from None
            self._sweep()
            build = self.root / "tmp" / uuid4().hex
            build.mkdir(parents=True)
            try:
                yield build
            finally:
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
            source.rename(self.root / folder / batch)
            _sync(self.root / folder)
        self._replace(self.batch_file(batch), record, build)
        pointer = json.dumps({"batches": [*self.current(), batch]}, indent=1)
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
        shutil.rmtree(self.root / "tmp", ignore_errors=True)
        current = set(self.current())
        for folder in BATCH_FOLDERS:
            for batch in _children(self.root / folder):
                if batch.name not in current:
                    shutil.rmtree(batch)
        for record in _children(self.root / "batches"):
            if record.stem not in current:
                record.unlink()


def _children(folder: Path) -> Sequence[Path]:
    return sorted(folder.iterdir()) if folder.exists() else []


def _sync(path: Path) -> None:
    """Wait until ``path`` (a file or a folder) is on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
