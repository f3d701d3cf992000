"""The sampler: fair, independent of how the roster was made, and the same in every language."""

import hashlib
import re
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jigong.delivery.lottery import sampler
from jigong.delivery.lottery.roster import written
from jigong.delivery.lottery.verifier import draw as published

CODES = [hashlib.sha256(b"%d" % n).hexdigest()[:12].upper() for n in range(60)]
PUBLISHED = {"1": "b0f9a19a666d1bc77da5070c0c11f1d990c2daa3005f4745921befeacb8d5cd9"}


def _roster(codes=CODES, places=7):
    return written({"lottery": 1, "clause": "x 摇号", "places": places}, codes)


def _winners(seed, places=7):
    return [code for _, code in published.order(_roster(places=places), seed)[:places]]


def test_a_published_version_never_changes():
    assert PUBLISHED[sampler.VERSION] == sampler.SOURCE_SHA256, "raise sampler.VERSION and pin the new hash"


@pytest.mark.parametrize("name", sampler.OTHERS)
def test_each_program_is_at_most_forty_lines(name):
    lines = (sampler.FOLDER / name).read_text(encoding="utf-8").splitlines()
    assert len(lines) <= 40
    assert max(map(len, lines)) <= 120


def test_the_order_is_what_its_description_says():
    roster = _roster()
    start = f"3089.26|{hashlib.sha256(roster).hexdigest()}|"
    said = sorted(CODES, key=lambda code: hashlib.sha256((start + code).encode()).hexdigest())
    assert [code for _, code in published.order(roster, "3089.26")] == said
    assert (
        sampler.ticket("3089.26", hashlib.sha256(roster).hexdigest(), said[0])
        == published.order(roster, "3089.26")[0][0]
    )


def test_the_results_file_says_rank_code_ticket_and_outcome():
    drawn = sampler.run(_roster(places=2), "a seed")
    lines = drawn.results.decode().split("\n")
    assert lines[0] == "rank,code,ticket,outcome"
    assert lines[-1] == ""
    assert [line.rsplit(",", 1)[1] for line in lines[1:-1]] == ["won"] * 2 + ["waitlist"] * 58
    assert all(re.fullmatch(r"\d+,[0-9A-F]{12},[0-9a-f]{64},\w+", line) for line in lines[1:-1])
    assert [sorted(CODES)[line - 1] for line in drawn.lines] == [line.split(",")[1] for line in lines[1:-1]]


def test_everybody_has_the_same_chance():
    """Chi-square over 3,000 seeds: at most the 99.9 % quantile of 59 degrees of freedom. The seeds are fixed."""
    seeds = 3_000
    wins = Counter(code for n in range(seeds) for code in _winners(f"seed {n}"))
    expected = seeds * 7 / 60
    # Each draw takes 7 of 60 without putting any back, which makes the sum 53/59 of what it is else.
    chi_square = sum((wins[code] - expected) ** 2 / expected for code in CODES) * 59 / 53
    assert chi_square < 98.3
    assert chi_square > 27.0, "too even to be random"


def test_every_rank_is_as_likely_for_one_entrant():
    ranks = Counter(
        [code for _, code in published.order(_roster(CODES[:10]), f"seed {n}")].index(CODES[0])
        for n in range(2_000)
    )
    assert sum((ranks[rank] - 200) ** 2 / 200 for rank in range(10)) < 27.9


def test_neighbouring_seeds_share_no_more_winners_than_chance():
    shared = [len({*_winners(f"{n}.00")} & {*_winners(f"{n}.01")}) for n in range(1_000)]
    assert abs(sum(shared) / 1_000 - 7 * 7 / 60) < 0.1


@given(st.permutations(CODES[:20]), st.text("0123456789.", min_size=1, max_size=12))
def test_how_the_roster_was_put_together_does_not_matter(codes, seed):
    assert _roster(codes) == _roster(CODES[:20])
    assert sampler.run(_roster(codes), seed) == sampler.run(_roster(CODES[:20]), seed)


@given(st.sets(st.sampled_from(CODES), min_size=1), st.integers(1, 70), st.text("0123456789.", min_size=1))
def test_everybody_gets_exactly_one_rank(codes, places, seed):
    drawn = sampler.run(_roster(codes, places), seed)
    assert sorted(drawn.lines) == list(range(1, len(codes) + 1))
    assert drawn.results.count(b",won\n") == min(places, len(codes))


@given(st.sampled_from(CODES), st.text("0123456789.", min_size=1))
def test_one_line_more_or_less_is_another_draw(code, seed):
    fewer = [other for other in CODES if other != code]
    assert published.order(_roster(fewer), seed) != [
        row for row in published.order(_roster(), seed) if row[1] != code
    ]


PROGRAMS = {
    "draw.py": (sys.executable, "-I"),
    "draw.js": ("node",),
    "Draw.java": ("java",),
}


@pytest.mark.parametrize("name", PROGRAMS)
@pytest.mark.parametrize("seed", ["3089.26", "2023-01-05 14:00 / 03 07 11 19 24 30 + 09", "0"])
def test_every_published_program_gives_the_same_file(name, seed, tmp_path: Path):
    program, *flags = PROGRAMS[name]
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not installed")
    file = tmp_path / "roster.txt"
    file.write_bytes(_roster())
    done = subprocess.run(
        [program, *flags, str(sampler.FOLDER / name), str(file), seed], capture_output=True, check=True
    )
    assert done.stdout == sampler.run(_roster(), seed).results


@pytest.mark.parametrize("seed", ["", "a\nb", "a|b", "$(ls)", '"', "a ", "一", "x" * 201, "`id`", "-"])
def test_a_seed_that_could_be_read_in_two_ways_is_refused(seed):
    assert sampler.SEED.fullmatch(seed) is None
