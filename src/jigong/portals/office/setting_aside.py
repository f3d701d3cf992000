"""Setting a waiting row aside: one officer of its department proposes, another confirms or declines."""

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from jigong.accounts.enums import Permission
from jigong.kernel.problems import JigongError, error
from jigong.kernel.text import counted
from jigong.packs.contract import Contract
from jigong.portals.kit.access import account_of, staff_with
from jigong.portals.kit.clock import now
from jigong.portals.office.quarantined import lake_of
from jigong.portals.office.shared import contract_of, law_for, tell
from jigong.services.setting_aside import actions
from jigong.services.setting_aside.actions import MOST_WORDS, SettledError
from jigong.services.setting_aside.enums import Why
from jigong.services.setting_aside.models import Proposal
from jigong.services.setting_aside.perms import of_office


class ProposalForm(forms.Form):
    """Which row, and why it will never be put right."""

    batch = forms.CharField(max_length=40)
    file = forms.CharField(strip=False)
    line = forms.IntegerField()
    """Below 0 for a record that a whole delivery left out, and that is therefore doubted."""
    why = forms.ChoiceField(choices=Why.choices)
    text = forms.CharField(max_length=MOST_WORDS)


class AnswerForm(forms.Form):
    """Yes, or no and why not."""

    answer = forms.ChoiceField(choices=[("confirm", ""), ("decline", "")])
    text = forms.CharField(max_length=MOST_WORDS, required=False)


@require_POST
@staff_with(Permission.HANDLE_CASES)
def propose_aside(request: HttpRequest, name: str) -> HttpResponse:
    """Ask a second person of the department to set a row aside."""
    contract, form = _own(request, name), ProposalForm(request.POST)
    if not form.is_valid():
        raise error(
            "没有提出：请选一个理由，并写明原因",
            "nothing was proposed: choose a reason and say why",
            remedy=("回到上一页补上", "go back and fill it in"),
        )
    given = form.cleaned_data
    try:
        actions.propose(
            lake=lake_of(law_for(request).pack), place=(contract.name, given["batch"], given["file"], given["line"]),
            why=Why(given["why"]), text=given["text"], by=account_of(request), at=now(),
        )  # fmt: skip
    except SettledError as settled:
        _say(request, settled)
    else:
        tell(
            request,
            "已提出不再等待，等本部门另一人确认",
            "proposed; another of your department has to confirm",
        )
    return redirect("office:quarantined", name=name)


@require_POST
@staff_with(Permission.HANDLE_CASES)
def answer_aside(request: HttpRequest, name: str, number: int) -> HttpResponse:
    """Confirm, and the row counts for nothing from now on; or decline, and it goes on waiting."""
    contract, form = _own(request, name), AnswerForm(request.POST)
    if not form.is_valid() or not Proposal.objects.filter(pk=number, data_class=contract.name).exists():
        raise Http404
    lake, by, at = lake_of(law_for(request).pack), account_of(request), now()
    try:
        if form.cleaned_data["answer"] == "decline":
            actions.decline(lake=lake, proposal=number, text=form.cleaned_data["text"], by=by, at=at)
            tell(request, "提议没有通过，这一行继续等待改正", "not set aside; the row goes on waiting")
        else:
            fresh = actions.confirm(lake=lake, proposal=number, by=by, at=at)
            if fresh:
                tell(
                    request,
                    f"已不再等待，并为 {fresh} 人重新判定",
                    f"set aside; {counted(fresh, 'person was', 'people were')} decided about anew",
                )
            else:
                tell(
                    request,
                    "已不再等待，下一次整体判定时生效",
                    "set aside; it counts from the next whole run",
                )
    except SettledError as settled:
        _say(request, settled)
    return redirect("office:quarantined", name=name)


def _own(request: HttpRequest, name: str) -> Contract:
    """A class of the account's own department.

    Raises:
        Http404: it is another's.
    """
    contract = contract_of(request, name)
    if not of_office(account_of(request), contract):
        raise Http404
    return contract


def _say(request: HttpRequest, bad: JigongError) -> None:
    what = bad.problems[0].what
    tell(request, what.zh, what.en, bad=True)
