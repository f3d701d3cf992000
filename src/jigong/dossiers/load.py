"""Brings a run to PostgreSQL: people, organisations and dossiers, by COPY, in one transaction."""

import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

import duckdb
from django.db import connection, transaction

from jigong.accounts.cipher import lookup, seal_text
from jigong.accounts.models import FormerMobile, Person
from jigong.accounts.old_phone import PHONE, tell
from jigong.decisions.points import WORKER, make_points
from jigong.decisions.run import Run
from jigong.dossiers.body import body_hash, body_text, pack_body
from jigong.dossiers.models import Dossier, LoadedRun
from jigong.insight.held import standing_sql, waiting_sql
from jigong.insight.law import Law
from jigong.lake.facts import UNSETTLED, FactTables, Ghost
from jigong.lake.snapshot import Snapshot
from jigong.lake.topics import with_values
from jigong.packs.authored import refuse
from jigong.rules.engines.duckdb import quoted, text_literal

_AT_ONCE = 5_000
NUMBER, MOBILE = "person.number", "person.mobile"
"""Under which a person's number and mobile number are sealed and looked up."""


@dataclass(frozen=True)
class Bring:
    """What is loaded: a run with its facts, law, and the snapshot for names. ``only`` limits it to some workers."""

    run: Run
    facts: FactTables
    law: Law
    snapshot: Snapshot
    pack_folder: Path
    only: Collection[str] | None = None
    whole: Run | None = None
    """With ``only``: the run of everybody, which knows the places in queues."""


def load_run(bring: Bring, *, at: datetime) -> LoadedRun:
    """Make ``bring.run`` the run the portals show. Loading it again changes nothing but ``loaded_at``.

    People and organisations the data no longer know stay, marked as not listed; so do their dossiers.
    """
    with transaction.atomic():
        run = bring.run
        _lock()
        LoadedRun.objects.filter(current=True).exclude(run=run.id).update(current=False)
        loaded, _ = LoadedRun.objects.update_or_create(
            run=run.id,
            defaults={
                "pack_hash": run.pack_hash,
                "pack_folder": str(bring.pack_folder.resolve()),
                "snapshot": run.snapshot,
                "known_on": run.known_on,
                "as_of": run.as_of,
                "kinds": [[s.name, s.links, s.facts, s.listed] for s in bring.facts.subjects.values()],
                "known": _known(bring.facts),
                "totals": [_plain(total) for total in run.totals],
                "workers": run.workers,
                "loaded_at": at,
                "current": True,
            },
        )
        _organisations(bring)
        _people(bring, at)
        _dossiers(bring, loaded, at)
    return loaded


def refresh_people(bring: Bring, loaded: LoadedRun, *, at: datetime) -> bool:
    """Write the dossiers of ``bring.only`` anew, within the run the portals show; False if they show another by now."""
    with transaction.atomic():
        _lock()
        if not LoadedRun.objects.filter(pk=loaded.pk, current=True).exists():
            return False
        _people(bring, at)
        _dossiers(bring, loaded, at)
    return True


def _lock() -> None:
    """One loader at a time; readers go on reading what was there."""
    _execute("SELECT pg_advisory_xact_lock(hashtext('dossiers.load'))")


def _plain(total: Any) -> dict[str, Any]:
    return {name: getattr(total, name) for name in ("clause", "per", "yes", "no", "undecided", "due_people", "excluded", "fund")} | {
        "due": str(total.due)
    }  # fmt: skip


def _known(facts: FactTables) -> dict[str, Any]:
    """What the run knows of its own data, as :func:`jigong.dossiers.law.known_to` reads it."""
    return {
        "reckoned": {name: str(month) if month else None for name, month in facts.reckoned.items()},
        "reckoning": {name: str(day) for name, day in facts.reckoning.items()},
        "sources": {name: list(classes) for name, classes in facts.sources.items()},
        "nobody": dict(facts.nobody),
    }


def _execute(sql: str, parameters: Sequence[Any] | None = None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)


def _copy(table: str, columns: Sequence[str], rows: Iterator[Sequence[Any]]) -> None:
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY {table} ({', '.join(columns)}) FROM STDIN") as copy,
    ):
        for row in rows:
            copy.write_row(row)


