"""Paying: batches made by one person and released by another, their files, and the bank's returns."""

from django import forms
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from jigong.accounts.enums import Permission
from jigong.accounts.humans import is_second
from jigong.accounts.masking import mask_name
from jigong.audit.actions import record
from jigong.delivery.actions import StaleError
from jigong.delivery.payments import actions, confirming, obstacles, queries
from jigong.delivery.payments.enums import (
    BATCH_LABELS,
    OUTCOME_LABELS,
    PAYMENT_LABELS,
    TROUBLE,
    BatchState,
    Outcome,
    PaymentState,
)
from jigong.delivery.payments.files import bank_csv, pain001
from jigong.delivery.payments.models import Batch, Payment, ReturnFile, ReturnLine
from jigong.delivery.payments.returns import open_lines
from jigong.delivery.sampling.queries import unanswered
from jigong.kernel.problems import JigongError, error
from jigong.kernel.text import counted
from jigong.portals.kit.access import View, account_of, staff_with
from jigong.portals.kit.clock import now, today
from jigong.portals.kit.sheets import download
from jigong.portals.kit.uploads import limited, safe_name, sent_file
from jigong.portals.office.payees import shared_of
from jigong.portals.office.shared import SecondForm, law_for, reach_of, tell, whole_district

PAGE = 100
MOST_SHOWN = 500
"""Of what is held up; the counts are of all."""
MOST_MEGABYTES = 10
"""Of a return file: a bank answers some ten thousand payments in a few megabytes."""


