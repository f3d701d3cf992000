"""One draft: what it changes, its check, and the steps on the way to being law."""

from datetime import date
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from jigong.accounts.enums import Permission
from jigong.accounts.humans import is_second
from jigong.accounts.models import Account
from jigong.packs.pack import value_on
from jigong.portals.kit.access import account_of, staff_with
from jigong.portals.kit.clock import now, today
from jigong.portals.kit.numbers import whole_number
from jigong.portals.office.publishing_report import Report
from jigong.portals.office.publishing_shared import (
    LawOfPage,
    day_or,
    draft_of,
    label_of_clause,
    newest_law,
    restoring,
    shown_edits,
    source_of,
)
from jigong.portals.office.shared import day_from, tell
from jigong.services.publishing import actions, checks, drafting, reach, tasks
from jigong.services.publishing.enums import (
    DRAFT_LABELS,
    MOVE_LABELS,
    CheckState,
    DraftKind,
    DraftState,
    EditKind,
)
from jigong.services.publishing.models import Check, Draft
from jigong.services.publishing.problems import from_json
from jigong.services.publishing.queries import (
    data_to_look_at,
    drafters,
    history,
    latest_check,
    outdated,
    silent,
)

LAW = (Permission.DRAFT_LAW, Permission.APPROVE_LAW)


@require_GET
@staff_with(*LAW)
def draft(request: HttpRequest, number: int) -> HttpResponse:
    """The draft's page."""
    return render(request, "office/publishing_draft.html", _page(request, draft_of(request, number)))


def _page(request: HttpRequest, found: Draft) -> dict[str, Any]:
    account, newest = account_of(request), newest_law()
    may = _may(account, found)
    return {
        "draft": found,
        "label": label_of_clause(newest.pack, found),
        "state": DRAFT_LABELS[DraftState(found.state)],
        "rollback": found.kind == DraftKind.ROLLBACK,
        "new": found.kind == DraftKind.NEW,
        "edits": shown_edits(found, newest),
        "parameters": _parameters(found, newest, account) if may["edit"] else [],
        "steps": _steps(found),
        "history": [(line, MOVE_LABELS.get(line.move)) for line in history(found)],
        "may": may,
        **(restoring(found, newest) if found.restores else {}),
        **_check_part(account, found, newest),
    }


def _may(account: Account, found: Draft) -> dict[str, bool]:
    """What the account may do with the draft now."""
    drafts = reach.reaches(account, found.office, Permission.DRAFT_LAW)
    approves = reach.reaches(account, found.office, Permission.APPROVE_LAW)
    drafting_, submitted = found.state == DraftState.DRAFTING, found.state == DraftState.SUBMITTED
    second = is_second(account, *drafters(found))
    return {
        "edit": drafts and drafting_,
        "check": (drafts or approves) and (drafting_ or submitted),
        # Whoever approves the law may ask for an earlier version back, and another approves it.
        "submit": (drafts or (approves and found.kind == DraftKind.ROLLBACK)) and drafting_,
        "approve": approves and submitted and second,
        "return": approves and submitted,
        "drop": ((drafts or found.created_by_id == account.pk) and drafting_) or (submitted and not second),
        "own": approves and submitted and not second,
    }


def _parameters(found: Draft, newest: LawOfPage, account: Account) -> list[dict[str, Any]]:
    """The clause's values that may be changed, with what holds today and when that began."""
    reached = reach.offices(account, Permission.DRAFT_LAW)
    readers = reach.readers(newest.pack, newest.rules)
    lines = []
    for name in reach.parameters_of_clause(newest.pack, newest.rules, found.clause):
        entry = newest.pack.parameters[name].value
        dated = max((d for d in entry.values if d.from_ <= today()), key=lambda d: d.from_, default=None)
        lines.append(
            {
                "name": name,
                "entry": entry,
                "now": value_on(entry, today()),
                "since": dated.from_ if dated else None,
                "source": source_of(newest.pack, dated.source_of("value")) if dated else None,
                "locked": reached is not None and not readers[name] <= reached,
                "others": sorted(readers[name] - {found.office}),
            }
        )
    return lines


