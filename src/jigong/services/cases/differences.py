"""A department says something else than the platform has recorded: a case for the class's office, once for the same two
values. Which of them holds meanwhile, the lake has settled (:mod:`jigong.lake.owners`)."""

from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection, transaction

from jigong.accounts.cipher import lookup, seal_text
from jigong.audit.actions import record
from jigong.audit.days import day_of
from jigong.kernel.hashing import canonical_json
from jigong.kernel.problems import JigongError
from jigong.lake import sql
from jigong.lake.batches import Batch, Difference
from jigong.lake.snapshot import Snapshot
from jigong.packs.contract import Column, Contract
from jigong.packs.pack import Pack
from jigong.services.cases.desks import office_of
from jigong.services.cases.models import DIFFERENCE, TEXT, Case, CaseState, Kind, Said

OWNER, PLATFORM = "owner", "platform"
"""Whose word holds, or is right."""
STEP = "difference"
"""Its deadline in the pack."""
_AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class Dispute:
    """What a case is about: the column of a record, what each side says of it, and how the record stands now.

    Where the column is empty it is the record itself: the platform has it, a whole delivery of its owner's does not.
    """

    data_class: str
    contract: Contract | None
    key: Mapping[str, str]
    column: str
    platform: str | None
    owner: str | None
    now: str | None
    """What the record says now."""
    values: Mapping[str, Any] | None
    """The whole record; None where there is none with this key any more."""
    file: str = ""
    line: int = 0
    known_on: date | None = None

    @property
    def holds(self) -> str:
        """Whose value stands in the record now; empty where it is neither's."""
        if self.whole:
            return PLATFORM if self.values is not None else OWNER
        if self.values is None:
            return ""
        return PLATFORM if self.now == self.platform else OWNER if self.now == self.owner else ""

    @property
    def of(self) -> Column | None:
        """The column, where the contract still has it."""
        known = self.values is not None and self.contract is not None and not self.whole
        return self.contract.column(self.column) if known and self.contract else None

    @property
    def whole(self) -> bool:
        """Whether it is about the whole record."""
        return not self.column


def note_differences(snapshot: Snapshot, pack: Pack, *, at: datetime) -> list[Case]:
    """Open a case for every difference of the lake that has none yet; the new ones. Again, it changes nothing."""
    found = []
    for batch in snapshot.batches:
        if batch.differences:
            found += _note(batch, snapshot, pack, at)
    return found


@transaction.atomic
def _note(batch: Batch, snapshot: Snapshot, pack: Pack, at: datetime) -> list[Case]:
    marks = {_mark(one): one for one in batch.differences}
    for mark in Said.objects.filter(batch=batch.name).values_list("mark", flat=True):
        marks.pop(mark, None)
    if not marks:
        return []
    # One at a time: a page and the nightly run may come upon the same delivery.
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('cases_said'))")
    for mark in Said.objects.filter(batch=batch.name).values_list("mark", flat=True):
        marks.pop(mark, None)
    last, made = _last(marks), []
    for mark, difference in marks.items():
        case = last.get(mark)
        if case is None or _undone(case, difference, snapshot):
            case = _opened(mark, difference, batch, pack, at)
            made.append(case)
        Said.objects.create(
            case=case, batch=batch.name, known_on=batch.known_on, mark=mark, data_class=difference.class_name,
            column=difference.column, kept=difference.kept, at=at,
            body=seal_text(canonical_json([difference.key, difference.platform, difference.owner]), DIFFERENCE),
        )  # fmt: skip
    return made


def _mark(one: Difference) -> str:
    return lookup(canonical_json([one.class_name, one.key, one.column, one.platform, one.owner]), DIFFERENCE)


def _last(marks: Iterable[str]) -> dict[str, Case]:
    """The last case about each of the differences."""
    wanted = list(marks)
    found: dict[str, Case] = {}
    for start in range(0, len(wanted), _AT_ONCE):
        known = Case.objects.filter(kind=Kind.DIFFERENCE, mark__in=wanted[start : start + _AT_ONCE])
        found |= {case.mark: case for case in known.order_by("pk")}
    return found


def _undone(case: Case, difference: Difference, snapshot: Snapshot) -> bool:
    """Whether a closed case's answer holds no more: the very value that was found wrong stands in the record."""
    if case.state == CaseState.OPEN:
        return False
    wrong = PLATFORM if case.state == CaseState.UPHELD else OWNER
    if difference.kept != wrong:
        return False
    return dispute_of(difference, snapshot).holds == wrong


def _opened(mark: str, difference: Difference, batch: Batch, pack: Pack, at: datetime) -> Case:
    try:
        office = office_of(pack, difference.class_name) if difference.class_name in pack.contracts else ""
    except JigongError:
        # Nobody's: the district answers.
        office = ""
    case = Case.objects.create(
        kind=Kind.DIFFERENCE, data_class=difference.class_name, mark=mark, office=office, text=seal_text("", TEXT),
        deadline=day_of(at) + timedelta(days=pack.days_for(STEP)), opened_at=at,
    )  # fmt: skip
    record(
        "cases.difference", by=None, at=at, object_kind="case", object_id=case.pk,
        reason="部门报送的值与平台记录的不同",
        detail={
            "class": case.data_class, "column": difference.column, "holds": difference.kept,
            "batch": batch.name, "office": office,
        },
    )  # fmt: skip
    return case


def difference_of(case: Case) -> Difference:
    """What a case about a difference is about, as it was last said."""
    said = case.said.latest("pk")
    key, platform, owner = said.open_body()
    return Difference(said.data_class, key, said.column, platform, owner, said.kept)


def dispute_of(difference: Difference, snapshot: Snapshot) -> Dispute:
    """How the record of a difference stands now."""
    contract = snapshot.contracts.get(difference.class_name)
    named = contract.key if contract is not None else [str(n) for n in range(1, len(difference.key) + 1)]
    key = dict(zip(named, difference.key, strict=False))
    about = (difference.class_name, contract, key, difference.column, difference.platform, difference.owner)
    names = {"", *(column.name for column in contract.columns)} if contract is not None else set()
    if contract is None or len(key) != len(contract.key) or difference.column not in names:
        return Dispute(*about, None, None)
    same = " AND ".join(f"CAST({sql.name(name)} AS VARCHAR) = ?" for name in key)
    columns = [column.name for column in contract.columns]
    with closing(snapshot.connect()) as duck:
        rows = duck.execute(
            f"SELECT {f'CAST({sql.name(difference.column)} AS VARCHAR)' if difference.column else 'NULL'}, _file, _line, _known_on, {sql.names(columns)}"
            f" FROM {sql.name(contract.name)} WHERE {same}",
            list(key.values()),
        ).fetchall()
    if len(rows) != 1:
        return Dispute(*about, None, None)
    now, file, line, known_on, *values = rows[0]
    return Dispute(*about, now, dict(zip(columns, values, strict=True)), file, line, known_on)
