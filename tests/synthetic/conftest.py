"""Two made-up districts for the tests: a small one with wrong rows, a larger one without."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest

from jigong.packs.contract import Contract, read_contracts
from jigong.synthetic.district import make_district
from jigong.synthetic.manifest import Manifest

from .plain_intake import read_class

PACK = Path(__file__).parents[2] / "packs" / "qiantang"
SEED = 20220501


Rows = list[dict[str, Any]]


@dataclass
class District:
    """A made district: its folder and its manifest."""

    folder: Path
    manifest: Manifest
    contracts: Mapping[str, Contract]

    @cached_property
    def _read(self) -> dict[str, Rows]:
        return {}

    def rows(self, cls: str) -> Rows:
        """The typed rows of a class, read once."""
        if cls not in self._read:
            self._read[cls] = [row.values for row in read_class(self.contracts[cls], self.files(cls))]
        return self._read[cls]

    def files(self, cls: str) -> list[Path]:
        """The files of a class."""
        return [self.folder / file.file for file in self.manifest.classes[cls].files]


@pytest.fixture(scope="session")
def contracts() -> Mapping[str, Contract]:
    return read_contracts(PACK / "contracts")


@pytest.fixture(scope="session")
def small(contracts: Mapping[str, Contract], tmp_path_factory: pytest.TempPathFactory) -> District:
    folder = tmp_path_factory.mktemp("small")
    return District(folder, make_district(PACK, contracts, folder, workers=150, seed=SEED), contracts)


@pytest.fixture(scope="session")
def clean(contracts: Mapping[str, Contract], tmp_path_factory: pytest.TempPathFactory) -> District:
    folder = tmp_path_factory.mktemp("clean")
    return District(
        folder, make_district(PACK, contracts, folder, workers=2_000, seed=SEED, errors=False), contracts
    )


@pytest.fixture(scope="session")
def large(contracts: Mapping[str, Contract], tmp_path_factory: pytest.TempPathFactory) -> District:
    """A district with enough enterprises to count them, without errors."""
    folder = tmp_path_factory.mktemp("large")
    return District(
        folder, make_district(PACK, contracts, folder, workers=20_000, seed=SEED, errors=False), contracts
    )
