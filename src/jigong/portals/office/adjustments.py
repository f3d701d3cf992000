"""Arrears and recoveries that later data ask for: agree, or leave it as it was."""

from typing import Any

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from jigong.accounts.enums import Permission
from jigong.delivery.models import Entitlement
from jigong.delivery.replay.actions import accept, changes_of, reject
from jigong.delivery.replay.models import Adjustment, AdjustmentState, Direction
from jigong.kernel.text import Text
from jigong.portals.kit.access import account_of, staff_with
from jigong.portals.kit.clock import now
from jigong.portals.office.shared import reach_of, tell

PAGE = 50
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
    """Proposals that wait, and those decided, each with the facts it cites."""
    done = request.GET.get("done") == "1"
    rows = proposed(request)
    rows = (
        rows.exclude(state=AdjustmentState.PROPOSED).order_by("-id")
        if done
        else rows.filter(state=AdjustmentState.PROPOSED).order_by("id")
    )
    lines: list[dict[str, Any]] = [
        {
            "adjustment": row,
            "direction": _DIRECTIONS[Direction(row.direction)],
            "state": _STATES[AdjustmentState(row.state)],
            "changes": changes_of(row),
        }
        for row in rows[:PAGE]
    ]
    may = account_of(request).may(Permission.APPROVE)
    return render(request, "office/adjustments.html", {"lines": lines, "done": done, "may": may})


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
