"""Check a report, take it in, or let it go."""

import json
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from jigong.accounts.cipher import seal_text
from jigong.accounts.models import Account, Organisation, Person
from jigong.audit.actions import record
from jigong.kernel.problems import error
from jigong.packs.contract import PEOPLE, Contract
from jigong.services.bring import refresh
from jigong.services.reporting.admission import admit
from jigong.services.reporting.enums import State
from jigong.services.reporting.intake import Outcome, file_prefix, preview, take
from jigong.services.reporting.models import Report
from jigong.services.reporting.queries import (
    FAULTS,
    ROWS,
    Form,
    dump_faults,
    forms,
    lake,
    open_faults,
    open_rows,
)
from jigong.services.reporting.reading import Fault, Row, Sent

FRESH_AT_ONCE = 200
"""For so many people verdicts are made anew at once; for more they wait for the next run."""


@transaction.atomic
def check(
    *,
    form: Form,
    sent: Sent,
    file: str,
    organisation: Organisation,
    employees: QuerySet[Person],
    by: Account,
    at: datetime,
    day: date,
) -> Report:
    """Look at every row of an enterprise's report, take none; the report waits for the sender's yes.

    What the same account sent of this class before, and never answered, is let go: it holds people's data.

    Raises:
        JigongError: the lake is busy.
    """
    admitted = admit(sent, report=form.entry, organisation=organisation, employees=employees)
    own = file_prefix(organisation, form.contract)
    outcome = preview(lake(), form.contract, admitted.rows, known_on=day, own=own)
    faults = sorted((*admitted.faults, *outcome.faults), key=lambda fault: fault.line)
    before = Report.objects.filter(organisation=organisation, data_class=form.contract.name, by=by)
    before.filter(state=State.CHECKED).update(state=State.DISCARDED, rows=None)
    return _keep(organisation, form.contract, file, sent, admitted.rows, outcome, faults, by, at)


def _keep(
    organisation: Organisation,
    contract: Contract,
    file: str,
    sent: Sent,
    rows: Sequence[Row],
    outcome: Outcome,
    faults: Sequence[Fault],
    by: Account,
    at: datetime,
) -> Report:
    wanted = set(outcome.lines) | set(outcome.duplicates)
    kept = json.dumps([[row.line, row.cells] for row in rows if row.line in wanted], ensure_ascii=False)
    report = Report.objects.create(
        organisation=organisation, data_class=contract.name, file=file[-200:], by=by, at=at,
        rows=seal_text(kept, ROWS), faults=seal_text(dump_faults(faults), FAULTS),
        rows_in=len(sent.rows) + len(sent.faults), accepted=len(outcome.lines), corrected=outcome.corrected,
        duplicates=len(outcome.duplicates), refused=len({fault.line for fault in faults}),
    )  # fmt: skip
    record(
        "reporting.check", by=by, at=at, object_kind="report", object_id=report.pk,
        detail={"class": contract.name, "rows": report.rows_in, "accepted": report.accepted},
    )  # fmt: skip
    return report


@transaction.atomic
def confirm(
    *,
    report: int,
    organisation: Organisation,
    employees: QuerySet[Person],
    by: Account,
    at: datetime,
    day: date,
) -> Report:
    """Take the admitted rows of a report into the lake. Doing it again changes nothing.

    Whoever left the enterprise since the report was checked is left out.

    Raises:
        JigongError: it was let go, nothing in it can be taken, or the lake is busy.
    """
    found = Report.objects.select_for_update().get(pk=report, organisation=organisation)
    if found.state == State.TAKEN:
        return found
    if found.state != State.CHECKED or not found.accepted:
        raise error(
            "这份报送没有可入库的行",
            "there is nothing in this report to take in",
            remedy=("改正后重新上传", "correct it and send it again"),
        )
    form = forms()[found.data_class]
    rows = open_rows(found)
    admitted = admit(Sent(rows), report=form.entry, organisation=organisation, employees=employees)
    outcome = take(
        lake(), form.contract, admitted.rows, organisation=organisation, known_on=day,
        own=file_prefix(organisation, form.contract),
    )  # fmt: skip
    faults = [*open_faults(found), *admitted.faults, *outcome.faults]
    found.state, found.taken_at, found.batch, found.rows = State.TAKEN, at, outcome.batch, None
    found.accepted, found.corrected = len(outcome.lines), outcome.corrected
    found.duplicates, found.refused = len(outcome.duplicates), len({fault.line for fault in faults})
    found.faults = seal_text(dump_faults(sorted(faults, key=lambda fault: fault.line)), FAULTS)
    found.save()
    record(
        "reporting.take", by=by, at=at, object_kind="report", object_id=found.pk,
        detail={"class": found.data_class, "batch": outcome.batch, "accepted": found.accepted},
    )  # fmt: skip
    _freshen_later(form.entry.worker, admitted.rows, outcome, at)
    return found


