"""Running the site: what it needs, whether it is well, what it logs, and that a backup brings everything back."""

import base64
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import connection
from django.test import Client

from jigong.accounts.models import Person
from jigong.config.backup import backup, restore
from jigong.config.environment import local_environment, read_environment
from jigong.config.logs import OneLine
from jigong.kernel.hashing import file_hash
from jigong.kernel.problems import JigongError
from jigong.lake.lake import Lake
from jigong.packs.reader import read_pack

PACK = Path(__file__).parents[2] / "packs" / "qiantang"
WHOLE = {
    "JIGONG_SECRET_KEY": "s" * 40,
    "JIGONG_DATA_KEY": base64.b64encode(b"k" * 32).decode(),
    "JIGONG_LOOKUP_KEY": base64.b64encode(b"l" * 32).decode(),
    "DATABASE_URL": "postgresql:///x",
    "JIGONG_PACK": str(PACK),
    "JIGONG_HOSTS": "jigong.example",
}


def problems(given: dict[str, str]) -> list[str]:
    with pytest.raises(JigongError) as refused:
        read_environment(given)
    assert all(problem.remedy for problem in refused.value.problems)
    return [problem.what.en for problem in refused.value.problems]


def test_everything_missing_is_told_at_once():
    assert [text.split()[0] for text in problems({})] == [
        "JIGONG_SECRET_KEY", "JIGONG_DATA_KEY", "JIGONG_LOOKUP_KEY", "DATABASE_URL", "JIGONG_PACK", "JIGONG_HOSTS",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("JIGONG_SECRET_KEY", "short"), ("JIGONG_DATA_KEY", "bm90IDMyIGJ5dGVz"), ("JIGONG_DATA_KEY", "?"),
        ("JIGONG_LOOKUP_KEY", "?"), ("JIGONG_OLD_DATA_KEYS", f"{WHOLE['JIGONG_DATA_KEY']},?"),
        ("JIGONG_PACK", "/nowhere"), ("JIGONG_CIPHER", "rot13"), ("JIGONG_DEMO", "yes"), ("JIGONG_TODAY", "2023-01-01"),
        ("JIGONG_HOSTS", ""),
    ],
)  # fmt: skip
def test_a_wrong_setting_is_named(name, value):
    (found,) = problems({**WHOLE, name: value})
    assert found.startswith(name)


def test_whole_settings_are_taken_and_secure():
    found = read_environment(WHOLE)
    assert (found.https, found.demo, found.today, found.cipher) == (True, False, None, "aes")


def test_secrets_are_made_once_and_for_their_owner_only(tmp_path):
    first = local_environment(PACK, tmp_path, "postgresql:///x")
    assert local_environment(PACK, tmp_path, "postgresql:///x") == first
    assert (tmp_path / "secrets.json").stat().st_mode & 0o077 == 0
    assert local_environment(PACK, tmp_path / "other", "postgresql:///x") != first


@pytest.mark.django_db
def test_the_site_tells_that_it_is_well(client: Client):
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json()["database"], answer.json()["decisions"]) == (200, "ok", "ok")
    # No background worker runs in this test, and it says so; pages are served all the same.
    assert answer.json()["background"] == "not heard from"


@pytest.mark.django_db
def test_metrics_are_for_this_machine_or_for_a_token(client: Client, monkeypatch, settings):
    from dataclasses import replace

    page = client.get("/metrics").content.decode()
    assert 'jigong_entitlements{state="proposed"}' in page
    assert client.get("/metrics", REMOTE_ADDR="10.1.2.3").status_code == 404
    assert client.get("/metrics", headers={"X-Forwarded-For": "10.1.2.3"}).status_code == 404
    settings.JIGONG = replace(settings.JIGONG, metrics_token="known")
    assert client.get("/metrics").status_code == 404
    assert (
        client.get("/metrics", headers={"Authorization": "Bearer known"}, REMOTE_ADDR="10.1.2.3").status_code
        == 200
    )


def test_a_fault_is_logged_by_place_not_by_what_it_says():
    import logging

    try:
        raise ValueError("380000199001011234 is somebody's number")
    except ValueError:
        record = logging.LogRecord("x", logging.ERROR, "f.py", 1, "failed for %s", ("张三",), sys.exc_info())
    line = OneLine().format(record)
    assert "3800" not in line
    assert "张三" not in line
    assert json.loads(line)["fault"] == "ValueError"
    assert "test_operations.py" in json.loads(line)["at"][-1]


