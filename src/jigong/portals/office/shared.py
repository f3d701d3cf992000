"""What every page of the office needs: the law, the reader's language, an entitlement within one's reach."""

from datetime import date
from typing import cast

from django import forms
from django.contrib import messages
from django.db.models import Q
from django.http import Http404, HttpRequest

from jigong.accounts.enums import OrganisationKind, Permission
from jigong.accounts.models import Account, Organisation, Person
from jigong.accounts.scope import entitlement_reach, organisations, people
from jigong.delivery.models import Entitlement
from jigong.dossiers.law import current_run, law_of_run
from jigong.dossiers.models import LoadedRun
from jigong.insight.law import Law
from jigong.kernel.problems import Problem, error
from jigong.kernel.text import Language, Text
from jigong.packs.contract import Contract
from jigong.packs.model import Clause
from jigong.packs.pack import Pack
from jigong.portals.kit.access import account_of


class SecondForm(forms.Form):
    """A second person's yes, or no and why."""

    answer = forms.ChoiceField(choices=[("confirm", "confirm"), ("decline", "decline")])
    text = forms.CharField(max_length=500, required=False)

    def said(self) -> tuple[bool, str]:
        """Whether it is a yes, and the reason.

        Raises:
            JigongError: it is neither a yes nor a no, or the reason is too long.
        """
        if not self.is_valid():
            raise error(
                "没有执行：请选择确认或不予确认，理由不超过 500 字",
                "nothing was done: choose to confirm or to decline, with a reason of at most 500 characters",
                remedy=("改好后再提交", "put it right and send it again"),
            )
        return self.cleaned_data["answer"] == "confirm", self.cleaned_data["text"]


def run_for(request: HttpRequest) -> LoadedRun:
    """The run the portals show, read once for a request."""
    if not hasattr(request, "office_run"):
        request.office_run = current_run()  # type: ignore[attr-defined]
    return cast(LoadedRun, request.office_run)  # type: ignore[attr-defined]


def law_for(request: HttpRequest) -> Law:
    """The law the portals judge by."""
    return law_of_run(run_for(request))


def language_of(request: HttpRequest) -> Language:
    """The reader's language."""
    return "en" if getattr(request, "language", "zh") == "en" else "zh"


def tell(request: HttpRequest, zh: str, en: str, *, bad: bool = False) -> None:
    """Say one sentence on the next page."""
    (messages.error if bad else messages.success)(request, Text(zh, en).in_(language_of(request)))


def clauses_to_run(account: Account, law: Law, mode: str) -> list[Clause]:
    """The clauses delivered in a mode whose draws and places the account runs: those of its offices."""
    offices = organisations(account, Permission.RUN_LOTTERY)
    everywhere = any(one.kind == OrganisationKind.DISTRICT for one in offices)
    codes = {one.code for one in offices if one.kind == OrganisationKind.BUREAU}
    return [
        clause
        for clause in law.clauses
        if clause.delivery.mode == mode and (everywhere or clause.delivery.office in codes)
    ]


def reach_of(request: HttpRequest, permission: Permission) -> Q:
    """Which entitlements the account reaches under a permission."""
    return entitlement_reach(account_of(request), permission)


def entitlement_of(request: HttpRequest, number: int, permission: Permission) -> Entitlement:
    """An entitlement within the account's reach.

    Raises:
        Http404: there is none, or it is somebody else's.
    """
    found = (
        Entitlement.objects.filter(reach_of(request, permission), pk=number)
        .select_related("person", "organisation", "run", "bank_account")
        .first()
    )
    if found is None:
        raise Http404
    return found


def may_on(account: Account, entitlement: Entitlement, permission: Permission) -> bool:
    """Whether the account may do ``permission`` with this entitlement."""
    if not account.may(permission):
        return False
    return Entitlement.objects.filter(entitlement_reach(account, permission), pk=entitlement.pk).exists()


def person_of(request: HttpRequest, number: int) -> Person:
    """A person within the account's reach.

    Raises:
        Http404: there is none, or they are beyond it.
    """
    found = people(account_of(request), Permission.SEARCH_PEOPLE).filter(pk=number).first()
    if found is None:
        raise Http404
    return found


def whole_district(request: HttpRequest, permission: Permission) -> bool:
    """Whether the account has the permission for the whole district, not for an office or a town only."""
    offices = organisations(account_of(request), permission)
    return any(office.kind == OrganisationKind.DISTRICT for office in offices)


def towns() -> list[Organisation]:
    """The towns, in the order of their codes."""
    return list(Organisation.objects.filter(kind=OrganisationKind.TOWN).order_by("town"))


def owned_classes(account: Account, pack: Pack) -> list[Contract]:
    """The classes the account's departments deliver: those of their offices.

    The district's staff see all.
    """
    offices = organisations(account, Permission.SEE_DATA)
    if any(office.kind == OrganisationKind.DISTRICT for office in offices):
        return list(pack.contracts.values())
    ids = {office.code for office in offices if office.kind == OrganisationKind.BUREAU}
    return [contract for contract in pack.contracts.values() if contract.office in ids]


def owns(account: Account, contract: Contract) -> bool:
    """Whether the account belongs to the department that delivers the class."""
    offices = organisations(account, Permission.SEE_DATA)
    return any(o.kind == OrganisationKind.BUREAU and o.code == contract.office for o in offices)


def contract_of(request: HttpRequest, name: str) -> Contract:
    """A class the account may see.

    Raises:
        Http404: there is none, or it is another department's.
    """
    for contract in owned_classes(account_of(request), law_for(request).pack):
        if contract.name == name:
            return contract
    raise Http404


def as_lines(problems: tuple[Problem, ...]) -> list[dict[str, str]]:
    """Problems as plain values, to be kept in a session until the next page."""
    return [
        {
            "zh": problem.what.zh,
            "en": problem.what.en,
            "remedy_zh": problem.remedy.zh if problem.remedy else "",
            "remedy_en": problem.remedy.en if problem.remedy else "",
        }
        for problem in problems
    ]


def day_from(text: str) -> date | None:
    """A day as a form sends it; None for anything else."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
