"""What one file covers, by its contract and what it says of itself; and why a file does not count as the whole."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Literal, TypeAlias

from jigong.lake import sql
from jigong.lake.claims import Claim, month_end, months_from
from jigong.lake.coverage import Covered, chain_of, months_of
from jigong.lake.gaps import gap
from jigong.lake.ghosts import NUMBERS
from jigong.lake.identifiers import valid
from jigong.lake.owners import moves_coverage
from jigong.lake.work import Work
from jigong.packs.contract import Contract

if TYPE_CHECKING:
    from jigong.lake.snapshot import Snapshot
    from jigong.lake.staging import Arrival

_Counts: TypeAlias = dict[tuple[str | None, date | None], int]
"""Rows by scope and month; under None, None those of all scopes, and of classes without months."""

_NEW_MONTH = Decimal("0.2")
"""A month nobody named, and that the lake does not cover, counts from this share of the file's fullest month on:
back-payments bring a few rows of months that the file does not hold."""


@dataclass(frozen=True, slots=True)
class Thin:
    """A file that by its contract, or its own word, holds a whole (a register, changes, or ``month``) of a ``scope``, but
    does not count as such. Its records count all the same.

    ``why`` is ``few`` (it brought only ``rows`` where about ``of`` would be; in ``like``, the covered month beside it,
    where that is set), ``empty`` (none at all), ``running`` (the month was not over yet), ``unread`` (of ``rows`` of
    its ``of`` rows nobody can tell whose they are), ``outside`` (``rows`` of its ``of`` rows are of another scope) or
    ``after`` (the first register was refused, and this need not be the whole).
    """

    class_name: str
    file: str
    month: date | None
    rows: int
    of: int
    why: Literal["few", "empty", "running", "unread", "outside", "after"] = "few"
    scope: str | None = None
    like: date | None = None


def find_covered(
    work: Work, files: Mapping[int, "Arrival"], snapshot: "Snapshot"
) -> tuple[list[Covered], list[Thin]]:
    """What the owner's files cover; the months, and for whom they speak, come from the rows that could be read."""
    contract, known_on = work.contract, work.known_on
    covered: list[Covered] = []
    thin: list[Thin] = []
    mine = {n: file for n, file in files.items() if moves_coverage(contract, file.origin)}
    # The sheets of a workbook speak as one file, and the files of one delivery together: a register may come in one
    # file a town.
    speakers = {file.name: file for file in mine.values() if not file.claim.records_only}
    if not speakers:
        return covered, thin
    rows, together = _counted(work, mine)
    lost = _lost(work, mine)
    said = snapshot.covered_of(contract.name)
    scopes = contract.covers.scopes
    for name, file in speakers.items():
        claim, own, came = file.claim, rows[name], _sum(rows[name], None)
        unread, waiting = lost.get(name, (0, 0))
        # A file that says neither for whom it speaks nor that it is the whole speaks for those of whom it has rows.
        alone = claim.scope is None and bool(scopes) and not claim.whole
        for scope in scopes if alone else (claim.scope,):
            one, here = replace(claim, scope=scope), _sum(own, scope)
            if claim.scope is not None and here < came:
                thin.append(Thin(contract.name, name, None, came - here, came, "outside", scope))
            chain = chain_of(said, scope)
            # A first register that was refused is missing until the same files come, or everything.
            refused = {gap.file for gap in chain.gaps} if contract.covers.kind == "register" else set()
            if contract.covers.unread.too_many(unread, came + waiting):
                thin.append(Thin(contract.name, name, None, unread, came + waiting, "unread", scope))
                covered += gap(contract, one, known_on, name, file.origin, chain)
            elif not here and (alone or (claim.scope is not None and came)):
                if contract.covers.kind != "changes":
                    thin.append(Thin(contract.name, name, None, 0, 0, "empty", scope))
            elif refused - speakers.keys() and not claim.whole:
                thin.append(Thin(contract.name, name, None, here, 0, "after", scope))
            else:
                mine_here = {month: n for (of, month), n in own.items() if of == scope}
                before = {
                    month: max(0, n - together.get((scope, month), 0) + mine_here.get(month, 0))
                    for month, n in _before(work, snapshot, scope).items()
                }
                if contract.covers.kind != "months":
                    mine_here = mine_here or {None: 0}
                months = months_of(said, scope)
                found, few = covered_by(contract, one, known_on, name, file.origin, mine_here, before, months)
                covered += found
                thin += few
    return covered, thin


def _sum(counts: _Counts, scope: str | None) -> int:
    return sum(n for (of, _), n in counts.items() if of == scope)


def _counted(work: Work, files: Mapping[int, "Arrival"]) -> tuple[dict[str, _Counts], _Counts]:
    """The good rows of each file by its name, and of all together."""
    contract = work.contract
    by = sql.name(contract.covers.by) if contract.covers.by else "NULL"
    rows: dict[str, _Counts] = {file.name: {} for file in files.values()}
    together: _Counts = {}
    for number, scope, month, count in work.con.execute(
        f"SELECT _file_no, {by}, {_month(contract)}, count(*) FROM good GROUP BY ALL"
    ).fetchall():
        if number in files:
            for counts in (rows[files[number].name], together):
                for place in {(scope, month), (None, month)}:
                    counts[place] = counts.get(place, 0) + count
    return rows, together


