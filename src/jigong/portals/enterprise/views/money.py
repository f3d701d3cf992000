"""The firm's own money: what is due, confirming it, and where it goes."""

from collections.abc import Iterable, Iterator
from itertools import islice

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from jigong.accounts.actions import add_bank_account
from jigong.accounts.enums import Permission
from jigong.accounts.queries import bank_account_of
from jigong.delivery.models import Entitlement
from jigong.delivery.payments.waiting import paid_from
from jigong.delivery.states import STATE_LABELS, State
from jigong.kernel.problems import JigongError, Problem
from jigong.portals.enterprise.firm import desk
from jigong.portals.enterprise.forms import text_of
from jigong.portals.enterprise.money import (
    AT_ONCE,
    OPEN,
    asked_of,
    confirm_chosen,
    lines,
    made,
    recoveries,
    sums,
)
from jigong.portals.enterprise.why import why
from jigong.portals.enterprise.words import said, words
from jigong.portals.kit.access import staff_with
from jigong.portals.kit.clock import now, today
from jigong.portals.kit.look import language_of
from jigong.portals.kit.numbers import whole_number
from jigong.portals.kit.sheets import download, workbook
from jigong.portals.kit.statements import TAKEN, take_statement

_PART = 500


@require_safe
@staff_with(Permission.SEE_EMPLOYEES)
def money(request: HttpRequest) -> HttpResponse:
    """What is due to the firm, by state; what waits can be confirmed together."""
    at, state = desk(request), request.GET.get("state", "")
    rows, after = lines(at, state, whole_number(request.GET.get("after")))
    totals = sums(at)
    given = {
        "desk": at, "lines": rows, "after": after, "state": state, "sums": totals, "at_once": AT_ONCE,
        "waiting": sum(total.count for total in totals if total.state in OPEN),
        "bank_account": bank_account_of(at.firm),
    }  # fmt: skip
    return render(request, "enterprise/money.html", given)


@require_safe
@staff_with(Permission.SEE_EMPLOYEES)
def one(request: HttpRequest, pk: int) -> HttpResponse:
    """One thing due to the firm: how far it is, and what has to be paid back of it."""
    at = desk(request)
    found = get_object_or_404(at.own().select_related("person", "bank_account"), pk=pk)
    given = {"desk": at, "line": made(at, [found])[0], "asked": asked_of(at, found, language_of(request))}
    return render(request, "enterprise/due.html", given)


@require_POST
@staff_with(Permission.SEE_EMPLOYEES)
def state(request: HttpRequest, pk: int) -> HttpResponse:
    """Say something about a recovery before it is decided, or appeal against it after."""
    at = desk(request)
    found = get_object_or_404(recoveries(at), pk=pk)
    kind = take_statement(request, found, by=at.account, at=now())
    messages.success(request, words(request, TAKEN[kind]))
    return redirect("enterprise:due", found.entitlement_id)


@require_safe
@staff_with(Permission.SEE_EMPLOYEES)
def reasons(request: HttpRequest, pk: int) -> HttpResponse:
    """Why it is due: a part of the page. About a person only whether each condition holds, not what it read."""
    found = get_object_or_404(desk(request).own(), pk=pk)
    given = {"explained": why(found), "own": found.person_id is None}
    return render(request, "enterprise/reasons.html", given)


@require_POST
@staff_with(Permission.SEE_EMPLOYEES)
def confirm_many(request: HttpRequest) -> HttpResponse:
    """Confirm the chosen ones, or all that wait."""
    at = desk(request)
    account = bank_account_of(at.firm)
    if account is None:
        messages.warning(
            request, said(request, "先填写企业的收款账户", "Enter the firm's bank account first")
        )
        return redirect("enterprise:bank")
    chosen: list[tuple[int, int | None]] = []
    if "everything" in request.POST:
        waiting = at.own().filter(state__in=OPEN).order_by("id")[:AT_ONCE]
        chosen = list(waiting.values_list("pk", "version"))
    else:
        for text in request.POST.getlist("chosen"):
            pk, _, version = text.partition(":")
            number = whole_number(pk)
            if number is not None:
                chosen.append((number, whole_number(version)))
    if not chosen:
        messages.warning(request, said(request, "没有选中可确认的事项", "Nothing to confirm was chosen"))
        return redirect("enterprise:money")
    came = confirm_chosen(at, chosen, account, at=now())
    if came.done:
        messages.success(
            request,
            said(
                request,
                f"已确认 {came.done} 项，由经办部门审核",
                f"{came.done} confirmed; the office reviews them now",
            ),
        )
    if came.failed:
        why = words(request, came.problems[0].what)
        messages.warning(
            request, said(request, f"{came.failed} 项没有确认：{why}", f"{came.failed} not confirmed: {why}")
        )
    return redirect("enterprise:money")


@require_http_methods(["GET", "HEAD", "POST"])
@staff_with(Permission.SEE_EMPLOYEES)
def bank(request: HttpRequest) -> HttpResponse:
    """Where the firm's money goes."""
    at = desk(request)
    problems: tuple[Problem, ...] = ()
    given = {name: text_of(request.POST, name, 80) for name in ("number", "holder", "bank")}
    if request.method == "POST":
        try:
            add_bank_account(
                organisation=at.firm, number=given["number"], holder=given["holder"], bank=given["bank"],
                by=at.account, at=now(),
            )  # fmt: skip
        except JigongError as bad:
            problems = bad.problems
        else:
            messages.success(request, said(request, "收款账户已保存", "The bank account is saved"))
            return redirect("enterprise:money")
    current = bank_account_of(at.firm)
    page = {
        "desk": at,
        "problems": problems,
        "given": given,
        "bank_account": current,
        "until": paid_from(current, now()),
    }
    return render(request, "enterprise/bank.html", page, status=422 if problems else 200)


@require_safe
@staff_with(Permission.SEE_EMPLOYEES)
def money_file(request: HttpRequest) -> HttpResponse:
    """All of it as Excel."""
    at = desk(request)
    headers = [
        said(request, zh, en)
        for zh, en in (
            ("编号", "Id"), ("事项", "What"), ("期间", "Period"), ("职工", "About"),
            ("金额（元）", "Yuan"), ("状态", "State"), ("更新", "Updated"),
        )
    ]  # fmt: skip
    rows = (
        [
            line.entitlement.pk, words(request, line.clause), words(request, line.entitlement.span), line.about,
            line.entitlement.amount, words(request, STATE_LABELS[State(line.entitlement.state)]),
            line.entitlement.updated_at,
        ]
        for part in _parts(at.own().select_related("person").order_by("id").iterator(_PART))
        for line in made(at, part)
    )  # fmt: skip
    return download(
        f"money-{today()}.xlsx", workbook(headers, rows, title="money", widths=(10, 34, 12, 12, 14, 22, 20))
    )


def _parts(rows: Iterable[Entitlement]) -> Iterator[list[Entitlement]]:
    """The rows in groups, so that each group's consents are one query."""
    rows = iter(rows)
    while part := list(islice(rows, _PART)):
        yield part
