"""The clause's files in an editor: line numbers, and what the pack's check says, at its line."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from jigong.accounts.enums import Permission
from jigong.kernel.problems import Problem
from jigong.portals.kit.access import account_of, staff_with
from jigong.portals.kit.clock import now
from jigong.portals.kit.numbers import whole_number
from jigong.portals.office.publishing_shared import draft_of, label_of_clause, newest_law
from jigong.portals.office.shared import tell
from jigong.services.publishing import checks, drafting, reach
from jigong.services.publishing.enums import DraftState, EditKind
from jigong.services.publishing.layer import clause_text
from jigong.services.publishing.models import Draft
from jigong.services.publishing.problems import caret, from_json

_KEPT = "law_problems"
_KINDS = {"clause": EditKind.CLAUSE, "cases": EditKind.CASES}


@require_http_methods(["GET", "POST"])
@staff_with(Permission.DRAFT_LAW)
def text(request: HttpRequest, number: int, kind: str) -> HttpResponse:
    """Show a file of the clause as the draft has it; save it, and check it at once."""
    found, account = draft_of(request, number), account_of(request)
    if (
        kind not in _KINDS
        or not reach.reaches(account, found.office, Permission.DRAFT_LAW)
        or not found.clause
    ):
        raise Http404
    if request.method == "POST":
        saved = drafting.set_text(
            draft=found.pk, edition=whole_number(request.POST.get("edition")) or 0, kind=_KINDS[kind],
            text=request.POST.get("text", ""), by=account, at=now(),
        )  # fmt: skip
        problems = checks.quick_problems(saved) if saved.edits.exists() else []
        request.session[_KEPT] = {"draft": saved.pk, "edition": saved.edition, "problems": problems}
        if not problems:
            tell(request, "已保存，条文和全部例子都通过", "Saved; texts and every case are right")
        return redirect("office:law_text", number=number, kind=kind)
    return render(request, "office/publishing_text.html", _page(request, found, kind))


def _page(request: HttpRequest, found: Draft, kind: str) -> dict[str, object]:
    newest = newest_law()
    edit = found.edits.filter(kind=_KINDS[kind]).first()
    body = edit.body if edit else clause_text(newest.pack, found.clause, _KINDS[kind])
    kept = request.session.get(_KEPT, {})
    fresh = kept.get("draft") == found.pk and kept.get("edition") == found.edition
    problems = from_json(kept.get("problems", [])) if fresh else []
    here = f"clauses/{found.clause}/{kind}.yaml"
    return {
        "draft": found,
        "label": label_of_clause(newest.pack, found),
        "kind": kind,
        "text": body,
        "numbers": "\n".join(str(line + 1) for line in range(body.count("\n") + 1)),
        "problems": [_problem(problem, here) for problem in problems],
        "saved": fresh,
        "may_save": found.state == DraftState.DRAFTING,
        "changed": edit is not None,
    }


def _problem(problem: Problem, here: str) -> dict[str, object]:
    place = problem.place
    mine = place is not None and place.file.endswith(here)
    return {
        "what": problem.what,
        "remedy": problem.remedy,
        "place": place,
        "caret": caret(place) if place else "",
        "line": place.line if place is not None and mine else None,
    }
