"""Running a lottery: each step says what it means, who may do it, and cannot be done twice."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from jigong.accounts.enums import Permission
from jigong.accounts.humans import is_second
from jigong.accounts.masking import mask_name
from jigong.accounts.models import Account
from jigong.delivery.actions import StaleError
from jigong.delivery.lottery import actions, changes, preparing, queries
from jigong.delivery.lottery.enums import DocumentKind, EventKind, Stage
from jigong.delivery.lottery.models import Draw, Entrant
from jigong.delivery.lottery.queries import View
from jigong.delivery.lottery.roster import current_source
from jigong.delivery.models import Entitlement
from jigong.kernel.problems import JigongError, Problem
from jigong.kernel.text import Text
from jigong.portals.kit.access import account_of, staff_with
from jigong.portals.kit.clock import now
from jigong.portals.office.shared import clauses_to_run, law_for, tell

RUN, SEE = Permission.RUN_LOTTERY, Permission.SEE_QUEUE
WAITING = 20
"""So many of the waitlist stand on the page."""


@require_safe
@staff_with(RUN, SEE)
def lotteries(request: HttpRequest) -> HttpResponse:
    """The draws of one's office, and the clauses that can be drawn."""
    account = account_of(request)
    reach = queries.reach(account, RUN) | queries.reach(account, SEE)
    found = queries.views(list(Draw.objects.filter(reach)))
    context = {
        "open": [one for one in found if _open(one)],
        "done": [one for one in found if not _open(one) and one.stage != Stage.DISCARDED],
        "discarded": [one for one in found if one.stage == Stage.DISCARDED],
        "clauses": clauses_to_run(account, law_for(request), "lottery"),
    }
    return render(request, "office/lotteries.html", context)


def _open(found: View) -> bool:
    return found.stage not in (Stage.PUBLISHED, Stage.DISCARDED) and found.replaced_by is None


@require_http_methods(["GET", "HEAD", "POST"])
@staff_with(RUN)
def prepare(request: HttpRequest, clause: str) -> HttpResponse:
    """The form of a new draw, or of one drawn again (``?replaces=``)."""
    account = account_of(request)
    found = next(
        (one for one in clauses_to_run(account, law_for(request), "lottery") if one.id == clause), None
    )
    if found is None:
        raise Http404
    replaces = _replaced(account, clause, request.GET.get("replaces", ""))
    problems: tuple[Problem, ...] = ()
    source = current_source(settings.JIGONG.data)
    if request.method == "POST":
        try:
            draw = preparing.prepare(
                source=source, clause=clause, places=_number(request.POST.get("places", "")),
                announced=_announcement(request.POST), waits_until=_wait(request.POST), by=account, at=now(),
                replaces=None if replaces is None else replaces.draw.pk, reason=request.POST.get("reason", ""),
            )  # fmt: skip
        except StaleError:
            raise
        except JigongError as bad:
            problems = bad.problems
        else:
            tell(
                request,
                "名单草案已拟定，请另一位经办人核对后封存",
                "The draft is ready for another officer to seal",
            )
            return redirect("office:lottery", draw.pk)
    entrants = preparing.who_enters(source, found, replaces)
    context = {
        "clause": found,
        "room": preparing.room(source, found, replaces),
        "entrants": len(entrants),
        "conditional": sum(one.conditional for one in entrants),
        "wait_days": source.law.pack.days_for(preparing.WAIT),
        "source": source.loaded,
        "replaces": replaces,
        "given": request.POST,
        "problems": problems,
    }
    return render(request, "office/lottery_new.html", context, status=422 if problems else 200)


def _replaced(account: Account, clause: str, number: str) -> View | None:
    if not number:
        return None
    draw = Draw.objects.filter(queries.reach(account, RUN), clause=clause, pk=_number(number)).first()
    if draw is None:
        raise Http404
    return queries.view(draw)


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def _announcement(given: Mapping[str, str]) -> preparing.Announcement:
    try:
        known_at = timezone.make_aware(datetime.fromisoformat(given.get("known_at", "")))
    except ValueError:
        known_at = datetime.fromtimestamp(0, timezone.get_current_timezone())
    return preparing.Announcement(given.get("source", ""), given.get("form", ""), known_at)


