"""A lake in a temporary folder, and a short way to deliver text to it."""

from datetime import date
from pathlib import Path

import pytest
from lake_made import CONTRACTS, Deliver

from jigong.lake import FileSource, IntakeReport, Lake, take_in
from jigong.lake.claims import DEPARTMENT, Claim


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "lake", CONTRACTS)


@pytest.fixture
def deliver(lake: Lake, tmp_path: Path) -> Deliver:
    """``deliver({"person.csv": "…"}, known_on=…)`` writes the files and takes them in as one delivery."""
    count = iter(range(1000))

    def run(
        files: dict[str, str | bytes],
        *,
        known_on: date = date(2024, 1, 1),
        into: Lake | None = None,
        origin: str = DEPARTMENT,
        claim: Claim | None = None,
    ) -> IntakeReport:
        folder = tmp_path / f"delivery-{next(count)}"
        sources = []
        for name, content in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)
            sources.append(FileSource(path))
        return take_in(into or lake, sources, known_on=known_on, origin=origin, claim=claim)

    return run
