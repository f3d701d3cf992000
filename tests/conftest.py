"""Fixtures of all rooms: the small district, once per session; and how hard the random tests try.

The same random examples come every time, so that a red run means a change of the code. With
``HYPOTHESIS_PROFILE=thorough script/test`` they are new ones, and many more.
"""

import contextlib
import gc
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from django.db import connections
from hypothesis import HealthCheck, settings
from psycopg.conninfo import conninfo_to_dict

import mini
from jigong.config.postgres import embedded

_QUIET = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture]
settings.register_profile(
    "steady", max_examples=120, deadline=None, derandomize=True, suppress_health_check=_QUIET
)
settings.register_profile("thorough", max_examples=3000, deadline=None, suppress_health_check=_QUIET)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "steady"))


_server = contextlib.ExitStack()


def pytest_configure(config: pytest.Config) -> None:
    """One PostgreSQL for the whole session; the processes of pytest-xdist find its address in the environment."""
    if "DATABASE_URL" in os.environ and not os.environ["DATABASE_URL"].endswith("//jigong-tests"):
        return
    # The server's files belong to a user of its own, who must be able to reach them.
    folder = Path(tempfile.mkdtemp(prefix="jigong-tests-"))
    folder.chmod(0o755)
    _server.callback(shutil.rmtree, folder, ignore_errors=True)
    os.environ["DATABASE_URL"] = _server.enter_context(embedded(folder / "pg"))
    given = conninfo_to_dict(os.environ["DATABASE_URL"])
    connections["default"].settings_dict.update(
        NAME=given["dbname"], USER=given["user"], PASSWORD=given.get("password", ""), HOST=given["host"]
    )


def pytest_unconfigure() -> None:
    """Let go of database connections before the interpreter ends, or DuckDB's binding lists them as leaks."""
    gc.collect()
    _server.close()


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
    """Makes a copy of the small pack with some texts replaced; the next takes the place of the last."""

    def make(edits: mini.Edits) -> Path:
        shutil.rmtree(tmp_path / "pack", ignore_errors=True)
        return mini.edited(mini.PACK, tmp_path / "pack", edits)

    return make
