"""Limits hold, also for attempts at the same moment, and give back with time."""

import threading
from datetime import timedelta

import pytest
from django.db import connection

from access_made import AT
from jigong.accounts.limits import Limit, give_back, take, tidy
from jigong.accounts.models import Throttle

FIVE = Limit("five in ten minutes", 5, timedelta(minutes=10))


@pytest.mark.django_db
def test_five_pass_and_the_sixth_is_told_how_long_to_wait():
    assert [take(FIVE, "a", at=AT) for _ in range(5)] == [None] * 5
    assert take(FIVE, "a", at=AT) == timedelta(minutes=2)
    assert take(FIVE, "b", at=AT) is None


@pytest.mark.django_db
def test_one_comes_back_with_each_step():
    for _ in range(5):
        take(FIVE, "a", at=AT)
    later = AT + timedelta(minutes=2)
    assert take(FIVE, "a", at=later) is None
    assert take(FIVE, "a", at=later) == timedelta(minutes=2)


@pytest.mark.django_db
def test_knocking_while_limited_keeps_nobody_out_longer():
    for _ in range(50):
        take(FIVE, "a", at=AT)
    assert take(FIVE, "a", at=AT + timedelta(minutes=2)) is None


@pytest.mark.django_db
def test_what_was_given_back_is_free_at_once():
    for _ in range(6):
        take(FIVE, "a", at=AT)
    give_back(FIVE, "a")
    assert take(FIVE, "a", at=AT) is None


@pytest.mark.django_db
def test_whom_it_limits_cannot_be_read_from_the_table():
    take(FIVE, "13800001234", at=AT)
    assert "1380000" not in Throttle.objects.get().key


@pytest.mark.django_db
def test_what_limits_nobody_any_more_is_removed():
    take(FIVE, "a", at=AT)
    assert tidy(at=AT) == 0
    assert tidy(at=AT + timedelta(minutes=3)) == 1


def test_at_the_same_moment_not_one_more_slips_through(django_db_setup, django_db_blocker):
    passed: list[bool] = []
    together = threading.Barrier(12)

    def knock() -> None:
        with django_db_blocker.unblock():
            together.wait()
            passed.append(take(FIVE, "together", at=AT) is None)
            connection.close()

    threads = [threading.Thread(target=knock) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with django_db_blocker.unblock():
        give_back(FIVE, "together")
        connection.close()
    assert sorted(passed) == [False] * 7 + [True] * 5
