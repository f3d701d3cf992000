"""Everything held about a worker: by department and class of data, with the facts made of it, and the records."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.conf import settings

from jigong.accounts.masking import mask_number
from jigong.kernel.text import Language, Text
from jigong.lake.lake import Lake
from jigong.lake.provenance import Evidence, Provenance
from jigong.packs.contract import PEOPLE, Column, Contract
from jigong.portals.kit.templatetags.kit import cell_text
from jigong.portals.worker.clause_page import WORKER, hidden
from jigong.portals.worker.situation import Situation, reference_of

EVERY = 100_000
"""Records of one class, for an export: all of them."""


@dataclass(frozen=True, slots=True)
class HeldFact:
    """One fact: what it says, and which of the worker's subjects it is about (empty: the worker)."""

    name: str
    label: Text
    shown: str
    known: bool
    about: str
    reference: str


@dataclass
class HeldClass:
    """A class of data and the facts made of it."""

    contract: Contract
    facts: list[HeldFact] = field(default_factory=list)

    @property
    def probe(self) -> HeldFact:
        """A fact by whose evidence the records of the class are found."""
        return next((fact for fact in self.facts if fact.known), self.facts[0])

    @property
    def known(self) -> list[HeldFact]:
        """The facts that are known."""
        return [fact for fact in self.facts if fact.known]


def by_department(situation: Situation, language: Language) -> list[tuple[Text, list[HeldClass]]]:
    """Every class behind any fact, under the department that delivers it."""
    classes: dict[str, HeldClass] = {}
    for contract, fact in _facts(situation, language):
        classes.setdefault(contract.name, HeldClass(contract)).facts.append(fact)
    departments: dict[Text, list[HeldClass]] = {}
    for held in sorted(classes.values(), key=lambda one: one.contract.number):
        departments.setdefault(held.contract.department, []).append(held)
    return list(departments.items())


def _facts(situation: Situation, language: Language) -> Iterator[tuple[Contract, HeldFact]]:
    """Each fact of each subject with the first class it comes from."""
    book, held = situation.book, situation.held
    for topic in situation.law.pack.topics.values():
        header = topic.header.value
        for row in held.subjects.get(header.subject, ()):
            key = row[header.subject]
            worker = header.subject == WORKER
            about = "" if worker else f"{book.label(header.subject).in_(language)} {hidden(key)}"
            for name, entry in header.facts.items():
                contracts = book.sources(name)
                if contracts:
                    yield contracts[0], HeldFact(
                        name, entry.label, book.shown(name, row.get(name), language), row.get(name) is not None,
                        about, "" if worker else reference_of(key),
                    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class ShownRecord:
    """A record of the lake as its worker sees it: columns with their labels, and where the record came from."""

    label: Text
    department: Text
    columns: tuple[tuple[Text, str], ...]
    holds_from: date | None
    file: str
    line: int
    batch: str
    known_on: date


def shown_record(evidence: Evidence, situation: Situation, language: Language) -> ShownRecord:
    """A record; the numbers of other people in it are masked."""
    contract = situation.law.pack.contracts[evidence.data_class]
    columns = tuple(
        (
            column.label,
            _cell(column, evidence.values[column.name], situation.held.worker, language),
        )
        for column in contract.columns
        if evidence.values.get(column.name) is not None
    )
    return ShownRecord(
        contract.label, contract.department, columns, evidence.holds_from, evidence.file, evidence.line,
        evidence.batch, evidence.known_on,
    )  # fmt: skip


def _cell(column: Column, value: Any, own: str, language: Language) -> str:
    if column.identifier in PEOPLE and value != own:
        return mask_number(str(value))
    return cell_text(column, value, language)


def every_record(situation: Situation) -> list[Evidence]:
    """Every record behind any fact of the worker, each once, by class and line. Takes seconds."""
    pack = situation.law.pack
    provenance = Provenance(Lake(settings.JIGONG.data / "lake", pack.contracts).snapshot(), pack)
    found: dict[tuple[str, str, int], Evidence] = {}
    for topic in pack.topics.values():
        header = topic.header.value
        for row in situation.held.subjects.get(header.subject, ()):
            for name in header.facts:
                key, day = row[header.subject], row["as_of"]
                for evidence in provenance.of(name, header.subject, key, day, most=EVERY):
                    found.setdefault((evidence.data_class, evidence.file, evidence.line), evidence)
    return sorted(found.values(), key=lambda e: (e.data_class, e.file, e.line))
