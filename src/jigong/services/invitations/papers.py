"""Certificates, contracts, appointments: those an enterprise is party to, and those its people let it see.

What kinds there are, and which of them run out, the pack says (``papers.yaml``).
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb
from django.conf import settings
from django.db.models import QuerySet

from jigong.accounts.cipher import lookup
from jigong.accounts.models import Organisation, Person
from jigong.dossiers.law import current_run, law_of_run
from jigong.kernel.text import Text
from jigong.lake.lake import Lake
from jigong.lake.sql import text as quoted
from jigong.packs.authored import refuse
from jigong.packs.enterprise import Paper
from jigong.packs.pack import Pack
from jigong.services.invitations.looks import consents_in_force

_COLUMNS = "number, title, since, until"


@dataclass(frozen=True, slots=True)
class PaperLine:
    """One paper; ``person`` is None for the enterprise's own. ``until`` is None where it does not run out."""

    kind: str
    label: Text
    person: int | None
    number: str
    title: Text
    since: date | None
    until: date | None


def papers_of(
    organisation: Organisation,
    employees: QuerySet[Person],
    *,
    kinds: Collection[str] | None = None,
    until: tuple[date, date] | None = None,
) -> list[PaperLine]:
    """The papers the enterprise may see, those that run out first; within ``until`` (both days count) only such.

    A paper of a purpose is there only with consent for it; one the enterprise is party to, for whoever it
    employs now.
    """
    pack = law_of_run(current_run()).pack
    wanted = [
        placed
        for placed in pack.papers.values()
        if (kinds is None or placed.value.id in kinds) and not (until and placed.value.lasting)
    ]
    for placed in wanted:
        refuse(placed.value.sql, pack.contracts, pack.parameters, placed.place("sql"))
    entries = [placed.value for placed in wanted]
    with _connect(pack) as con:
        found = [
            line
            for entry in entries
            for line in (
                _with_consent(con, pack, entry, organisation, employees)
                if entry.consent
                else _as_party(con, pack, entry, organisation, employees, until)
            )
        ]
    return sorted(found, key=lambda line: (line.until or date.max, line.kind, line.number))


def kinds() -> list[Paper]:
    """The kinds of papers the pack knows."""
    return [placed.value for placed in law_of_run(current_run()).pack.papers.values()]


def _connect(pack: Pack) -> duckdb.DuckDBPyConnection:
    return Lake(Path(settings.JIGONG.data) / "lake", pack.contracts).snapshot().connect()


def _with_consent(
    con: duckdb.DuckDBPyConnection,
    pack: Pack,
    entry: Paper,
    organisation: Organisation,
    employees: QuerySet[Person],
) -> list[PaperLine]:
    consents = consents_in_force(organisation, employees)
    ids = [person for person, purposes in consents.items() if entry.consent in purposes]
    numbers = {person.open_number(): person.pk for person in employees.filter(pk__in=ids)}
    if not numbers:
        return []
    rows = con.execute(
        f"SELECT worker, {_COLUMNS} FROM ({entry.sql}\n) WHERE worker IN (SELECT unnest(?))", [list(numbers)]
    ).fetchall()
    return [_line(pack, entry, numbers[worker], *rest) for worker, *rest in rows]


def _as_party(
    con: duckdb.DuckDBPyConnection,
    pack: Pack,
    entry: Paper,
    organisation: Organisation,
    employees: QuerySet[Person],
    until: tuple[date, date] | None,
) -> list[PaperLine]:
    within = f" AND until BETWEEN DATE '{until[0]}' AND DATE '{until[1]}'" if until else ""
    rows = con.execute(
        f"SELECT worker, {_COLUMNS} FROM ({entry.sql}\n) WHERE enterprise = {quoted(organisation.code)}{within}"
    ).fetchall()
    hashes = {worker: lookup(worker, "person.number") for worker, *_ in rows if worker}
    people = dict(employees.filter(number_hash__in=hashes.values()).values_list("number_hash", "pk"))
    return [
        _line(pack, entry, people.get(hashes[worker]) if worker else None, *rest)
        for worker, *rest in rows
        if not worker or hashes[worker] in people
    ]


def _line(
    pack: Pack,
    entry: Paper,
    person: int | None,
    number: str,
    title: str,
    since: date | None,
    until: date | None,
) -> PaperLine:
    return PaperLine(entry.id, entry.label, person, number, _named(pack, title), since, until)


def _named(pack: Pack, title: str) -> Text:
    """The title with the names of occupations in place of their codes."""
    words = title.split(" ")
    named = [pack.occupation(word) or Text(word, word) for word in words]
    return Text(" ".join(word.zh for word in named), " ".join(word.en for word in named))
