"""The form in which a dossier is kept: JSON, compressed, sealed; and back to what rules read."""

import json
import zlib
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from jigong.accounts.cipher import lookup, seal, unseal
from jigong.decisions.points import WORKER
from jigong.insight.held import Held, Known, Waits, cents, read_standing
from jigong.lake.facts import SubjectTable, read_ghost
from jigong.packs.pack import Pack
from jigong.rules.nodes import fact_of

_CONTEXT = "dossier.body"


def body_text(facts: str, points: str, subjects: str, standings: str, waiting: str, worker: str) -> bytes:
    """The five parts, each JSON, with the worker's number, as one text."""
    return (
        f'{{"worker":{json.dumps(worker)},"facts":{facts},"points":{points},'
        f'"subjects":{subjects},"standings":{standings},"waiting":{waiting}}}'
    ).encode()


def pack_body(text: bytes) -> bytes:
    """A text of :func:`body_text` as it is kept: compressed and sealed."""
    return seal(zlib.compress(text, 1), _CONTEXT)


def body_hash(text: bytes) -> str:
    """By which it is seen that a dossier says the same as before: keyed, for texts of few facts can be guessed."""
    return lookup(text, _CONTEXT)


def open_body(
    body: bytes | memoryview, pack: Pack, kinds: Mapping[str, SubjectTable], day: date, known: Known
) -> Held:
    """What is held about the worker, typed as the pack says; ``known`` is what the run knows of its own data."""
    data = json.loads(zlib.decompress(unseal(body, _CONTEXT)), parse_float=Decimal)
    facts = _typed(data["facts"], pack)
    subjects: dict[str, list[Mapping[str, Any]]] = {}
    for kind, table in kinds.items():
        if kind == WORKER:
            subjects[kind] = [{**facts, WORKER: data["worker"], "as_of": day}]
        elif WORKER in table.links:
            rows = data["subjects"].get(kind) or []
            subjects[kind] = [_subject(row, kind, facts, data["worker"], pack, day) for row in rows]
    standings = {(row["clause"], row["subject"]): read_standing(row) for row in data["standings"] or ()}
    return Held(
        data["worker"],
        day,
        {**facts, WORKER: data["worker"], "as_of": day},
        data["points"],
        subjects,
        kinds,
        standings,
        tuple(
            Waits(row["kind"], row["subject"], tuple(row["facts"] or ()), read_ghost(row["ghost"]))
            for row in data["waiting"] or ()
        ),
        known,
    )


def _subject(
    row: Mapping[str, Any], kind: str, worker_facts: Mapping[str, Any], worker: str, pack: Pack, day: date
) -> dict[str, Any]:
    """A subject with the worker's facts on its own day: today's, or those kept with it (``at``).

    Today stands there as null: so a night changes few dossiers.
    """
    as_of = date.fromisoformat(row["as_of"]) if row["as_of"] else day
    linked = worker_facts if row["at"] is None else _typed(row["at"], pack)
    return {**linked, **_typed(row["own"], pack), kind: row["key"], WORKER: worker, "as_of": as_of}


def _typed(values: Mapping[str, Any], pack: Pack) -> dict[str, Any]:
    typed = {}
    for name, value in values.items():
        kind = pack.facts[fact_of(name)].type
        if value is not None:
            if kind == "date":
                value = date.fromisoformat(value)
            elif kind == "decimal":
                value = cents(value)
        typed[name] = value
    return typed
