"""Data quality by department."""

from dataclasses import replace

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from jigong.accounts.enums import Permission
from jigong.portals.kit.access import account_of, staff_with
from jigong.portals.office.shared import law_for, owned_classes, run_for
from jigong.portals.office.standing import standings

MOST_FACTS = 12


@require_safe
@staff_with(Permission.SEE_DATA)
def quality(request: HttpRequest) -> HttpResponse:
    """The league of all departments (sums only), one's own classes one by one, and what missing facts cost."""
    found = standings(run_for(request))
    own = {contract.name for contract in owned_classes(account_of(request), law_for(request).pack)}
    mine = [
        replace(department, classes=tuple(one for one in department.classes if one.contract.name in own))
        for department in found.departments
        if any(one.contract.name in own for one in department.classes)
    ]
    facts = [fact for fact in found.price.facts if not own.isdisjoint(fact.classes)]
    return render(
        request,
        "office/quality.html",
        {
            "departments": found.departments,
            "mine": mine,
            "facts": facts[:MOST_FACTS],
            "known_on": found.known_on,
        },
    )
