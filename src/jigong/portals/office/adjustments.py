"""Arrears and recoveries that later data ask for: agree or leave it, answer an appeal, book what came back."""

from typing import Any

from django import forms
from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from jigong.accounts.enums import Permission
from jigong.accounts.humans import is_second
from jigong.delivery.ledger.given import LONGEST_REFERENCE
from jigong.delivery.models import Entitlement
from jigong.delivery.replay.actions import accept, reject
from jigong.delivery.replay.models import Adjustment, AdjustmentState, Direction
from jigong.delivery.replay.queries import changes_of, withdrawn_of
from jigong.delivery.replay.recoveries import answer_appeal, settle
from jigong.insight.shown import yuan
from jigong.kernel.problems import error
from jigong.kernel.text import Text
from jigong.portals.kit.access import account_of, staff_with
from jigong.portals.kit.clock import now, today
from jigong.portals.office.shared import law_for, reach_of, tell, whole_district

PAGE = 50
_OWED = Q(state=AdjustmentState.ACCEPTED, direction=Direction.RECOVERY)
_OPEN, _APPEALED = Q(state=AdjustmentState.PROPOSED), Q(state=AdjustmentState.APPEALED)
_TABS = {"open": _OPEN, "appealed": _APPEALED, "owed": _OWED, "done": ~(_OPEN | _APPEALED | _OWED)}
_DIRECTIONS = {Direction.ARREARS: Text("补发", "pay more"), Direction.RECOVERY: Text("追回", "ask back")}
_STATES = {
    AdjustmentState.PROPOSED: Text("待决定", "to be decided"),
    AdjustmentState.ACCEPTED: Text("已同意", "agreed"),
    AdjustmentState.APPEALED: Text("申诉中", "under appeal"),
    AdjustmentState.REJECTED: Text("不调整", "left as it was"),
    AdjustmentState.REPLACED: Text("已被新的代替", "replaced by a newer one"),
    AdjustmentState.SETTLED: Text("已结清", "settled"),
}


class AppealForm(forms.Form):
    """Whether the appeal is right, and why."""

    answer = forms.ChoiceField(choices=[("uphold", ""), ("dismiss", "")])
    reason = forms.CharField(max_length=500)


class RepaymentForm(forms.Form):
    """What came back; without an amount, all that was left."""

    amount = forms.DecimalField(required=False, max_digits=14, decimal_places=2)
    reference = forms.CharField(max_length=LONGEST_REFERENCE)
    reason = forms.CharField(max_length=500)


def proposed(request: HttpRequest, permission: Permission = Permission.SEE_QUEUE) -> QuerySet[Adjustment]:
    """Adjustments of the entitlements the account reaches."""
    reached = Entitlement.objects.filter(reach_of(request, permission))
    return Adjustment.objects.filter(entitlement__in=reached).select_related("entitlement__person")


@require_safe
@staff_with(Permission.SEE_QUEUE)
def adjustments(request: HttpRequest) -> HttpResponse:
    """Proposals that wait, appeals, recoveries whose money has not come back, and those done; with the facts they cite."""
    chosen = request.GET.get("show", "open")
    if chosen not in _TABS:
        raise Http404
    rows, pack, account = proposed(request), law_for(request).pack, account_of(request)
    order = "-id" if chosen == "done" else "id"
    shown = (
        rows.filter(_TABS[chosen]).order_by(order).select_related("entitlement__organisation", "decided_by")
    )
    shown = shown.prefetch_related("statements", "repayments")
    page = Paginator(shown, PAGE).get_page(request.GET.get("page"))
    lines: list[dict[str, Any]] = [
        {
            "adjustment": row,
            "direction": _DIRECTIONS[Direction(row.direction)],
            "state": _STATES[AdjustmentState(row.state)],
            "changes": changes_of(row, pack),
            "withdrawn": withdrawn_of(row, pack),
            "heard": row.is_heard(today()),
            "decided_oneself": not is_second(account, row.decided_by),
        }
        for row in page
    ]
    context = {
        "lines": lines,
        "page": page,
        "chosen": chosen,
        "counts": {name: rows.filter(wanted).count() for name, wanted in _TABS.items() if name != "done"},
        "may": account.may(Permission.APPROVE),
        "answers": account.may(Permission.HANDLE_CASES),
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
            if found.direction == Direction.RECOVERY:
                tell(
                    request,
                    "已同意追回，移入“待收回”；当事人会看到金额、退回期限和申诉办法",
                    "agreed: it is under “Money to come back”; the payee reads the sum, by when, and how to appeal",
                )
            else:
                tell(request, "已同意补发", "agreed: more is paid")
        case "reject":
            reject(adjustment=found.pk, reason=reason, by=by, at=at)
            tell(request, "已决定不调整", "left as it was")
        case _:
            raise Http404
    return redirect("office:adjustments")


@require_POST
@staff_with(Permission.HANDLE_CASES)
def answer_recovery(request: HttpRequest, number: int) -> HttpResponse:
    """Answer an appeal against a recovery, with a reason."""
    found = get_object_or_404(proposed(request, Permission.HANDLE_CASES), pk=number)
    form = AppealForm(request.POST)
    if not form.is_valid():
        raise error(
            "没有答复：请写明理由，并选成立或不成立", "not answered: give a reason, and say whether it is upheld",
            remedy=("回到上一页补上", "go back and fill it in"),
        )  # fmt: skip
    upheld = form.cleaned_data["answer"] == "uphold"
    answer_appeal(
        adjustment=found.pk,
        upheld=upheld,
        reason=form.cleaned_data["reason"],
        by=account_of(request),
        at=now(),
    )
    if upheld:
        tell(request, "申诉成立，不再追回", "upheld; nothing is asked back")
    else:
        tell(request, "申诉不成立，仍须退回", "dismissed; it is still asked back")
    return redirect(f"{reverse('office:adjustments')}?show=appealed")


@require_POST
@staff_with(Permission.PAY)
def settle_recovery(request: HttpRequest, number: int) -> HttpResponse:
    """Book money of an agreed recovery that came back, all or a part; as all that moves a fund, it is the district's finance's."""
    if not whole_district(request, Permission.PAY):
        raise Http404
    found = get_object_or_404(proposed(request, Permission.PAY), pk=number)
    form = RepaymentForm(request.POST)
    if not form.is_valid():
        raise error(
            "没有入账：银行流水号、金额或说明不对", "not booked: the reference, the amount or the reason is wrong",
            remedy=("流水号和说明要填，金额写成 500 或 500.00", "give reference and reason; write the amount as 500 or 500.00"),
        )  # fmt: skip
    given = form.cleaned_data
    done = settle(
        adjustment=found.pk, amount=given["amount"], reference=given["reference"], reason=given["reason"],
        by=account_of(request), at=now(),
    )  # fmt: skip
    if done.left:
        tell(request, f"已入账，还剩 {yuan(done.left)} 元", f"booked; {yuan(done.left)} yuan are left")
    else:
        tell(request, "已结清，款项回到资金", "settled; the money is back in the fund")
    return redirect(f"{reverse('office:adjustments')}?show=owed")
