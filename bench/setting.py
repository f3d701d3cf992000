"""What a run of the benchmarks was asked for, and the folder it works in."""

from dataclasses import dataclass
from pathlib import Path

FULL = 100_000
"""The workers the targets are meant for."""


@dataclass(frozen=True)
class Setting:
    """``workers`` other than :data:`FULL` are for trying things out: targets are then not judged."""

    folder: Path
    workers: int
    runs: int
    deliveries: int = 2_000
    """Small deliveries in the lake of that question; a year brings thirty thousand."""

    def full(self, ok: bool) -> bool | None:
        """``ok`` where the run is of full size, else None."""
        return ok if self.workers == FULL else None

    def scaled(self, workers: int) -> int:
        """Another size, made smaller as this run is."""
        return workers * self.workers // FULL

    @property
    def district_folder(self) -> Path:
        """The data folder of the demo."""
        return self.folder / f"district-{self.workers}"

    def district(self) -> Path:
        """The data folder of a district of so many workers, made by the demo if it is not there or the pack makes another now."""
        from bench.demo import make_district
        from bench.district import generator

        done = self.district_folder / "done"
        if not done.is_file() or done.read_text() != generator():
            make_district(self.district_folder, self.workers)
        return self.district_folder
