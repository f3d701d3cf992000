"""``jigong ledger check`` and ``show`` as a person or a program runs them, in a process of their own."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.db import connection, transaction
from moneybox import AT, PACK, Town, answer, take_return
from psycopg.conninfo import make_conninfo

from jigong.delivery.approval import approve_many

_COMMAND = "import typer; from jigong.cli import ledger; app = typer.Typer(); ledger.add_to(app); app()"


def _run(tmp_path: Path, *arguments: str, language: str = "en") -> subprocess.CompletedProcess[str]:
    given = connection.settings_dict
    address = make_conninfo(
        dbname=given["NAME"], user=given["USER"] or None, password=given["PASSWORD"] or None, host=given["HOST"] or None
    )  # fmt: skip
    variables = {
        **os.environ, "DATABASE_URL": address, "JIGONG_LANG": language, "JIGONG_PACK": str(PACK),
        "JIGONG_DATA": str(tmp_path), "JIGONG_DEMO": "1", "JIGONG_TODAY": "2023-01-05",
    }  # fmt: skip
    variables.pop("DJANGO_SETTINGS_MODULE", None)
    return subprocess.run(
        [sys.executable, "-c", _COMMAND, "ledger", *arguments],
        env=variables, cwd=PACK.parents[1], capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip


@pytest.fixture
def paid(town: Town) -> Town:
    """Three approved, two of them paid."""
    approve_many(entitlements=town.entitlements(3), by=town.approver, at=AT)
    take_return(content=answer(town.batch(), "失败", "成功"), filename="r", by=town.finance, at=AT)
    return town


@pytest.mark.parametrize(("language", "says"), [("zh", "账簿完整"), ("en", "the books are whole")])
def test_check_says_that_the_books_are_whole(paid: Town, tmp_path: Path, language: str, says: str) -> None:
    ran = _run(tmp_path, "check", language=language)
    assert ran.returncode == 0, ran.stderr
    assert says in ran.stdout


def test_check_gives_the_heads_of_the_chains_to_programs(paid: Town, tmp_path: Path) -> None:
    found = json.loads(_run(tmp_path, "check", "--json").stdout)
    assert (found["ok"], found["faults"], found["entries"]["lines"], found["lines"]["lines"]) == (
        True,
        [],
        10,
        20,
    )
    assert len(found["entries"]["head"]) == 64


def test_check_fails_and_says_what_is_wrong(paid: Town, tmp_path: Path) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("UPDATE ledger_entry SET amount = 1 WHERE id = 2")
    ran = _run(tmp_path, "check")
    assert ran.returncode == 1
    assert "chain of entries breaks at line 2" in ran.stdout
    assert "stop paying" in ran.stdout


def test_show_says_where_the_money_is(paid: Town, tmp_path: Path) -> None:
    found = json.loads(_run(tmp_path, "show", "--json").stdout)
    education = next(one for one in found if one["fund"] == "education")
    assert (education["paid"], education["reserved"], education["free"]) == (
        "10000.00",
        "5000.00",
        "14985000.00",
    )
    table = _run(tmp_path, "show", "--year", "2023").stdout
    assert "14,985,000.00" in table
    assert "Education fund" in table
