"""The made-up district the demo leaves behind, opened again for the other measurements."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from bench.clauses import DAY, PACK, Book, read_book
from jigong.decisions.decide import decide
from jigong.decisions.run import Run
from jigong.kernel.hashing import content_hash, file_hash
from jigong.lake.facts import FactTables, build_facts
from jigong.lake.lake import Lake
from jigong.lake.snapshot import Snapshot


@dataclass(frozen=True)
class District:
    """The data folder of a demo, which keeps one folder inside for each district it made."""

    folder: Path

    @cached_property
    def book(self) -> Book:
        """The pack."""
        return read_book()

    @cached_property
    def place(self) -> Path:
        """Where the district's ``files``, ``lake``, ``facts`` and ``runs`` are."""
        return next(self.folder.glob("*/files/manifest.json")).parent.parent

    @property
    def files(self) -> Path:
        """The departments' files."""
        return self.place / "files"

    @cached_property
    def snapshot(self) -> Snapshot:
        """What the demo took in."""
        return Lake(self.place / "lake", self.book.pack.contracts).snapshot()

    def facts(self) -> FactTables:
        """Facts as the demo built them, or built now."""
        return build_facts(self.snapshot, self.book.pack, self.book.values, DAY, self.place / "facts")

    def run(self) -> Run:
        """Everything decided anew."""
        return decide(self.facts(), self.book.pack, self.book.rulebook, self.book.values, self.place / "runs")


def generator() -> str:
    """A hash of what the departments' files depend on: the contracts and the pack's synthetic folder."""
    files = sorted(
        file for part in ("contracts", "synthetic") for file in (PACK / part).rglob("*") if file.is_file()
    )
    return content_hash([file_hash(file) for file in files])
