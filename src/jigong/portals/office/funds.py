"""The four funds: where each year's money is, the books line by line, and changes of a budget by two people."""

from collections import defaultdict
from decimal import Decimal
from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from jigong.accounts.enums import Permission
from jigong.delivery.ledger import changes, queries
from jigong.delivery.ledger.models import BudgetChange
from jigong.delivery.ledger.queries import FundYear
from jigong.kernel.problems import JigongError, error
from jigong.portals.kit.access import account_of, staff_with
from jigong.portals.kit.clock import now, today
from jigong.portals.office.shared import SecondForm, language_of, law_for, tell, whole_district

_PARTS = (("paid", "green"), ("sent", "teal"), ("reserved", "azure"), ("free", "free"))
"""What a fund's bar is made of, and the class that colours it."""


class BudgetForm(forms.Form):
    """A change of a budget, as somebody in finance proposes it."""

    amount = forms.DecimalField(max_digits=14, decimal_places=2)
    reference = forms.CharField(max_length=35)
    reason = forms.CharField(max_length=500)

    def __init__(self, data: QueryDict) -> None:
        """Thousands may have commas."""
        plain = data.copy()
        plain["amount"] = plain.get("amount", "").replace(",", "").replace("，", "")
        super().__init__(plain)


@require_safe
@staff_with(Permission.SEE_FUNDS)
def funds(request: HttpRequest) -> HttpResponse:
    """Every fund of a year: budget, free, reserved, under way, paid; and month by month."""
    year = _year(request.GET.get("year", ""))
    found = queries.fund_years(year)
    return render(
        request,
        "office/funds.html",
        {
            "year": year,
            "years": range(today().year - 2, today().year + 2),
            "funds": [(fund, _bar(fund)) for fund in found],
            "total": _total(found),
            "months": _chart(request, year, found),
        },
    )


@require_safe
@staff_with(Permission.SEE_FUNDS)
def fund(request: HttpRequest, name: str, year: int) -> HttpResponse:
    """One fund's year, and its lines in the books."""
    return _fund(request, name, year)


def _fund(request: HttpRequest, name: str, year: int, bad: JigongError | None = None) -> HttpResponse:
    _known(request, name, year)
    page = request.GET.get("page", "1")
    found = queries.fund_year(name, year)
    return render(
        request,
        "office/fund.html",
        {
            "fund": found,
            "bar": _bar(found),
            "lines": queries.lines(name, year, int(page) if page.isdecimal() and len(page) < 9 else 1),
            "may_add": account_of(request).may(Permission.PAY) and whole_district(request, Permission.PAY),
            "changes": [
                (change, found.budget + change.amount, changes.may_confirm(account_of(request), change))
                for change, _ in queries.open_changes(name, year)
            ],
            "bad": bad,
            "sent": request.POST if bad else {},
        },
        status=422 if bad else 200,
    )


@require_POST
@staff_with(Permission.PAY)
def propose_budget(request: HttpRequest, name: str, year: int) -> HttpResponse:
    """Propose to add to (or cut) a year's budget, by a paper with a number; nothing is booked yet."""
    _finance_of(request, name, year)
    try:
        form = BudgetForm(request.POST)
        if not form.is_valid():
            raise error(
                f"没有提出：金额“{request.POST.get('amount', '')}”不对，或缺少文号、理由",
                f"nothing was proposed: “{request.POST.get('amount', '')}” is no amount, or the paper or the reason is missing",
                remedy=("金额写成 500000，追减写 -500000；写明文号和理由", "write 500000, or -500000 to cut; name the paper, and say why"),
            )  # fmt: skip
        changes.propose_change(fund=name, year=year, **form.cleaned_data, by=account_of(request), at=now())
    except JigongError as bad:
        return _fund(request, name, year, bad)
    tell(
        request,
        "已提出，等另一位财务确认后入账",
        "proposed; it is booked when another person in finance confirms",
    )
    return redirect("office:fund", name=name, year=year)


@require_POST
@staff_with(Permission.PAY)
def answer_budget(request: HttpRequest, name: str, year: int, number: int) -> HttpResponse:
    """Confirm what somebody else proposed, and it is booked; or decline, or take back one's own."""
    _finance_of(request, name, year)
    if not BudgetChange.objects.filter(pk=number, fund=name, year=year).exists():
        raise Http404
    try:
        confirmed, text = SecondForm(request.POST).said()
        if confirmed:
            changes.confirm_change(change=number, by=account_of(request), at=now())
            tell(request, "预算调整已入账", "the change of budget is in the books")
        else:
            changes.decline_change(change=number, text=text, by=account_of(request), at=now())
            tell(request, "没有调整预算", "the budget stays as it was")
    except JigongError as bad:
        return _fund(request, name, year, bad)
    return redirect("office:fund", name=name, year=year)


def _finance_of(request: HttpRequest, name: str, year: int) -> None:
    if not whole_district(request, Permission.PAY):
        raise Http404
    _known(request, name, year)


@require_safe
@staff_with(Permission.SEE_FUNDS)
def check(request: HttpRequest) -> HttpResponse:
    """Compute the books anew: a part of the page, asked for by a button."""
    return render(request, "office/books.html", {"check": queries.check()})


def _known(request: HttpRequest, name: str, year: int) -> None:
    if name not in law_for(request).pack.funds or not 2000 <= year <= 2100:
        raise Http404


def _year(text: str) -> int:
    return int(text) if len(text) == 4 and text.isdecimal() and 2000 <= int(text) <= 2100 else today().year


def _bar(fund: FundYear) -> list[dict[str, Any]]:
    """The parts of the fund's money as stretches of a bar 1000 wide."""
    whole = fund.budget + fund.recovered
    place, parts = 0.0, []
    for name, colour in _PARTS:
        amount = getattr(fund, name)
        width = float(1000 * amount / whole) if whole else 0.0
        parts.append(
            {"name": name, "colour": colour, "amount": amount, "x": f"{place:.1f}", "width": f"{width:.1f}"}
        )
        place += width
    return parts


def _total(funds: list[FundYear]) -> dict[str, Decimal]:
    return {name: sum((getattr(fund, name) for fund in funds), Decimal(0)) for name in ("budget", "free", "reserved", "sent", "paid")}  # fmt: skip


def _chart(request: HttpRequest, year: int, funds: list[FundYear]) -> dict[str, Any]:
    """Paid and reserved by month for the chart: whole yuan, every month of the flows."""
    flows = queries.months(year)
    months = sorted({flow.month for flow in flows})
    paid: dict[str, dict[str, int]] = defaultdict(dict)
    reserved: dict[str, dict[str, int]] = defaultdict(dict)
    for flow in flows:
        paid[flow.fund][flow.month] = int(flow.paid)
        reserved[flow.fund][flow.month] = int(flow.reserved)
    language = language_of(request)
    return {
        "months": months,
        "reserved_label": "批准" if language == "zh" else "approved",
        "paid_label": "兑现" if language == "zh" else "paid",
        "funds": [
            {
                "name": fund.label.in_(language),
                "paid": [paid[fund.fund].get(month, 0) for month in months],
                "reserved": [reserved[fund.fund].get(month, 0) for month in months],
            }
            for fund in funds
        ],
    }
