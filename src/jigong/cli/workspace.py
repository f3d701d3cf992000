"""The folders a command works in: the pack, the lake, facts built before, and runs."""

from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path

from jigong.cli.console import Screen
from jigong.decisions.decide import decide
from jigong.decisions.parameters import parameters_on
from jigong.decisions.run import Run, read_run, run_folder, run_identity
from jigong.lake.facts import FactTables, build_facts
from jigong.lake.lake import Lake
from jigong.lake.snapshot import Snapshot
from jigong.packs.model import ParameterValue
from jigong.packs.pack import Pack
from jigong.packs.reader import read_pack
from jigong.rules.rulebook import Rulebook, read_rulebook, values_on


@dataclass(frozen=True)
class Workspace:
    """One pack and one data folder, and what a command derives from them, each read once."""

    pack_folder: Path
    data: Path
    screen: Screen
    as_of: date | None = None
    known_on: date | None = None

    @cached_property
    def pack(self) -> Pack:
        """The pack."""
        return read_pack(self.pack_folder)

    @cached_property
    def rulebook(self) -> Rulebook:
        """The pack's rules."""
        return read_rulebook(self.pack)

    @cached_property
    def lake(self) -> Lake:
        """The lake, under the pack's contracts."""
        return Lake(self.data / "lake", self.pack.contracts)

    @cached_property
    def snapshot(self) -> Snapshot:
        """What was known on ``known_on``, or what is known now."""
        return self.lake.snapshot(known_on=self.known_on)

    @cached_property
    def day(self) -> date:
        """The date to decide on: given, or the day the snapshot was known."""
        return self.as_of or self.snapshot.known_on

    @cached_property
    def values(self) -> dict[str, ParameterValue]:
        """Every parameter that deciding on the date reads."""
        return values_on(self.pack, self.day, parameters_on(self.pack, self.rulebook, self.day))

    @cached_property
    def facts(self) -> FactTables:
        """Facts on the date, built if they were not before."""
        with self.screen.progress("计算事实", "facts") as steps:
            return build_facts(
                self.snapshot, self.pack, self.values, self.day, self.data / "facts", steps.step
            )

    def decide(self) -> Run:
        """Decide everything anew."""
        with self.screen.progress("逐条判定", "deciding") as steps:
            return decide(self.facts, self.pack, self.rulebook, self.values, self.data / "runs", steps.step)

    @cached_property
    def run(self) -> Run:
        """The run of this pack, snapshot and date; decided now if it was not before."""
        folder = run_folder(self.data / "runs", run_identity(self.pack, self.snapshot.id, self.day))
        return read_run(folder) if (folder / "run.json").is_file() else self.decide()
