"""``script/law``: tries the law of less data by its three tests until so many examples were seen.

By rules, from the file to the verdict, and between people and clauses. The seed decides all of them.
"""

import argparse
import os
import random
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from tests.law.district import make
from tests.law.less import Seen, round_of
from tests.law.tally import TALLIES, Tally

_TESTS = Path(__file__).parents[1]
RULES = ("rules/test_less_data.py",)
BETWEEN = (
    "decisions/test_exclusion.py::test_what_nobody_can_outbid_is_kept_whatever_data_still_come",
    "decisions/test_queues.py::test_what_bounds_promise_of_places_holds_once_all_is_known",
    "delivery_quota/test_line.py::test_whoever_is_offered_a_place_has_it_whatever_the_data_will_say",
    "web/test_lottery_conditional.py::test_in_the_end_the_first_in_order_who_are_entitled_have_the_places",
)
"""Random tests by file and name. Draws are made in a database, and tried a tenth as often."""


def main() -> int:
    """Returns 1 where the law was broken."""
    parser = argparse.ArgumentParser(prog="script/law", description=__doc__.splitlines()[0])
    parser.add_argument(
        "--examples", type=int, default=500, help="examples of each random test; rows and cells to spoil"
    )
    parser.add_argument("--workers", type=int, default=150, help="people in the district that is spoiled")
    parser.add_argument("--seed", type=int, default=1, help="another seed, other examples")
    given = parser.parse_args()
    kept = [_random_tests(given.examples, given.seed), _deliveries(given.examples, given.workers, given.seed)]
    for law, seen in TALLIES.items():
        print(f"{law}\n{seen}")
    if all(kept):
        print("✓ nobody's yes became a no, nobody's no a yes, and no settled amount another")
    return 0 if all(kept) else 1


def _random_tests(examples: int, seed: int) -> bool:
    """Rules, and what is between people and clauses: whether the law held."""
    # How long a machine takes to make an example says nothing about the law.
    settings.register_profile(
        "law", max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck)
    )
    os.environ["HYPOTHESIS_PROFILE"] = "law"
    tests = [str(_TESTS / name) for name in (*RULES, *BETWEEN)]
    # The profile is set before pytest starts, so Hypothesis is there too early for its asserts to be rewritten.
    options = ["-p", "no:cacheprovider", "-W", "ignore::pytest.PytestAssertRewriteWarning"]
    return pytest.main([*tests, f"--hypothesis-seed={seed}", *options]) == 0


def _deliveries(examples: int, workers: int, seed: int) -> bool:
    """From the file to the verdict: whether the law held."""
    seen, rng, started = Seen(), random.Random(seed), time.monotonic()
    with tempfile.TemporaryDirectory(prefix="jigong-law-") as folder:
        district = make(Path(folder), workers, seed)
        while seen.examples < examples and not seen.broken:
            round_of(district, rng, seen)
            print(f"  {seen.examples:>6} examples, {time.monotonic() - started:.0f} s", flush=True)
    became: Counter[str] = Counter()
    for (_, was, now), count in seen.became.items():
        became[f"{was} → {now}"] += count
    TALLIES["deliveries"] = Tally(became, seen.done)
    for line in seen.broken:
        print("✗", line, file=sys.stderr)
    return not seen.broken


if __name__ == "__main__":
    sys.exit(main())
