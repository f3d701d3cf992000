"""The law, open to everybody; and a judge of given facts."""

from collections.abc import Callable
from datetime import date
from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from ninja import Path, Query, Router

from jigong.credentials.site import site
from jigong.credentials.wellknown import code_keys
from jigong.dossiers.law import current_run, law_of_run
from jigong.insight.law import Law
from jigong.kernel.hashing import content_hash
from jigong.kernel.text import Text
from jigong.packs.model import Clause, ParameterEntry
from jigong.packs.pack import last_day
from jigong.portals.api import schemas
from jigong.portals.api.auth import BearerToken
from jigong.portals.api.facts import read_facts
from jigong.portals.api.paging import Paging, page_of_list
from jigong.portals.api.problems import not_found
from jigong.portals.api.schemas import ERRORS, OPEN_ERRORS, Day, Name, text
from jigong.portals.kit.clock import now, today

router = Router(tags=["law · 政策"])
_NOT_MODIFIED: dict[Any, Any] = {304: None}


@router.get(
    "/law", response={200: schemas.Law, **_NOT_MODIFIED, **OPEN_ERRORS}, auth=None,
    summary="The law in force · 现行政策", operation_id="get_law",
)  # fmt: skip
def get_law(request: HttpRequest, response: HttpResponse) -> Any:
    """The pack, its hash, and its clauses. Send `If-None-Match` with the `ETag` you have to get 304 when nothing changed."""
    return _unless_known(request, response, _law(), lambda law: {
        "pack": law.pack.manifest.name, "label": text(law.pack.manifest.label), "hash": law.pack.hash, "day": law.day,
        "sources": {id_: text(source.label) for id_, source in law.pack.manifest.sources.items()},
        "clauses": [_brief(clause) for clause in law.clauses],
    })  # fmt: skip


@router.get(
    "/clauses/{clause}", response={200: schemas.Clause, **_NOT_MODIFIED, **OPEN_ERRORS}, auth=None,
    summary="One clause in full · 一项政策的全部内容", operation_id="get_clause",
)  # fmt: skip
def get_clause(request: HttpRequest, response: HttpResponse, clause: Path[Name]) -> Any:
    """Basis, conditions, branches, readings, the facts it reads, and every value with its source."""
    law = _law()
    entry = _clause(law, clause)
    return _unless_known(request, response, law, lambda law: _whole(law, entry))


@router.get(
    "/parameters", response={200: schemas.Page[schemas.Parameter], **OPEN_ERRORS}, auth=None,
    summary="Values in force with their sources · 现行数值与出处", operation_id="list_parameters",
)  # fmt: skip
def list_parameters(
    request: HttpRequest,
    paging: Query[Paging],
    on: Annotated[Day | None, Query(description="the day; today unless given")] = None,
) -> Any:
    """Every dated value in force on a day, with the source that gives it and the day it was last confirmed."""
    law = _law()
    day = on or today()
    found = [
        line
        for name, placed in law.pack.parameters.items()
        if (line := _parameter(name, placed.value, day)) is not None
    ]
    return page_of_list(found, paging)


@router.get(
    "/keys", response={200: schemas.Keys, **OPEN_ERRORS}, auth=None,
    summary="Public keys · 公钥", operation_id="get_keys",
)  # fmt: skip
def get_keys(request: HttpRequest) -> Any:
    """The keys with which a skill code is checked offline, as a JWK set."""
    return code_keys(_law(), site(request.build_absolute_uri("/")), at=now())


@router.post(
    "/clauses/{clause}/judge", response={200: schemas.Judged, **ERRORS}, auth=BearerToken(),
    summary="Judge given facts · 按给定事实判定", operation_id="judge",
)  # fmt: skip
def judge(request: HttpRequest, clause: Path[Name], given: schemas.Facts) -> Any:
    """Decide a clause for facts you give, under the law in force. Nothing is stored, so no idempotency key is needed.

    A fact that is absent or null is missing: the verdict is then `undecided` where it matters, and names it.
    Facts the clause does not read are ignored; a name the law does not know is refused.
    """
    law = _law()
    entry = _clause(law, clause)
    outcome = law.rule(clause).decide(read_facts(law, given.facts), law.day)
    return {
        "verdict": outcome.verdict, "amount": outcome.amount, "branch": outcome.branch, "missing": list(outcome.missing),
        "conditions": [
            {"id": condition.id, "label": text(condition.label), "holds": holds}
            for condition, holds in zip(entry.conditions, outcome.conditions, strict=True)
        ],
    }  # fmt: skip


def _law() -> Law:
    return law_of_run(current_run())


def _unless_known(request: HttpRequest, response: HttpResponse, law: Law, make: Callable[[Law], Any]) -> Any:
    """``make(law)``, or 304 where the caller has it: it depends on the law and the address only."""
    tag = f'"{content_hash([law.pack.hash, law.day, request.path])[:32]}"'
    known = request.headers.get("If-None-Match", "")
    if tag in (part.strip().removeprefix("W/") for part in known.split(",")):
        return HttpResponse(status=304, headers={"ETag": tag})
    response["ETag"] = tag
    return make(law)


def _clause(law: Law, clause: str) -> Clause:
    entry = next((entry for entry in law.clauses if entry.id == clause), None)
    if entry is None:
        raise not_found()
    return entry


def _brief(clause: Clause) -> dict[str, Any]:
    return {
        "id": clause.id, "number": clause.number, "label": text(clause.label), "field": clause.field,
        "per": clause.per, "mode": clause.delivery.mode, "status": clause.status,
    }  # fmt: skip


def _whole(law: Law, clause: Clause) -> dict[str, Any]:
    rule = law.rulebook.clauses[clause.id]
    facts = ((name, law.pack.facts.get(name)) for name in law.bound(clause.id).facts)
    parameters = ((name, law.pack.parameters[name].value) for name in rule.parameters)
    return {
        **_brief(clause),
        "source": clause.basis.source, "quote": clause.basis.quote,
        "in_force_from": clause.in_force.from_, "in_force_to": clause.in_force.to,
        "fund": clause.fund, "office": clause.delivery.office, "period": clause.delivery.period,
        "payee": clause.delivery.payee,
        "readings": [text(reading.label) for reading in law.pack.readings_of(clause)],
        "stated": {part: clause.source_of(part) for part in clause.parts()},
        "conditions": [{"id": c.id, "label": text(c.label), "when": c.when} for c in clause.conditions],
        "awards": [{"id": a.id, "label": text(a.label), "when": a.when, "amount": a.amount} for a in clause.awards],
        "facts": [
            {
                "name": name, "label": text(fact.label if fact else Text("积分", "Points")),
                "type": law.rulebook.scope.facts[name].kind, "unit": fact.unit if fact else None,
            }
            for name, fact in facts
        ],
        "parameters": [
            line for name, entry in parameters if (line := _parameter(name, entry, law.day)) is not None
        ],
    }  # fmt: skip


def _parameter(name: str, entry: ParameterEntry, day: date) -> dict[str, Any] | None:
    for place, dated in enumerate(entry.values):
        if dated.from_ <= day <= last_day(entry, place):
            value = list(dated.value) if isinstance(dated.value, tuple) else dated.value
            return {
                "name": name, "label": text(entry.label), "value": value, "unit": entry.unit, "status": dated.status,
                "since": dated.from_, "source": dated.source_of("value"), "confirmed": dated.confirmed,
            }  # fmt: skip
    return None
