"""The law: what is in force, what is being drafted, every version there was."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path
from django.views.decorators.http import require_GET, require_POST

from jigong.accounts.enums import Permission
from jigong.packs.model import Clause
from jigong.packs.pack import value_on
from jigong.portals.kit.access import account_of, staff_with
from jigong.portals.kit.clock import now, today
from jigong.portals.office import publishing_draft, publishing_new, publishing_text
from jigong.portals.office.publishing_shared import LawOfPage, label_of_clause, newest_law, source_of
from jigong.portals.office.shared import tell
from jigong.services.publishing import actions, checks, drafting, reach, tasks
from jigong.services.publishing.changes import clause_changes, value_changes
from jigong.services.publishing.enums import VERSION_LABELS, DraftState, VersionState
from jigong.services.publishing.models import Draft, Version
from jigong.services.publishing.queries import book, kept, versions

LAW = (Permission.DRAFT_LAW, Permission.APPROVE_LAW)


@require_GET
@staff_with(*LAW)
def law(request: HttpRequest) -> HttpResponse:
    """My clauses, the drafts on the way, and the versions of the whole law."""
    account, newest = account_of(request), newest_law()
    mine = reach.clauses(account, newest.pack)
    waiting = (DraftState.DRAFTING, DraftState.SUBMITTED)
    drafts = list(reach.drafts(account).filter(state__in=waiting).select_related("created_by", "restores"))
    context = {
        "clauses": mine,
        "drafts": [(draft, label_of_clause(newest.pack, draft)) for draft in drafts],
        "versions": _version_lines(newest),
        "may_draft": account.may(Permission.DRAFT_LAW),
        "newest": newest,
    }
    return render(request, "office/publishing_law.html", context)


def _version_lines(newest: LawOfPage) -> list[dict[str, object]]:
    lines = []
    for version in versions():
        draft = getattr(version, "draft", None)
        lines.append(
            {
                "version": version,
                "label": VERSION_LABELS[VersionState(version.state)],
                "draft": draft,
                "clause": label_of_clause(newest.pack, draft) if draft else None,
            }
        )
    return lines


def _clause(request: HttpRequest, id_: str) -> tuple[LawOfPage, Clause]:
    """A clause within the account's reach, in the newest law."""
    newest = newest_law()
    for clause in reach.clauses(account_of(request), newest.pack):
        if clause.id == id_:
            return newest, clause
    raise Http404


@require_GET
@staff_with(*LAW)
def law_clause(request: HttpRequest, clause: str) -> HttpResponse:
    """One clause as it stands: its conditions, awards and every dated value with its source."""
    newest, entry = _clause(request, clause)
    names = reach.parameters_of_clause(newest.pack, newest.rules, clause)
    values = [
        {
            "name": name,
            "entry": placed.value,
            "now": value_on(placed.value, today()),
            "dated": _dated(newest, name),
        }
        for name, placed in newest.pack.parameters.items()
        if name in names
    ]
    drafts = reach.drafts(account_of(request)).filter(clause=clause).select_related("created_by", "version")
    context = {
        "clause": entry,
        "field": next((f for f in newest.pack.manifest.fields if f.id == entry.field), None),
        "fund": newest.pack.funds[entry.fund].value if entry.fund else None,
        "source": source_of(newest.pack, entry.basis.source),
        "values": values,
        "drafts": drafts,
        "may_draft": reach.reaches(account_of(request), entry.delivery.office or "", Permission.DRAFT_LAW),
    }
    return render(request, "office/publishing_clause.html", context)


def _dated(newest: LawOfPage, name: str) -> list[dict[str, object]]:
    entry = newest.pack.parameters[name].value
    return [
        {"dated": dated, "source": source_of(newest.pack, dated.source_of("value"))} for dated in entry.values
    ]


@require_POST
@staff_with(Permission.DRAFT_LAW)
def law_begin(request: HttpRequest, clause: str) -> HttpResponse:
    """Begin a draft."""
    _, entry = _clause(request, clause)
    account = account_of(request)
    if not reach.reaches(account, entry.delivery.office or "", Permission.DRAFT_LAW):
        raise Http404
    draft = drafting.create_draft(clause=clause, by=account, at=now(), on=today())
    return redirect("office:law_draft", number=draft.pk)


@require_GET
@staff_with(*LAW)
def law_version(request: HttpRequest, number: int) -> HttpResponse:
    """One version of the law: what it changed against the one before, who drafted and who approved it."""
    version = Version.objects.select_related("draft", "restores").filter(pk=number).first()
    if version is None:
        raise Http404
    pack, _ = book(kept(version.pack_hash), version.pack_hash)
    before = Version.objects.filter(number__lt=number).exclude(state=VersionState.SKIPPED).order_by("-number").first()  # fmt: skip
    values, texts = [], []
    if before is not None:
        old, _ = book(kept(before.pack_hash), before.pack_hash)
        values, texts = value_changes(old, pack), clause_changes(old, pack)
    draft: Draft | None = getattr(version, "draft", None)
    account = account_of(request)
    context = {
        "version": version,
        "label": VERSION_LABELS[VersionState(version.state)],
        "before": before,
        "values": values,
        "texts": texts,
        "draft": draft if draft is not None and reach.drafts(account).filter(pk=draft.pk).exists() else None,
        "may_restore": version.state in actions.RESTORABLE
        and version.pack_hash != newest_law().head.pack_hash,
    }
    return render(request, "office/publishing_version.html", context)


@require_POST
@staff_with(*LAW)
def law_restore(request: HttpRequest, number: int) -> HttpResponse:
    """Ask for an earlier version back."""
    if not Version.objects.filter(pk=number).exists():
        raise Http404
    account, at = account_of(request), now()
    draft = actions.roll_back(
        number=number, by=account, at=at, on=today(), reason=request.POST.get("reason", "")
    )
    tasks.begin(checks.start_check(draft=draft.pk, edition=draft.edition, by=account, at=at))
    tell(
        request,
        "已提出恢复，正在检查；看过对每个人的影响后送审",
        "Asked for, and being checked; send it for approval when you have seen whom it changes",
    )
    return redirect("office:law_draft", number=draft.pk)


urlpatterns: list[URLPattern] = [
    path("", law, name="law"),
    path("new", publishing_new.law_new, name="law_new"),
    path("clauses/<slug:clause>", law_clause, name="law_clause"),
    path("clauses/<slug:clause>/begin", law_begin, name="law_begin"),
    path("versions/<int:number>", law_version, name="law_version"),
    path("versions/<int:number>/restore", law_restore, name="law_restore"),
    path("drafts/<int:number>", publishing_draft.draft, name="law_draft"),
    path("drafts/<int:number>/settle", publishing_draft.settle, name="law_settle"),
    path("drafts/<int:number>/value", publishing_draft.value, name="law_value"),
    path("drafts/<int:number>/remove", publishing_draft.remove, name="law_remove"),
    path("drafts/<int:number>/check", publishing_draft.check, name="law_check"),
    path("drafts/<int:number>/progress", publishing_draft.progress, name="law_progress"),
    path("drafts/<int:number>/text/<slug:kind>", publishing_text.text, name="law_text"),
    path("drafts/<int:number>/<slug:move>", publishing_draft.move, name="law_move"),
]
