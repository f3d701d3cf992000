"""The power fails between any two statements: after it everything is done again, nobody is paid twice, nobody is lost."""

import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from moneybox import AT, FUND, Town, answer, balances, states, take_return, whole

from jigong.delivery.approval import approve_many
from jigong.delivery.payments import returns
from jigong.delivery.payments.actions import make_batch, mark_sent, release
from jigong.delivery.payments.files import bank_csv
from jigong.delivery.payments.models import Batch, Payment, ReturnFile
from jigong.kernel.problems import JigongError

HOW_MANY = 5


class PowerFailureError(BaseException):
    """Nothing in the program can catch this and go on."""


class Fuse:
    """Lets so many statements (that contain ``words``) through to the database, then fails before the next."""

    def __init__(self, statements: int, fail: Callable[[], None], words: str = "") -> None:
        self.left = statements
        self._fail = fail
        self._words = words

    def __call__(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        if self._words in sql:
            if self.left == 0:
                self._fail()
            self.left -= 1
        return execute(sql, params, many, context)


def _power_failure() -> None:
    raise PowerFailureError


def approve_all(town: Town) -> None:
    """The first step of the way, which can be done again at any time."""
    from jigong.delivery.models import Entitlement

    ids = list(Entitlement.objects.order_by("pk").values_list("pk", flat=True))
    approve_many(entitlements=ids, by=town.approver, at=AT)


def make(town: Town) -> None:
    """What a person does who does not know whether it was done before."""
    with suppress(JigongError):
        make_batch(fund=FUND, by=town.finance, at=AT)


def let_go(town: Town) -> None:
    """Release every batch, and take the file to the bank (again)."""
    for batch in Batch.objects.order_by("pk"):
        release(batch=batch.pk, by=town.other_finance, at=AT)
        mark_sent(batch=batch.pk, by=town.finance, at=AT)


def take_in(town: Town) -> None:
    """Take in the bank's answer to every batch: the first payment of each fails."""
    for batch in Batch.objects.order_by("pk"):
        take_return(content=answer(batch, "失败", "成功"), filename="r", by=town.finance, at=AT)


WAY = (approve_all, make, let_go, take_in)


@pytest.fixture(autouse=True)
def _small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(returns, "CHUNK", 2)


def _run(town: Town, fuse: Fuse) -> None:
    with connection.execute_wrapper(fuse):
        for step in WAY:
            step(town)


def _ended_well(town: Town, ids: list[int]) -> None:
    assert whole()
    assert sorted(states(ids)) == ["approved"] + ["paid"] * (HOW_MANY - 1)
    assert (balances()["reserved"], balances()["sent"], balances()["paid"]) == (5000, 0, 20000)
    assert Payment.objects.count() == HOW_MANY
    assert Batch.objects.count() == 1


def test_a_failure_before_any_statement_of_the_whole_way_is_made_good_by_doing_it_again(town: Town) -> None:
    """One town after another would take long: the failures happen one after the other in the same one, each resumed."""
    ids = town.entitlements(HOW_MANY)
    seen = 0
    while True:
        fuse = Fuse(seen, _power_failure)
        try:
            _run(town, fuse)
        except PowerFailureError:
            # The connection is gone with the process; what was not committed is rolled back.
            connection.close()
            assert whole()
            seen += 1
            continue
        break
    assert seen > 60
    _ended_well(town, ids)


@pytest.mark.parametrize("step", range(len(WAY)), ids=[step.__name__ for step in WAY])
def test_each_step_is_all_or_nothing_and_can_be_done_again(town: Town, step: int) -> None:
    ids = town.entitlements(HOW_MANY)
    for before in WAY[:step]:
        before(town)
    gaps = 0
    while True:
        try:
            with connection.execute_wrapper(Fuse(gaps, _power_failure)):
                WAY[step](town)
        except PowerFailureError:
            connection.close()
            assert whole()
            gaps += 1
            continue
        break
    for after in WAY[step + 1 :]:
        after(town)
    _ended_well(town, ids)


def test_a_file_made_again_after_a_failure_is_the_same_file(town: Town) -> None:
    town.entitlements(HOW_MANY)
    approve_all(town)
    make(town)
    released = release(batch=Batch.objects.get().pk, by=town.other_finance, at=AT)
    before = bank_csv(released)
    with pytest.raises(PowerFailureError), connection.execute_wrapper(Fuse(2, _power_failure)):
        mark_sent(batch=released.pk, by=town.finance, at=AT)
    connection.close()
    assert Batch.objects.get().state == "released"
    mark_sent(batch=released.pk, by=town.finance, at=AT)
    assert bank_csv(Batch.objects.get()) == before


def test_an_interrupted_return_goes_on_where_it_stopped(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    ids = town.entitlements(HOW_MANY)
    approve_all(town)
    batch = town.batch()
    content = answer(batch, "失败", "成功")
    real, calls = returns._chunk, []

    def stop_after_the_first(*args: Any, **kwargs: Any) -> None:
        if calls:
            raise PowerFailureError
        calls.append(1)
        real(*args, **kwargs)

    monkeypatch.setattr(returns, "_chunk", stop_after_the_first)
    with pytest.raises(PowerFailureError):
        take_return(content=content, filename="r", by=town.finance, at=AT)
    assert ReturnFile.objects.get().finished_at is None
    assert states(ids).count("paid") == 1
    monkeypatch.setattr(returns, "_chunk", real)
    report = take_return(content=content, filename="r", by=town.finance, at=AT)
    assert (report.repeated, len(report.results)) == (False, HOW_MANY)
    _ended_well(town, ids)


_CHILD = """
import os, sys
sys.path.insert(0, sys.argv[1])
import django
django.setup()
from django.db import connection
connection.settings_dict.update(NAME=sys.argv[2])
import test_money_and_crashes as way
from moneybox import Town
way.returns.CHUNK = 2
way._run(Town.there(), way.Fuse(int(sys.argv[4]), lambda: os._exit(9), sys.argv[3]))
"""


@pytest.mark.parametrize(
    ("words", "statements"),
    [
        ("INSERT INTO ledger_entry", 3),
        ('INSERT INTO "payments_payment"', 0),
        ('UPDATE "payments_payment"', 0),
        ('INSERT INTO "payments_return_line"', 1),
        ('UPDATE "payments_return_file"', 0),
    ],
    ids=["approving", "making a batch", "releasing it", "taking in the return", "ending the return"],
)
def test_a_killed_process_leaves_nothing_half_done(town: Town, words: str, statements: int) -> None:
    ids = town.entitlements(HOW_MANY)
    given = connection.settings_dict
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "PYTHONPATH": os.pathsep.join(entry for entry in sys.path if entry),
    }
    killed = subprocess.run(
        [sys.executable, "-c", _CHILD, str(Path(__file__).parent), given["NAME"], words, str(statements)],
        env=environment, cwd=Path(__file__).parents[2], capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert killed.returncode == 9, killed.stderr
    assert whole()
    for step in WAY:
        step(town)
    _ended_well(town, ids)
