"""The queues: a page of lines by deadline, and moving many at once."""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from jigong.accounts.enums import Permission
from jigong.accounts.models import Account
from jigong.delivery import on_hold, queries
from jigong.delivery.actions import decline, review
from jigong.delivery.approval import approve
from jigong.delivery.hold_words import delivery_words
from jigong.delivery.models import Entitlement
from jigong.delivery.queries import exceptions_among
from jigong.delivery.replay.newer_law import left_out, with_newer_result
from jigong.delivery.sampling.queries import unanswered
from jigong.delivery.states import CAUSE_LABELS, Cause
from jigong.kernel.problems import JigongError, Problem
from jigong.kernel.text import Text
from jigong.packs.pack import Pack
from jigong.portals.kit.access import account_of, staff_with
from jigong.portals.kit.clock import now, today
from jigong.portals.office import labels
from jigong.portals.office.payees import shared_among
from jigong.portals.office.queues import QUEUES, Queue, filters_of, held_filters_of
from jigong.portals.office.shared import as_lines, law_for, owned_classes, reach_of, tell, towns

MOST_AT_ONCE = 200
_RESULT = "office.bulk"
"""Where a session keeps what came of the last bulk action."""
VERBS = {
    "review": Text("复核通过", "Pass review"),
    "approve": Text("批准", "Approve"),
    "decline": Text("不予批准", "Decline"),
}


@require_safe
@staff_with(Permission.SEE_QUEUE)
def queues(request: HttpRequest) -> HttpResponse:
    """The queue of the account's own work, the last step it may take first."""
    account = account_of(request)
    own = [queue.id for queue in QUEUES.values() if account.may(queue.permission) and not queue.held]
    return redirect("office:queue", kind=own[-1] if own else "review")


@require_safe
@staff_with(Permission.SEE_QUEUE)
def queue(request: HttpRequest, kind: str) -> HttpResponse:
    """One page of a queue."""
    shown, account, law = _queue(kind), account_of(request), law_for(request)
    reach, after = (
        reach_of(request, Permission.SEE_QUEUE),
        queries.Cursor.read(request.GET.get("after", "")),
    )
    if shown.held:
        filters = held_filters_of(request.GET, law.pack.contracts)
        page = on_hold.held_page(reach, filters.wanted, after)
        found = on_hold.count(reach, filters.wanted)
    else:
        filters = filters_of(request.GET)
        page = queries.waiting(reach, shown.states, filters.wanted, after)
        found = queries.count(reach, shown.states, filters.wanted)
    return render(
        request,
        "office/queue.html",
        {
            "queue": shown,
            **(_waited_for(reach, law.pack) if shown.held else {}),
            "puts_right": _own_class(account, filters.values.get("class", ""), law.pack),
            "tabs": [
                (other, queries.count(reach, other.states, queries.Wanted(held=other.held)))
                for other in QUEUES.values()
            ],
            "page": page,
            "exceptions": exceptions_among([] if shown.held else list(page.lines)),
            "shared": shared_among([] if shown.held else list(page.lines)),
            "filters": filters,
            "found": found if filters.active else None,
            "clauses": law.clauses,
            "towns": towns(),
            "modes": labels.MODES,
            "verbs": [(move, VERBS[move]) for move in shown.moves] if account.may(shown.permission) else [],
            "counted": unanswered(reach, today()),
            "later": bool(request.GET.get("after")),
        },
    )


def _own_class(account: Account, name: str, pack: Pack) -> str:
    """The class that is waited for, where the account's department can put it right; else nothing."""
    own = account.may(Permission.SEE_DATA) and any(c.name == name for c in owned_classes(account, pack))
    return name if own else ""


def _waited_for(reach: Q, pack: Pack) -> dict[str, object]:
    """What the queue of what is on hold has more: how many wait for what, and who could have to deliver."""
    groups = on_hold.groups(reach)
    offices = {pack.contracts[g.data_class].office for g in groups if g.data_class in pack.contracts}
    return {
        "groups": [
            (group, delivery_words(group.data_class, pack) if group.data_class else CAUSE_LABELS[group.cause])
            for group in groups
        ],
        "causes": [(cause, CAUSE_LABELS[cause]) for cause in Cause],
        "offices": [placed.value for name, placed in pack.offices.items() if name in offices],
    }


