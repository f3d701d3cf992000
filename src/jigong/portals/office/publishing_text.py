"""The clause's files in an editor: line numbers, and what the pack's check says, at its line."""

from collections.abc import Mapping

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from jigong.accounts.enums import Permission
from jigong.kernel.problems import Problem
from jigong.kernel.text import Text
from jigong.packs.model import FactEntry
from jigong.packs.pack import Pack
from jigong.portals.kit.access import account_of, staff_with
from jigong.portals.kit.clock import now
from jigong.portals.kit.numbers import whole_number
from jigong.portals.office.publishing_shared import draft_of, label_of_clause, newest_law
from jigong.portals.office.shared import tell
from jigong.services.publishing import checks, drafting, reach
from jigong.services.publishing.enums import DraftKind, DraftState, EditKind
from jigong.services.publishing.files import file_of
from jigong.services.publishing.layer import clause_text
from jigong.services.publishing.models import Draft
from jigong.services.publishing.problems import caret, from_json

_KEPT = "law_problems"
_FILES = {
    EditKind.CLAUSE: ("file-text", Text("条文", "Text")),
    EditKind.VALUES: ("adjustments", Text("数值", "Values")),
    EditKind.CASES: ("list-check", Text("例子", "Cases")),
}


@require_http_methods(["GET", "POST"])
@staff_with(Permission.DRAFT_LAW)
def text(request: HttpRequest, number: int, kind: str) -> HttpResponse:
    """Show a file of the clause as the draft has it; save it, and check it at once."""
    found, account = draft_of(request, number), account_of(request)
    if kind not in kinds_of(found) or not reach.reaches(account, found.office, Permission.DRAFT_LAW):
        raise Http404
    if request.method == "POST":
        saved = drafting.set_text(
            draft=found.pk, edition=whole_number(request.POST.get("edition")) or 0, kind=EditKind(kind),
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
    edit = found.edits.filter(kind=kind).first()
    body = edit.body if edit else clause_text(newest.pack, found.clause, EditKind(kind))
    kept = request.session.get(_KEPT, {})
    fresh = kept.get("draft") == found.pk and kept.get("edition") == found.edition
    problems = from_json(kept.get("problems", [])) if fresh else []
    files = {of: file_of(of, found.clause) for of in kinds_of(found)}
    return {
        "draft": found,
        "label": label_of_clause(newest.pack, found),
        "file": files[EditKind(kind)],
        "what": _FILES[EditKind(kind)][1],
        "tabs": [(of, of == kind, *_FILES[of]) for of in files],
        "text": body,
        "numbers": "\n".join(str(line + 1) for line in range(body.count("\n") + 1)),
        "problems": sorted(
            (_problem(problem, files, EditKind(kind)) for problem in problems), key=lambda p: not p["here"]
        ),
        "saved": fresh,
        "may_save": found.state == DraftState.DRAFTING,
        "changed": edit is not None,
        "names": _names(newest.pack) if kind != EditKind.VALUES else [],
    }


def _names(pack: Pack) -> list[tuple[Text, list[tuple[str, FactEntry]]]]:
    """The facts a clause may read, by the kind of thing they are about."""
    found: dict[str, list[tuple[str, FactEntry]]] = {subject: [] for subject in pack.subjects}
    for topic in pack.topics.values():
        found[topic.header.value.subject] += topic.header.value.facts.items()
    return [(pack.subjects[subject].value.label, facts) for subject, facts in found.items() if facts]


def kinds_of(draft: Draft) -> list[EditKind]:
    """The texts a draft has: a new clause has values of its own."""
    if draft.kind == DraftKind.ROLLBACK:
        return []
    return [kind for kind in _FILES if kind != EditKind.VALUES or draft.kind == DraftKind.NEW]


def _problem(problem: Problem, files: Mapping[EditKind, str], shown: EditKind) -> dict[str, object]:
    """A problem with its place: a line of the text that is shown, or the other text it stands in."""
    place = problem.place
    of = next((kind for kind, file in files.items() if place is not None and place.file.endswith(file)), None)
    return {
        "what": problem.what,
        "remedy": problem.remedy,
        "place": place,
        "source": f"{place.source}\n{caret(place)}" if place is not None and place.source else "",
        "line": place.line if place is not None else None,
        "here": of == shown,
        "elsewhere": of,
        "file": _FILES[of][1] if of else None,
    }
