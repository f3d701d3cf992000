"""A person as an officer sees them: entitlements and cases; the whole dossier only for a reason, which is recorded."""

from collections import defaultdict
from datetime import datetime, timedelta
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from jigong.accounts.enums import Permission
from jigong.accounts.models import Person
from jigong.accounts.unmask import MIN_REASON
from jigong.audit.actions import record
from jigong.delivery.queries import of_person
from jigong.dossiers.law import held_of, law_of_run
from jigong.dossiers.models import Dossier
from jigong.insight.explain import explain_held
from jigong.insight.held import Held
from jigong.insight.law import Law
from jigong.kernel.text import Text
from jigong.lake.uses import sources_of
from jigong.portals.kit.access import account_of, staff_with
from jigong.portals.kit.clock import now
from jigong.portals.office.entitlement import masked
from jigong.portals.office.labels import CASE_KINDS, CASE_STATES
from jigong.portals.office.shared import person_of, reach_of, tell
from jigong.services.cases.models import CaseState, Kind
from jigong.services.cases.queries import reachable

OPEN_FOR = timedelta(minutes=30)
"""How long a dossier stays open after a reason was given."""
_OPENED = "office.opened"
_WORKER = "worker"


@require_safe
@staff_with(Permission.SEARCH_PEOPLE)
def person(request: HttpRequest, number: int) -> HttpResponse:
    """What the account's office has to do with this person."""
    found = person_of(request, number)
    cases = reachable(account_of(request)).filter(person=found).order_by("-id")[:50]
    return render(
        request,
        "office/person.html",
        {
            "person": masked(found, account_of(request)),
            "entitlements": of_person(found, reach_of(request, Permission.SEE_QUEUE)),
            "cases": [(case, CASE_KINDS[Kind(case.kind)], CASE_STATES[CaseState(case.state)]) for case in cases],
            "opened": _opened(request, found),
            "least": MIN_REASON,
        },
    )  # fmt: skip


@require_POST
@staff_with(Permission.SEARCH_PEOPLE)
def open_dossier(request: HttpRequest, number: int) -> HttpResponse:
    """Give a reason for seeing everything held about a person; the person reads it in their own record."""
    found, reason = person_of(request, number), request.POST.get("reason", "").strip()
    if len(reason) < MIN_REASON:
        tell(
            request,
            f"请用至少 {MIN_REASON} 个字说明事由",
            f"please give a reason, {MIN_REASON} characters or more",
            bad=True,
        )
        return redirect("office:person", number=number)
    at = now()
    record(
        "accounts.see_dossier", by=account_of(request), at=at, object_kind="person", object_id=found.pk,
        person=found.pk, reason=reason[:500],
    )  # fmt: skip
    opened = request.session.get(_OPENED, {})
    request.session[_OPENED] = {**opened, str(found.pk): (at + OPEN_FOR).isoformat()}
    return redirect("office:dossier", number=number)


@require_safe
@staff_with(Permission.SEARCH_PEOPLE)
def dossier(request: HttpRequest, number: int) -> HttpResponse:
    """Everything held about a person, for as long as the reason given is fresh."""
    found = person_of(request, number)
    if not _opened(request, found):
        return redirect("office:person", number=number)
    kept = Dossier.objects.select_related("run").filter(person=found).first()
    if kept is None:
        raise Http404
    held, law = held_of(kept), law_of_run(kept.run)
    return render(
        request,
        "office/dossier.html",
        {
            "person": masked(found, account_of(request)),
            "dossier": kept,
            "topics": _topics(held, law),
            "subjects": _subjects(held, law),
            "clauses": explain_held(held, law).clauses,
        },
    )


def _opened(request: HttpRequest, person: Person) -> bool:
    until = request.session.get(_OPENED, {}).get(str(person.pk))
    return until is not None and datetime.fromisoformat(until) > now()


def _topics(held: Held, law: Law) -> list[tuple[Text, list[tuple[str, Any]]]]:
    """The worker's own facts that are known, by department."""
    return _by_department(held.facts, law)


def _by_department(values: Any, law: Law) -> list[tuple[Text, list[tuple[str, Any]]]]:
    groups: dict[Text, list[tuple[str, Any]]] = defaultdict(list)
    other = Text("其他", "other")
    for name in law.pack.facts:
        if values.get(name) is None:
            continue
        classes = sources_of(law.pack, name)
        contract = law.pack.contracts.get(classes[0]) if classes else None
        groups[contract.department if contract else other].append((name, values[name]))
    return list(groups.items())


def _subjects(held: Held, law: Law) -> list[tuple[Text, list[list[tuple[str, Any]]]]]:
    """What the worker has besides: enrolments, certificates and so on, each with its own facts."""
    found = []
    for kind, rows in held.subjects.items():
        if kind == _WORKER or not rows:
            continue
        own = set(held.kinds[kind].facts)
        shown = [
            [(name, row[name]) for name in row if name in own and name in law.pack.facts and row[name] is not None]
            for row in rows
        ]  # fmt: skip
        found.append((law.pack.subjects[kind].value.label, shown))
    return found
