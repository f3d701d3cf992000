"""The lake: a folder of everything that was ever delivered, and the snapshots that can be read from it."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path

from jigong.kernel.hashing import file_hash
from jigong.kernel.problems import Place, Problem, error
from jigong.kernel.text import Text
from jigong.lake.batches import Batch, read_batch
from jigong.lake.snapshot import Snapshot, SnapshotInfo, snapshot_id
from jigong.lake.store import Store
from jigong.packs.contract import Contract


class Lake:
    """A folder of deliveries, read through the contracts of a pack."""

    def __init__(self, root: Path, contracts: Mapping[str, Contract]) -> None:
        self.root = root
        self.contracts = contracts
        self.store = Store(root)

    def batches(self) -> tuple[Batch, ...]:
        """Every delivery that was taken in, oldest first.

        Raises:
            JigongError: a batch's record is missing or broken.
        """
        return tuple(_read(self.store.batch_file(name)) for name in self.store.current())

    def snapshots(self) -> list[SnapshotInfo]:
        """One snapshot for each batch, oldest first."""
        batches = self.batches()
        return [
            SnapshotInfo(
                snapshot_id(batches[: place + 1]),
                batch.known_on,
                batch.name,
                tuple(sorted({file.class_name for file in batch.files})),
            )
            for place, batch in enumerate(batches)
        ]

    def snapshot(self, *, known_on: date | None = None) -> Snapshot:
        """The newest snapshot, or what was known at the end of ``known_on``.

        Raises:
            JigongError: nothing was known by then.
        """
        batches = tuple(b for b in self.batches() if known_on is None or b.known_on <= known_on)
        if not batches:
            when = f" {known_on} " if known_on else ""
            raise error(
                f"数据湖{when}没有任何数据：{self.root}",
                f"the lake has no data{when and f' as of{when.rstrip()}'}: {self.root}",
                remedy=("先用 intake 报送数据", "deliver data with intake first"),
            )
        return self._snapshot(batches, known_on or batches[-1].known_on)

    def snapshot_of(self, identity: str) -> Snapshot:
        """The snapshot with this id (a decision names the one it was taken on).

        Raises:
            JigongError: the lake has no such snapshot.
        """
        batches = self.batches()
        for count in range(1, len(batches) + 1):
            if snapshot_id(batches[:count]) == identity:
                return self._snapshot(batches[:count], batches[count - 1].known_on)
        raise error(
            f"数据湖中没有快照 {identity}",
            f"the lake has no snapshot {identity}",
            remedy=("用 snapshots 查看已有快照", "list the snapshots there are"),
        )

    def empty(self, known_on: date) -> Snapshot:
        """The snapshot before anything came: every class empty."""
        return self._snapshot((), known_on)

    def verify(self) -> list[Problem]:
        """Hash every file of the lake again; what is missing or was changed since it was written."""
        problems = []
        for batch in self.batches():
            expected = dict(batch.hashes)
            expected.update({f"archive/{file.sha256}": file.sha256 for file in batch.files})
            for path, sha256 in sorted(expected.items()):
                problem = _altered(self.root / path, sha256)
                if problem is not None:
                    problems.append(problem)
        return problems

    def _snapshot(self, batches: tuple[Batch, ...], known_on: date) -> Snapshot:
        return Snapshot(snapshot_id(batches), known_on, batches, self.store, self.contracts)


def _altered(file: Path, sha256: str) -> Problem | None:
    remedy = Text("从备份恢复这个文件", "restore this file from the backup")
    if not file.exists():
        return Problem(Text("数据湖缺少文件", "a file of the lake is missing"), Place(str(file)), remedy)
    if file_hash(file) != sha256:
        return Problem(
            Text("数据湖的文件被改动过", "a file of the lake was changed"), Place(str(file)), remedy
        )
    return None


def _read(file: Path) -> Batch:
    try:
        return read_batch(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, KeyError, TypeError) as bad:
        raise error(
            f"批次记录缺失或已损坏：{file}",
            f"the record of a batch is missing or broken: {file}",
            remedy=("从备份恢复这个文件", "restore this file from the backup"),
        ) from bad