def _freshen_later(column: str | None, rows: Sequence[Row], outcome: Outcome, at: datetime) -> None:
    """Decide anew about those whose rows were taken, where they are few enough to wait for.

    It takes seconds, so it is done when everything is committed: meanwhile nobody else could write in the
    record. ``column`` has their numbers; without one the next run counts what came.
    """
    taken = set(outcome.lines)
    numbers = {row.cells[column] for row in rows if row.line in taken} if column else set()
    if 0 < len(numbers) <= FRESH_AT_ONCE:
        data = Path(settings.JIGONG.data)
        transaction.on_commit(lambda: refresh(numbers, data, at=at), robust=True)


@transaction.atomic
def discard(*, report: int, organisation: Organisation, by: Account, at: datetime) -> None:
    """Let a checked report go; its rows are forgotten."""
    found = Report.objects.select_for_update().get(pk=report, organisation=organisation)
    if found.state != State.CHECKED:
        return
    found.state, found.rows = State.DISCARDED, None
    found.save(update_fields=["state", "rows"])
    record("reporting.discard", by=by, at=at, object_kind="report", object_id=found.pk)


def report_rows(
    *,
    form: Form,
    sent: Sent,
    organisation: Organisation,
    employees: QuerySet[Person],
    by: Account,
    at: datetime,
    day: date,
) -> Outcome:
    """Check and take an enterprise's rows in one go, as a program sends them.

    Raises:
        JigongError: the lake is busy.
    """
    admitted = admit(sent, report=form.entry, organisation=organisation, employees=employees)
    own = file_prefix(organisation, form.contract)
    seen = preview(lake(), form.contract, admitted.rows, known_on=day, own=own)
    faults = tuple(sorted((*admitted.faults, *seen.faults), key=lambda fault: fault.line))
    good = [row for row in admitted.rows if row.line in set(seen.lines)]
    # Only rows that will be taken go in: an enterprise's faults are its own to mend, not the department's.
    done = (
        take(lake(), form.contract, good, organisation=organisation, known_on=day, own=own)
        if good
        else Outcome((), 0, (), ())
    )
    outcome = Outcome(done.lines, done.corrected, (*seen.duplicates, *done.duplicates), faults, done.batch)
    with transaction.atomic():
        report = _keep(organisation, form.contract, "", sent, (), outcome, faults, by, at)
        report.state, report.taken_at, report.batch, report.rows = State.TAKEN, at, done.batch, None
        report.save(update_fields=["state", "taken_at", "batch", "rows"])
    _freshen_later(form.entry.worker, good, done, at)
    return outcome


def deliver(
    *,
    contract: Contract,
    sent: Sent,
    organisation: Organisation,
    by: Account,
    at: datetime,
    day: date,
) -> Outcome:
    """Take a bureau's rows of a class of its own; what the contract refuses waits in quarantine.

    Raises:
        JigongError: the lake is busy.
    """
    outcome = take(lake(), contract, sent.rows, organisation=organisation, known_on=day, own=None)
    with transaction.atomic():
        record(
            "reporting.deliver", by=by, at=at, object_kind="class", object_id=contract.name,
            detail={"batch": outcome.batch, "rows": len(sent.rows), "accepted": len(outcome.lines)},
        )  # fmt: skip
    numbered = next((column.name for column in contract.columns if column.identifier in PEOPLE), None)
    _freshen_later(numbered, sent.rows, outcome, at)
    return outcome