def _steps(found: Draft) -> list[tuple[str, str, str]]:
    """The way of a draft: name in both languages, and done, active or to come."""
    check = latest_check(found)
    passed = check is not None and check.state == CheckState.PASSED and check.edition == found.edition
    version = found.version
    done = [
        True,
        passed or found.state == DraftState.PUBLISHED,
        found.state in (DraftState.SUBMITTED, DraftState.PUBLISHED),
        found.state == DraftState.PUBLISHED,
        version is not None and version.took_effect_at is not None,
    ]
    names = (
        ("起草", "Draft"),
        ("检查", "Check"),
        ("送审", "Submission"),
        ("批准", "Approval"),
        ("生效", "In force"),
    )
    current = next((i for i, is_ in enumerate(done) if not is_), len(done))
    return [
        (zh, en, "done" if i < current else "active" if i == current else "later")
        for i, (zh, en) in enumerate(names)
    ]


def _check_part(account: Account, found: Draft, newest: LawOfPage) -> dict[str, Any]:
    check = latest_check(found)
    if check is None:
        return {"check": None}
    passed = check.state == CheckState.PASSED
    label = found.clause, label_of_clause(newest.pack, found)
    words = passed and check.report.get("words", False)
    report = Report(check.report, newest.pack, account, label) if passed and not words else None
    waiting = found.state in (DraftState.DRAFTING, DraftState.SUBMITTED)
    return {
        "check": check,
        "running": check.state == CheckState.RUNNING and not silent(check),
        "killed": check.state == CheckState.BROKEN or silent(check),
        "problems": from_json(check.problems),
        "outdated": outdated(check, found, newest.head) if waiting else [],
        "newer": data_to_look_at(check) if passed and waiting else None,
        "words": words,
        # What a check before it found stands on that one's data, where newer ones touched too many.
        "pinned": check.pinned if check.pinned and check.report.get("stands") else check,
        "right": check.pinned is not None and not check.report.get("stands") and check.report.get("touched"),
        "report": report,
        "charts": {part["id"]: part["chart"] for part in report.funds} if report else {},
        "step_label": _step_label(check),
    }


_STEP_LABELS = {
    "": ("排队等待后台开始", "waiting for its turn in the background"),
    "pack": ("检查条文、数值和全部例子", "checking texts, values and every case"),
    "data": ("找出新数据影响到谁", "finding whom newer data touch"),
    "before": ("按现行政策判定每个人", "deciding everybody by the law as it is"),
    "after": ("按草案判定每个人", "deciding everybody by the draft"),
    "engines": ("第二个引擎逐人复算", "the second engine decides everybody again"),
    "people": ("比较每个人的得失", "comparing what each person gets"),
}


def _step_label(check: Check) -> tuple[str, str]:
    return _STEP_LABELS.get(check.step, (f"测算支出：{check.step}", f"spending in {check.step}"))


@require_GET
@staff_with(*LAW)
def progress(request: HttpRequest, number: int) -> HttpResponse:
    """How far the check is; when it has ended, the page is told to load again."""
    found = draft_of(request, number)
    context = {"draft": found, **_check_part(account_of(request), found, newest_law())}
    if not context.get("running"):
        return HttpResponse(status=204, headers={"HX-Refresh": "true"})
    return render(request, "office/publishing_progress.html", context)


def _editable(request: HttpRequest, number: int) -> tuple[Draft, Account]:
    """A draft the account may change."""
    found, account = draft_of(request, number), account_of(request)
    if not reach.reaches(account, found.office, Permission.DRAFT_LAW):
        raise Http404
    return found, account


def _edition(request: HttpRequest) -> int:
    """The edition the page showed; one that says none is old."""
    return whole_number(request.POST.get("edition")) or 0


