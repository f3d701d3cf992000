"""The lake: a folder of everything that was ever delivered, and the snapshots that can be read from it."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path

from jigong.kernel.hashing import file_hash
from jigong.kernel.problems import Place, Problem, error
from jigong.kernel.text import Text
from jigong.lake.deliveries import Deliveries, SnapshotInfo, read_deliveries
from jigong.lake.parts import FILES
from jigong.lake.snapshot import Snapshot
from jigong.lake.store import Store
from jigong.packs.contract import Contract

LOOSE = 16
"""How many deliveries lie in folders of their own before they are merged."""


class Lake:
    """A folder of deliveries, read through the contracts of a pack.

    When more than ``loose`` deliveries lie in folders of their own, the next intake merges them.
    """

    def __init__(self, root: Path, contracts: Mapping[str, Contract], loose: int = LOOSE) -> None:
        self.root = root
        self.contracts = contracts
        self.loose = loose
        self.store = Store(root)

    def batches(self) -> Deliveries:
        """Every delivery that was taken in, oldest first.

        Raises:
            JigongError: a batch's record is missing or broken.
        """
        return read_deliveries(self.store)

    def snapshots(self) -> list[SnapshotInfo]:
        """One snapshot for each batch, oldest first."""
        return list(self.batches().infos())

    def snapshot(self, *, known_on: date | None = None) -> Snapshot:
        """The newest snapshot, or what was known at the end of ``known_on``.

        Raises:
            JigongError: nothing was known by then.
        """
        batches = self.batches()
        if known_on is not None:
            batches = batches.until(known_on)
        newest = batches.known_on
        if newest is None:
            when = f" {known_on} " if known_on else ""
            raise error(
                f"数据湖{when}没有任何数据：{self.root}",
                f"the lake has no data{when and f' as of{when.rstrip()}'}: {self.root}",
                remedy=("先用 intake 报送数据", "deliver data with intake first"),
            )
        return self._snapshot(batches, known_on or newest)

    def snapshot_of(self, identity: str) -> Snapshot:
        """The snapshot with this id (a decision names the one it was taken on).

        Raises:
            JigongError: the lake has no such snapshot.
        """
        batches = self.batches().upto(identity)
        if batches is None or batches.known_on is None:
            raise error(
                f"数据湖中没有快照 {identity}",
                f"the lake has no snapshot {identity}",
                remedy=("用 snapshots 查看已有快照", "list the snapshots there are"),
            )
        return self._snapshot(batches, batches.known_on)

    def empty(self, known_on: date) -> Snapshot:
        """The snapshot before anything came: every class empty."""
        return self._snapshot(Deliveries(self.root), known_on)

    def verify(self) -> list[Problem]:
        """Hash every file of the lake again; what is missing or was changed since it was written."""
        current = self.store.current()
        if current.head is not None:
            head = _altered(self.store.head_file(current.head), current.sha256)
            if head is not None:
                # What it lists would mean nothing.
                return [head]
        batches = self.batches()
        parts = {part.path: part for part in batches.head.parts} if batches.head else {}
        expected = {path: part.sha256 for path, part in parts.items()}
        for batch in batches.loose:
            expected |= batch.hashes
        problems = self._altered(expected)
        broken = {problem.place.file for problem in problems if problem.place}
        if not any(part.kind == FILES and str(self.root / path) in broken for path, part in parts.items()):
            problems += self._altered({f"archive/{sha256}": sha256 for sha256 in batches.archived()})
        return problems

    def _altered(self, expected: Mapping[str, str]) -> list[Problem]:
        found = (_altered(self.root / path, sha256) for path, sha256 in sorted(expected.items()))
        return [problem for problem in found if problem is not None]

    def _snapshot(self, batches: Deliveries, known_on: date) -> Snapshot:
        return Snapshot(batches.id, known_on, batches, self.store, self.contracts)


def _altered(file: Path, sha256: str) -> Problem | None:
    remedy = Text("从备份恢复这个文件", "restore this file from the backup")
    if not file.exists():
        return Problem(Text("数据湖缺少文件", "a file of the lake is missing"), Place(str(file)), remedy)
    if file_hash(file) != sha256:
        return Problem(
            Text("数据湖的文件被改动过", "a file of the lake was changed"), Place(str(file)), remedy
        )
    return None
