"""Second looks: what is to do, drawing a sample, what was found."""

from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from jigong.accounts.enums import Permission
from jigong.delivery.actions import StaleError
from jigong.delivery.sampling import actions
from jigong.delivery.sampling.enums import FINDING_LABELS, WHY_LABELS, Finding, Why
from jigong.delivery.sampling.models import Audit, Draw, Listed
from jigong.delivery.sampling.order import METHOD
from jigong.delivery.sampling.queries import found_by_clause, repeat, unanswered, within
from jigong.delivery.sampling.signals import plan_of_sampling, reasons
from jigong.kernel.problems import JigongError
from jigong.portals.kit.access import account_of, staff_with
from jigong.portals.kit.clock import now, today
from jigong.portals.kit.numbers import whole_number
from jigong.portals.office.findings import amount_of, findings_about
from jigong.portals.office.shared import reach_of, tell, whole_district

PAGE = 50


def _reach(request: HttpRequest) -> Q:
    """What the account audits: operators read the record, but see no person."""
    return reach_of(request, Permission.AUDIT) & reach_of(request, Permission.SEE_QUEUE)


def _whole(request: HttpRequest) -> bool:
    """Whether the account audits the whole district: only then may it draw for everybody."""
    return whole_district(request, Permission.AUDIT) and whole_district(request, Permission.SEE_QUEUE)


@require_safe
@staff_with(Permission.AUDIT)
def audits(request: HttpRequest) -> HttpResponse:
    """Open audits by deadline, what was found so far, and the draws."""
    reach, plan = _reach(request), plan_of_sampling()
    done = request.GET.get("done") == "1"
    rows = within(reach).select_related("entitlement__person", "entitlement__organisation")
    rows = (
        rows.exclude(finding=Finding.OPEN).order_by("-decided_at")
        if done
        else rows.filter(finding=Finding.OPEN).order_by("deadline", "id")
    )
    start = min(whole_number(request.GET.get("after")) or 0, 10_000)
    found = list(rows[start : start + PAGE + 1])
    return render(
        request,
        "office/audits.html",
        {
            "lines": [(a, WHY_LABELS[Why(a.why)], FINDING_LABELS[Finding(a.finding)]) for a in found[:PAGE]],
            "after": start + PAGE if len(found) > PAGE else None,
            "done": done,
            "found": found_by_clause(reach, plan.confidence) if plan else [],
            "plan": plan,
            "draws": Draw.objects.select_related("by")[:12],
            "may_draw": _whole(request),
            "counted": unanswered(reach, today()),
        },
    )


@require_POST
@staff_with(Permission.AUDIT)
def draw(request: HttpRequest) -> HttpResponse:
    """Close the list and draw from it; or open an audit for everything of high risk."""
    if not _whole(request):
        raise Http404
    if request.POST.get("by") == "risk":
        opened = actions.pick_risky(by=account_of(request), at=now())
        tell(request, f"按风险新增 {opened} 件抽查", f"{opened} more to audit, by risk")
        return redirect("office:audits")
    made = actions.draw(by=account_of(request), at=now())
    tell(
        request,
        f"名单 {made.population} 件，抽中 {made.size} 件",
        f"{made.size} picked from a list of {made.population}",
    )
    return redirect("office:draw", number=made.pk)


@require_safe
@staff_with(Permission.AUDIT)
def drawn(request: HttpRequest, number: int) -> HttpResponse:
    """One draw: its list, seed and order, repeated while you look."""
    if not _whole(request):
        raise Http404
    made = get_object_or_404(Draw.objects.select_related("by"), pk=number)
    return render(
        request,
        "office/draw.html",
        {
            "draw": made,
            "again": repeat(made),
            "method": METHOD,
            "picked": Listed.objects.filter(draw=made, place__lte=made.size)
            .select_related("step__entitlement__person", "step__entitlement__organisation")
            .order_by("place"),
        },
    )


@require_safe
@staff_with(Permission.AUDIT)
def drawn_list(request: HttpRequest, number: int) -> HttpResponse:
    """The whole list of a draw, in its order, as text: anybody can repeat it."""
    if not _whole(request):
        raise Http404
    made = get_object_or_404(Draw, pk=number)
    steps = Listed.objects.filter(draw=made).order_by("place").values_list("step_id", flat=True)
    body = "".join(f"{step}\n" for step in steps)
    name = f"sample-{made.month}-{made.pk}.txt"
    return HttpResponse(
        body,
        content_type="text/plain; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


@require_safe
@staff_with(Permission.AUDIT)
def audit(request: HttpRequest, number: int) -> HttpResponse:
    """One audit: why it was picked, the decision, what was found."""
    return _page(request, _audit(request, number))


def _page(request: HttpRequest, found: Audit, bad: JigongError | None = None) -> HttpResponse:
    """The page of an audit, with what was wrong with its form."""
    context = {
        "audit": found,
        "why": WHY_LABELS[Why(found.why)],
        "finding": FINDING_LABELS[Finding(found.finding)],
        "risks": reasons(found.entitlement_id),
        "said": [
            one for one in findings_about(account_of(request), found.entitlement) if one.audit.pk == found.pk
        ],
        "bad": bad,
        "given": request.POST,
    }
    return render(request, "office/audit.html", context, status=422 if bad else 200)


@require_POST
@staff_with(Permission.AUDIT)
def conclude(request: HttpRequest, number: int) -> HttpResponse:
    """Say what the second look found."""
    found = _audit(request, number)
    finding = request.POST.get("finding", "")
    if finding not in (Finding.RIGHT, Finding.WRONG):
        raise Http404
    try:
        actions.conclude(
            audit=found.pk,
            finding=Finding(finding),
            note=request.POST.get("note", ""),
            should_be=amount_of(request.POST.get("should_be", "")),
            by=account_of(request),
            at=now(),
        )
    except StaleError:
        raise
    except JigongError as bad:
        return _page(request, found, bad)
    tell(request, "已记录抽查结论", "the finding is recorded")
    return redirect("office:audits")


def _audit(request: HttpRequest, number: int) -> Audit:
    rows = within(_reach(request)).select_related(
        "entitlement__person", "entitlement__organisation", "draw", "by", "step__by"
    )
    return get_object_or_404(rows, pk=number)
