"""Places in a quota: who is asked, which places wait for data and until when, and giving them out before."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path
from django.views.decorators.http import require_POST, require_safe

from jigong.accounts.enums import Permission
from jigong.accounts.humans import is_second
from jigong.delivery.actions import StaleError
from jigong.delivery.ranking import actions
from jigong.delivery.ranking.queries import Queue
from jigong.kernel.problems import JigongError, Problem
from jigong.portals.kit.access import account_of, staff_with
from jigong.portals.kit.clock import now
from jigong.portals.office.shared import clauses_to_run, law_for, tell

RUN = Permission.RUN_LOTTERY
SHOWN = 100
"""So many of each list stand on the page."""


@require_safe
@staff_with(RUN)
def places(request: HttpRequest) -> HttpResponse:
    """The clauses with a quota of one's office, and how their places stand."""
    clauses = clauses_to_run(account_of(request), law_for(request), "quota")
    return render(request, "office/places.html", {"queues": [actions.current_queue(c.id) for c in clauses]})


@require_safe
@staff_with(RUN)
def queue(request: HttpRequest, clause: str) -> HttpResponse:
    """One queue: the places that wait, and for whose data; codes, no names."""
    return _page(request, _queue(request, clause))


def _queue(request: HttpRequest, clause: str) -> Queue:
    if clause not in {one.id for one in clauses_to_run(account_of(request), law_for(request), "quota")}:
        raise Http404
    return actions.current_queue(clause)


def _page(request: HttpRequest, found: Queue, problems: tuple[Problem, ...] = ()) -> HttpResponse:
    final = found.finalisation
    context = {
        "queue": found,
        "final": final,
        "agreed": getattr(final, "confirmation", None),
        "mine": final is not None and not is_second(account_of(request), final.proposed_by),
        "waiting": found.waiting[:SHOWN],
        "open": found.open[:SHOWN],
        "problems": problems,
        "given": request.POST,
    }
    return render(request, "office/places_queue.html", context, status=422 if problems else 200)


@require_POST
@staff_with(RUN)
def propose(request: HttpRequest, clause: str) -> HttpResponse:
    """Ask that the places wait no longer."""
    found = _queue(request, clause)
    try:
        actions.propose_final(
            clause=clause, by=account_of(request), at=now(), reason=request.POST.get("reason", "")
        )
    except StaleError:
        raise
    except JigongError as bad:
        return _page(request, found, bad.problems)
    tell(request, "已提出，请另一位经办人确认", "Asked for; another officer has to agree")
    return redirect("office:queue_of", clause)


@require_POST
@staff_with(RUN)
def agree(request: HttpRequest, clause: str) -> HttpResponse:
    """Agree to it: the places that waited are offered."""
    found = _queue(request, clause)
    if found.finalisation is None:
        raise Http404
    try:
        actions.confirm_final(finalisation=found.finalisation.pk, by=account_of(request), at=now())
    except StaleError:
        raise
    except JigongError as bad:
        return _page(request, found, bad.problems)
    tell(
        request,
        "已定案，等数据的名额已按现有排序发出",
        "Final: the places that waited are offered by the order as it is",
    )
    return redirect("office:queue_of", clause)


urlpatterns: list[URLPattern] = [
    path("", places, name="places"),
    path("<slug:clause>", queue, name="queue_of"),
    path("<slug:clause>/final", propose, name="propose_final"),
    path("<slug:clause>/agree", agree, name="agree_final"),
]
