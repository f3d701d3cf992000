"""The order of a draw: pure arithmetic anybody can repeat with SHA-256."""

import hashlib
from collections.abc import Iterable
from decimal import ROUND_CEILING, Decimal

METHOD = "jigong-sample/1"


def list_hash(steps: Iterable[int]) -> str:
    """The hash of a list: the steps' numbers, ascending, one a line."""
    return hashlib.sha256("".join(f"{step}\n" for step in sorted(steps)).encode()).hexdigest()


def seed_of(list_hash: str, line_hash: str) -> str:
    """The seed: the list, and the hash of the line of the record that closed it."""
    return hashlib.sha256(f"{METHOD}\n{list_hash}\n{line_hash}\n".encode()).hexdigest()


def order_of(seed: str, steps: Iterable[int]) -> list[int]:
    """The steps by the SHA-256 of seed and number."""
    return sorted(steps, key=lambda step: hashlib.sha256(f"{seed}\n{step}\n".encode()).hexdigest())


def size_of(population: int, share: Decimal, at_least: int) -> int:
    """How many of ``population`` are picked: the share, rounded up, at least so many, never more than there are."""
    wanted = int((share * population).to_integral_value(ROUND_CEILING))
    return min(population, max(wanted, at_least))


def interval(wrong: int, looked_at: int, z: float) -> tuple[float, float] | None:
    """Wilson's interval for the share found wrong, from 0 to 1; None where nothing was looked at.

    ``z`` is the normal quantile of the confidence wanted. It holds for a random sample only.
    """
    if looked_at == 0:
        return None
    share, square = wrong / looked_at, z * z
    centre = share + square / (2 * looked_at)
    spread = z * ((share * (1 - share) + square / (4 * looked_at)) / looked_at) ** 0.5
    below, above = ((centre + side) / (1 + square / looked_at) for side in (-spread, spread))
    # Rounding must not leave the share itself outside.
    return max(0.0, min(below, share)), min(1.0, max(above, share))
