"""``jigong keys``: the operator sees the signing keys, makes a new one in time, and withdraws a stolen one."""

import json
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import typer
from django.utils import timezone
from typer.testing import CliRunner

from jigong.audit.models import Entry
from jigong.cli import keys as commands
from jigong.credentials import keys
from jigong.credentials.enums import KeyUse
from jigong.credentials.models import SigningKey
from jigong.kernel.problems import JigongError

pytestmark = pytest.mark.django_db


@pytest.fixture
def run(run: object, monkeypatch: pytest.MonkeyPatch):
    """Runs a command on the tests' database."""

    @contextmanager
    def here(*given: object) -> Iterator[dict[str, str]]:
        yield {}

    monkeypatch.setenv("JIGONG_LANG", "en")
    monkeypatch.setattr(commands, "environment", here)
    monkeypatch.setattr(commands, "set_up", lambda found: None)
    app = typer.Typer()
    commands.add_to(app)

    def ran(*arguments: str) -> str:
        result = CliRunner().invoke(app, ["keys", *arguments], catch_exceptions=False)
        assert result.exit_code == 0, result.output
        return result.output

    return ran


def test_a_new_key_is_published_before_it_signs(run) -> None:
    old = keys.signer(KeyUse.CREDENTIAL, at=timezone.now()).kid
    assert "is published, and signs from" in run("rotate", "credential")
    assert keys.signer(KeyUse.CREDENTIAL, at=timezone.now()).kid == old
    every = json.loads(run("show", "--json"))
    assert sum(one["use"] == "credential" for one in every) == 2
    assert old in run("show")


def test_a_stolen_key_is_withdrawn_and_another_signs_at_once(run) -> None:
    old = keys.signer(KeyUse.CODE, at=timezone.now()).kid
    said = run("withdraw", old, "--reason", "stolen laptop")
    assert f"{old} is withdrawn" in said
    now = keys.signer(KeyUse.CODE, at=timezone.now()).kid
    assert now != old
    assert now in said
    assert SigningKey.objects.get(pk=old).withdrawn_at is not None
    entry = Entry.objects.filter(action="credentials.withdraw_key").latest("id")
    assert (entry.object_id, entry.reason) == (old, "stolen laptop")
    assert "withdrawn" in run("show")


def test_a_key_that_is_not_there_is_told(run) -> None:
    with pytest.raises(JigongError, match="there is no key 00000000"):
        run("withdraw", "00000000", "--reason", "stolen")
