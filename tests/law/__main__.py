"""``script/law``: tries the law of less data on made-up districts until so many examples were seen."""

import argparse
import random
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from hypothesis import HealthCheck, settings
from tests.law.district import make
from tests.law.less import Seen, round_of
from tests.rules.test_less_data import (
    test_less_data_decides_no_more_by_any_rule,
    test_less_data_tells_no_more_by_any_expression,
)

_OF_RULES = (test_less_data_tells_no_more_by_any_expression, test_less_data_decides_no_more_by_any_rule)


def main() -> int:
    """Rules first, then facts; returns 1 where the law was broken."""
    parser = argparse.ArgumentParser(prog="script/law", description=__doc__)
    parser.add_argument(
        "--examples", type=int, default=500, help="rows, cells and deliveries to spoil; rules to try"
    )
    parser.add_argument("--workers", type=int, default=150, help="people in the district")
    parser.add_argument(
        "--seed", type=int, default=1, help="another seed, another district and other mischief"
    )
    given = parser.parse_args()
    for law in _OF_RULES:
        # How long a machine takes to make an example says nothing about the law.
        tried = settings(
            max_examples=given.examples,
            derandomize=False,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        )
        tried(law)()
        print(f"✓ {law.__name__.removeprefix('test_').replace('_', ' ')}: {given.examples} examples")
    seen, rng, started = Seen(), random.Random(given.seed), time.monotonic()
    with tempfile.TemporaryDirectory(prefix="jigong-law-") as folder:
        district = make(Path(folder), given.workers, given.seed)
        while seen.examples < given.examples and not seen.broken:
            round_of(district, rng, seen)
            print(f"  {seen.examples:>6} examples, {time.monotonic() - started:.0f} s", flush=True)
    became: Counter[str] = Counter()
    for (_, was, now), count in seen.became.items():
        became[f"{was} → {now}"] += count
    print("spoiled:", ", ".join(f"{name} {count}" for name, count in sorted(seen.done.items())))
    print("subjects:", ", ".join(f"{name} {count}" for name, count in sorted(became.items())))
    for line in seen.broken:
        print("✗", line, file=sys.stderr)
    if not seen.broken:
        print("✓ nobody's yes became a no, nobody's no a yes, and no settled amount another")
    return 1 if seen.broken else 0


if __name__ == "__main__":
    sys.exit(main())
