"""Arrears and recoveries that later data ask for: agree, or leave it as it was; book what came back."""

from typing import Any

from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from jigong.accounts.enums import Permission
from jigong.delivery.models import Entitlement
from jigong.delivery.replay.actions import accept, reject, settle
from jigong.delivery.replay.models import Adjustment, AdjustmentState, Direction
from jigong.delivery.replay.queries import changes_of
from jigong.kernel.text import Text
from jigong.portals.kit.access import account_of, staff_with
from jigong.portals.kit.clock import now
from jigong.portals.office.shared import law_for, reach_of, tell, whole_district

PAGE = 50
_OWED = Q(state=AdjustmentState.ACCEPTED, direction=Direction.RECOVERY)
_TABS = {
    "open": Q(state=AdjustmentState.PROPOSED),
    "owed": _OWED,
    "done": ~Q(state=AdjustmentState.PROPOSED) & ~_OWED,
}
_DIRECTIONS = {Direction.ARREARS: Text("补发", "pay more"), Direction.RECOVERY: Text("追回", "ask back")}
_STATES = {
    AdjustmentState.PROPOSED: Text("待决定", "to be decided"),
    AdjustmentState.ACCEPTED: Text("已同意", "agreed"),
    AdjustmentState.REJECTED: Text("不调整", "left as it was"),
    AdjustmentState.REPLACED: Text("已被新的代替", "replaced by a newer one"),
    AdjustmentState.SETTLED: Text("已结清", "settled"),
}


def proposed(request: HttpRequest, permission: Permission = Permission.SEE_QUEUE) -> QuerySet[Adjustment]:
    """Adjustments of the entitlements the account reaches."""
    reached = Entitlement.objects.filter(reach_of(request, permission))
    return Adjustment.objects.filter(entitlement__in=reached).select_related("entitlement__person")


@require_safe
@staff_with(Permission.SEE_QUEUE)
def adjustments(request: HttpRequest) -> HttpResponse:
    """Proposals that wait, recoveries whose money has not come back, and those done; each with the facts it cites."""
    chosen = request.GET.get("show", "open")
    if chosen not in _TABS:
        raise Http404
    rows, pack = proposed(request), law_for(request).pack
    page = Paginator(rows.filter(_TABS[chosen]).order_by("id" if chosen == "open" else "-id"), PAGE).get_page(
        request.GET.get("page")
    )
    lines: list[dict[str, Any]] = [
        {
            "adjustment": row,
            "direction": _DIRECTIONS[Direction(row.direction)],
            "state": _STATES[AdjustmentState(row.state)],
            "changes": changes_of(row, pack),
        }
        for row in page
    ]
    account = account_of(request)
    context = {
        "lines": lines,
        "page": page,
        "chosen": chosen,
        "counts": {name: rows.filter(wanted).count() for name, wanted in _TABS.items() if name != "done"},
        "may": account.may(Permission.APPROVE),
        "pays": whole_district(request, Permission.PAY),
    }
    return render(request, "office/adjustments.html", context)


@require_POST
@staff_with(Permission.APPROVE)
def adjust(request: HttpRequest, number: int) -> HttpResponse:
    """Agree to a proposal, or leave things as they were; either way with a reason."""
    found = get_object_or_404(proposed(request, Permission.APPROVE), pk=number)
    by, at, reason = account_of(request), now(), request.POST.get("reason", "").strip()
    match request.POST.get("answer", ""):
        case "accept":
            accept(adjustment=found.pk, reason=reason, by=by, at=at)
            tell(request, "已同意调整", "agreed")
        case "reject":
            reject(adjustment=found.pk, reason=reason, by=by, at=at)
            tell(request, "已决定不调整", "left as it was")
        case _:
            raise Http404
    return redirect("office:adjustments")


@require_POST
@staff_with(Permission.PAY)
def settle_recovery(request: HttpRequest, number: int) -> HttpResponse:
    """Book that the money of an agreed recovery is back; as all that moves a fund, it is the district's finance's."""
    if not whole_district(request, Permission.PAY):
        raise Http404
    found = get_object_or_404(proposed(request, Permission.PAY), pk=number)
    settle(
        adjustment=found.pk, reference=request.POST.get("reference", ""), reason=request.POST.get("reason", ""),
        by=account_of(request), at=now(),
    )  # fmt: skip
    tell(request, "已结清，款项回到资金", "settled; the money is back in the fund")
    return redirect(f"{reverse('office:adjustments')}?show=owed")