def _directory(bring: Bring, kind: str) -> tuple[list[str], Iterator[tuple[Any, ...]]]:
    """The pack's directory of one kind of subject: names of columns, and rows."""
    placed = bring.law.pack.directory.get(kind)
    if placed is None:
        return [], iter(())
    pack = bring.law.pack
    refuse(placed.value.sql, pack.contracts, pack.parameters, placed.place("sql"))
    lake = bring.snapshot.connect()
    sql = with_values(placed.value.sql, bring.law.values, bring.law.day)
    where, given = "", []
    if bring.only is not None:
        where, given = f" WHERE {quoted(kind)} IN (SELECT unnest(?))", [list(bring.only)]
    cursor = lake.execute(f"SELECT * FROM ({sql}\n){where} ORDER BY {quoted(kind)}", given)
    return [column[0] for column in cursor.description or []], _rows(cursor)


def _rows(cursor: duckdb.DuckDBPyConnection) -> Iterator[tuple[Any, ...]]:
    while rows := cursor.fetchmany(_AT_ONCE):
        yield from rows


def _organisations(bring: Bring) -> None:
    """Enterprises by the directory, and the offices of the pack."""
    _execute(
        "CREATE TEMP TABLE incoming_organisation (kind text, code text, zh text, en text, town text) ON COMMIT DROP"
    )
    columns, rows = _directory(bring, "enterprise")
    place = {name: columns.index(name) for name in columns}
    offices = (
        (office.kind, office.id, office.zh, office.en, office.town or "")
        for office in (placed.value for placed in bring.law.pack.offices.values())
    )

    def all_rows() -> Iterator[Sequence[Any]]:
        yield from offices
        manifest = bring.law.pack.manifest
        yield ("district", manifest.name, manifest.zh, manifest.en, "")
        for row in rows:
            yield ("enterprise", row[place["enterprise"]], row[place["name"]], "", row[place["town"]] or "")

    _copy("incoming_organisation", ("kind", "code", "zh", "en", "town"), all_rows())
    _execute(
        "INSERT INTO accounts_organisation (kind, code, zh, en, town, listed)"
        " SELECT kind, code, zh, en, town, true FROM incoming_organisation"
        " ON CONFLICT (kind, code) DO UPDATE SET zh = excluded.zh, en = excluded.en, town = excluded.town, listed = true"
    )
    _execute(
        "UPDATE accounts_organisation o SET listed = false WHERE listed AND NOT EXISTS"
        " (SELECT 1 FROM incoming_organisation i WHERE i.kind = o.kind AND i.code = o.code)"
    )
    _execute("DROP TABLE incoming_organisation")


def _people(bring: Bring, at: datetime) -> None:
    _execute(
        "CREATE TEMP TABLE incoming_person (number_hash text, number bytea, name text, mobile_hash text,"
        " mobile bytea, town text, employer text) ON COMMIT DROP"
    )
    columns, rows = _directory(bring, WORKER)
    place = {name: columns.index(name) for name in columns}

    # Only what is new is sealed: of a night's people that is next to nothing.
    known = dict(Person.objects.values_list("number_hash", "mobile_hash"))

    def people() -> Iterator[Sequence[Any]]:
        for row in rows:
            number, mobile = row[place[WORKER]], row[place["mobile"]]
            hash_, mobile_hash = lookup(number, NUMBER), lookup(mobile, MOBILE) if mobile else ""
            yield (
                hash_,
                b"" if hash_ in known else seal_text(number, NUMBER),
                row[place["name"]],
                mobile_hash,
                seal_text(mobile, MOBILE) if mobile and known.get(hash_) != mobile_hash else None,
                row[place["town"]] or "",
                row[place["enterprise"]],
            )

    names = ("number_hash", "number", "name", "mobile_hash", "mobile", "town", "employer")
    _copy("incoming_person", names, people())
    _former_mobiles(at)
    _execute(
        "INSERT INTO accounts_person AS p (number_hash, number, name, mobile_hash, mobile, town, employer_id, listed)"
        " SELECT i.number_hash, i.number, i.name, i.mobile_hash, i.mobile, i.town, o.id, true FROM incoming_person i"
        " LEFT JOIN accounts_organisation o ON o.kind = 'enterprise' AND o.code = i.employer"
        " ON CONFLICT (number_hash) DO UPDATE SET name = excluded.name, mobile_hash = excluded.mobile_hash,"
        " mobile = CASE WHEN p.mobile_hash = excluded.mobile_hash THEN p.mobile ELSE excluded.mobile END, town = excluded.town, employer_id = excluded.employer_id, listed = true"
        " WHERE (p.name, p.mobile_hash, p.town, p.employer_id, p.listed)"
        " IS DISTINCT FROM (excluded.name, excluded.mobile_hash, excluded.town, excluded.employer_id, true)"
    )
    if bring.only is None:
        _execute(
            "UPDATE accounts_person p SET listed = false, employer_id = NULL WHERE listed AND NOT EXISTS"
            " (SELECT 1 FROM incoming_person i WHERE i.number_hash = p.number_hash)"
        )
    _execute("DROP TABLE incoming_person")


