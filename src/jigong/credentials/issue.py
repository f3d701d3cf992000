"""Turns records into credentials: new ones are issued, those the data no longer bear out are revoked."""

import json
import uuid
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from random import SystemRandom
from typing import Any

import duckdb
from django.db import connection, transaction
from django.db.models import Q

from jigong.accounts.cipher import lookup, seal_text, unseal_text
from jigong.accounts.models import Person
from jigong.audit.actions import record
from jigong.credentials.enums import KeyUse
from jigong.credentials.keys import signer
from jigong.credentials.models import Credential
from jigong.insight.law import Law
from jigong.kernel.hashing import canonical_json
from jigong.kernel.problems import error
from jigong.lake.snapshot import Snapshot
from jigong.lake.topics import WORDS, with_values
from jigong.packs.authored import refuse
from jigong.packs.credentials import CredentialKind
from jigong.packs.pack import Pack
from jigong.packs.shape import Placed

LIST_SIZE = 131_072
"""Entries of one status list: the least the standard allows, so that nobody is picked out of a small crowd."""
_CONTEXT = "credential.claims"
_COLUMNS = ("key", "worker", "achievement", "zh", "en", "awarded_on", "until", "number", "assessor")
_AT_ONCE = 5_000
_SEPARATOR = "\x1f"


@dataclass(frozen=True, slots=True)
class Issued:
    """How many credentials were issued and revoked."""

    issued: int
    revoked: int


@dataclass(frozen=True, slots=True)
class Claims:
    """What a credential says that only its holder shows."""

    name: str
    number: str
    assessor: str


@dataclass(frozen=True, slots=True)
class _Wanted:
    kind: str
    subject_hash: str
    claims_hash: str
    person: int
    said: Mapping[str, Any]


def open_claims(credential: Credential) -> Claims:
    """The sealed part of a credential."""
    return Claims(**json.loads(unseal_text(credential.claims, _CONTEXT)))


