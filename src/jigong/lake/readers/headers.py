"""Which header of a file is which column of the contract."""

from collections.abc import Sequence
from dataclasses import dataclass

from jigong.kernel.problems import nearest
from jigong.kernel.text import Text
from jigong.lake.errors import Refused
from jigong.packs.contract import Contract
from jigong.packs.contract_reader import plain_header

HEADER_ROWS = 10
"""A header is looked for in so many rows: departments put titles and dates above it."""


@dataclass(frozen=True, slots=True)
class Matched:
    """``columns`` maps contract columns to positions in the file; ``ignored`` are the other headers."""

    columns: dict[str, int]
    ignored: tuple[str, ...]


def find_header(rows: Sequence[Sequence[str]], contract: Contract) -> int:
    """The position of the row, among the first few, that has the most headers of the contract."""
    scores = [len(_positions(row, contract)) for row in rows[:HEADER_ROWS]]
    if not any(scores):
        return next((place for place, row in enumerate(rows) if any(cell.strip() for cell in row)), 0)
    return scores.index(max(scores))


def known_columns(headers: Sequence[str], contract: Contract) -> set[str]:
    """The columns of the contract that stand in a row of headers."""
    return set(_positions(headers, contract))


def match(headers: Sequence[str], contract: Contract) -> Matched:
    """Match a header row against the contract.

    Raises:
        Refused: a required column is missing (with the most similar header), or a column comes twice.
    """
    found = _preferred(headers, _positions(headers, contract), contract)
    used = {place for places in found.values() for place in places}
    ignored = tuple(h.strip() for place, h in enumerate(headers) if place not in used and h.strip())
    twice = [name for name, places in found.items() if len(places) > 1]
    if twice:
        label = contract.column(twice[0]).label
        raise Refused(
            "file:columns",
            Text(
                f"“{label.zh}”列出现了 {len(found[twice[0]])} 次",
                f"column “{twice[0]}” comes {len(found[twice[0]])} times",
            ),
        )
    missing = [c for c in contract.columns if c.required and c.name not in found]
    if missing:
        raise _missing([(c.headers[0] if c.headers else c.name, c.name) for c in missing], ignored)
    return Matched({name: places[0] for name, places in found.items()}, ignored)


def _preferred(
    headers: Sequence[str], found: dict[str, list[int]], contract: Contract
) -> dict[str, list[int]]:
    """Of several headers of one column the one the contract names first: 身份证号 rather than 证件号码 beside it."""
    ranks = {
        c.name: {plain_header(h): n for n, h in reversed([*enumerate(c.headers)])} for c in contract.columns
    }
    best = {
        name: min(ranks[name].get(plain_header(headers[place]), len(ranks[name])) for place in places)
        for name, places in found.items()
    }
    return {
        name: [
            place
            for place in places
            if ranks[name].get(plain_header(headers[place]), len(ranks[name])) == best[name]
        ]
        for name, places in found.items()
    }


def _missing(columns: Sequence[tuple[str, str]], others: Sequence[str]) -> Refused:
    zh, en = [], []
    for header, name in columns:
        close = nearest(header, others) or nearest(name, others)
        zh.append(f"“{header}”" + (f"(文件中最接近的是“{close}”)" if close else ""))
        en.append(f"“{name}”" + (f" (most similar in the file: “{close}”)" if close else ""))
    return Refused("file:columns", Text("缺少列:" + "、".join(zh), "missing columns: " + ", ".join(en)))


def _positions(headers: Sequence[str], contract: Contract) -> dict[str, list[int]]:
    wanted = {plain_header(h): c.name for c in contract.columns for h in (*c.headers, c.name)}
    found: dict[str, list[int]] = {}
    for place, header in enumerate(headers):
        name = wanted.get(plain_header(header))
        if name is not None:
            found.setdefault(name, []).append(place)
    return found
