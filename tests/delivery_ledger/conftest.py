"""A database of its own for each test of money, with real commits: what only grows cannot be rolled back or emptied."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from django.core.management import call_command
from django.db import connections
from moneybox import Town, found_town
from psycopg import sql
from psycopg.conninfo import make_conninfo


@contextmanager
def _made(name: str, template: str = "template1") -> Iterator[None]:
    """A new database, dropped at the end."""
    given = connections["default"].settings_dict
    address = make_conninfo(
        dbname="postgres",
        user=given["USER"] or None,
        password=given["PASSWORD"] or None,
        host=given["HOST"] or None,
        port=given["PORT"] or None,
    )
    drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
    make = sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template))
    with psycopg.connect(address, autocommit=True) as server:
        server.execute(drop)
        server.execute(make)
        yield
        server.execute(drop)


@contextmanager
def _used(name: str) -> Iterator[None]:
    """The site uses this database, in every thread."""
    default = connections["default"]
    before = default.settings_dict["NAME"]
    default.close()
    default.settings_dict["NAME"] = name
    try:
        yield
    finally:
        default.close()
        default.settings_dict["NAME"] = before


@pytest.fixture(scope="session")
def founded(django_test_environment: None, django_db_blocker: Any) -> Iterator[str]:
    """The name of a database with a town without entitlements, to be copied."""
    name = f"jigong_money_{os.getpid()}"
    with _made(name):
        with django_db_blocker.unblock(), _used(name):
            call_command("migrate", verbosity=0)
            found_town()
        yield name


@pytest.fixture
def town(founded: str, django_db_blocker: Any) -> Iterator[Town]:
    """A town with officers and workers, in a database of this test alone."""
    name = f"{founded}_now"
    with _made(name, founded), django_db_blocker.unblock(), _used(name):
        yield Town.there()
