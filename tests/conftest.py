"""Fixtures of all rooms: the small district, once per session."""

import gc
from collections.abc import Callable
from pathlib import Path

import pytest

import mini


def pytest_unconfigure() -> None:
    """Let go of database connections before the interpreter ends, or DuckDB's binding lists them as leaks."""
    gc.collect()


@pytest.fixture(scope="session")
def district(tmp_path_factory: pytest.TempPathFactory) -> mini.Built:
    """The small pack on the small district, decided as of New Year 2023. Read only."""
    return mini.build(tmp_path_factory.mktemp("mini"))


@pytest.fixture(scope="session")
def corrected(tmp_path_factory: pytest.TempPathFactory) -> mini.Built:
    """The same after a second delivery, known since February. Read only."""
    deliveries = ((mini.DISTRICT, mini.NEW_YEAR), (mini.LATER, mini.FEBRUARY))
    return mini.build(tmp_path_factory.mktemp("mini-later"), deliveries=deliveries)


@pytest.fixture
def pack_with(tmp_path: Path) -> Callable[[mini.Edits], Path]:
    """Makes a copy of the small pack with some texts replaced."""
    return lambda edits: mini.edited(mini.PACK, tmp_path / "pack", edits)
