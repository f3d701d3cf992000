"""Deliveries that wait for a person's word: they leave out more records than their contract lets through."""

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from jigong.accounts.enums import Permission
from jigong.audit.actions import record
from jigong.kernel.problems import JigongError, error
from jigong.lake.held import Held, dismiss_held, held_deliveries
from jigong.lake.lake import Lake
from jigong.packs.contract import Contract
from jigong.portals.kit.access import account_of, staff_with
from jigong.portals.kit.clock import now, today
from jigong.portals.office.delivering import DELIVERED, confirm, may_deliver
from jigong.portals.office.quarantined import lake_of, shown_key
from jigong.portals.office.shared import as_lines, contract_of, law_for, tell


class AnswerForm(forms.Form):
    """What becomes of a held delivery."""

    answer = forms.ChoiceField(choices=[("confirm", "confirm"), ("dismiss", "dismiss")])


def held_of(lake: Lake, contract: Contract) -> list[Held]:
    """What waits to be confirmed of one class."""
    return [one for one in held_deliveries(lake) if one.class_name == contract.name]


def examples(held: Held, contract: Contract, owner: bool) -> list[str]:
    """Some of the records that are missing, by their keys: numbers of people in part, and to others nothing."""
    columns = [contract.column(name) for name in contract.key]
    return [shown_key(zip(columns, key, strict=True), owner) for key in held.examples]


@require_POST
@staff_with(Permission.SEE_DATA)
def answer_held(request: HttpRequest, name: str, held: str) -> HttpResponse:
    """Confirm a held delivery, and say what became of it; or dismiss it."""
    contract, account = contract_of(request, name), account_of(request)
    lake = lake_of(law_for(request).pack)
    found = next((one for one in held_of(lake, contract) if one.id == held), None)
    if found is None or not may_deliver(account, contract):
        raise Http404
    form = AnswerForm(request.POST)
    if not form.is_valid():
        raise error(
            "没有执行：请选择收下或作废",
            "nothing was done: choose to confirm or to dismiss",
            remedy=("回到上一页再选", "go back and choose"),
        )
    if form.cleaned_data["answer"] == "dismiss":
        dismiss_held(lake, found)
        record(
            "lake.dismiss_held", by=account, at=now(), object_kind="class", object_id=contract.name,
            detail={"lacking": found.lacking, "of": found.of, "files": len(found.files)},
        )  # fmt: skip
        tell(
            request,
            "已作废：这次报送没有收下，记录不变",
            "dismissed: nothing of the delivery was taken in; the records stay",
        )
        return redirect("office:quarantined", name=name)
    try:
        done = confirm(law_for(request).pack, contract, found, by=account, at=now(), day=today())
    except JigongError as bad:
        request.session[DELIVERED] = {"class": contract.name, "problems": as_lines(bad.problems)}
    else:
        request.session[DELIVERED] = {"class": contract.name, "problems": [], **done}
    return redirect("office:delivered", name=name)