def _former_mobiles(at: datetime) -> None:
    """Keep the numbers that are replaced, and tell those phones whose owners have an account to be paid to."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO accounts_former_mobile (person_id, mobile, until) SELECT p.id, p.mobile, %s"
            " FROM accounts_person p JOIN incoming_person i USING (number_hash)"
            " WHERE p.mobile IS NOT NULL AND p.mobile_hash <> i.mobile_hash RETURNING id",
            [at],
        )
        kept = [row[0] for row in cursor.fetchall()]
    paid = FormerMobile.objects.filter(pk__in=kept, person__bank_accounts__active=True).distinct()
    for former in paid.select_related("person").order_by("pk"):
        tell(former.person, [former.open_mobile()], PHONE, at=at)


def _dossiers(bring: Bring, loaded: LoadedRun, at: datetime) -> None:
    """Write the dossiers that say something new, as whole rows; the others only learn that they hold for this run."""
    ids = dict(Person.objects.values_list("number_hash", "pk"))
    known = Dossier.objects.all()
    if bring.only is not None:
        known = known.filter(person__number_hash__in=[lookup(n, NUMBER) for n in bring.only])
    before = dict(known.values_list("pk", "body_hash"))
    columns = "person_id, run_id, snapshot, known_on, body, body_hash, points, tier, refreshed_at"
    same: list[int] = []
    seen: set[int] = set()
    bodies = _bodies(bring)
    while some := list(islice(bodies, _AT_ONCE)):
        new = []
        for number_hash, text, points, tier in some:
            person, hash_ = ids.get(number_hash), body_hash(text)
            if person is None:
                continue
            if before.get(person) == hash_:
                same.append(person)
            else:
                new.append((person, text, hash_, points, tier))
        Dossier.objects.filter(pk__in=[row[0] for row in new if row[0] in before])._raw_delete(
            connection.alias
        )
        with (
            connection.cursor() as cursor,
            cursor.copy(f"COPY dossiers_dossier ({columns}) FROM STDIN (FORMAT BINARY)") as copy,
        ):
            copy.set_types(
                ["int8", "int8", "varchar", "date", "bytea", "varchar", "int4", "text", "timestamptz"]
            )
            for person, text, hash_, points, tier in new:
                copy.write_row(
                    (person, loaded.pk, bring.snapshot.id, bring.snapshot.known_on, pack_body(text), hash_, points, tier, at)
                )  # fmt: skip
        seen.update(row[0] for row in new)
    Dossier.objects.filter(pk__in=same).update(
        run=loaded, snapshot=bring.snapshot.id, known_on=bring.snapshot.known_on, refreshed_at=at
    )
    gone = before.keys() - seen.union(same)
    Dossier.objects.filter(pk__in=gone, person__listed=True)._raw_delete(connection.alias)


def _bodies(bring: Bring) -> Iterator[Sequence[Any]]:
    """One row for each worker: hash of the number, what the dossier says, points, tier."""
    facts, law = bring.facts, bring.law
    duck = facts.connect()
    today = f"DATE '{facts.as_of}'"
    points = make_points(duck, law.pack, law.rulebook, law.values, today, bring.run.absent)
    kinds = [
        kind
        for kind in dict.fromkeys(clause.per for clause in law.clauses)
        if kind != WORKER and WORKER in facts.subjects[kind].links
    ]
    for kind in kinds:
        duck.execute(
            f"CREATE TABLE {quoted(f'of {kind}')} AS SELECT worker,"
            f" '[' || string_agg({_subject_json(bring, kind)}, ',' ORDER BY {quoted(kind)}) || ']' AS rows"
            f" FROM {quoted(kind)} s JOIN (SELECT {quoted(kind)}, {UNSETTLED} FROM"
            f" read_parquet({text_literal(str(facts.folder / f'{kind}.parquet'))})) USING ({quoted(kind)})"
            " WHERE worker IS NOT NULL GROUP BY worker"
        )
    listed = (f"'{json.dumps(kind)}:' || coalesce({quoted(f'k_{kind}')}.rows, '[]')" for kind in kinds)
    subjects = " || ',' || ".join(listed) or "''"
    joins = "".join(f" LEFT JOIN {quoted(f'of {k}')} {quoted(f'k_{k}')} USING (worker)" for k in kinds)
    duck.execute(f"CREATE TABLE standings AS {_standings(bring)}")
    _waiting(duck, facts)
    cursor = duck.execute(
        f"SELECT worker, {_object('w', facts.subjects[WORKER].facts, facts)}, to_json(p),"
        f" '{{' || {subjects} || '}}', to_json(t.rows), h.rows,"
        f" {'p.points_total' if points else 'NULL'}, p.tier"
        f" FROM worker w JOIN points p USING (worker){joins} LEFT JOIN standings t USING (worker)"
        " LEFT JOIN of_waiting h USING (worker) ORDER BY worker"
    )
    for worker, own, of_points, of_subjects, of_standings, of_waiting, total, tier in _rows(cursor):
        text = body_text(own, of_points, of_subjects, of_standings or "null", of_waiting or "null", worker)
        yield lookup(worker, NUMBER), text, total, tier or ""


def _subject_json(bring: Bring, kind: str) -> str:
    """SQL for one subject as JSON: key, day, own facts; and the worker's facts where they are of another day, or unknown
    because it is not settled whose the subject is."""
    facts = bring.facts
    own = facts.subjects[kind].facts
    linked = _object("s", [fact for fact in facts.subjects[WORKER].facts if fact not in own], facts)
    at = f"CASE WHEN as_of <> DATE '{facts.as_of}' OR {UNSETTLED} THEN {linked} ELSE 'null' END"
    parts = {
        "key": f"to_json({quoted(kind)})::VARCHAR",
        "as_of": f"CASE WHEN as_of <> DATE '{facts.as_of}' THEN to_json(as_of)::VARCHAR ELSE 'null' END",
        "own": _object("s", own, facts),
        "at": at,
    }
    return (
        "'{' || "
        + " || ',' || ".join(f"'{json.dumps(name)}:' || {sql}" for name, sql in parts.items())
        + " || '}'"
    )


def _object(alias: str, names: Sequence[str], facts: FactTables) -> str:
    """SQL for some facts, and the bounds of those that have some, as the text of a JSON object."""
    if not names:
        return "'{}'"
    columns = [column for name in names for column in facts.columns_of(name)]
    struct = ", ".join(f"{text_literal(name)}: {alias}.{quoted(name)}" for name in columns)
    return f"to_json({{{struct}}})::VARCHAR"


def _waiting(duck: duckdb.DuckDBPyConnection, facts: FactTables) -> None:
    """Make ``of_waiting``: for each worker whom anything that waits could concern, that as JSON."""
    duck.execute("CREATE TABLE ghost (ghost BIGINT, text VARCHAR)")
    if rows := [(number, json.dumps(_ghost(one))) for number, one in facts.ghosts.items()]:
        duck.executemany("INSERT INTO ghost VALUES (?, ?)", rows)
    duck.execute(
        "CREATE TABLE of_waiting AS SELECT worker, '[' || string_agg("
        "'{\"kind\":' || to_json(kind)::VARCHAR || ',\"subject\":' || coalesce(to_json(subject)::VARCHAR, 'null')"
        " || ',\"facts\":' || coalesce(to_json(facts)::VARCHAR, 'null') || ',\"ghost\":' || text || '}',"
        f" ',' ORDER BY ghost, kind, subject) || ']' AS rows FROM ({waiting_sql(facts)}) JOIN ghost USING (ghost)"
        " GROUP BY worker"
    )


def _ghost(one: Ghost) -> dict[str, Any]:
    return {
        "ghost": one.number,
        "class": one.class_name,
        "batch": one.batch,
        "file": one.file,
        "line": one.line,
        "known_on": str(one.known_on),
        "cells": list(one.cells),
        "faults": [[list(one.columns), "", message.zh, message.en] for message in one.messages],
    }


def _standings(bring: Bring) -> str:
    parts: list[str] = []
    for clause in bring.law.clauses:
        ranked = clause.delivery.mode == "quota" and bring.whole is not None
        run = bring.whole if ranked and bring.whole else bring.run
        if run.has(clause.id):
            told = standing_sql(clause)
            columns = ", ".join(f"'{name}': {sql}" for name, sql in told.items())
            parts.append(
                f"SELECT worker, to_json({{'clause': {text_literal(clause.id)}, 'subject': subject, {columns}}}) AS row,"
                f" {len(parts)} AS place, subject"
                f" FROM {run.rows(clause.id)} WHERE worker IS NOT NULL AND subject IS NOT NULL"
                f" AND (due IS NOT NULL OR excluded_by IS NOT NULL OR rank IS NOT NULL OR {told['rank_best']} IS NOT NULL)"
            )
    nothing = "SELECT '' AS worker, to_json({'clause': ''}) AS row, 0 AS place, '' AS subject LIMIT 0"
    return f"SELECT worker, list(row ORDER BY place, subject) AS rows FROM ({' UNION ALL BY NAME '.join(parts) or nothing}) GROUP BY worker"