def _wait(given: Mapping[str, str]) -> date | None:
    """The day until which places wait, if one is given; what is no day is too early for every seed."""
    text = given.get("waits_until", "")
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return date.min


@require_safe
@staff_with(RUN, SEE)
def lottery(request: HttpRequest, number: int) -> HttpResponse:
    """One draw: where it stands, what comes next and what that means, and all that was done."""
    return _page(request, _draw(request, number, RUN, SEE))


@require_safe
@staff_with(RUN, SEE)
def roster(request: HttpRequest, number: int) -> HttpResponse:
    """The roster file, a draft's too: codes, no names."""
    document = queries.document(_draw(request, number, RUN, SEE).pk, DocumentKind.ROSTER)
    if document is None:
        raise Http404
    return HttpResponse(
        bytes(document.body),
        headers={
            "Content-Type": "text/plain; charset=utf-8",
            "Content-Disposition": f'attachment; filename="roster-{number}.txt"',
            "Cache-Control": "no-store",
        },
    )


def _draw(request: HttpRequest, number: int, *permissions: Permission) -> Draw:
    reach = [queries.reach(account_of(request), permission) for permission in permissions]
    found = reach[0]
    for other in reach[1:]:
        found |= other
    draw = Draw.objects.filter(found, pk=number).select_related("run", "prepared_by").first()
    if draw is None:
        raise Http404
    return draw


def _page(request: HttpRequest, draw: Draw, problems: tuple[Problem, ...] = ()) -> HttpResponse:
    account, found = account_of(request), queries.view(draw)
    may = Draw.objects.filter(queries.reach(account, RUN), pk=draw.pk).exists()
    known = found.stage in (Stage.DRAWN, Stage.PUBLISHED)
    holders = queries.winners(found) if known else []
    context = {
        "found": found,
        "draw": draw,
        "prefix": draw.roster_sha256[: actions.PREFIX],
        "step": _step(found, account) if may else None,
        "may": may,
        "early": now() < draw.seed_known_at,
        "holders": _with_entitlements(draw, holders),
        "waiting": _waiting(found) if known else [],
        "history": _history(found),
        "problems": problems,
        "given": request.POST,
    }
    return render(request, "office/lottery.html", context, status=422 if problems else 200)


@dataclass(frozen=True, slots=True)
class NextStep:
    """The step a draw waits for; ``mine`` is whether this officer may take it, being another than ``not_by``."""

    name: str
    label: Text
    mine: bool


_NEXT = {
    Stage.PREPARED: ("commit", Text("封存并公布名单", "Seal and publish the roster"), EventKind.PREPARE),
    Stage.COMMITTED: ("seed", Text("录入种子", "Enter the seed"), None),
    Stage.SEED_ENTERED: ("confirm", Text("核对种子", "Confirm the seed"), EventKind.ENTER_SEED),
    Stage.SEEDED: ("draw", Text("排出顺序", "Draw"), None),
    Stage.DRAWN: ("publish", Text("公布结果", "Publish the results"), EventKind.DRAW),
}


def _step(found: View, account: Account) -> NextStep | None:
    if found.replaced_by is not None or found.stage not in _NEXT:
        return None
    name, label, before = _NEXT[found.stage]
    event = None if before is None else found.last(before)
    actor = None if event is None else event.actor
    first = None if actor is None else Account.objects.get(pk=actor)
    return NextStep(name, label, first is None or is_second(account, first))


def _with_entitlements(draw: Draw, holders: list[queries.Placed]) -> list[dict[str, Any]]:
    hashes = [one.entrant.subject_hash for one in holders]
    rows = Entitlement.objects.filter(
        clause=draw.clause, period=draw.period, supplement=0, subject_hash__in=hashes
    )
    by_hash = {row.subject_hash: row for row in rows}
    return [
        {"placed": one, "who": _who(one.entrant), "entitlement": by_hash.get(one.entrant.subject_hash)}
        for one in holders
    ]


