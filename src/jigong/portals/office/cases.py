"""Appeals and corrections: the queue, one case, the answer."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from jigong.accounts.enums import Permission
from jigong.accounts.masking import mask_name
from jigong.kernel.problems import JigongError
from jigong.packs.contract import Column
from jigong.portals.kit.access import account_of, staff_with
from jigong.portals.kit.clock import now
from jigong.portals.office.entitlement import masked
from jigong.portals.office.labels import CASE_KINDS, CASE_STATES
from jigong.portals.office.shared import law_for, tell
from jigong.services.cases.actions import dismiss, uphold
from jigong.services.cases.models import Case, CaseState, Kind
from jigong.services.cases.queries import CaseRecord, queue, reachable, records

PAGE = 50


@require_safe
@staff_with(Permission.HANDLE_CASES)
def cases(request: HttpRequest) -> HttpResponse:
    """Open cases by deadline, or those already answered."""
    account, answered = account_of(request), request.GET.get("answered") == "1"
    kind = request.GET.get("kind", "")
    found = (
        reachable(account)
        .exclude(state=CaseState.OPEN)
        .select_related("person")
        .order_by("-decided_at", "-id")
        if answered
        else queue(account)
    )
    if kind in Kind.values:
        found = found.filter(kind=kind)
    start = int(request.GET["after"]) if request.GET.get("after", "").isdecimal() else 0
    start = min(start, 10_000)
    rows = list(found[start : start + PAGE + 1])
    lines = [
        (case, mask_name(case.person.name), CASE_KINDS[Kind(case.kind)], CASE_STATES[CaseState(case.state)])
        for case in rows[:PAGE]
    ]
    return render(
        request,
        "office/cases.html",
        {
            "lines": lines,
            "answered": answered,
            "kind": kind,
            "kinds": CASE_KINDS.items(),
            "after": start + PAGE if len(rows) > PAGE else None,
        },
    )  # fmt: skip


@require_safe
@staff_with(Permission.HANDLE_CASES)
def case(request: HttpRequest, number: int) -> HttpResponse:
    """One case: what the person says, what the data say, the answer."""
    return _page(request, _case(request, number))


def _page(request: HttpRequest, found: Case, bad: JigongError | None = None) -> HttpResponse:
    pack = law_for(request).pack
    entry = pack.facts.get(found.fact)
    open_ = found.state == CaseState.OPEN
    context = {
        "case": found,
        "kind": CASE_KINDS[Kind(found.kind)],
        "state": CASE_STATES[CaseState(found.state)],
        "text": found.open_text(),
        "claimed": found.open_claimed(),
        "person": masked(found.person, account_of(request)),
        "entry": entry,
        "contract": pack.contracts.get(found.data_class),
        "records": [_record(record) for record in records(found)] if open_ and found.fact else [],
        "bad": bad,
        "reason": request.POST.get("reason", "") if bad else "",
    }
    return render(request, "office/case.html", context, status=422 if bad else 200)


def _record(record: CaseRecord) -> tuple[CaseRecord, list[tuple[Column, object]]]:
    """A record with the columns that may be put right: neither its key nor whose it is."""
    columns = [
        column
        for column in record.contract.columns
        if column.name not in record.contract.key and column.identifier != "citizen"
    ]
    return record, [(column, record.values.get(column.name)) for column in columns]


@require_POST
@staff_with(Permission.HANDLE_CASES)
def answer(request: HttpRequest, number: int) -> HttpResponse:
    """Uphold or dismiss. An upheld correction becomes a new record, and the person is decided about anew."""
    found = _case(request, number)
    version, verdict = request.POST.get("version", ""), request.POST.get("answer", "")
    if verdict not in ("uphold", "dismiss") or not version.isdecimal() or len(version) > 9:
        raise Http404
    by, at, reason = account_of(request), now(), request.POST.get("reason", "").strip()
    try:
        if verdict == "dismiss":
            dismiss(case=found.pk, reason=reason, by=by, at=at, version=int(version))
            tell(request, "已答复：不成立", "answered: not upheld")
        else:
            values, key = _values(request, found)
            uphold(case=found.pk, values=values, key=key, reason=reason, by=by, at=at, version=int(version))
            tell(request, "已答复：成立，结果已更新", "answered: upheld; the results are fresh")
    except JigongError as bad:
        return _page(request, _case(request, number), bad)
    return redirect("office:case", number=number)


def _values(request: HttpRequest, found: Case) -> tuple[dict[str, str], dict[str, object] | None]:
    """What the form put right: of a correction the changed columns of the chosen record, of an appeal the amount."""
    if found.kind == Kind.APPEAL:
        amount = request.POST.get("amount", "").strip()
        return ({"amount": amount} if amount else {}), None
    known = records(found)
    chosen = request.POST.get("record", "")
    if not chosen.isdecimal() or int(chosen) >= len(known):
        return {}, None
    record = known[int(chosen)]
    changed = {}
    for column in record.contract.columns:
        sent = request.POST.get(f"{chosen}.{column.name}")
        before = record.values.get(column.name)
        if column.name in record.contract.key or column.identifier == "citizen":
            continue
        if sent is not None and sent.strip() != ("" if before is None else str(before)):
            changed[column.name] = sent.strip()
    return changed, dict(record.key)


def _case(request: HttpRequest, number: int) -> Case:
    found = (
        reachable(account_of(request))
        .filter(pk=number)
        .select_related("person__employer", "entitlement", "decided_by")
        .first()
    )
    if found is None:
        raise Http404
    return found
