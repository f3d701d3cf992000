"""Appeals, corrections and differences: the queue, one case, the answer."""

from collections.abc import Mapping, Sequence

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from jigong.accounts.enums import Permission
from jigong.accounts.masking import mask_name
from jigong.delivery.actions import StaleError
from jigong.kernel.hashing import content_hash
from jigong.kernel.problems import JigongError, error
from jigong.kernel.text import Text
from jigong.packs.contract import PEOPLE, Column, Contract
from jigong.packs.pack import Pack
from jigong.portals.kit.access import account_of, staff_with
from jigong.portals.kit.clock import now, today
from jigong.portals.kit.numbers import whole_number
from jigong.portals.office import differences
from jigong.portals.office.entitlement import masked
from jigong.portals.office.labels import CASE_KINDS, case_state
from jigong.portals.office.shared import law_for, tell
from jigong.portals.office.templatetags.office import plain
from jigong.services.cases.actions import dismiss, uphold
from jigong.services.cases.models import Case, CaseState, Kind
from jigong.services.cases.queries import (
    OVERSEE,
    CaseRecord,
    by_office,
    queue,
    reachable,
    records,
    stands_in,
    who_answered,
)

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
    start = min(whole_number(request.GET.get("after")) or 0, 10_000)
    rows, pack = list(found.prefetch_related("said")[start : start + PAGE + 1]), law_for(request).pack
    lines = [
        (
            case,
            mask_name(case.person.name) if case.person else "",
            CASE_KINDS[Kind(case.kind)],
            case_state(case.kind, case.state),
            _column(case, pack),
        )
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


def _column(case: Case, pack: Pack) -> Text | None:
    """Of a difference, the column it is about."""
    said, contract = next(iter(case.said.all()), None), pack.contracts.get(case.data_class)
    if said is None or contract is None:
        return None
    return next((column.label for column in contract.columns if column.name == said.column), None)


@require_safe
@staff_with(Permission.HANDLE_CASES)
def case(request: HttpRequest, number: int) -> HttpResponse:
    """One case: what the person says, what the data say, the answer."""
    return _page(request, _case(request, number))


@require_safe
@staff_with(*OVERSEE)
def offices(request: HttpRequest) -> HttpResponse:
    """How each office answers: what waits, by when, and for whom somebody else answers."""
    lines = by_office(account_of(request), day=today())
    return render(
        request, "office/case_offices.html", {"lines": lines, "nobody": any(line.nobody for line in lines)}
    )


def _page(request: HttpRequest, found: Case, bad: JigongError | None = None) -> HttpResponse:
    if found.kind == Kind.DIFFERENCE:
        return differences.page(request, found, bad)
    pack = law_for(request).pack
    entry = pack.facts.get(found.fact)
    open_ = found.state == CaseState.OPEN
    known = records(found) if open_ and found.fact else []
    # What was refused is shown again as it was typed, unless the records have changed meanwhile.
    sent = request.POST.dict() if bad is not None and not isinstance(bad, StaleError) else {}
    context = {
        "case": found,
        "kind": CASE_KINDS[Kind(found.kind)],
        "state": case_state(found.kind, found.state),
        "text": found.open_text(),
        "claimed": found.open_claimed(),
        "person": masked(found.whose, account_of(request)),
        "entry": entry,
        "contract": pack.contracts.get(found.data_class),
        "records": [_record(place, record, sent) for place, record in enumerate(known)],
        "amount": sent.get("amount", ""),
        "exception": sent.get("exception", ""),
        "chosen": whole_number(sent.get("record")) or 0,
        "shown": _fingerprint(known),
        "answered": who_answered(found, pack.offices[found.office].value.label)
        if found.office in pack.offices
        else None,
        "stands_in": open_ and stands_in(account_of(request), found),
        "bad": bad,
        "reason": request.POST.get("reason", "") if bad else "",
    }
    status = 200 if bad is None else 409 if isinstance(bad, StaleError) else 422
    return render(request, "office/case.html", context, status=status)


def correctable(contract: Contract) -> list[Column]:
    """The columns of a record that may be put right: neither its key nor whose it is."""
    return [c for c in contract.columns if c.name not in contract.key and c.identifier not in PEOPLE]


def _record(
    place: int, record: CaseRecord, sent: Mapping[str, str]
) -> tuple[CaseRecord, list[tuple[Column, str]]]:
    """A record with the columns that may be put right, and what was typed for them."""
    return record, [
        (column, sent.get(f"{place}.{column.name}", plain(record.values.get(column.name))))
        for column in correctable(record.contract)
    ]


@require_POST
@staff_with(Permission.HANDLE_CASES)
def answer(request: HttpRequest, number: int) -> HttpResponse:
    """Uphold or dismiss. An upheld correction becomes a new record, and the person is decided about anew."""
    found = _case(request, number)
    if found.kind == Kind.DIFFERENCE:
        return differences.answer(request, found)
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
    """What the form put right: of a correction the changed columns of the chosen record, of an appeal an amount."""
    if found.kind == Kind.APPEAL:
        amount = request.POST.get("amount", "").strip()
        return ({"amount": amount, "exception": request.POST.get("exception", "")} if amount else {}), None
    known = records(found)
    if request.POST.get("shown") != _fingerprint(known):
        stale = error(
            "部门刚更新过这些记录，本次操作没有执行", "a department has just changed these records; nothing was done",
            remedy=("看一眼最新内容，再更正", "look at them again, then put them right"),
        )  # fmt: skip
        raise StaleError(*stale.problems)
    chosen = whole_number(request.POST.get("record"))
    if chosen is None or chosen >= len(known):
        return {}, None
    record = known[chosen]
    changed = {}
    for column in correctable(record.contract):
        sent = request.POST.get(f"{chosen}.{column.name}")
        before = plain(record.values.get(column.name))
        if sent is not None and sent.strip() != before:
            changed[column.name] = sent.strip()
    return changed, dict(record.key)


def _fingerprint(known: Sequence[CaseRecord]) -> str:
    """By which a page is known that shows other records than there are now: its form would bring old values back."""
    plain = [
        [record.file, record.line, {name: str(value) for name, value in record.values.items()}]
        for record in known
    ]
    return content_hash(plain)


def _case(request: HttpRequest, number: int) -> Case:
    found = (
        reachable(account_of(request))
        .filter(pk=number)
        .select_related("person__employer", "entitlement", "decided_by", "answered_in")
        .first()
    )
    if found is None:
        raise Http404
    return found
