"""The law of less data on the real pack: what does not come, or cannot be read, never makes a no of a yes."""

import random
from pathlib import Path

import pytest
from tests.law.district import District, make
from tests.law.less import Seen, round_of

ROUNDS = 2


@pytest.fixture(scope="module")
def district(tmp_path_factory: pytest.TempPathFactory) -> District:
    """A small district, made once."""
    return make(tmp_path_factory.mktemp("law"), workers=120, seed=1)


def test_less_data_never_turns_yes_into_no_nor_no_into_yes(district: District) -> None:
    seen, rng = Seen(), random.Random(7)
    for _ in range(ROUNDS):
        round_of(district, rng, seen)
    assert seen.broken == []
    # It must have tried something: rows and cells were spoiled, and some who were settled are open now.
    assert seen.examples > 100
    assert {"row", "cell"} <= set(seen.done)
    assert {verdict for _, verdict in seen.verdicts} == {"yes", "no", "undecided"}
    assert any(was != now for _, was, now in seen.became)
    assert seen.dues["kept"] > 0


def test_a_broken_law_would_be_seen(district: District, tmp_path: Path) -> None:
    """The comparison itself: a lake that lost rows without a word does turn yes into no."""
    seen, rng = Seen(), random.Random(1)
    round_of(district, rng, seen, spoiled=300, silently=True)
    assert seen.broken
