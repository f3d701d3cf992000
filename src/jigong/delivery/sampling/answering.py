"""Answering what a second look found wrong: the office puts it right, or disagrees and another human settles it.

Until then it is held, if it is not paid yet. Whoever found it does not answer it, and whoever decided it or disagreed
does not settle it.
"""

from datetime import datetime
from decimal import Decimal

from django.db import transaction

from jigong.accounts.enums import Permission
from jigong.accounts.humans import refuse_same_human
from jigong.accounts.models import Account
from jigong.audit.actions import record
from jigong.delivery.actions import StaleError, locked, move, who_did
from jigong.delivery.approval import take_back
from jigong.delivery.holds import lift
from jigong.delivery.models import Entitlement
from jigong.delivery.own import refuse_own
from jigong.delivery.replay.looking import look_again
from jigong.delivery.replay.models import Adjustment, AdjustmentState
from jigong.delivery.replay.upholding import by_law, uphold
from jigong.delivery.sampling.enums import WAITS_LABELS, AnswerKind, Finding, Waits
from jigong.delivery.sampling.models import Answer, Audit
from jigong.delivery.states import DECIDING, MOVES, Cause, State
from jigong.kernel.problems import JigongError, error


@transaction.atomic
def take(
    *, audit: int, amount: Decimal | None = None, why: str = "", reason: str, by: Account, at: datetime
) -> Audit:
    """The office agrees that it is wrong, and puts it right. An approval is taken back.

    Not paid yet, its amount becomes what the law gives, or ``amount`` as an exception for the reason ``why``; the worker
    confirms it again, and another human approves it. With 0, and where it is in kind, it is declined. Paid, it is decided
    again, and the difference is paid or asked back as after every second look. What was declined, given up or lapsed
    meanwhile needs nothing more. Seconds: facts are made from the lake.

    Raises:
        StaleError: it does not wait for the office.
        JigongError: no reason is given, the account may not, it is their own finding or matter, nothing else comes out, or
            its money is in a batch.
    """
    found = _waiting(audit, Waits.OFFICE, reason)
    _office(found, by)
    entitlement = locked(found.entitlement_id)
    match entitlement.state:
        case State.APPEALED:
            raise error(
                "本人正在申诉，先答复申诉", "it is under appeal, which comes first",
                remedy=("在“申诉与更正”里答复后再来", "answer the appeal, then come back"),
            )  # fmt: skip
        case State.PAID:
            _ask_back(entitlement, by, at)
        case State.DECLINED | State.WITHDRAWN | State.LAPSED:
            pass  # Nothing is paid of it; should it come under way again, it is decided by the law.
        case _:
            _put_right(entitlement, amount, why, reason, by, at)
    return _answered(found, AnswerKind.TAKEN, Waits.NOBODY, reason, by, at)


@transaction.atomic
def disagree(*, audit: int, reason: str, by: Account, at: datetime) -> Audit:
    """The office finds that it was right, and says why. It stays held until somebody else has settled it.

    Raises:
        StaleError: it does not wait for the office.
        JigongError: no reason is given, it was settled that the finding stands, or the account may not.
    """
    found = _waiting(audit, Waits.OFFICE, reason)
    _office(found, by)
    if found.answers.filter(kind=AnswerKind.DISAGREED).exists():
        raise error(
            "已裁定结论成立，不能再表示不同意", "it is settled that the finding stands",
            remedy=("按结论改正；金额有别的依据的，写明例外理由", "put it right; where another amount is right, say why it is an exception"),
        )  # fmt: skip
    return _answered(found, AnswerKind.DISAGREED, Waits.SECOND, reason, by, at)


@transaction.atomic
def settle(*, audit: int, stands: bool, reason: str, by: Account, at: datetime) -> Audit:
    """Another human says who is right. If the finding stands the office has to put it right; if not, the hold ends.

    Raises:
        StaleError: nobody disagreed, or it was settled.
        JigongError: no reason is given, or the account may not: it found it, decided it, disagreed, or is tied to it.
    """
    found = _waiting(audit, Waits.SECOND, reason)
    _may(by, Permission.AUDIT)
    disagreed = [answer.by for answer in found.answers.select_related("by__person")]
    refuse_same_human(
        by, found.by, *disagreed, *who_did(found.entitlement_id, DECIDING),
        zh="查出的人、经办过的人和提出异议的人不能裁定", en="whoever found it, decided it or disagreed does not settle it",
        remedy=("请另一位审计人员裁定", "let another auditor settle it"),
    )  # fmt: skip
    refuse_own(by, found.entitlement, Permission.AUDIT)
    if stands:
        return _answered(found, AnswerKind.UPHELD, Waits.OFFICE, reason, by, at)
    found.finding = Finding.REFUTED
    return _answered(found, AnswerKind.OVERTURNED, Waits.NOBODY, reason, by, at)