@require_POST
@staff_with(Permission.DRAFT_LAW)
def settle(request: HttpRequest, number: int) -> HttpResponse:
    """Name the document and the day."""
    found, account = _editable(request, number)
    given = request.POST
    drafting.settle(
        draft=found.pk, edition=_edition(request), in_force_on=day_or(given.get("in_force_on", ""), found.in_force_on),
        source_zh=given.get("source_zh", ""), source_en=given.get("source_en", ""),
        source_on=day_from(given.get("source_on", "")), by=account, at=now(),
    )  # fmt: skip
    return redirect("office:law_draft", number=number)


@require_POST
@staff_with(Permission.DRAFT_LAW)
def value(request: HttpRequest, number: int) -> HttpResponse:
    """Give a parameter a new value from a day on."""
    found, account = _editable(request, number)
    given = request.POST
    from_: date = day_or(given.get("from", ""), found.in_force_on)
    drafting.set_value(
        draft=found.pk, edition=_edition(request), name=given.get("name", ""), text=given.get("value", ""),
        from_=from_, note=given.get("note", ""), by=account, at=now(),
    )  # fmt: skip
    return redirect("office:law_draft", number=number)


@require_POST
@staff_with(Permission.DRAFT_LAW)
def remove(request: HttpRequest, number: int) -> HttpResponse:
    """Take an edit out."""
    found, account = _editable(request, number)
    kind = request.POST.get("kind", "")
    if kind not in EditKind.values:
        raise Http404
    drafting.drop_edit(
        draft=found.pk, edition=_edition(request), kind=EditKind(kind), target=request.POST.get("target", ""),
        by=account, at=now(),
    )  # fmt: skip
    return redirect("office:law_draft", number=number)


@require_POST
@staff_with(*LAW)
def check(request: HttpRequest, number: int) -> HttpResponse:
    """Begin a check in the background."""
    found, anew = draft_of(request, number), request.POST.get("anew") == "yes"
    tasks.begin(
        checks.start_check(
            draft=found.pk, edition=_edition(request), by=account_of(request), at=now(), anew=anew
        )
    )
    return redirect("office:law_draft", number=number)


def _looks_first(found: Draft) -> bool:
    """Whether newer data touch people who have to be looked at before the draft is approved."""
    check = latest_check(found)
    return check is not None and check.state == CheckState.PASSED and data_to_look_at(check) is not None


@require_POST
@staff_with(*LAW)
def move(request: HttpRequest, number: int, move: str) -> HttpResponse:
    """Send for approval, approve, send back, give up."""
    found, account = draft_of(request, number), account_of(request)
    may = _may(account, found)
    given: dict[str, Any] = {"draft": found.pk, "edition": _edition(request), "by": account, "at": now()}
    reason = request.POST.get("reason", "")
    if move == "submit" and (may["submit"] or reach.reaches(account, found.office, Permission.DRAFT_LAW)):
        actions.submit(**given)
        tell(request, "已送审，等第二人批准", "Sent; a second person has to approve")
    elif move == "approve" and may["approve"] and _looks_first(found):
        tasks.begin(checks.start_check(draft=found.pk, edition=given["edition"], by=account, at=now()))
        tell(
            request,
            "检查之后有新数据：正在补查受影响的人，请看过更正后的合计再批准",
            "There are data since the check: the people they touch are looked at first; approve when you have seen the totals",
        )
    elif move == "approve":
        version = actions.approve(**given, on=today())
        if version.in_force_on <= today():
            tasks.take_effect.defer(on=str(today()), at=now().isoformat())
        tell(
            request,
            f"已批准，第 {version.number} 版自 {version.in_force_on} 起生效",
            f"Approved: version {version.number}, in force from {version.in_force_on}",
        )
    elif move == "return" and reach.reaches(account, found.office, Permission.APPROVE_LAW):
        actions.send_back(**given, reason=reason)
    elif move == "drop" and (may["drop"] or found.state == DraftState.DROPPED):
        drafting.drop(**given, reason=reason)
    else:
        raise Http404
    return redirect("office:law_draft", number=number)
