"""Opening and answering cases. An upheld correction is a new record; the person's verdicts follow within seconds."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction

from jigong.accounts.cipher import lookup, seal_text
from jigong.accounts.enums import Permission
from jigong.accounts.models import Account, Person
from jigong.audit.actions import record
from jigong.audit.days import day_of
from jigong.delivery.actions import locked, move
from jigong.delivery.own import others, own_matter, ties_of
from jigong.delivery.replay import upholding
from jigong.delivery.states import State
from jigong.dossiers.law import current_run, law_of_run
from jigong.insight.law import Law
from jigong.kernel.problems import error
from jigong.lake.lake import Lake
from jigong.lake.uses import sources_of
from jigong.services.bring import refresh
from jigong.services.cases.closing import answer_case, case_to_answer
from jigong.services.cases.desks import office_of
from jigong.services.cases.models import TEXT, Case, CaseState, Kind
from jigong.services.cases.queries import records
from jigong.services.events import Change, deliver

MOST_WORDS = 2000


def report_wrong(
    *,
    person: Person,
    fact: str,
    subject: str | None = None,
    text: str,
    claimed: str = "",
    data_class: str = "",
    by: Account,
    at: datetime,
) -> Case:
    """“This is wrong”: sent to the department that owns the class the fact comes from.

    ``subject`` is the key of what the fact is about where that is not the worker. Saying it again while
    it is being answered gives the same case.

    Raises:
        JigongError: there is no such fact, or nothing is said.
    """
    law = law_of_run(current_run())
    _words(text)
    if fact not in law.pack.facts:
        raise error("没有这项数据", "there is no such fact")
    classes = sources_of(law.pack, fact)
    chosen = data_class if data_class in classes else classes[0]
    about = lookup(subject, TEXT) if subject else ""
    return _opened(
        Case(
            kind=Kind.CORRECTION, person=person, fact=fact, data_class=chosen,
            subject=seal_text(subject, TEXT) if subject else None, subject_hash=about,
            office=office_of(law.pack, chosen), text=seal_text(text, TEXT),
            claimed=seal_text(claimed, TEXT) if claimed else None,
        ),
        law, "correction", by, at,
        {"person": person, "fact": fact, "data_class": chosen, "subject_hash": about, "kind": Kind.CORRECTION},
    )  # fmt: skip


def appeal(*, entitlement: int, text: str, by: Account, at: datetime, version: int | None = None) -> Case:
    """“This decision is wrong”: to the office that decides the clause; the entitlement waits meanwhile.

    Raises:
        StaleError: it cannot be appealed in its state.
        JigongError: nothing is said.
    """
    _words(text)
    with transaction.atomic():
        found = locked(entitlement)
        if found.person is None:
            raise error("企业事项请联系主管部门", "please ask the office about an enterprise's matters")
        if found.state == State.APPEALED:
            return Case.objects.get(entitlement=found, kind=Kind.APPEAL, state=CaseState.OPEN)
        move(found, "appeal", by=by, at=at, version=version)
        return _opened(
            Case(
                kind=Kind.APPEAL, person=found.person, entitlement=found, clause=found.clause,
                office=found.office, text=seal_text(text, TEXT),
            ),
            law_of_run(current_run()), "appeal", by, at, {"entitlement": found, "kind": Kind.APPEAL},
        )  # fmt: skip


def uphold(
    *,
    case: int,
    values: Mapping[str, str],
    reason: str,
    by: Account,
    at: datetime,
    key: Mapping[str, Any] | None = None,
    version: int | None = None,
) -> Case:
    """The person is right.

    Of a correction, ``values`` are the columns of the record (``key``; the newest one unless given) as
    they should be: they become a new record in the lake, and the person is decided about anew. Of an
    appeal the law decides again; ``values`` may give another ``amount``, and why it is an ``exception``. The
    entitlement is corrected and waits for the person again.

    Raises:
        JigongError: it was answered before, it is one's own matter, the corrected record would break its contract, or
            the amount is not allowed (:mod:`jigong.delivery.replay.upholding`).
    """
    with transaction.atomic():
        # Locked before the lake is written: of two who answer at once, the other's record never comes.
        found = case_to_answer(case, version, reason)
        _refuse_own(found, by)
        batch = _correct(found, values, key, at) if found.kind == Kind.CORRECTION else ""
        answer_case(found, CaseState.UPHELD, reason, by, at, batch)
        if found.entitlement_id is not None:
            amount = _amount(values["amount"]) if values.get("amount") else None
            why = values.get("exception", "")
            upholding.uphold(
                locked(found.entitlement_id), amount=amount, why=why, reason=reason, by=by, at=at
            )
    if found.kind == Kind.CORRECTION:
        refresh([found.whose.open_number()], settings.JIGONG.data, at=at)
    return found


@transaction.atomic
def dismiss(*, case: int, reason: str, by: Account, at: datetime, version: int | None = None) -> Case:
    """The office finds that it was right; the reason tells the person why.

    Raises:
        JigongError: it was answered before, or no reason is given.
    """
    found = case_to_answer(case, version, reason)
    _refuse_own(found, by)
    answer_case(found, CaseState.DISMISSED, reason, by, at, "")
    if found.entitlement_id is not None:
        move(locked(found.entitlement_id), "dismiss", by=by, at=at, reason=reason)
    return found


def _refuse_own(case: Case, by: Account) -> None:
    """Refuse to answer one's own objection, or that of somebody of one's household."""
    why = ties_of(by).of(case.person, None)
    if why is not None:
        raise own_matter(why, others(by, Permission.HANDLE_CASES, case.office))


def _words(text: str) -> None:
    if not text.strip() or len(text) > MOST_WORDS:
        raise error(
            f"请写清楚哪里不对（不超过 {MOST_WORDS} 字）",
            f"please say what is wrong (at most {MOST_WORDS} characters)",
        )


def _opened(case: Case, law: Law, step: str, by: Account, at: datetime, same: Mapping[str, Any]) -> Case:
    case.deadline = day_of(at) + timedelta(days=law.pack.days_for(step))
    case.opened_at, case.opened_by = at, by
    try:
        with transaction.atomic():
            case.save()
            record(
                f"cases.{step}", by=by, at=at, object_kind="case", object_id=case.pk, person=case.person_id,
                detail={"fact": case.fact, "class": case.data_class, "clause": case.clause, "office": case.office},
            )  # fmt: skip
    except IntegrityError:
        return Case.objects.get(state=CaseState.OPEN, **same)
    return case


def _correct(case: Case, values: Mapping[str, str], key: Mapping[str, Any] | None, at: datetime) -> str:
    """Deliver the corrected record; gives its batch. Doing it again delivers nothing new."""
    known = records(case)
    chosen = next((r for r in known if key is None or dict(r.key) == dict(key)), None)
    if chosen is None or not values:
        raise error(
            "没有选择要更正的记录和内容", "no record, or nothing to correct, was chosen",
            remedy=("选择一条记录，改好再提交", "choose a record, put it right, and send again"),
        )  # fmt: skip
    law = law_of_run(current_run())
    lake = Lake(settings.JIGONG.data / "lake", law.pack.contracts)
    change = Change(case.data_class, chosen.key, values)
    report = deliver(lake, [change], origin=f"case-{case.pk}", known_on=day_of(at))
    return report.batch or report.repeated[0].batch or ""


def _amount(text: str) -> Decimal:
    """An amount in yuan that can be paid."""
    try:
        amount = Decimal(text.strip().replace(",", ""))
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite() or not 0 < amount < 10**12 or amount != round(amount, 2):
        raise error(
            f"更正后的金额须大于零，最多两位小数：{text[:40]}", f"not an amount above zero, of at most two decimals: {text[:40]}",
            remedy=("写成 5000 或 5000.00；金额不变就留空", "write 5000 or 5000.00; leave it empty if it is right"),
        )  # fmt: skip
    return round(amount, 2)
