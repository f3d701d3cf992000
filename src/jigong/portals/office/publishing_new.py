"""Beginning a new clause: its id and names, whose it is, and what its text starts from."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from jigong.accounts.enums import Permission
from jigong.accounts.models import Account
from jigong.kernel.problems import JigongError
from jigong.packs.model import Office
from jigong.portals.kit.access import account_of, staff_with
from jigong.portals.kit.clock import now, today
from jigong.portals.office.publishing_shared import LawOfPage, newest_law
from jigong.services.publishing import adding, reach


@require_http_methods(["GET", "POST"])
@staff_with(Permission.DRAFT_LAW)
def law_new(request: HttpRequest) -> HttpResponse:
    """A form; sent, it begins a draft and opens its text."""
    account, newest, given = account_of(request), newest_law(), request.POST
    context = {
        "offices": _offices(account, newest),
        "clauses": [files.clause.value for files in newest.pack.clauses.values()],
        "given": given or {"like": request.GET.get("like", "")},
    }
    if request.method != "POST":
        return render(request, "office/publishing_new.html", context)
    try:
        draft = adding.create_clause(
            clause=given.get("id", "").strip(), zh=given.get("zh", ""), en=given.get("en", ""),
            office=given.get("office", ""), like=given.get("like") or None, by=account, at=now(), on=today(),
        )  # fmt: skip
    except JigongError as bad:
        return render(request, "office/publishing_new.html", context | {"problems": bad.problems}, status=422)
    return redirect("office:law_text", number=draft.pk, kind="clause")


def _offices(account: Account, newest: LawOfPage) -> list[Office]:
    """Those whose clauses the account may draft."""
    reached = reach.offices(account, Permission.DRAFT_LAW)
    known = (placed.value for placed in newest.pack.offices.values())
    return [o for o in known if o.kind == "bureau" and (reached is None or o.id in reached)]