def _of_district(view: View) -> View:
    """The funds pay for everybody, so whoever sees payments has the permission for the whole district."""

    @staff_with(Permission.PAY)
    def checked(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        if not whole_district(request, Permission.PAY):
            raise Http404
        return view(request, *args, **kwargs)

    return checked


@require_safe
@_of_district
def payments(request: HttpRequest) -> HttpResponse:
    """What can be paid now, fund by fund; the batches; the return files."""
    pack = law_for(request).pack
    return render(
        request,
        "office/payments.html",
        {
            "funds": [
                (placed.value, queries.ready(fund), queries.paying_account(fund)) for fund, placed in pack.funds.items()
            ],
            "batches": queries.batch_lines(),
            "returns": _returns(request),
            "me": account_of(request).pk,
            "most": MOST_MEGABYTES,
        },
    )  # fmt: skip


def _returns(request: HttpRequest) -> list[tuple[ReturnFile, int, bool]]:
    """The newest return files and those of which something waits, with how much, and whether for this account."""
    waiting, me = queries.to_confirm(), account_of(request)
    files = {file.pk: file for file in queries.return_files(20)}
    files |= ReturnFile.objects.select_related("taken_by").in_bulk([pk for pk in waiting if pk not in files])
    return [(file, waiting.get(file.pk, 0), confirming.may_confirm(me, file)) for file in files.values()]


@require_safe
@_of_district
def held_up(request: HttpRequest) -> HttpResponse:
    """Everything approved whose money does not move: why, and what to do next."""
    found = obstacles.held_up(on=today(), at=now())
    return render(
        request, "office/held_up.html", {
            "found": found[:MOST_SHOWN], "counts": obstacles.by_obstacle(found), "total": len(found),
            "counted": unanswered(reach_of(request, Permission.SEE_QUEUE), today()),
        }
    )  # fmt: skip


@require_POST
@_of_district
def make(request: HttpRequest) -> HttpResponse:
    """Put everything of a fund that can be paid into one batch."""
    name = request.POST.get("fund", "")
    if name not in law_for(request).pack.funds:
        raise Http404
    made = actions.make_batch(fund=name, by=account_of(request), at=now())
    out = sum(len(ids) for ids in made.left_out.values())
    tell(
        request,
        f"已编制批次 {made.number}，请另一人复核放行"
        + (f"；另有 {out} 件付不出去，原因见批次页" if out else ""),
        f"batch {made.number} is made; another person has to release it"
        + (f"; {out} could not go into it, its page says why" if out else ""),
    )
    return redirect("office:batch", number=made.pk)


@require_safe
@_of_district
def batch(request: HttpRequest, number: int) -> HttpResponse:
    """One batch: its payments, and what can be done with it now."""
    return _batch_page(request, _batch(number))


def _batch_page(request: HttpRequest, found: Batch, bad: JigongError | None = None) -> HttpResponse:
    state = BatchState(found.state)
    after = request.GET.get("after", "")
    rows: QuerySet[Payment] = found.payments.select_related("bank_account", "entitlement").order_by("pk")
    if after.isdecimal() and len(after) < 19:
        rows = rows.filter(pk__gt=int(after))
    lines = list(rows[: PAGE + 1])
    draft = state == BatchState.DRAFT
    earlier = queries.earlier(lines[:PAGE])
    held = queries.on_hold(found) if draft else []
    context = {
        "held": held,
        "held_now": {payment.entitlement_id for payment in held},
        "batch": found,
        "left_out": obstacles.left_out(found),
        "state": BATCH_LABELS[state],
        "payments": [
            (line, mask_name(line.payee), PAYMENT_LABELS[PaymentState(line.state)], earlier[line.pk])
            for line in lines[:PAGE]
        ],
        "shared": shared_of([line.bank_account for line in lines[:PAGE]]),
        "after": lines[PAGE - 1].pk if len(lines) > PAGE else None,
        "mine": not is_second(account_of(request), found.made_by),
        "pays_from": queries.paying_account(found.fund) if draft else found.paying_account,
        "draft": draft,
        "out": state in (BatchState.RELEASED, BatchState.SENT, BatchState.CLOSED),
        "unsent": state == BatchState.RELEASED,
        "bad": bad,
    }
    status = 200 if bad is None else 409 if isinstance(bad, StaleError) else 422
    return render(request, "office/batch.html", context, status=status)


@require_POST
@_of_district
def act(request: HttpRequest, number: int) -> HttpResponse:
    """Release a batch somebody else made, note that it went to the bank, or discard a draft."""
    found, by, at = _batch(number), account_of(request), now()
    try:
        match request.POST.get("act", ""):
            case "release":
                actions.release(batch=found.pk, by=by, at=at)
                tell(request, "已放行，可下载文件交银行", "released; its file may go to the bank")
            case "sent":
                actions.mark_sent(batch=found.pk, by=by, at=at)
                tell(request, "已登记交付银行", "noted: it is with the bank")
            case "discard":
                actions.discard(batch=found.pk, by=by, at=at, reason=request.POST.get("reason", ""))
                tell(
                    request,
                    "批次已作废，其中事项可重新编批",
                    "discarded; what was in it can go into another batch",
                )
            case _:
                raise Http404
    except JigongError as bad:
        return _batch_page(request, _batch(number), bad)
    return redirect("office:batch", number=number)


@require_POST
@_of_district
def file(request: HttpRequest, number: int) -> HttpResponse:
    """The batch's file for the bank. It holds whole account numbers, so having it is recorded."""
    found, kind = _batch(number), request.POST.get("as", "")
    if kind not in ("csv", "gb18030", "pain001"):
        raise Http404
    try:
        content = (
            pain001(found)
            if kind == "pain001"
            else bank_csv(found, "gb18030" if kind == "gb18030" else "utf-8-sig")
        )
    except JigongError as bad:
        return _batch_page(request, found, bad)
    record(
        "payments.download", by=account_of(request), at=now(), object_kind="batch", object_id=found.pk,
        detail={"as": kind, "number": found.number},
    )  # fmt: skip
    return download(f"{found.number}.{'xml' if kind == 'pain001' else 'csv'}", content)


@limited(MOST_MEGABYTES)
@require_POST
@_of_district
def take_return(request: HttpRequest) -> HttpResponse:
    """Take in a return file of the bank; the same file twice changes nothing."""
    sent = sent_file(request)
    report = actions.take_return(
        content=sent.read(), filename=safe_name(sent.name), by=account_of(request), at=now()
    )
    if report.repeated:
        tell(
            request,
            "这份回单以前收过，没有重复入账",
            "this return was taken in before; nothing was booked again",
        )
    return redirect("office:return", number=report.file)


@require_safe
@_of_district
def returned(request: HttpRequest, number: int) -> HttpResponse:
    """What came of a return file, answer by answer; first what waits for a second person, and what somebody must look at."""
    return _return_page(request, _return_file(number))


class ReturnForm(SecondForm):
    """An answer to ticked lines of a return file."""

    line = forms.ModelMultipleChoiceField(ReturnLine.objects.none(), required=False)

    def __init__(self, data: QueryDict, *, file: ReturnFile) -> None:
        """Of this file alone."""
        super().__init__(data)
        self.fields["line"].queryset = file.lines.all()  # type: ignore[attr-defined]


def _return_page(request: HttpRequest, found: ReturnFile, bad: JigongError | None = None) -> HttpResponse:
    lines = list(found.lines.select_related("payment__entitlement", "payment__batch", "answer__by")[:2000])
    labelled = [(line, OUTCOME_LABELS[Outcome(line.outcome)]) for line in lines]
    open_ = open_lines().filter(file=found).select_related("payment__bank_account")[:PAGE]
    context = {
        "file": found,
        "open": [
            (line, OUTCOME_LABELS[Outcome(line.outcome)], mask_name(line.payment.payee), _contradicted(line))
            for line in open_
            if line.payment is not None
        ],
        "may_confirm": confirming.may_confirm(account_of(request), found),
        "counts": [(OUTCOME_LABELS[Outcome(name)], count, name in TROUBLE) for name, count in found.outcomes.items()],
        "trouble": [(line, label) for line, label in labelled if line.outcome in TROUBLE],
        "lines": [(line, label) for line, label in labelled if line.outcome not in TROUBLE],
        "bad": bad,
    }  # fmt: skip
    status = 200 if bad is None else 409 if isinstance(bad, StaleError) else 422
    return render(request, "office/return.html", context, status=status)


def _contradicted(line: ReturnLine) -> bool:
    """Whether the bank said later that a payment went through of which it says here that it failed."""
    paid = line.payment is not None and line.payment.state == PaymentState.PAID
    return line.outcome == Outcome.FAILED and paid


@require_POST
@_of_district
def answer_return(request: HttpRequest, number: int) -> HttpResponse:
    """Confirm what the bank says failed or came back, and its money can be paid again; or decline it."""
    found, by, at = _return_file(number), account_of(request), now()
    form = ReturnForm(request.POST, file=found)
    try:
        confirmed, text = form.said()
        lines = [line.pk for line in form.cleaned_data["line"]]
        if not lines:
            raise error(
                "没有勾选任何一笔",
                "no payment is ticked",
                remedy=("勾选核对过的各笔", "tick those you have looked at"),
            )
        if confirmed:
            done = actions.confirm_returns(lines=lines, by=by, at=at)
            tell(
                request,
                f"已确认 {done} 笔，资金退回待付",
                f"{counted(done, 'payment', 'payments')} confirmed; the money is reserved again",
            )
        else:
            done = actions.decline_returns(lines=lines, text=text, by=by, at=at)
            tell(
                request,
                f"{done} 笔不予确认，付款状态不变",
                f"{counted(done, 'payment', 'payments')} declined; they stay as they are",
            )
    except JigongError as bad:
        return _return_page(request, found, bad)
    return redirect("office:return", number=number)


def _return_file(number: int) -> ReturnFile:
    return get_object_or_404(ReturnFile.objects.select_related("taken_by"), pk=number)


@require_POST
@_of_district
def paying_account(request: HttpRequest) -> HttpResponse:
    """Enter the account a fund pays from."""
    name = request.POST.get("fund", "")
    if name not in law_for(request).pack.funds:
        raise Http404
    given = {
        part: request.POST.get(part, "").strip()[:100]
        for part in ("holder", "number", "bank", "clearing_code")
    }
    actions.set_paying_account(fund=name, **given, by=account_of(request), at=now())
    tell(request, "付款账户已登记", "the paying account is entered")
    return redirect("office:payments")


def _batch(number: int) -> Batch:
    return get_object_or_404(
        Batch.objects.select_related("made_by", "released_by", "sent_by", "paying_account"), pk=number
    )
