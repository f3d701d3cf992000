"""One decision on one page, and what an officer does there."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from jigong.accounts.enums import Permission
from jigong.accounts.masking import mask_mobile, mask_name, mask_number
from jigong.accounts.models import Account, Person
from jigong.audit.actions import record
from jigong.audit.models import Entry
from jigong.delivery import queries
from jigong.delivery.actions import StaleError, decline, review
from jigong.delivery.approval import approve, hand_over, revoke
from jigong.delivery.models import Entitlement
from jigong.delivery.replay.actions import take_result
from jigong.delivery.replay.newer_law import take_newer
from jigong.delivery.replay.queries import redecide
from jigong.delivery.sampling import answering
from jigong.delivery.sampling.models import Audit
from jigong.delivery.sampling.queries import within
from jigong.delivery.states import State
from jigong.dossiers.evidence import evidence_of
from jigong.kernel.problems import JigongError, error
from jigong.lake.provenance import Evidence
from jigong.packs.contract import Column
from jigong.portals.kit.access import account_of, staff_with
from jigong.portals.kit.clock import now
from jigong.portals.kit.numbers import whole_number
from jigong.portals.office.decision import PERMITS, decision, held_about
from jigong.portals.office.findings import amount_of
from jigong.portals.office.labels import both, decline_reasons
from jigong.portals.office.queues import QUEUES
from jigong.portals.office.shared import entitlement_of, law_for, reach_of, tell


@require_safe
@staff_with(Permission.SEE_QUEUE)
def entitlement(request: HttpRequest, number: int) -> HttpResponse:
    """One decision: person, clause, conditions, evidence, amount, money, history."""
    found = entitlement_of(request, number, Permission.SEE_QUEUE)
    return _page(request, found)


def _page(request: HttpRequest, found: Entitlement, bad: JigongError | None = None) -> HttpResponse:
    """The page; after a refusal with its reasons on top."""
    next_ = _next(request, found)
    context = {
        "page": decision(request, found),
        "person": masked(found.person, account_of(request)) if found.person else None,
        "next": next_,
        "bad": bad,
        "stated_reason": request.POST.get("reason", "") if bad else "",
        "given": request.POST if bad else {},
    }
    status = 200 if bad is None else 409 if isinstance(bad, StaleError) else 422
    return render(request, "office/entitlement.html", context, status=status)


@require_POST
@staff_with(Permission.REVIEW, Permission.APPROVE)
def move(request: HttpRequest, number: int, move: str) -> HttpResponse:
    """Review, approve or decline. Whoever was shown an older version is told what happened since."""
    if move not in PERMITS:
        raise Http404
    found = entitlement_of(request, number, PERMITS[move])
    version = request.POST.get("version", "")
    if not version.isdecimal() or len(version) > 9:
        raise Http404
    by, at, reason = account_of(request), now(), request.POST.get("reason", "").strip()
    try:
        match move:
            case "review":
                review(entitlement=number, version=int(version), by=by, at=at, reason=reason)
                tell(request, "已复核通过", "review passed")
            case "approve":
                approve(entitlement=number, version=int(version), by=by, at=at, reason=reason)
                tell(request, "已批准，预算已占用", "approved; the budget is reserved")
            case "hand_over":
                hand_over(entitlement=number, version=int(version), by=by, at=at, reason=reason)
                tell(request, "已登记交付", "noted as delivered")
            case "revoke":
                revoke(entitlement=number, version=int(version), by=by, at=at, reason=reason)
                tell(
                    request, "已撤回批准，预算已释放", "the approval is taken back; the budget is free again"
                )
            case "correct":
                take_result(entitlement=number, version=int(version), by=by, at=at)
                tell(
                    request,
                    "已按新结果更正，等本人再确认",
                    "the new result is taken; the worker is asked again",
                )
            case "adopt":
                take_newer(entitlement=number, version=int(version), by=by, at=at)
                tell(
                    request,
                    "已采用现行规定的结果，等本人再确认",
                    "today’s law is taken; the worker is asked again",
                )
            case _:
                decline(entitlement=number, version=int(version), by=by, at=at, reason=_why(request, found))
                tell(request, "已告知本人不予批准及理由", "declined; the worker reads the reason")
    except StaleError as bad:
        return _stale(request, number, int(version), bad)
    except JigongError as bad:
        return _page(request, found, bad)
    return redirect("office:entitlement", number=number)


@require_POST
@staff_with(Permission.REVIEW)
def answer_finding(request: HttpRequest, number: int) -> HttpResponse:
    """The office takes the result, or disagrees."""
    audit = _audit(request, number, Permission.REVIEW)
    by, at, reason = account_of(request), now(), request.POST.get("reason", "").strip()
    try:
        if request.POST.get("answer") == "take":
            why, amount = request.POST.get("exception", ""), amount_of(request.POST.get("amount", ""))
            answering.take(audit=audit.pk, amount=amount, why=why, reason=reason, by=by, at=at)
            tell(request, "已采纳抽查结论并改正", "the result is taken, and it is put right")
        elif request.POST.get("answer") == "disagree":
            answering.disagree(audit=audit.pk, reason=reason, by=by, at=at)
            tell(
                request,
                "已提出异议，等另一人裁定；裁定前继续暂缓",
                "you disagree; it stays held until somebody else has settled it",
            )
        else:
            raise _which()
    except JigongError as bad:
        return _page(request, entitlement_of(request, audit.entitlement_id, Permission.SEE_QUEUE), bad)
    return redirect("office:entitlement", number=audit.entitlement_id)


@require_POST
@staff_with(Permission.AUDIT)
def settle_finding(request: HttpRequest, number: int) -> HttpResponse:
    """Another human says whether a finding stands that the office disagrees with."""
    audit = _audit(request, number, Permission.AUDIT)
    try:
        said = request.POST.get("answer")
        if said not in ("stands", "wrong"):
            raise _which()
        answering.settle(
            audit=audit.pk, stands=said == "stands", reason=request.POST.get("reason", "").strip(), by=account_of(request),
            at=now(),
        )  # fmt: skip
    except JigongError as bad:
        return _page(request, entitlement_of(request, audit.entitlement_id, Permission.SEE_QUEUE), bad)
    tell(request, "已裁定", "settled")
    return redirect("office:entitlement", number=audit.entitlement_id)


def _audit(request: HttpRequest, number: int, permission: Permission) -> Audit:
    reach = reach_of(request, permission) & reach_of(request, Permission.SEE_QUEUE)
    return get_object_or_404(within(reach), pk=number)


def _which() -> JigongError:
    return error("没有执行：请选择怎样答复", "nothing was done: choose an answer", remedy=("回到页面再选", "go back and choose"))  # fmt: skip


def _stale(request: HttpRequest, number: int, version: int, bad: StaleError) -> HttpResponse:
    found = entitlement_of(request, number, Permission.SEE_QUEUE)
    context = {"entitlement": found, "since": queries.steps_since(found, version), "bad": bad}
    return render(request, "office/stale.html", context, status=409)


def _why(request: HttpRequest, found: Entitlement) -> str:
    """The reason: a sentence chosen from the list, and what the officer adds."""
    files = law_for(request).pack.clauses.get(found.clause)
    known = decline_reasons(files.clause.value if files else None)
    chosen, free = whole_number(request.POST.get("template")), request.POST.get("reason", "").strip()
    parts = [both(known[chosen])] if chosen is not None and chosen < len(known) else []
    return " ".join([*parts, free]).strip()


@require_safe
@staff_with(Permission.SEE_QUEUE)
def evidence(request: HttpRequest, number: int, fact: str) -> HttpResponse:
    """The exact records behind a fact: a part of the page, asked for when somebody wants to see them."""
    found = entitlement_of(request, number, Permission.SEE_QUEUE)
    held, pack = held_about(found), law_for(request).pack
    if held is None or fact not in pack.facts:
        raise Http404
    kind = pack.fact_topics[fact].header.value.subject
    per = pack.clauses[found.clause].clause.value.per if found.clause in pack.clauses else ""
    lines = evidence_of(held, pack, fact, found.open_subject() if kind == per else None)
    shown = [(line, _shown(line, pack.contracts[line.data_class].columns)) for line in lines]
    return render(request, "office/evidence.html", {"lines": shown, "entry": pack.facts[fact]})


def _shown(line: Evidence, columns: tuple[Column, ...]) -> list[tuple[Column, Any]]:
    """The record's values that are filled, identities masked."""
    values: Mapping[str, Any] = line.values
    filled = ((column, values.get(column.name)) for column in columns)
    return [(column, _masked(value, column)) for column, value in filled if value is not None]


