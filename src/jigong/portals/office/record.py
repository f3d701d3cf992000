"""Who did what: the record, filtered; and whether its chain is whole."""

from datetime import datetime, time, timedelta
from urllib.parse import urlencode

from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from jigong.accounts.enums import OrganisationKind, Permission
from jigong.accounts.models import Account
from jigong.accounts.scope import organisations
from jigong.audit.models import Entry
from jigong.audit.queries import check_chain
from jigong.portals.kit.access import account_of, staff_with
from jigong.portals.office.shared import day_from

PAGE = 100
_NAMES = ("person", "actor", "action", "day", "object")


@require_safe
@staff_with(Permission.AUDIT)
def record(request: HttpRequest) -> HttpResponse:
    """One page of the record, the newest line first."""
    values = {name: request.GET[name].strip() for name in _NAMES if request.GET.get(name, "").strip()}
    found = _filtered(_reach(account_of(request)), values)
    before = request.GET.get("before", "")
    if before.isdecimal() and len(before) < 19:
        found = found.filter(id__lt=int(before))
    rows = list(found.order_by("-id")[: PAGE + 1])
    actors = Account.objects.in_bulk({row.actor for row in rows if row.actor is not None})
    return render(
        request,
        "office/record.html",
        {
            "lines": [(row, actors.get(row.actor) if row.actor else None) for row in rows[:PAGE]],
            "values": values,
            "query": urlencode(values),
            "before": rows[PAGE - 1].pk if len(rows) > PAGE else None,
            "head": Entry.objects.order_by("-id").values("id", "hash").first(),
        },
    )


@require_safe
@staff_with(Permission.AUDIT)
def chain(request: HttpRequest) -> HttpResponse:
    """Compute every line's hash anew: a part of the page, asked for by a button."""
    return render(request, "office/chain.html", {"check": check_chain()})


def _reach(account: Account) -> QuerySet[Entry]:
    """Everything for the district's staff; for others what their own office did."""
    offices = organisations(account, Permission.AUDIT)
    if any(office.kind == OrganisationKind.DISTRICT for office in offices):
        return Entry.objects.all()
    reach = Q(pk__in=[])
    for office in offices:
        reach |= Q(actor_label__endswith=f"@{office.code}") | Q(actor_label__contains=f"@{office.code},")
    return Entry.objects.filter(reach)


def _filtered(found: QuerySet[Entry], values: dict[str, str]) -> QuerySet[Entry]:
    """Narrow by what the form says; a number that is none finds nothing."""
    if "person" in values:
        found = found.filter(person=_number(values["person"]))
    if "actor" in values:
        accounts = Account.objects.filter(
            Q(username__startswith=values["actor"]) | Q(label_zh__contains=values["actor"])
        )
        found = found.filter(Q(actor__in=list(accounts.values_list("pk", flat=True)[:200])) | Q(actor_label__contains=values["actor"]))  # fmt: skip
    if "action" in values:
        found = found.filter(action__startswith=values["action"])
    if "object" in values:
        kind, _, number = values["object"].partition(":")
        found = (
            found.filter(object_kind=kind) if not number else found.filter(object_kind=kind, object_id=number)
        )
    day = day_from(values.get("day", ""))
    if day is not None:
        start = timezone.make_aware(datetime.combine(day, time.min))
        found = found.filter(at__gte=start, at__lt=start + timedelta(days=1))
    return found


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 19 else -1
