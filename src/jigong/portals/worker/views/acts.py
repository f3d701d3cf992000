"""What a worker does with an entitlement: confirm, apply, give up, appeal."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from jigong.accounts.actions import add_bank_account
from jigong.accounts.models import Account, BankAccount, Person
from jigong.accounts.queries import bank_account_of
from jigong.delivery import actions as delivery
from jigong.delivery.applications import AskedFact, asks
from jigong.delivery.applications import apply as apply_for
from jigong.delivery.former import clause_of
from jigong.delivery.hold_words import waits_in_short
from jigong.delivery.holds import HeldError, open_holds
from jigong.delivery.models import Entitlement
from jigong.delivery.replay.models import Adjustment
from jigong.dossiers.law import current_run, law_of_run
from jigong.insight.shown import yuan
from jigong.kernel.problems import JigongError, error
from jigong.kernel.text import Text
from jigong.portals.kit import clock
from jigong.portals.kit.access import account_of, worker_only
from jigong.portals.kit.look import language_of
from jigong.portals.kit.statements import TAKEN, take_statement
from jigong.portals.worker.clause_page import sections_of
from jigong.portals.worker.situation import situation_of
from jigong.portals.worker.views.clauses import clause_page
from jigong.services.cases.actions import appeal as open_appeal

MOST_CHARACTERS = 12
"""Of an answer: enough for any amount or date."""

LARGEST = 10**9
"""Of a number somebody states: what comes of it must still be a sum that can be booked."""


@worker_only
@require_POST
def confirm(request: HttpRequest, pk: int) -> HttpResponse:
    """One tap. Where money is due and no account is stored, the same form brings one."""
    account, found = account_of(request), own_entitlement(request, pk)
    try:
        with transaction.atomic():
            bank = None if found.in_kind else _bank_account(request, account)
            done = delivery.confirm(
                entitlement=found.pk, by=account, at=clock.now(), version=_version(request), bank_account=bank
            )
    except delivery.StaleError:
        raise
    except JigongError as bad:
        return clause_page(request, situation_of(account), found.clause, bad, status=422)
    messages.success(request, _confirmed(done, bank).in_(language_of(request)))
    return redirect("worker:clause", found.clause)


@worker_only
@require_POST
def confirm_all(request: HttpRequest) -> HttpResponse:
    """Every money entitlement that waits, as the home page showed it (``pk:version`` each), to the stored account."""
    account = account_of(request)
    bank = bank_account_of(_person(account))
    done, stale, held = 0, 0, list[Entitlement]()
    for pk, version in _pairs(request.POST.getlist("entitlement")):
        found = Entitlement.objects.filter(pk=pk, person=_person(account), organisation=None).first()
        if found is None or (bank is None and not found.in_kind):
            continue
        try:
            delivery.confirm(
                entitlement=pk,
                by=account,
                at=clock.now(),
                version=version,
                bank_account=None if found.in_kind else bank,
            )
            done += 1
        except HeldError:
            held.append(found)
        except delivery.StaleError:
            stale += 1
    language = language_of(request)
    if done:
        messages.success(request, Text(f"已确认 {done} 项", f"{done} confirmed").in_(language))
    if stale:
        text = Text(
            f"{stale} 项刚有变化，没有执行，请再看一眼", f"{stale} have just changed; nothing was done"
        )
        messages.warning(request, text.in_(language))
    for found in held:
        messages.warning(request, _why_held(found).in_(language))
    return redirect("worker:home")


def _why_held(found: Entitlement) -> Text:
    """That something was not confirmed because it is on hold, and what it waits for."""
    pack = law_of_run(current_run()).pack
    clause, why = clause_of(found.clause, pack), waits_in_short(open_holds(found), pack)
    label = clause.label if clause is not None else Text(found.clause, found.clause)
    return Text(
        f"“{label.zh}”暂缓办理，没有确认：{why.zh}", f"{label.en} is on hold and was not confirmed: {why.en}"
    )


@worker_only
@require_POST
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """Give it up."""
    account, found = account_of(request), own_entitlement(request, pk)
    delivery.withdraw(entitlement=found.pk, by=account, at=clock.now(), version=_version(request))
    text = Text("已放弃，之后仍可提出申诉或等待下次", "given up; the next period starts afresh")
    messages.success(request, text.in_(language_of(request)))
    return redirect("worker:clause", found.clause)


@worker_only
@require_http_methods(["GET", "POST"])
def appeal(request: HttpRequest, pk: int) -> HttpResponse:
    """“This decision is wrong”, and why."""
    account, found = account_of(request), own_entitlement(request, pk)
    situation = situation_of(account)
    clause = clause_of(found.clause, situation.law.pack)
    label = clause.label if clause is not None else None
    context = {"entitlement": found, "label": label, "days": situation.law.pack.days_for("appeal")}
    if request.method != "POST":
        return render(request, "worker/appeal.html", context)
    text = request.POST.get("text", "")
    try:
        open_appeal(entitlement=found.pk, text=text, by=account, at=clock.now(), version=_version(request))
    except delivery.StaleError:
        raise
    except JigongError as bad:
        return render(request, "worker/appeal.html", {**context, "problem": bad, "text": text}, status=422)
    said = Text("申诉已提交，结果会告诉您", "your appeal is in; you will be told the answer")
    messages.success(request, said.in_(language_of(request)))
    return redirect("worker:clause", found.clause)


@worker_only
@require_POST
def state(request: HttpRequest, pk: int) -> HttpResponse:
    """Say something about a recovery before it is decided, or appeal against it after."""
    account = account_of(request)
    found = get_object_or_404(
        Adjustment, pk=pk, entitlement__person_id=account.person_id, entitlement__organisation__isnull=True
    )
    kind = take_statement(request, found, by=account, at=clock.now())
    messages.success(request, TAKEN[kind].in_(language_of(request)))
    return redirect("worker:clause", found.entitlement.clause)


@worker_only
@require_http_methods(["GET", "POST"])
def apply(request: HttpRequest, clause: str, reference: str) -> HttpResponse:
    """An application: what is known is filled in, what is missing is asked."""
    account = account_of(request)
    situation = situation_of(account)
    if clause not in situation.law.pack.clauses:
        raise Http404
    entry = situation.law.pack.clauses[clause].clause.value
    subject = situation.subject(entry.per, reference)
    if subject is None:
        raise Http404
    asked = asks(situation.held, situation.law, clause, subject)
    section = next(
        s for s in sections_of(situation, clause, language_of(request)) if s.reference == reference
    )
    context: dict[str, Any] = {
        "clause": entry,
        "section": section,
        "asked": [(fact, request.POST.get(fact.name, "")) for fact in asked],
        "bank_account": bank_account_of(situation.person),
        "needs_account": entry.fund is not None,
        "office": situation.law.pack.offices[entry.delivery.office].value.label if entry.delivery.office else None,
    }  # fmt: skip
    if request.method != "POST":
        return render(request, "worker/apply.html", context)
    try:
        with transaction.atomic():
            bank = _bank_account(request, account) if entry.fund is not None else None
            apply_for(
                person=situation.person, clause=clause, subject=subject, claims=_claims(request, asked),
                by=account, at=clock.now(), bank_account=bank,
            )  # fmt: skip
    except delivery.StaleError:
        raise
    except JigongError as bad:
        return render(request, "worker/apply.html", {**context, "problem": bad}, status=422)
    said = Text("申请已提交，正在复核", "your application is in and will be reviewed")
    messages.success(request, said.in_(language_of(request)))
    return redirect("worker:clause", clause)


def own_entitlement(request: HttpRequest, pk: int) -> Entitlement:
    """The worker's own; anybody else's does not exist for them."""
    return get_object_or_404(
        Entitlement, pk=pk, person_id=account_of(request).person_id, organisation__isnull=True
    )


def _person(account: Account) -> Person:
    assert account.person is not None
    return account.person


def _version(request: HttpRequest) -> int:
    """The version the page showed; a form without one is an old page."""
    given = request.POST.get("version", "")
    return int(given) if given.isdecimal() and len(given) < 10 else -1


def _bank_account(request: HttpRequest, account: Account) -> BankAccount | None:
    """The account of the form where it brings one, else the stored one."""
    person = _person(account)
    number = request.POST.get("number", "")
    if number:
        return add_bank_account(
            person=person,
            number=number,
            holder=person.name,
            bank=request.POST.get("bank", ""),
            by=account,
            at=clock.now(),
        )
    return bank_account_of(person)


def _confirmed(done: Entitlement, bank: BankAccount | None) -> Text:
    if done.in_kind or bank is None:
        return Text("已确认", "confirmed")
    return Text(
        f"已确认。批准后 {yuan(done.amount)} 元打入尾号 {bank.last4} 的账户",
        f"Confirmed. {yuan(done.amount)} yuan goes to the account ending in {bank.last4} once approved",
    )


def _pairs(given: Sequence[str]) -> list[tuple[int, int]]:
    pairs = (text.partition(":") for text in given[:100])
    return [
        (int(pk), int(version))
        for pk, _, version in pairs
        if pk.isdecimal() and version.isdecimal() and len(pk) < 18 and len(version) < 10
    ]


def _claims(request: HttpRequest, asked: Sequence[AskedFact]) -> Mapping[str, Any]:
    """The answers, typed.

    Raises:
        JigongError: an answer is missing or cannot be read.
    """
    return {fact.name: _answer(fact, request.POST.get(fact.name, "").strip()) for fact in asked}


def _answer(fact: AskedFact, given: str) -> Any:
    try:
        return _PARSERS[fact.type](given[:MOST_CHARACTERS])
    except (KeyError, ValueError, InvalidOperation):
        raise error(
            f"“{fact.label.zh}”没有填写，或填写的内容不对",
            f"{fact.label.en} is missing, or cannot be read",
            remedy=("照提示的格式再填一次", "fill it in again in the form shown"),
        ) from None


def _money(given: str) -> Decimal:
    amount = Decimal(given)
    if not amount.is_finite() or not 0 <= amount < LARGEST:
        raise ValueError
    return amount.quantize(Decimal("0.01"))


def _count(given: str) -> int:
    if not (given.isascii() and given.isdecimal()) or int(given) >= LARGEST:
        raise ValueError
    return int(given)


def _words(given: str) -> str:
    if not given:
        raise ValueError
    return given


_PARSERS: dict[str, Callable[[str], Any]] = {
    "boolean": lambda given: {"yes": True, "no": False}[given],
    "integer": _count,
    "decimal": _money,
    "date": date.fromisoformat,
    "string": _words,
}