@transaction.atomic
def issue(snapshot: Snapshot, law: Law, *, at: datetime, only: Collection[str] | None = None) -> Issued:
    """Bring the credentials in line with the data; ``only`` limits it to the workers with these numbers.

    Doing it again changes nothing. What an officer revoked stays revoked until the record itself changes.

    Raises:
        JigongError: the SQL of a kind does not give the columns it must.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('credentials.issue'))")
    for use in KeyUse:
        # Made here, so that no page has to make them.
        signer(use, at=at)
    holders = _holders(only)
    with snapshot.connect() as lake:
        _put_words(lake, law.pack)
        wanted = {
            (w.kind, w.subject_hash): w
            for placed in law.pack.credentials.values()
            for w in _wanted(placed, lake, law, holders, only)
        }
    known = Credential.objects.filter(kind__in=law.pack.credentials)
    if only is not None:
        # A record that changed hands is found by what it is, too.
        mine = Q(person__in=[pk for pk, _ in holders.values()])
        known = known.filter(mine | Q(subject_hash__in=[subject for _, subject in wanted]))
    kept, gone = set(), []
    columns = ("id", "kind", "person_id", "subject_hash", "claims_hash")
    for id_, kind, person, subject, claims in known.filter(revoked_at__isnull=True).values_list(*columns):
        if (kind, subject) in wanted and wanted[kind, subject].claims_hash == claims:
            kept.add((kind, subject))
        else:
            gone.append((id_, kind, person))
    refused = set(known.filter(revoked_by__isnull=False).values_list("kind", "subject_hash", "claims_hash"))
    new = [w for key, w in wanted.items() if key not in kept and (*key, w.claims_hash) not in refused]
    for id_, kind, person in gone:
        _revoke_by_data(id_, kind, person, at)
    _insert(new, at)
    if new or gone:
        record("credentials.issue", by=None, at=at, detail={"issued": len(new), "revoked": len(gone)})
    return Issued(len(new), len(gone))


def _holders(only: Collection[str] | None) -> dict[str, tuple[int, str]]:
    """Person and name by the hash of the number."""
    people = Person.objects.all()
    if only is not None:
        people = people.filter(number_hash__in=[lookup(number, "person.number") for number in only])
    return {hash_: (pk, name) for hash_, pk, name in people.values_list("number_hash", "pk", "name")}


def _wanted(
    placed: Placed[CredentialKind],
    lake: duckdb.DuckDBPyConnection,
    law: Law,
    holders: Mapping[str, tuple[int, str]],
    only: Collection[str] | None,
) -> Iterator[_Wanted]:
    kind = placed.value
    for row in _rows(placed, lake, law, only):
        holder = holders.get(lookup(row["worker"], "person.number"))
        if holder is None:
            continue
        said = {**row, "name": holder[1]}
        del said["worker"]
        # Whoever changes what is hashed here revokes every credential, and issues it anew.
        text = _SEPARATOR.join(map(str, (kind.id, holder[0], *said.values())))
        yield _Wanted(
            kind.id, lookup(f"{kind.id} {row['key']}", "credential.subject"),
            lookup(text, "credential.claims"), holder[0], said,
        )  # fmt: skip


def _put_words(lake: duckdb.DuckDBPyConnection, pack: Pack) -> None:
    """Beside the classes the SQL of a kind may read ``words``: list, value, zh and en of all that ``words.yaml`` names."""
    lake.execute("CREATE OR REPLACE TEMP TABLE words (list VARCHAR, value VARCHAR, zh VARCHAR, en VARCHAR)")
    rows = [
        (name, value, word.zh, word.en)
        for name, placed in pack.words.items()
        for value, word in placed.value.values.items()
    ]
    if rows:
        lake.executemany("INSERT INTO words VALUES (?, ?, ?, ?)", rows)


def _rows(
    placed: Placed[CredentialKind],
    lake: duckdb.DuckDBPyConnection,
    law: Law,
    only: Collection[str] | None,
) -> Iterator[dict[str, Any]]:
    refuse(placed.value.sql, {*law.pack.contracts, WORDS}, law.pack.parameters, placed.place("sql"))
    sql = with_values(placed.value.sql, law.values, law.day)
    given: list[Any] = [] if only is None else [list(only)]
    where = "" if only is None else " WHERE worker IN (SELECT unnest(?))"
    cursor = lake.execute(f"SELECT * FROM ({sql}\n){where} ORDER BY key", given)
    names = [column[0] for column in cursor.description or []]
    missing = [name for name in _COLUMNS if name not in names]
    if missing:
        raise error(
            f"凭证 {placed.value.id} 的 SQL 缺少列：{'、'.join(missing)}",
            f"the SQL of credential {placed.value.id} does not give {', '.join(missing)}",
            place=placed.place("sql"),
            remedy=("补上这些列，没有的写 NULL", "add the columns; NULL where there is nothing"),
        )
    places = [names.index(name) for name in _COLUMNS]
    while rows := cursor.fetchmany(_AT_ONCE):
        for row in rows:
            yield {name: row[place] for name, place in zip(_COLUMNS, places, strict=True)}


def _revoke_by_data(credential: uuid.UUID, kind: str, person: int, at: datetime) -> None:
    Credential.objects.filter(pk=credential).update(revoked_at=at)
    record(
        "credentials.revoke", by=None, at=at, object_kind="credential", object_id=credential, person=person,
        detail={"kind": kind},
    )  # fmt: skip


def _insert(new: Sequence[_Wanted], at: datetime) -> None:
    # Before the copy begins: nothing else may use the connection meanwhile.
    places = list(_places(len(new)))
    columns = (
        "id", "kind", "subject_hash", "person_id", "achievement", "zh", "en", "awarded_on", "until", "claims",
        "claims_hash", "issued_at", "status_list", "status_index", "revoked_reason",
    )  # fmt: skip
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY credentials_credential ({', '.join(columns)}) FROM STDIN") as copy,
    ):
        for wanted, (number, index) in zip(new, places, strict=True):
            said = wanted.said
            claims = {
                "name": said["name"],
                "number": said["number"] or "",
                "assessor": said["assessor"] or "",
            }
            copy.write_row(
                (
                    uuid.uuid4(), wanted.kind, wanted.subject_hash, wanted.person, said["achievement"],
                    said["zh"], said["en"], _day(said["awarded_on"]), _day(said["until"]),
                    seal_text(canonical_json(claims), _CONTEXT), wanted.claims_hash, at, number, index, "",
                )
            )  # fmt: skip


def _day(value: date | None) -> date | None:
    return value.date() if isinstance(value, datetime) else value


def _places(count: int) -> Iterator[tuple[int, int]]:
    """``count`` free places of status lists, in no order: whose is which must not follow from when it was issued."""
    newest = Credential.objects.order_by("-status_list").values_list("status_list", flat=True).first() or 1
    given = 0
    while given < count:
        taken = set(Credential.objects.filter(status_list=newest).values_list("status_index", flat=True))
        free = [index for index in range(LIST_SIZE) if index not in taken]
        some = SystemRandom().sample(free, min(len(free), count - given))
        yield from ((newest, index) for index in some)
        given += len(some)
        newest += 1
