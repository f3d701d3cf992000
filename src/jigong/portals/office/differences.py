"""A difference between a department and the platform: what each says, which holds, and who is right."""

from collections.abc import Iterator
from datetime import date

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from jigong.accounts.masking import mask_number
from jigong.delivery.actions import StaleError
from jigong.kernel.problems import JigongError
from jigong.kernel.text import Language, Text
from jigong.packs.contract import PEOPLE, Column
from jigong.portals.kit.access import account_of
from jigong.portals.kit.clock import now
from jigong.portals.kit.templatetags.kit import cell_text
from jigong.portals.office.labels import case_state
from jigong.portals.office.quarantined import lake_of
from jigong.portals.office.shared import language_of, law_for, tell
from jigong.services.cases.differences import OWNER, PLATFORM, Dispute, difference_of, dispute_of
from jigong.services.cases.models import Case, CaseState
from jigong.services.cases.queries import stands_in, who_answered
from jigong.services.cases.settling import settle

_EMPTY = Text("（空）", "empty")
_WHOLE = Text("整条记录", "The whole record")
_HAS, _HAS_NOT = Text("有这条记录", "has the record"), Text("没有这条记录", "does not have it")


class SettleForm(forms.Form):
    """Who is right, and why."""

    answer = forms.ChoiceField(choices=[(OWNER, ""), (PLATFORM, "")])
    version = forms.IntegerField(min_value=0, max_value=10**9)
    # Whether one is given is the action's to say.
    reason = forms.CharField(max_length=500, required=False)


def page(request: HttpRequest, found: Case, bad: JigongError | None = None) -> HttpResponse:
    """Both values, the record, and the two answers."""
    pack, language = law_for(request).pack, language_of(request)
    dispute = dispute_of(difference_of(found), lake_of(pack).snapshot())
    column = _column(dispute)
    context = {
        "case": found,
        "state": case_state(found.kind, found.state),
        "contract": dispute.contract,
        "column": column.label
        if column
        else _WHOLE
        if dispute.whole
        else Text(dispute.column, dispute.column),
        "dispute": dispute,
        "platform": _HAS.in_(language) if dispute.whole else _value(column, dispute.platform, language),
        "owner": _HAS_NOT.in_(language) if dispute.whole else _value(column, dispute.owner, language),
        "now": _value(column, dispute.now, language),
        "key": ", ".join(_value(_named(dispute, name), text, language) for name, text in dispute.key.items()),
        "record": list(_record(dispute, language)),
        "platforms_own": column is not None and column.owner == PLATFORM,
        "said": [(one, one.kept == OWNER) for one in found.said.order_by("-pk")[:20]],
        "answered": who_answered(found, pack.offices[found.office].value.label)
        if found.office in pack.offices
        else None,
        "stands_in": found.state == CaseState.OPEN and stands_in(account_of(request), found),
        "bad": bad,
        "reason": request.POST.get("reason", "") if bad else "",
    }
    status = 200 if bad is None else 409 if isinstance(bad, StaleError) else 422
    return render(request, "office/difference.html", context, status=status)


def answer(request: HttpRequest, found: Case) -> HttpResponse:
    """Say who is right. What is right then stands in the record, and those it is about are decided about anew."""
    form = SettleForm(request.POST)
    if not form.is_valid():
        raise Http404
    given = form.cleaned_data
    try:
        settle(
            case=found.pk, right=given["answer"], reason=given["reason"].strip(), by=account_of(request), at=now(),
            version=given["version"],
        )  # fmt: skip
    except JigongError as bad:
        found.refresh_from_db()
        return page(request, found, bad)
    if given["answer"] == OWNER:
        tell(request, "已答复：部门的对", "answered: the department is right")
    else:
        tell(request, "已答复：平台的对", "answered: the platform is right")
    return redirect("office:case", number=found.pk)


def _named(dispute: Dispute, name: str) -> Column | None:
    columns = dispute.contract.columns if dispute.contract else ()
    return next((column for column in columns if column.name == name), None)


def _column(dispute: Dispute) -> Column | None:
    return _named(dispute, dispute.column)


def _value(column: Column | None, text: str | None, language: Language) -> str:
    """A value as the lake writes it, as a person reads it; whose number it is shows in part only."""
    if text is None:
        return _EMPTY.in_(language)
    if column is None:
        return text
    if column.identifier in PEOPLE:
        return mask_number(text)
    match column.kind:
        case "boolean":
            return cell_text(column, text == "true", language)
        case "date" | "month":
            day = date.fromisoformat(text)
            return f"{day:%Y-%m}" if column.kind == "month" else cell_text(column, day, language)
    return cell_text(column, text, language)


def _record(dispute: Dispute, language: Language) -> Iterator[tuple[Text, str]]:
    """The record as it stands, column by column."""
    if dispute.contract is None or dispute.values is None:
        return
    for column in dispute.contract.columns:
        given = dispute.values[column.name]
        if given is not None and column.identifier in PEOPLE:
            given = mask_number(given)
        if isinstance(given, date) and column.kind == "month":
            given = f"{given:%Y-%m}"
        yield column.label, _EMPTY.in_(language) if given is None else cell_text(column, given, language)
