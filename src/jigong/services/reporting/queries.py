"""Reports of an organisation, and what a class asks for."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from jigong.accounts.cipher import unseal_text
from jigong.accounts.enums import OrganisationKind
from jigong.accounts.models import Organisation
from jigong.dossiers.law import current_run, law_of_run
from jigong.insight.law import Law
from jigong.kernel.text import Text
from jigong.lake.lake import Lake
from jigong.packs.contract import Contract
from jigong.packs.enterprise import Report as ReportEntry
from jigong.services.reporting.models import Report
from jigong.services.reporting.reading import Fault, Row

ROWS, FAULTS = "report.rows", "report.faults"


@dataclass(frozen=True, slots=True)
class Form:
    """Something an organisation may report: the pack's entry and the class's contract."""

    entry: ReportEntry
    contract: Contract


def law() -> Law:
    """The law the portals show."""
    return law_of_run(current_run())


def lake() -> Lake:
    """The lake of this site."""
    return Lake(Path(settings.JIGONG.data) / "lake", law().pack.contracts)


def forms() -> dict[str, Form]:
    """What an enterprise may report, by class."""
    pack = law().pack
    return {
        name: Form(placed.value, pack.contracts[name])
        for name, placed in pack.reports.items()
        if name in pack.contracts
    }


def classes_of(organisation: Organisation) -> dict[str, Contract]:
    """The classes a bureau delivers."""
    return {
        name: contract
        for name, contract in law().pack.contracts.items()
        if organisation.kind == OrganisationKind.BUREAU and contract.office == organisation.code
    }


def reports_of(organisation: Organisation, limit: int = 50) -> list[Report]:
    """The organisation's reports, newest first."""
    found = Report.objects.filter(organisation=organisation).select_related("by").order_by("-id")
    return list(found.defer("rows", "faults")[:limit])


def open_rows(report: Report) -> tuple[Row, ...]:
    """The rows of a report that waits."""
    if report.rows is None:
        return ()
    return tuple(Row(line, cells) for line, cells in json.loads(unseal_text(report.rows, ROWS)))


def open_faults(report: Report) -> tuple[Fault, ...]:
    """What was wrong with a report's rows, in the order of their lines."""
    found = json.loads(unseal_text(report.faults, FAULTS))
    return tuple(
        Fault(line, column, value, Text(*what), Text(*todo)) for line, column, value, what, todo in found
    )


def dump_faults(faults: Sequence[Fault]) -> str:
    """Faults as JSON; :func:`open_faults` reads it back."""
    return json.dumps(
        [
            [f.line, f.column, f.value, [f.message.zh, f.message.en], [f.remedy.zh, f.remedy.en]]
            for f in faults
        ],
        ensure_ascii=False,
    )
