"""What the lake knows that it knows: which months or days of each class its deliveries cover.

A record that is there counts. That there is none means something only where the deliveries cover it. So each batch
says, beside its records, what its files cover; what holds now is reckoned from all of them, oldest first. Coverage
comes from what the contract and the delivery declare, never from the dates in a file, and only from the deliveries
of the class's owner (ADR 20).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from jigong.lake.claims import month_end, months_from
from jigong.lake.parts import Part
from jigong.packs.contract import Contract

_SCHEMA = pa.schema(
    [
        ("class_name", pa.string()),
        ("kind", pa.string()),
        ("scope", pa.string()),
        ("month", pa.date32()),
        ("since", pa.date32()),
        ("until", pa.date32()),
        ("file", pa.string()),
        ("origin", pa.string()),
    ]
)


@dataclass(frozen=True, slots=True)
class Covered:
    """One thing that a file of a class covers.

    ``kind`` is ``register`` (everything up to ``until``), ``changes`` (from ``since``, or from the last day
    covered, up to ``until``) or ``month`` (``month``, for good). ``scope`` is None where it speaks for all. ``gap``
    is the opposite: ``file`` was refused, so that what it says up to ``until`` is missing; from ``since`` on, or
    from the beginning. Of a register only a first one leaves a gap.
    """

    class_name: str
    kind: str
    scope: str | None
    month: date | None
    since: date | None
    until: date
    file: str
    origin: str


@dataclass(frozen=True, slots=True)
class ClassCoverage:
    """What is covered of one class, for everybody.

    ``months``: the months covered, for a monthly class. ``until``: the last day covered in every scope; None where
    some scope never came. ``broken``: changes are missing after ``until``, so that from then on nothing is known
    until they come, or a whole register. ``gaps`` are those that are open. ``missing_scopes``: those that never came.
    ``partly_until``: where some never came, the last day on which the records of the others may be relied on.
    ``delivered`` is the day its owner's last delivery was known, ``latency`` how many days old news may be.
    """

    class_name: str
    latency: int
    monthly: bool
    months: tuple[date, ...] = ()
    until: date | None = None
    broken: bool = False
    missing_scopes: tuple[str, ...] = ()
    partly_until: date | None = None
    delivered: date | None = None
    gaps: tuple[Covered, ...] = ()

    @property
    def last(self) -> date | None:
        """The last day covered: of a monthly class the end of its newest covered month."""
        if self.monthly:
            return month_end(self.months[-1]) if self.months else None
        return self.until

    @property
    def relied_until(self) -> date | None:
        """The last day on which the class may be relied on; None if never."""
        last = self.last
        if last is None:
            return None
        return last if self.broken else last + timedelta(self.latency)

    @property
    def recorded_until(self) -> date | None:
        """The last day on which a record that is there may be relied on, though others may be missing."""
        return self.relied_until or self.partly_until

    @property
    def holes(self) -> tuple[date, ...]:
        """Months between the first and the last covered one that are not covered."""
        if len(self.months) < 2:
            return ()
        return tuple(m for m in months_from(self.months[0], self.months[-1]) if m not in set(self.months))

    def month_on(self, day: date) -> date | None:
        """The newest covered month that had ended before ``day`` and is not older than the latency; None if none."""
        found = max((m for m in self.months if month_end(m) < day), default=None)
        return found if found is not None and month_end(found) + timedelta(self.latency) >= day else None


@dataclass(frozen=True, slots=True)
class Coverage:
    """The coverage of every class as known in one snapshot."""

    classes: Mapping[str, ClassCoverage] = field(default_factory=dict)

    def relied_until(self, names: Iterable[str]) -> date | None:
        """The last day on which all of these classes may be relied on; None where one never came."""
        days = [self.classes[name].relied_until if name in self.classes else None for name in names]
        known = [day for day in days if day is not None]
        return None if len(known) < len(days) else min(known, default=date.max)

    def reckoned_to(self, names: Iterable[str], day: date) -> date | None:
        """The newest month that all monthly classes among ``names`` cover on ``day``; None where there is none."""
        monthly = [self.classes[n] for n in names if n in self.classes and self.classes[n].monthly]
        if not monthly:
            return None
        shared = set.intersection(*(set(one.months) for one in monthly))
        latency = min(one.latency for one in monthly)
        found = max((m for m in shared if month_end(m) < day), default=None)
        return found if found is not None and month_end(found) + timedelta(latency) >= day else None

    @property
    def reckoning(self) -> dict[str, date]:
        """For each class that came its newest covered month, or its last covered day: what decisions rest on."""
        found = {
            name: (one.months[-1] if one.months else None) if one.monthly else one.until
            for name, one in self.classes.items()
        }
        return {name: day for name, day in found.items() if day is not None}

    def pinned(self, reckoning: Mapping[str, date]) -> "Coverage":
        """This coverage cut back to an earlier reckoning: later months and days count as not there.

        A decision is looked at again with what is known now, but reckoned to where it was reckoned then.
        """
        classes = {}
        for name, one in self.classes.items():
            pin = reckoning.get(name)
            if one.monthly:
                months = tuple(m for m in one.months if pin is not None and m <= pin)
                classes[name] = replace(one, months=months)
            elif pin is None:
                # The cut takes away what was covered, not what was recorded.
                classes[name] = replace(one, until=None, partly_until=one.recorded_until)
            else:
                until = min(one.until, pin) if one.until else None
                classes[name] = replace(one, until=until, broken=one.broken and one.until == until)
        return Coverage(classes)


@dataclass(frozen=True, slots=True)
class Chain:
    """What the deliveries of one scope, one after another, cover of a register, or of changes.

    ``until`` is the last day covered, None where there is none; ``gaps`` are open; ``days`` are those up to which a file
    speaks, came it in or was refused.
    """

    until: date | None = None
    gaps: tuple[Covered, ...] = ()
    days: frozenset[date] = frozenset()


def write_coverage(rows: Sequence[Covered], target: Path) -> None:
    """Write what a batch covers as Parquet."""
    columns = {name: [getattr(row, name) for row in rows] for name in _SCHEMA.names}
    pq.write_table(pa.table(columns, schema=_SCHEMA), target, compression="zstd")


def read_coverage(root: Path, part: Part) -> list[tuple[str, date, Covered]]:
    """What deliveries covered, with their name and day: what :func:`write_coverage` wrote, of one or of many."""
    if part.known_on is not None:
        rows = pq.read_table(root / part.path, schema=_SCHEMA).to_pylist()
        return [(part.batches[0], part.known_on, Covered(**row)) for row in rows]
    table = pq.read_table(root / part.path).sort_by([("_batch", "ascending"), ("_place", "ascending")])
    deliveries = zip(table["_batch"].to_pylist(), table["_known_on"].to_pylist(), strict=True)
    rows = table.select(_SCHEMA.names).to_pylist()
    return [(batch, day, Covered(**row)) for (batch, day), row in zip(deliveries, rows, strict=True)]


def coverage_of(
    batches: Iterable[tuple[date, Sequence[Covered]]], contracts: Mapping[str, Contract]
) -> Coverage:
    """The coverage after all of ``batches`` (day known, what they cover), oldest first."""
    by_class: dict[str, list[tuple[date, Covered]]] = {name: [] for name in contracts}
    for known_on, rows in batches:
        for row in rows:
            if row.class_name in by_class:
                by_class[row.class_name].append((known_on, row))
    return Coverage({name: _class_coverage(contracts[name], rows) for name, rows in by_class.items()})


def _class_coverage(contract: Contract, rows: Sequence[tuple[date, Covered]]) -> ClassCoverage:
    delivered = max((known_on for known_on, _ in rows), default=None)
    monthly = contract.valid_time.kind == "month"
    empty = ClassCoverage(contract.name, contract.latency_days, monthly, delivered=delivered)
    scopes = contract.covers.scopes or (None,)
    if monthly:
        missing = tuple(
            scope
            for scope in contract.covers.scopes
            if not any(row.scope in (None, scope) for _, row in rows)
        )
        shared = [months_of((row for _, row in rows), scope) for scope in scopes]
        months = tuple(sorted(set.intersection(*shared)))
        return replace(empty, months=months, missing_scopes=missing)
    chains = {scope: chain_of((row for _, row in rows), scope) for scope in scopes}
    missing = tuple(scope for scope in contract.covers.scopes if chains[scope].until is None)
    gaps = tuple(dict.fromkeys(gap for chain in chains.values() for gap in chain.gaps))
    empty = replace(empty, missing_scopes=missing, gaps=gaps)
    ends = [(chain.until, bool(chain.gaps)) for chain in chains.values() if chain.until is not None]
    if not ends:
        return replace(empty, broken=bool(gaps))
    if missing:
        latency = timedelta(contract.latency_days)
        partly = min(until if broken else until + latency for until, broken in ends)
        return replace(empty, partly_until=partly)
    until = min(day for day, _ in ends)
    return replace(empty, until=until, broken=any(broken and day == until for day, broken in ends))


def months_of(rows: Iterable[Covered], scope: str | None) -> set[date]:
    """The months covered in one scope."""
    return {row.month for row in rows if row.month is not None and row.scope in (None, scope)}


def chain_of(rows: Iterable[Covered], scope: str | None) -> Chain:
    """What ``rows`` of a class cover in one scope, oldest first.

    Each file that was refused leaves a gap of its own. What closes it is the same file, by its name and day; changes that
    say they reach back over it; or a whole register. Changes that do so in part leave the rest of it.
    """
    mine = [row for row in rows if row.scope in (None, scope)]
    days = frozenset(row.until for row in mine)
    gaps: list[Covered] = []
    end: date | None = None  # The last day up to which any file spoke, once a whole had come.
    for row in mine:
        if row.kind == "gap":
            gaps = [one for one in gaps if (one.file, one.until) != (row.file, row.until)] + [row]
            end = max(end, row.until) if end is not None else None
        elif row.kind == "register":
            gaps = _closed(gaps, row.until)
            end = max([row.until, *(one.until for one in gaps), *([end] if end is not None else [])])
        else:
            gaps = [one for one in gaps if (one.file, one.until) != (row.file, row.until)]
            if row.since is not None:
                within = [one for one in gaps if one.since is not None and row.since <= one.since]
                gaps = [one for one in gaps if one not in within] + _closed(within, row.until)
            if end is None:
                # The first delivery of changes is the whole so far, unless it says since when, or another was refused.
                if row.since is None and all(one.since is not None for one in gaps):
                    end = max([row.until, *(one.until for one in gaps)])
                continue
            if row.since is not None and row.since > end + timedelta(1):
                lost = (end + timedelta(1), row.since - timedelta(1))
                gaps.append(replace(row, kind="gap", since=lost[0], until=lost[1], file=""))
            end = max(end, row.until)
    if end is not None and gaps:
        firsts = [one.since for one in gaps if one.since is not None]
        end = min(end, min(firsts) - timedelta(1)) if len(firsts) == len(gaps) else None
    return Chain(end, tuple(gaps), days)


def _closed(gaps: Sequence[Covered], until: date) -> list[Covered]:
    """What is left of gaps when everything up to a day has come."""
    after = until + timedelta(1)
    return [
        one if one.since is not None and one.since > until else replace(one, since=after)
        for one in gaps
        if one.until > until
    ]
