"""The arithmetic of a draw: the same list and seed give the same order, everywhere; sizes; intervals."""

import hashlib
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jigong.delivery.sampling.order import interval, list_hash, order_of, seed_of, size_of


@given(st.sets(st.integers(min_value=1, max_value=10**9), max_size=50))
def test_the_order_of_the_list_given_does_not_matter(steps: set[int]) -> None:
    seed = seed_of(list_hash(steps), "b" * 64)
    assert order_of(seed, sorted(steps)) == order_of(seed, sorted(steps, reverse=True))
    assert sorted(order_of(seed, steps)) == sorted(steps)


def test_anybody_can_repeat_it_with_a_standard_library() -> None:
    steps, line = [3, 1, 20], "ab" * 32
    listed = hashlib.sha256(b"1\n3\n20\n").hexdigest()
    seed = hashlib.sha256(f"jigong-sample/1\n{listed}\n{line}\n".encode()).hexdigest()
    by_hand = sorted(steps, key=lambda step: hashlib.sha256(f"{seed}\n{step}\n".encode()).hexdigest())
    assert order_of(seed_of(list_hash(steps), line), steps) == by_hand


def test_another_line_of_the_record_gives_another_order() -> None:
    steps = range(1, 200)
    listed = list_hash(steps)
    assert order_of(seed_of(listed, "a" * 64), steps) != order_of(seed_of(listed, "b" * 64), steps)


@pytest.mark.parametrize(
    ("population", "share", "at_least", "size"),
    [
        (100, "0.05", 5, 5),
        (101, "0.05", 5, 6),  # the share is rounded up
        (10, "0.05", 5, 5),  # at least so many
        (3, "0.05", 5, 3),  # never more than there are
        (0, "0.05", 5, 0),
        (40, "1", 0, 40),
    ],
)
def test_how_many_are_picked(population: int, share: str, at_least: int, size: int) -> None:
    assert size_of(population, Decimal(share), at_least) == size


def test_the_interval_is_wilsons() -> None:
    # A worked figure: 2 of 50 wrong at 95%: 1.10% to 13.46%.
    found = interval(2, 50, 1.959964)
    assert found is not None
    assert found[0] == pytest.approx(0.0110, abs=0.0001)
    assert found[1] == pytest.approx(0.1346, abs=0.0001)


@given(st.integers(0, 300), st.integers(0, 300))
def test_the_interval_holds_the_share_and_stays_within_0_and_1(wrong: int, more: int) -> None:
    found = interval(wrong, wrong + more, 1.96)
    if wrong + more == 0:
        assert found is None
        return
    assert found is not None
    low, high = found
    assert 0 <= low <= wrong / (wrong + more) <= high <= 1
