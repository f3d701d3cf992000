"""Which rows an enterprise may report: about those it employs now, and as itself."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import QuerySet

from jigong.accounts.cipher import lookup
from jigong.accounts.models import Organisation, Person
from jigong.kernel.text import Text
from jigong.packs.enterprise import Report as ReportEntry
from jigong.services.reporting.reading import Fault, Row, Sent

CODE = "P-"
"""A person may be named by ``P-<number>`` of the platform instead of the citizen number, as the template does."""

_CODED = re.compile(re.escape(CODE) + "[0-9]{1,18}")
_STRANGER = (
    Text("不是本单位现在的职工", "not somebody this enterprise employs now"),
    Text("核对号码；已离职的不能报送", "check the number; people who have left cannot be reported"),
)
_OTHER_FIRM = (
    Text("写的是别的单位", "it names another enterprise"),
    Text("留空，由平台填写", "leave it empty; the platform fills it in"),
)


@dataclass(frozen=True, slots=True)
class Admitted:
    """The rows that may go on to the contract's checks, and why the others may not. ``people`` are whom they are about."""

    rows: tuple[Row, ...]
    faults: tuple[Fault, ...]
    people: tuple[int, ...]


def admit(
    sent: Sent,
    *,
    report: ReportEntry,
    organisation: Organisation,
    employees: QuerySet[Person],
) -> Admitted:
    """Keep the rows about ``employees``, with the organisation's own code filled in."""
    faults = list(sent.faults)
    numbers = _numbers(sent.rows, report.worker, employees)
    rows, people = [], set()
    for row in sent.rows:
        given = _plain(row.cells.get(report.worker, ""))
        person = numbers.get(given)
        if person is None:
            faults.append(Fault(row.line, report.worker, _hidden(given), *_STRANGER))
            continue
        cells = {**row.cells, report.worker: person[1]}
        if report.enterprise:
            said = _plain(cells.get(report.enterprise, ""))
            if said not in ("", organisation.code):
                faults.append(Fault(row.line, report.enterprise, said, *_OTHER_FIRM))
                continue
            cells[report.enterprise] = organisation.code
        people.add(person[0])
        rows.append(Row(row.line, cells))
    return Admitted(tuple(rows), tuple(faults), tuple(sorted(people)))


def _numbers(rows: Sequence[Row], column: str, employees: QuerySet[Person]) -> dict[str, tuple[int, str]]:
    """What rows call people by (number or platform code), for those employed here: id and number."""
    given = {_plain(row.cells.get(column, "")) for row in rows} - {""}
    codes = {int(text[len(CODE) :]): text for text in given if _CODED.fullmatch(text)}
    hashes = {lookup(text, "person.number"): text for text in given if not text.startswith(CODE)}
    found = {}
    for person in employees.filter(number_hash__in=hashes):
        found[hashes[person.number_hash]] = (person.pk, person.open_number())
    for person in employees.filter(pk__in=list(codes)):
        found[codes[person.pk]] = (person.pk, person.open_number())
    return found


def _plain(text: str) -> str:
    """As the lake compares codes: half-width, without blanks around, in capitals."""
    return unicodedata.normalize("NFKC", text).strip().upper()


def _hidden(number: str) -> str:
    """Enough of a number to find the row again; the whole is on the sender's own screen."""
    return number if len(number) <= 6 or number.startswith(CODE) else f"{number[:2]}…{number[-4:]}"
