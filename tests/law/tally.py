"""What the random tests of the law tried, counted for ``script/law`` to print."""

from collections import Counter
from dataclasses import dataclass, field


@dataclass
class Tally:
    """Subjects by what became of them, and what was taken from what is known of them."""

    subjects: Counter[str] = field(default_factory=Counter)
    spoiled: Counter[str] = field(default_factory=Counter)

    def __str__(self) -> str:
        return f"  subjects: {listed(self.subjects)}\n  spoiled: {listed(self.spoiled)}"


def listed(counts: Counter[str]) -> str:
    """Counts on one line, by name."""
    return ", ".join(f"{name} {count:,}" for name, count in sorted(counts.items()))


TALLIES: dict[str, Tally] = {}


def tally(law: str) -> Tally:
    """The counts of one law, shared by the tests that try it."""
    return TALLIES.setdefault(law, Tally())