@pytest.mark.django_db
def test_a_request_is_logged_without_its_address(client: Client, capfd):
    person = Person.objects.first()
    client.get(f"/verify?c={person.open_number()}")
    assert person.open_number() not in capfd.readouterr().err


def url_of(name: str) -> str:
    given = connection.settings_dict
    return f"postgresql://{given['USER']}@/{name}?host={given['HOST']}"


@pytest.fixture
def empty(django_db_blocker: Any) -> Iterator[str]:
    with psycopg.connect(url_of("postgres"), autocommit=True) as admin:
        admin.execute("DROP DATABASE IF EXISTS brought_back")
        admin.execute("CREATE DATABASE brought_back")
        yield url_of("brought_back")
        admin.execute("DROP DATABASE brought_back WITH (FORCE)")


def counts(url: str) -> dict[str, int]:
    with psycopg.connect(url) as found:
        tables = found.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"
        ).fetchall()
        return {t: found.execute(f'SELECT count(*) FROM "{t}"').fetchall()[0][0] for (t,) in tables}


@pytest.mark.django_db
def test_a_backup_brings_everything_back(own_town, empty, tmp_path):
    here = url_of(connection.settings_dict["NAME"])
    saved = backup(here, own_town, tmp_path / "saved", with_keys=False)
    assert saved.files > 10
    assert not (saved.folder / "secrets.json").exists()
    restore(empty, tmp_path / "back", saved.folder)
    assert counts(empty) == counts(here)
    contracts = read_pack(PACK).contracts
    back, lake = Lake(tmp_path / "back" / "lake", contracts), Lake(own_town / "lake", contracts)
    assert back.snapshot().id == lake.snapshot().id
    assert back.verify() == []
    with psycopg.connect(empty) as found, pytest.raises(psycopg.errors.RestrictViolation):
        found.execute("TRUNCATE audit_entry")
    with pytest.raises(JigongError, match="not empty"):
        restore(empty, tmp_path / "again", saved.folder)


@pytest.mark.django_db
def test_a_damaged_backup_is_refused(own_town, empty, tmp_path):
    saved = backup(url_of(connection.settings_dict["NAME"]), own_town, tmp_path / "saved", with_keys=False)
    with pytest.raises(JigongError, match="exists already"):
        backup(url_of(connection.settings_dict["NAME"]), own_town, tmp_path / "saved", with_keys=False)
    victim = next(saved.folder.rglob("*.parquet"))
    victim.write_bytes(victim.read_bytes()[:-1])
    with pytest.raises(JigongError, match="missing or was changed"):
        restore(empty, tmp_path / "back", saved.folder)
    assert not (tmp_path / "back").exists()
    assert counts(empty) == {}


@pytest.mark.django_db
def test_a_backup_with_a_broken_database_leaves_nothing_behind(own_town, empty, tmp_path):
    saved = backup(url_of(connection.settings_dict["NAME"]), own_town, tmp_path / "saved", with_keys=False)
    (saved.folder / "database").write_bytes(b"no dump")
    (saved.folder / "lake" / "slipped in").write_text("not of this backup")
    manifest = json.loads((saved.folder / "manifest.json").read_text())
    manifest["files"]["database"] = file_hash(saved.folder / "database")
    (saved.folder / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(JigongError, match="pg_restore failed"):
        restore(empty, tmp_path / "back", saved.folder)
    assert list((tmp_path / "back").iterdir()) == []
    manifest["files"]["../elsewhere"] = file_hash(saved.folder / "database")
    (saved.folder / "manifest.json").write_text(json.dumps(manifest))
    (tmp_path / "elsewhere").write_bytes(b"no dump")
    with pytest.raises(JigongError, match="missing or was changed"):
        restore(empty, tmp_path / "back", saved.folder)


@pytest.mark.django_db
def test_only_what_the_manifest_names_is_brought_back(own_town, empty, tmp_path):
    saved = backup(url_of(connection.settings_dict["NAME"]), own_town, tmp_path / "saved", with_keys=False)
    (saved.folder / "lake" / "slipped in").write_text("not of this backup")
    restore(empty, tmp_path / "back", saved.folder)
    assert not (tmp_path / "back" / "lake" / "slipped in").exists()


def test_serving_without_settings_says_what_is_missing(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "jigong", "serve", "--data", str(tmp_path)],
        env={"DATABASE_URL": "postgresql:///x", "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "JIGONG_LANG": "en"},
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 1
    assert "JIGONG_SECRET_KEY is not set" in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
