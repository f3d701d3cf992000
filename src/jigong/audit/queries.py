"""Reading the record, and checking that nobody changed it."""

from dataclasses import dataclass

from jigong.audit.chain import START, link
from jigong.audit.models import CHAINED, Entry


@dataclass(frozen=True, slots=True)
class ChainCheck:
    """What checking a chain found: how many lines, and the first that does not fit (None: all do)."""

    lines: int
    head: str
    broken_at: int | None


def check_chain() -> ChainCheck:
    """Read every line in order and compute its hash anew."""
    previous, count = START, 0
    for row in Entry.objects.order_by("id").values_list(*CHAINED, "previous", "hash").iterator(10_000):
        *values, said_previous, said_hash = row
        count += 1
        if values[0] != count or said_previous != previous or link(previous, values) != said_hash:
            return ChainCheck(count, previous, int(values[0]))
        previous = said_hash
    return ChainCheck(count, previous, None)