def _who(entrant: Entrant) -> Text:
    """The winner as an officer recognises them; the whole name is on the page of the proposal."""
    if entrant.person is not None:
        masked = mask_name(entrant.person.name)
        return Text(masked, masked)
    return entrant.organisation.label if entrant.organisation is not None else Text("—", "—")


def _waiting(found: View) -> list[queries.Placed]:
    rows = queries.placed(found, found.draw.places + 1, WAITING + len(found.withdrawn))
    return [one for one in rows if one.state == "waitlist"][:WAITING]


def _history(found: View) -> list[dict[str, Any]]:
    accounts = Account.objects.in_bulk([event.actor for event in found.events if event.actor is not None])
    return [
        {"event": event, "who": accounts.get(event.actor) if event.actor is not None else None}
        for event in found.events
    ]


def _withdraw(draw: int, given: Mapping[str, str], by: Account, at: datetime) -> object:
    code = given.get("code", "")
    if not Entrant.objects.filter(draw=draw, code=code).exists():
        raise Http404
    return changes.give_up(draw=draw, code=code, by=by, at=at, reason=given.get("reason", ""))


_STEPS: dict[str, Callable[[int, Mapping[str, str], Account, datetime], object]] = {
    "discard": lambda draw, given, by, at: actions.discard(draw=draw, by=by, at=at, reason=given.get("reason", "")),
    "commit": lambda draw, given, by, at: actions.commit(draw=draw, by=by, at=at, typed=given.get("typed", "")),
    "seed": lambda draw, given, by, at: actions.enter_seed(
        draw=draw, seed=given.get("seed", ""), evidence=given.get("evidence", ""), by=by, at=at
    ),
    "confirm": lambda draw, given, by, at: actions.confirm_seed(draw=draw, seed=given.get("seed", ""), by=by, at=at),
    "draw": lambda draw, given, by, at: actions.run_draw(draw=draw, by=by, at=at),
    "publish": lambda draw, given, by, at: actions.publish(draw=draw, by=by, at=at, typed=given.get("typed", "")),
    "withdraw": _withdraw,
    "settle": lambda draw, given, by, at: changes.settle(draw=draw, at=at),
}  # fmt: skip
_TOLD = {
    "discard": Text("草案已作废", "The draft is discarded"),
    "commit": Text("名单已封存并公布", "The roster is sealed and public"),
    "seed": Text("种子已录入，请另一位经办人核对", "The seed is entered; another officer confirms it"),
    "confirm": Text("两人录入一致，种子已确认", "Both read the same; the seed is confirmed"),
    "draw": Text("顺序已排出，请另一位经办人公布", "The order is drawn; another officer publishes it"),
    "publish": Text("结果已公布，中签人已收到待办", "The results are public and the winners are told"),
    "withdraw": Text("已登记，名额由下一位递补", "Written down; the next in line follows"),
    "settle": Text("已核对名额，空出的已递补", "Places are checked; free ones are passed on"),
}


@require_POST
@staff_with(RUN)
def take_step(request: HttpRequest, number: int, step: str) -> HttpResponse:
    """Take one step of a draw."""
    draw = _draw(request, number, RUN)
    if step not in _STEPS:
        raise Http404
    try:
        _STEPS[step](draw.pk, request.POST, account_of(request), now())
    except StaleError:
        raise
    except JigongError as bad:
        return _page(request, draw, bad.problems)
    tell(request, _TOLD[step].zh, _TOLD[step].en)
    return redirect("office:lottery", draw.pk)


urlpatterns: list[URLPattern] = [
    path("", lotteries, name="lotteries"),
    path("new/<slug:clause>", prepare, name="lottery_new"),
    path("<int:number>", lottery, name="lottery"),
    path("<int:number>/roster.txt", roster, name="lottery_roster"),
    path("<int:number>/<slug:step>", take_step, name="lottery_step"),
]