def _waiting(audit: int, waits: Waits, reason: str) -> Audit:
    """The finding, locked, if it waits for this answer and a reason is given."""
    if not reason.strip():
        raise error("请写明理由", "please give a reason", remedy=("写一句话", "write a sentence"))
    rows = Audit.objects.select_for_update(of=("self",)).select_related("entitlement__person", "by__person")
    found = rows.get(pk=audit)
    if found.waits != waits:
        label = WAITS_LABELS[Waits(found.waits)]
        stale = error(
            f"这项抽查结论现在是“{label.zh}”，本次操作没有执行",
            f"this finding is now “{label.en}”; nothing was done",
            remedy=("看一眼最新内容", "look at it again"),
        )
        raise StaleError(*stale.problems)
    return found


def _may(by: Account, permission: Permission) -> None:
    if not by.may(permission):
        raise error("您没有这项权限", "you may not do this", remedy=("请有权限的同事办理", "ask a colleague who may"))  # fmt: skip


def _office(found: Audit, by: Account) -> None:
    _may(by, Permission.REVIEW)
    refuse_same_human(
        by, found.by, zh="查出的人不能代部门答复", en="whoever found it does not answer for the office",
        remedy=("请经办部门的同事答复", "let a colleague of the office answer"),
    )  # fmt: skip
    refuse_own(by, found.entitlement, Permission.REVIEW)


def _put_right(
    entitlement: Entitlement, amount: Decimal | None, why: str, reason: str, by: Account, at: datetime
) -> None:
    given = None if entitlement.in_kind else by_law(entitlement)
    wanted = given.amount if given is not None and amount is None else amount
    nothing = given is None or wanted == 0
    if not nothing and wanted in (None, entitlement.amount):
        raise _same()
    if entitlement.state == State.APPROVED:
        take_back(entitlement, by=by, at=at, reason=reason)
    if nothing:
        asked = entitlement.state in MOVES["strike"].from_
        move(entitlement, "strike" if asked else "decline", by=by, at=at, reason=reason)
        return
    lift(entitlement, Cause.CHANGED, at=at)
    uphold(entitlement, amount=amount, why=why, reason=reason, by=by, at=at, step="put_right", given=given)


def _same() -> JigongError:
    return error(
        "按规定和现在的数据算出的不是别的金额，没有可改正的",
        "the law and the data of now give no other amount: there is nothing to put right",
        remedy=(
            "数据有误的，先更正记录；另有应为金额的，填写金额和例外理由；认为原来没错的，选“不同意”",
            "put the record right first; or give the amount and say why it is an exception; or disagree",
        ),
    )


def _ask_back(entitlement: Entitlement, by: Account, at: datetime) -> None:
    """Decide again what was paid; what the law gives less or more is proposed, and nothing else is asked back."""
    if entitlement.in_kind:
        return
    adjustment = Adjustment.objects.filter(supplement=entitlement).first()
    about = adjustment.entitlement_id if adjustment is not None else entitlement.pk
    look_again(only=[about], by=by, at=at)
    # What was settled before it was found wrong does not put it right.
    over = (AdjustmentState.REJECTED, AdjustmentState.REPLACED, AdjustmentState.SETTLED)
    if not Adjustment.objects.filter(entitlement=about).exclude(state__in=over).exists():
        raise _same()


def _answered(found: Audit, kind: AnswerKind, waits: Waits, reason: str, by: Account, at: datetime) -> Audit:
    Answer.objects.create(audit=found, kind=kind, reason=reason.strip(), by=by, at=at)
    found.waits = waits
    found.save(update_fields=["waits", "finding"])
    if waits == Waits.NOBODY:
        # Locked first: somebody may just be finding something else wrong, and their hold is this one.
        entitlement = locked(found.entitlement_id)
        others = Audit.objects.filter(entitlement=entitlement).exclude(waits=Waits.NOBODY)
        if not others.exists():
            lift(entitlement, Cause.FINDING, at=at)
    record(
        f"sampling.{kind.value}", by=by, at=at, object_kind="entitlement", object_id=found.entitlement_id,
        person=found.entitlement.person_id, reason=reason.strip(), detail={"audit": found.pk},
    )  # fmt: skip
    return found
