"""Everything held about a worker as a file of their own: JSON for programs, a page for people, in one ZIP."""

import json
import zipfile
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from pathlib import PurePosixPath
from tempfile import TemporaryFile
from typing import IO, Any, cast

from django.template.loader import render_to_string

from jigong.accounts.models import Account
from jigong.accounts.queries import consents_of
from jigong.audit.actions import record
from jigong.audit.models import Entry
from jigong.delivery.former import clause_of
from jigong.delivery.models import Step
from jigong.delivery.states import STATE_LABELS, State
from jigong.kernel.text import Language, Text
from jigong.portals.worker.holdings import by_department, every_record, shown_record
from jigong.portals.worker.looks import what_of
from jigong.portals.worker.situation import Situation
from jigong.portals.worker.telling import points_of
from jigong.services.cases.queries import cases_of


def make_export(situation: Situation, account: Account, language: Language, *, at: datetime) -> IO[bytes]:
    """The ZIP, open at its start; recorded."""
    records = [shown_record(found, situation, language) for found in every_record(situation)]
    contents = _contents(situation, account)
    contents["records"] = [
        {
            "class": found.label,
            "department": found.department,
            "values": {label.zh: shown for label, shown in found.columns},
            "file": PurePosixPath(found.file).name,
            "line": found.line,
            "batch": found.batch,
            "known_on": found.known_on,
        }
        for found in records
    ]
    page = render_to_string(
        "worker/export.html",
        {
            "language": language, "person": situation.person, "at": at, "run": situation.dossier.run,
            "departments": by_department(situation, language), "records": records, "points": points_of(situation),
            "contents": contents,
        },
    )  # fmt: skip
    file = TemporaryFile()  # noqa: SIM115 - the response closes it
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        text = json.dumps(contents, ensure_ascii=False, indent=1, default=_plain)
        archive.writestr("my-data.json", text)
        archive.writestr("my-data.html", page)
    size = file.tell()
    file.seek(0)
    record(
        "worker.export", by=account, at=at, object_kind="person", object_id=situation.person.pk,
        person=situation.person.pk, detail={"bytes": size, "records": len(records)},
    )  # fmt: skip
    return cast(IO[bytes], file)


def _called(id_: str, situation: Situation) -> Text:
    clause = clause_of(id_, situation.law.pack)
    return clause.label if clause is not None else Text(id_, id_)


def _contents(situation: Situation, account: Account) -> dict[str, Any]:
    person, held = situation.person, situation.held
    steps: dict[int, list[Step]] = {}
    for step in Step.objects.filter(entitlement__person=person).order_by("id"):
        steps.setdefault(step.entitlement_id, []).append(step)
    return {
        "person": {"name": person.name, "number": person.open_number(), "mobile": person.open_mobile()},
        "as_of": held.as_of,
        "facts": held.facts,
        "points": held.points,
        "subjects": {kind: rows for kind, rows in held.subjects.items() if rows},
        "entitlements": [
            {
                "clause": _called(e.clause, situation),
                "period": e.span,
                "state": STATE_LABELS[State(e.state)],
                "amount": e.amount,
                "steps": [
                    {"at": s.at, "move": s.move, "to": s.to_state, "reason": s.reason}
                    for s in steps.get(e.pk, ())
                ],
            }
            for e in situation.entitlements
        ],
        "cases": [
            {
                "kind": c.kind,
                "state": c.state,
                "text": c.open_text(),
                "answer": c.reason,
                "opened": c.opened_at,
            }
            for c in cases_of(person)
        ],
        "consents": [
            {"to": c.organisation, "purpose": c.label, "given": c.given_at, "withdrawn": c.withdrawn_at}
            for c in consents_of(person)
        ],
        "bank_accounts": [
            {"number": b.open_number(), "bank": b.bank, "active": b.active, "stored": b.created_at}
            for b in person.bank_accounts.all()
        ],
        "record": [
            {"at": e.at, "who": _who(e, account), "what": what_of(e.action), "reason": e.reason}
            for e in _entries(person.pk)
        ],
    }


def _entries(person: int) -> Iterable[Entry]:
    return Entry.objects.filter(person=person).order_by("id").iterator(1000)


def _who(entry: Entry, account: Account) -> str:
    return "self" if entry.actor == account.pk else entry.actor_label


def _plain(value: Any) -> Any:
    if isinstance(value, Text):
        return {"zh": value.zh, "en": value.en}
    return str(value) if isinstance(value, Decimal) or hasattr(value, "isoformat") else repr(value)