def _lost(work: Work, files: Mapping[int, "Arrival"]) -> dict[str, tuple[int, int]]:
    """By the names of files how many rows nobody can tell whose they are, and how many are in quarantine at all."""
    contract = work.contract
    needed = [
        c for c in contract.columns if c.identifier in NUMBERS and (c.required or c.name in contract.key)
    ]
    blind = []
    for column in needed:
        assert column.identifier is not None
        found = valid(column.identifier, "upper(number)")
        blind.append(
            f"({sql.name(column.name)} IS NULL AND len(list_filter(regexp_extract_all(coalesce(_text, ''),"
            f" '{NUMBERS[column.identifier]}'), lambda number: {found})) = 0)"
        )
    blind = blind or [f"{sql.name(name)} IS NULL" for name in contract.key]
    found_rows: dict[str, tuple[int, int]] = {}
    for number, unread, waiting in work.con.execute(
        f"SELECT _file_no, count(*) FILTER ({' OR '.join(blind)}), count(*) FROM ghosts WHERE _cells IS NULL GROUP BY 1"
    ).fetchall():
        if number in files:
            before = found_rows.get(files[number].name, (0, 0))
            found_rows[files[number].name] = (before[0] + unread, before[1] + waiting)
    return found_rows


def _before(work: Work, snapshot: "Snapshot", scope: str | None) -> dict[date | None, int]:
    """How many records the lake has of a class, or that wait for it, within a scope."""
    contract = work.contract
    waits = snapshot.waiting.of(contract.name)
    if not snapshot.has(contract.name) and not waits:
        return {}
    by = contract.covers.by
    within = f"{sql.name(by)} = {sql.text(scope)}" if scope is not None and by is not None else "TRUE"
    counts: dict[date | None, int] = dict(
        work.con.execute(
            f"SELECT {_month(contract)}, count(*) FROM current.{sql.name(contract.name)} WHERE {within} GROUP BY 1"
        ).fetchall()
    )
    if contract.covers.kind != "months" and scope is None:
        counts[None] = counts.get(None, 0) + sum(not row.cells and row.line > 0 for row in waits)
    return counts


def _month(contract: Contract) -> str:
    return sql.name(contract.valid_time.start) if contract.covers.kind == "months" else "NULL"


def covered_by(
    contract: Contract,
    claim: Claim,
    known_on: date,
    file: str,
    origin: str,
    rows: Mapping[date | None, int],
    before: Mapping[date | None, int],
    known: Collection[date] = (),
) -> tuple[list[Covered], list[Thin]]:
    """What a file covers by its contract and its claim, and what it brought too few rows for.

    ``rows`` counts the rows of the file that could be read, by month for a monthly class, else under None;
    ``before`` what the lake has of the same; ``known`` are the months that the lake covers. All are of the scope of the
    claim. A month is covered only if it had ended when the file was made, and only if anything came for it at all: that
    nobody in the whole scope has a row is a hole in the delivery, not in anybody's life. A few rows of what the lake has
    many of are corrections, not the whole anew, unless the claim says that they are the whole. So are a few rows of a
    month that nobody named and the lake does not cover, beside those of the months before and after that it does.
    """
    covers, until = contract.covers, claim.stated_on or known_on
    if claim.records_only:
        return [], []

    def covered(kind: str, month: date | None = None, since: date | None = None) -> Covered:
        return Covered(contract.name, kind, claim.scope, month, since, until, file, origin)

    def few(month: date | None, count: int, of: int, like: date | None = None) -> Thin:
        return Thin(contract.name, file, month, count, of, "few", claim.scope, like)

    def lacking(month: date | None, why: Literal["empty", "running"], count: int = 0) -> Thin:
        return Thin(contract.name, file, month, count, 0, why, claim.scope)

    if covers.kind == "changes" and not claim.whole:
        return [covered("changes", since=claim.since)], []
    found: list[Covered] = []
    thin: list[Thin] = []
    fullest = max((n for month, n in rows.items() if month is not None), default=0)
    for month, count in sorted(rows.items(), key=lambda item: item[0] or date.min):
        named = month is not None and claim.months is not None and claim.months[0] <= month <= claim.months[1]
        if month is not None:
            if claim.months is not None and not named:
                continue
            if month_end(month) >= until:
                if named:
                    thin.append(lacking(month, "running", count))
                continue
            if not named and month not in known and not claim.whole:
                if count < fullest * _NEW_MONTH:
                    thin.append(few(month, count, fullest))
                    continue
                like = max(_beside(month, known), key=lambda m: before.get(m, 0), default=None)
                if like is not None and count < before.get(like, 0) * covers.dense:
                    thin.append(few(month, count, before.get(like, 0), like))
                    continue
        of = before.get(month, 0)
        if count < of * covers.dense and not claim.whole:
            thin.append(few(month, count, of))
        elif count or (month is None and (claim.scope is None or claim.whole)):
            found.append(covered("register" if month is None else "month", month))
        else:
            thin.append(lacking(month, "empty"))
    if claim.months is not None:
        thin += [
            lacking(m, "empty") for m in months_from(*claim.months) if m not in rows and month_end(m) < until
        ]
    return found, thin


def _beside(month: date, known: Collection[date]) -> list[date]:
    """Of ``known`` months the last before and the first after ``month``."""
    ends = (
        max((m for m in known if m < month), default=None),
        min((m for m in known if m > month), default=None),
    )
    return [m for m in ends if m is not None]
