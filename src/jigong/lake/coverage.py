"""What the lake knows that it knows: which months or days of each class its deliveries cover.

A record that is there counts. That there is none means something only where the deliveries cover it. So each batch
says, beside its records, what its files cover; what holds now is reckoned from all of them, oldest first. Coverage
comes from what the contract and the delivery declare, never from the dates in a file, and only from the deliveries
of the class's owner (ADR 20).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from jigong.lake.claims import Claim, month_end, months_from
from jigong.lake.parts import Part
from jigong.packs.contract import Contract

_NEW_MONTH = Decimal("0.2")
"""A month nobody named, and of which the lake has nothing, counts from this share of the file's fullest month on:
back-payments bring a few rows of months that the file does not hold."""

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
    is the opposite: a file with changes was refused, so that changes up to ``until`` are missing; from ``since`` on, or
    from the beginning.
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
    until a whole register comes. ``missing_scopes``: those that never came. ``partly_until``: where some never came,
    the last day on which the records of the others may be relied on. ``delivered`` is the day its owner's last
    delivery was known, ``latency`` how many days old news may be.
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
class Thin:
    """A file that by its contract, or its own word, holds a whole (a register, or ``month``), but does not count as
    such: it brought only ``rows`` where about ``of`` would be; none at all for a month it names (``of`` is 0); or
    the month was not over yet (``running``). Its records count all the same."""

    class_name: str
    file: str
    month: date | None
    rows: int
    of: int
    running: bool = False


def covered_by(
    contract: Contract,
    claim: Claim,
    known_on: date,
    file: str,
    origin: str,
    rows: Mapping[date | None, int],
    before: Mapping[date | None, int],
) -> tuple[list[Covered], list[Thin]]:
    """What a file covers by its contract and its claim, and what it brought too few rows for.

    ``rows`` counts the rows of the file that could be read, by month for a monthly class, else under None;
    ``before`` what the lake has of the same. A month is covered only if it had ended when the file was made, and
    only if anything came for it at all: that nobody in the whole scope has a row is a hole in the delivery, not in
    anybody's life. A few rows of what the lake has many of are corrections, not the whole anew, unless the claim
    says that they are the whole.
    """
    covers, until = contract.covers, claim.stated_on or known_on
    if claim.records_only:
        return [], []

    def covered(kind: str, month: date | None = None, since: date | None = None) -> Covered:
        return Covered(contract.name, kind, claim.scope, month, since, until, file, origin)

    if covers.kind == "changes" and not claim.whole:
        return [covered("changes", since=claim.since)], []
    found: list[Covered] = []
    thin: list[Thin] = []
    fullest = max((n for month, n in rows.items() if month is not None), default=0)
    for month, count in sorted(rows.items(), key=lambda item: item[0] or date.min):
        if month is None:
            of, kind = before.get(None, 0), "register"
        else:
            named = claim.months is not None and claim.months[0] <= month <= claim.months[1]
            if claim.months is not None and not named:
                continue
            if month_end(month) >= until:
                if named:
                    thin.append(Thin(contract.name, file, month, count, 0, running=True))
                continue
            of, kind = before.get(month, 0), "month"
            if not of and not named and count < fullest * _NEW_MONTH:
                thin.append(Thin(contract.name, file, month, count, fullest))
                continue
        if count < of * covers.dense and not claim.whole:
            thin.append(Thin(contract.name, file, month, count, of))
        elif count or month is None:
            found.append(covered(kind, month))
    if claim.months is not None:
        thin += [
            Thin(contract.name, file, m, 0, 0)
            for m in months_from(*claim.months)
            if m not in rows and month_end(m) < until
        ]
    return found, thin


def gap(
    contract: Contract, claim: Claim, known_on: date, file: str, origin: str, until: date | None
) -> Covered:
    """That a file with changes of a class was refused; ``until`` is the last day covered before it."""
    since = until + timedelta(1) if until is not None else None
    return Covered(contract.name, "gap", claim.scope, None, since, claim.stated_on or known_on, file, origin)


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
    missing = tuple(
        scope for scope in contract.covers.scopes if not any(row.scope in (None, scope) for _, row in rows)
    )
    if monthly:
        shared = [
            {row.month for _, row in rows if row.month is not None and row.scope in (None, scope)}
            for scope in scopes
        ]
        months = tuple(sorted(set.intersection(*shared)))
        return replace(empty, months=months, missing_scopes=missing)
    chains = [
        _chain([row for _, row in rows if row.scope in (None, scope)])
        for scope in scopes
        if scope not in missing
    ]
    ends = [(until, broken) for until, broken in chains if until is not None]
    if not ends or len(ends) < len(chains):
        return replace(empty, missing_scopes=missing, broken=any(broken for _, broken in chains))
    if missing:
        latency = timedelta(contract.latency_days)
        partly = min(until if broken else until + latency for until, broken in ends)
        return replace(empty, missing_scopes=missing, partly_until=partly)
    until = min(day for day, _ in ends)
    return replace(empty, until=until, broken=any(broken and day == until for day, broken in ends))


def _chain(rows: Sequence[Covered]) -> tuple[date | None, bool]:
    """The last day covered in one scope, and whether changes are missing after it."""
    until: date | None = None
    broken: date | None = None  # The last day of which changes are missing.
    for row in rows:
        if row.kind == "register":
            if until is None or row.until >= until:
                until, broken = row.until, broken if broken is not None and row.until < broken else None
        elif row.kind == "gap":
            broken = row.until
        elif until is None:
            # The first delivery of changes is the whole so far, unless it says since when. After one that was refused
            # that is only what comes in its place on the same day.
            if row.since is None and broken in (None, row.until):
                until, broken = row.until, None
        elif row.since is not None and row.since > until + timedelta(1):
            missing = row.since - timedelta(1)
            broken = missing if broken is None else max(broken, missing)
        elif broken is None or row.until == broken or (row.since is not None and row.until > broken):
            # A gap is closed by changes since the last day covered, or by a file of the day it opened on.
            until, broken = max(until, row.until), None
        elif row.since is not None:
            until = max(until, row.until)
    return until, broken is not None
