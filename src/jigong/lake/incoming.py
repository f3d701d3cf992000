"""A delivery is sorted out: what is to be taken in, class by class, what came before, and what cannot be read."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, TypeAlias

from jigong.kernel.hashing import canonical_json
from jigong.kernel.problems import error, nearest
from jigong.lake.arrivals import receive
from jigong.lake.batches import contract_hash, file_content
from jigong.lake.claims import Claim, check_claim, claim_of_name
from jigong.lake.coverage import Covered
from jigong.lake.covering import Thin
from jigong.lake.deliveries import Deliveries
from jigong.lake.errors import NotTaken, Refused
from jigong.lake.held import Held
from jigong.lake.lake import Lake
from jigong.lake.report import Doubtful, RefusedFile, Repeated
from jigong.lake.sources import Item, class_of
from jigong.lake.staging import Arrival
from jigong.packs.contract import Contract

Progress: TypeAlias = Callable[[str, int, int], None]


@dataclass(slots=True)
class Delivery:
    """The arrivals of a run, sorted out: to take in (by class), repeated, refused; and what they cover."""

    arrivals: dict[str, list[Arrival]] = field(default_factory=dict)
    repeated: list[Repeated] = field(default_factory=list)
    refused: list[RefusedFile] = field(default_factory=list)
    covered: list[Covered] = field(default_factory=list)
    thin: list[Thin] = field(default_factory=list)
    claims: dict[str, Claim] = field(default_factory=dict)
    """What each file says of itself, by its name, where its class could be told."""
    replaced: int = 0
    not_taken: list[NotTaken] = field(default_factory=list)
    sheets: int = 0
    """Sheets of workbooks that were read."""
    doubtful: list[Doubtful] = field(default_factory=list)
    held: list[Held] = field(default_factory=list)
    still_open: list[Covered] = field(default_factory=list)


def sort_out(
    lake: Lake,
    items: Sequence[Item],
    batches: Deliveries,
    known_on: date,
    origin: str,
    build: Path,
    progress: Progress | None,
) -> Delivery:
    """Put every item into the archive, and find out which class it is and whether it is the newest word already."""
    delivery = Delivery()
    # The contents that are the newest word of their class, known on this very day, with their batch.
    newest = {
        canonical_json(file.content): batch
        for batch, files in batches.newest_word(known_on).values()
        for file in files
    }
    seen: dict[str, str | None] = {}
    for done, item in enumerate(items):
        if progress:
            progress(item.name, done, len(items))
        class_name = received = None
        try:
            class_name = class_of(item, lake.contracts)
            delivery.claims[item.name] = _claim(item, lake.contracts[class_name], known_on)
            untold = None
        except Refused as refusal:
            untold = refusal
        try:
            received = receive(item, lake.contracts, build)
            lake.store.archive(received.path, received.sha256)
            if refused := untold or received.refusal:
                raise refused
        except Refused as refusal:
            sha256 = received.sha256 if received else None
            delivery.refused.append(refused_file(item.name, class_name, sha256, refusal))
            continue
        assert class_name is not None
        contract = lake.contracts[class_name]
        arrival = Arrival(
            item.name,
            lake.store.archived(received.sha256),
            received.sha256,
            received.line_breaks,
            received.format,
            delivery.claims[item.name],
            origin,
        )
        mark = canonical_json(content_of(arrival, contract))
        if mark in newest or mark in seen:
            batch = newest.get(mark, seen.get(mark))
            delivery.repeated.append(Repeated(item.name, class_name, arrival.sha256, batch))
        else:
            seen[mark] = None
            delivery.arrivals.setdefault(class_name, []).append(arrival)
    return delivery


def _claim(item: Item, contract: Contract, known_on: date) -> Claim:
    """What a file says of itself.

    Raises:
        JigongError: it says more than its contract allows.
    """
    claim = claim_of_name(item.name, contract, item.claim)
    check_claim(item.name, contract, claim, known_on)
    return claim


def content_of(arrival: Arrival, contract: Contract) -> list[Any]:
    return file_content(
        arrival.sha256, contract.name, contract_hash(contract), arrival.origin, arrival.claim.identity
    )


def refused_file(
    name: str, class_name: str | None, sha256: str | None, refusal: Refused, sheet: str | None = None
) -> RefusedFile:
    return RefusedFile(name, class_name, sha256, refusal.reason, refusal.detail, sheet)


def check_classes(items: Sequence[Item], contracts: Mapping[str, Contract]) -> None:
    for name in dict.fromkeys(item.source.class_name for item in items):
        if name is not None and name not in contracts:
            close = nearest(name, [*contracts])
            raise error(
                f"没有“{name}”这一类",
                f"there is no class “{name}”",
                remedy=(f"是不是“{close}”?", f"is it “{close}”?") if close else None,
            )