@require_POST
@staff_with(Permission.REVIEW, Permission.APPROVE)
def bulk(request: HttpRequest, kind: str) -> HttpResponse:
    """Move every chosen line, each by itself: what cannot be done stays, and says why."""
    shown = _queue(kind)
    move = request.POST.get("move", "")
    if move not in shown.moves:
        raise Http404
    chosen = list(_chosen(request.POST.getlist("item")))
    if not chosen:
        tell(request, "还没有选中任何一件", "nothing is chosen yet", bad=True)
        return redirect("office:queue", kind=kind)
    within = Entitlement.objects.filter(
        reach_of(request, shown.permission), pk__in=[one.id for one in chosen]
    )
    if within.count() != len({one.id for one in chosen}):
        raise Http404
    other_law = with_newer_result([one.id for one in chosen]) if move == "approve" else ()
    act = _act(move, other_law, account_of(request), request.POST.get("reason", "").strip())
    results = _moved(chosen, act)
    request.session[_RESULT] = {"kind": kind, "move": move, "lines": results}
    return redirect("office:bulk_result", kind=kind)


@require_safe
@staff_with(Permission.REVIEW, Permission.APPROVE)
def bulk_result(request: HttpRequest, kind: str) -> HttpResponse:
    """What came of the last bulk action of this session."""
    kept = request.session.get(_RESULT)
    if not kept or kept["kind"] != kind:
        return redirect("office:queue", kind=kind)
    about = Entitlement.objects.filter(
        reach_of(request, Permission.SEE_QUEUE), pk__in=[line["id"] for line in kept["lines"]]
    ).select_related("person", "organisation")
    entitlements = {entitlement.pk: entitlement for entitlement in about}
    lines = [
        (entitlements[line["id"]], [_problem(problem) for problem in line["problems"]])
        for line in kept["lines"]
        if line["id"] in entitlements
    ]
    return render(
        request,
        "office/bulk_result.html",
        {
            "queue": _queue(kind),
            "verb": VERBS[kept["move"]],
            "done": [line for line in lines if not line[1]],
            "refused": [line for line in lines if line[1]],
        },
    )


@dataclass(frozen=True, slots=True)
class Chosen:
    """A line somebody chose, and the version they saw."""

    id: int
    version: int


def _queue(kind: str) -> Queue:
    if kind not in QUEUES:
        raise Http404
    return QUEUES[kind]


def _chosen(items: Sequence[str]) -> Iterator[Chosen]:
    """``id:version`` of each line; a form that sends anything else was not ours."""
    for item in items[:MOST_AT_ONCE]:
        number, _, version = item.partition(":")
        if not (number.isdecimal() and version.isdecimal() and len(item) < 40):
            raise Http404
        yield Chosen(int(number), int(version))


def _approve(one: Chosen, other_law: Collection[int], by: Account, at: datetime, reason: str) -> object:
    if one.id in other_law:
        raise left_out()
    return approve(entitlement=one.id, version=one.version, by=by, at=at, reason=reason)


def _act(move: str, other_law: Collection[int], by: Account, reason: str) -> Callable[[Chosen], object]:
    at = now()
    if move == "approve":
        return lambda one: _approve(one, other_law, by, at, reason)
    if move == "review":
        return lambda one: review(entitlement=one.id, version=one.version, by=by, at=at, reason=reason)
    return lambda one: decline(entitlement=one.id, version=one.version, by=by, at=at, reason=reason)


def _moved(chosen: Sequence[Chosen], act: Callable[[Chosen], object]) -> list[dict[str, object]]:
    """Each line in its own transaction, in the order of ids, so that two officers never wait for one another in a ring."""
    results: list[dict[str, object]] = []
    for one in sorted(chosen, key=lambda one: one.id):
        problems: list[dict[str, str]] = []
        try:
            act(one)
        except JigongError as refused:
            problems = as_lines(refused.problems)
        results.append({"id": one.id, "problems": problems})
    return results


def _problem(line: dict[str, str]) -> Problem:
    remedy = Text(line["remedy_zh"], line["remedy_en"]) if line["remedy_zh"] else None
    return Problem(Text(line["zh"], line["en"]), None, remedy)