def _masked(value: Any, column: Column) -> Any:
    if not isinstance(value, str) or column.classification is None or column.values:
        return value
    if column.identifier is not None or column.classification == "sensitive":
        return mask_number(value)
    return value if column.pattern else mask_name(value)


@require_safe
@staff_with(Permission.SEE_QUEUE)
def again(request: HttpRequest, number: int) -> HttpResponse:
    """The decision under law then and now, with data then and now: a part of the page; takes seconds."""
    found = entitlement_of(request, number, Permission.SEE_QUEUE)
    try:
        return render(request, "office/again.html", {"lines": redecide(found), "entitlement": found})
    except JigongError as bad:
        return render(request, "office/part_problem.html", {"problems": bad.problems})


def masked(person: Person, account: Account) -> dict[str, Any]:
    """What of a person is shown to ``account`` before it gives a reason."""
    mobile = person.open_mobile()
    return {
        "id": person.pk,
        "name": mask_name(person.name),
        "number": mask_number(person.open_number())[-8:],
        "mobile": mask_mobile(mobile) if mobile else "",
        "town": person.town,
        "employer": person.employer.zh if person.employer else "",
        "listed": person.listed,
        "may_unmask": account.may(Permission.UNMASK),
    }


def _next(request: HttpRequest, found: Entitlement) -> Entitlement | None:
    """What waits after this one in the queue of the account's own work."""
    account = account_of(request)
    for queue in QUEUES.values():
        if (
            account.may(queue.permission)
            and queue.moves
            and (found.state in queue.states or not _waits(found))
        ):
            reach = reach_of(request, queue.permission)
            page = queries.waiting(reach, queue.states, queries.Wanted(), size=2)
            return next((line for line in page.lines if line.pk != found.pk), None)
    return None


def _waits(found: Entitlement) -> bool:
    return found.state in (State.CONFIRMED, State.PASSED)


@require_POST
@staff_with(Permission.SEE_QUEUE)
def seen(request: HttpRequest, number: int) -> HttpResponse:
    """Note that somebody looked at a person's application; once a day for each account. The page asks for it itself."""
    found = entitlement_of(request, number, Permission.SEE_QUEUE)
    account, at = account_of(request), now()
    today_ = Entry.objects.filter(
        action="delivery.see", actor=account.pk, object_id=str(number), at__gte=at - timedelta(days=1)
    )
    if found.person_id is not None and not today_.filter(person=found.person_id).exists():
        record(
            "delivery.see", by=account, at=at, object_kind="entitlement", object_id=number,
            person=found.person_id, detail={"clause": found.clause},
        )  # fmt: skip
    return HttpResponse(status=204)
