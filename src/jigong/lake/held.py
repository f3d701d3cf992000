"""Deliveries that wait for a person's word, because they leave out more records than their contract lets through.

Nothing of such a delivery counts. Its files are in the archive; beside the snapshots, which do not know of it, a note
says what came and how much of it is missing. It goes when somebody confirms, or sends, the files, or dismisses them.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jigong.kernel.hashing import canonical_json, content_hash
from jigong.kernel.text import Text
from jigong.lake.claims import Claim
from jigong.lake.coverage import Covered
from jigong.lake.lake import Lake
from jigong.lake.sources import FORMATS, FileSource, Item
from jigong.lake.withdrawing import TooMany

if TYPE_CHECKING:
    from jigong.lake.staging import Arrival


@dataclass(frozen=True, slots=True)
class HeldFile:
    """A file of a held delivery: its name, its content in the archive, how it is read, and what it says of itself."""

    name: str
    sha256: str
    format: str
    claim: Claim


@dataclass(frozen=True, slots=True)
class Held:
    """A delivery of a class that came on ``known_on`` and lacks ``lacking`` of the ``of`` records it could have held.

    ``examples`` are the keys of some of them, as text. ``id`` names it.
    """

    class_name: str
    known_on: date
    origin: str
    lacking: int
    of: int
    examples: tuple[tuple[str, ...], ...]
    files: tuple[HeldFile, ...]

    @property
    def id(self) -> str:
        """A name for it: equal deliveries of one day have the same."""
        what = [self.class_name, self.known_on, self.origin, [[f.name, f.sha256] for f in self.files]]
        return content_hash(what)[:16]

    @property
    def words(self) -> Text:
        """How much is missing."""
        return Text(
            f"已有的 {self.of:,} 条记录里缺 {self.lacking:,} 条，收下就等于撤回它们",
            f"it lacks {self.lacking:,} of {self.of:,} records, which would be withdrawn",
        )


def hold(too_many: TooMany, arrivals: Sequence["Arrival"], known_on: date) -> Held:
    """What is noted of a delivery that leaves out too many records."""
    files = tuple(HeldFile(a.name, a.sha256, a.format, a.claim) for a in arrivals)
    return Held(
        too_many.class_name,
        known_on,
        arrivals[0].origin,
        too_many.lacking,
        too_many.of,
        too_many.examples,
        files,
    )


def note_held(
    lake: Lake,
    held: Iterable[Held],
    covered: Iterable[Covered],
    arrivals: Mapping[str, Sequence["Arrival"]],
    build: Path,
) -> None:
    """Note the deliveries that are held now, and forget those before that are not needed any more: the same files came,
    or the class came whole without them. The lake is held."""
    now = {one.id: one for one in held}
    waits = {one.class_name for one in now.values()}
    whole = {(row.class_name, row.scope) for row in covered if row.kind == "register"}
    sent = {a.sha256 for name, those in arrivals.items() if name not in waits for a in those}
    for one in held_deliveries(lake):
        scopes = {(one.class_name, scope) for file in one.files for scope in (None, file.claim.scope)}
        if one.id not in now and (scopes & whole or {file.sha256 for file in one.files} <= sent):
            dismiss_held(lake, one)
    for name, one in now.items():
        lake.store.note_held(name, canonical_json(asdict(one)), build)


def held_deliveries(lake: Lake) -> list[Held]:
    """Every delivery that waits for a person's word, by class and day."""
    found = [_read(json.loads(text)) for text in lake.store.held()]
    return sorted(found, key=lambda one: (one.class_name, one.known_on, one.id))


def dismiss_held(lake: Lake, held: Held) -> None:
    """Forget a held delivery: it was a mistake. Its files stay in the archive; nothing else was ever taken of it."""
    lake.store.forget_held(held.id)


def held_items(lake: Lake, held: Held, known_on: date, folder: Path) -> list[Item]:
    """The files of a held delivery, to be taken in on ``known_on`` as the whole: their word is of the day they came."""
    items = []
    by_changes = lake.contracts[held.class_name].covers.kind == "changes"
    for place, file in enumerate(held.files):
        suffix = next(suffix for suffix, kind in FORMATS.items() if kind == file.format)
        path = folder / f"{place}{suffix}"
        path.symlink_to(lake.store.archived(file.sha256).absolute())
        stated_on = file.claim.stated_on or (held.known_on if held.known_on < known_on else None)
        single = file.claim.records_only or file.claim.withdraws or by_changes
        claim = replace(file.claim, stated_on=stated_on, whole=file.claim.whole or not single)
        items.append(Item(file.name, FileSource(path, held.class_name), claim))
    return items


def _read(data: dict[str, Any]) -> Held:
    files = tuple(HeldFile(**{**file, "claim": _claim(file["claim"])}) for file in data["files"])
    examples = tuple(tuple(key) for key in data["examples"])
    return Held(
        **{**data, "known_on": date.fromisoformat(data["known_on"]), "files": files, "examples": examples}
    )


def _claim(data: dict[str, Any]) -> Claim:
    days = {name: date.fromisoformat(data[name]) for name in ("since", "stated_on") if data[name]}
    months = tuple(date.fromisoformat(month) for month in data["months"]) if data["months"] else None
    return Claim(**{**data, **days, "months": months})
