"""The public pages of lotteries: everything somebody needs to draw again, and one's own place worked out in the browser."""

from datetime import datetime
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotModified
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.views.decorators.http import require_safe

from jigong.delivery.lottery import queries, sampler
from jigong.delivery.lottery.enums import DocumentKind, EventKind, Stage
from jigong.delivery.lottery.models import Event
from jigong.delivery.lottery.queries import View
from jigong.kernel.text import Text
from jigong.portals.kit.access import public
from jigong.portals.kit.clock import now

SHOWN = 100
"""So many winners stand on the page itself; all of them are in the results file."""

_STEPS = (
    (EventKind.COMMIT, Text("名单封存", "Roster sealed")),
    (EventKind.CONFIRM_SEED, Text("公开种子", "Public seed")),
    (EventKind.PUBLISH, Text("公布结果", "Results")),
)


@require_safe
@public
def lotteries(request: HttpRequest) -> HttpResponse:
    """Every draw whose roster is sealed, newest first."""
    found = queries.public_views()
    return render(
        request,
        "public/lotteries.html",
        {
            "coming": [one for one in found if one.stage != Stage.PUBLISHED and one.replaced_by is None],
            "done": [one for one in found if one.stage == Stage.PUBLISHED or one.replaced_by is not None],
            "now": now(),
        },
    )


@require_safe
@public
def lottery(request: HttpRequest, number: int) -> HttpResponse:
    """One draw."""
    found = _sealed(number)
    holders = queries.winners(found) if found.stage == Stage.PUBLISHED else []
    return render(
        request,
        "public/lottery.html",
        {
            "found": found,
            "draw": found.draw,
            "steps": _steps(found),
            "next": _next(found, now()),
            "holders": holders[:SHOWN],
            "more": len(holders) - SHOWN,
            "given_up": len(found.withdrawn - found.lost),
            "lost": len(found.lost),
            "waiting": len(found.waiting),
            "history": _history(found),
            "seal": found.last(EventKind.COMMIT),
            "evidence": _evidence(found),
            "programs": list(sampler.OTHERS),
            "data": _for_script(found),
        },
    )


def _sealed(number: int) -> View:
    found = queries.public_view(number)
    if found is None:
        raise Http404
    return found


def _steps(found: View) -> list[dict[str, Any]]:
    """The three steps everybody can follow, with when each was done."""
    rows = [{"label": label, "event": found.last(kind)} for kind, label in _STEPS]
    doing = next((row for row in rows if row["event"] is None), None)
    return [{**row, "doing": row is doing} for row in rows]


def _next(found: View, at: datetime) -> Text | None:
    """What happens next, in a sentence."""
    if found.stage == Stage.PUBLISHED or found.replaced_by is not None:
        return None
    if found.seed is None and at < found.draw.seed_known_at:
        return Text("等待公开事件产生种子", "waiting for the public event that gives the seed")
    if found.seed is None:
        return Text(
            "事件已发生，两位经办人正在分别录入种子", "the event is over; two officers are entering the seed"
        )
    return Text(
        "种子已确认，任何人已能算出结果，等待正式公布",
        "the seed is known, so anybody can work out the result; it is soon published",
    )


def _history(found: View) -> list[Event]:
    """What was done, oldest first: without drafts, and without a seed only one officer has read."""
    hidden = {EventKind.PREPARE.value, EventKind.ENTER_SEED.value}
    if found.stage != Stage.PUBLISHED:
        hidden.add(EventKind.DRAW.value)
    return [event for event in found.events if event.kind not in hidden]


def _evidence(found: View) -> str:
    event = found.last(EventKind.CONFIRM_SEED)
    return "" if event is None else str(event.given["evidence"])


def _for_script(found: View) -> dict[str, Any]:
    draw = found.draw
    return {
        "roster": reverse("public:lottery_roster", args=[draw.pk]),
        "worker": static("public/lottery-check.js"),
        "rosterHash": draw.roster_sha256,
        "resultsHash": found.results_sha256 or "",
        "seed": found.seed or "",
        "withdrawn": sorted(found.withdrawn) if found.stage == Stage.PUBLISHED else [],
        # What the order alone does not tell: whose place waits, and who lost one that had waited.
        "states": dict.fromkeys(sorted(found.lost), "lost") | dict.fromkeys(sorted(found.waiting), "waits"),
    }


@require_safe
@public
def roster(request: HttpRequest, number: int) -> HttpResponse:
    """The roster file, to the byte."""
    found = _sealed(number)
    return _file(
        request, found, DocumentKind.ROSTER, "text/plain; charset=utf-8", f"roster-{found.draw.pk}.txt"
    )


@require_safe
@public
def results(request: HttpRequest, number: int) -> HttpResponse:
    """The results file, to the byte, once it is public."""
    found = _sealed(number)
    if found.stage != Stage.PUBLISHED:
        raise Http404
    return _file(
        request, found, DocumentKind.RESULTS, "text/csv; charset=utf-8", f"results-{found.draw.pk}.csv"
    )


@require_safe
@public
def program(request: HttpRequest, number: int) -> HttpResponse:
    """The sampler's source as it was sealed with the roster."""
    found = _sealed(number)
    return _file(request, found, DocumentKind.SAMPLER, "text/x-python; charset=utf-8", "draw.py")


def _file(
    request: HttpRequest, found: View, kind: DocumentKind, content_type: str, name: str
) -> HttpResponse:
    etag = f'"{found.draw.roster_sha256[:16]}-{kind}"'
    if request.headers.get("If-None-Match") == etag:
        return HttpResponseNotModified()
    document = queries.document(found.draw.pk, kind)
    if document is None:
        raise Http404
    return HttpResponse(
        bytes(document.body),
        headers={
            "Content-Type": content_type,
            "Content-Disposition": f'attachment; filename="{name}"',
            # What is sealed never changes, so it may be kept for good.
            "Cache-Control": "public, max-age=31536000, immutable",
            "ETag": etag,
            "X-Content-SHA256": document.sha256,
        },
    )


@require_safe
@public
def other_program(request: HttpRequest, name: str) -> HttpResponse:
    """The same program in other languages."""
    if name not in sampler.OTHERS:
        raise Http404
    body = (sampler.FOLDER / name).read_bytes()
    return HttpResponse(
        body,
        headers={
            "Content-Type": f"{sampler.OTHERS[name]}; charset=utf-8",
            "Content-Disposition": f'attachment; filename="{name}"',
        },
    )
