"""An appeal that was right: the law decides again, from the facts as they are now, and what it gives is due.

Somebody's own amount is an exception. It needs a reason of its own, is never more than the clause can give at most, and
is marked wherever it is decided about; another human approves it.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from jigong.accounts.models import Account
from jigong.audit.actions import record
from jigong.delivery.actions import move
from jigong.delivery.basis import Frozen, ground_of
from jigong.delivery.models import AmountException, Entitlement
from jigong.delivery.queries import latest_basis
from jigong.delivery.replay.looking import judged_now
from jigong.delivery.replay.queries import Again, judge_again
from jigong.insight.law import Law
from jigong.kernel.problems import error
from jigong.kernel.text import Text

_NOTHING = Frozen({}, {}, {}, "", None, {})


@dataclass(frozen=True, slots=True)
class ByLaw:
    """What the law gives for an entitlement, from the facts of now.

    ``amount`` is what is due of it: 0 for a no, None where it cannot be told, or of a benefit in kind. ``most`` is the most
    the clause can give anybody; None where no limit is known.
    """

    amount: Decimal | None
    branch: str
    most: Decimal | None


def by_law(entitlement: Entitlement) -> ByLaw:
    """Decide an entitlement again, under the law and for the day of its decision. Seconds: facts are made from the lake.

    What a supplement gives does not follow from the clause alone: nothing is said of it but its limit.

    Raises:
        JigongError: the pack of then was lost.
    """
    law, again = _again(entitlement)
    most = law.rule(entitlement.clause).decide({}, law.day).most
    if again is None or entitlement.amount is None or entitlement.supplement:
        return ByLaw(None, entitlement.branch, most)
    amount = None if again.amount is None else max(again.amount - entitlement.deducted, Decimal(0))
    branch = again.outcome.branch if again.outcome is not None else None
    return ByLaw(amount, branch or entitlement.branch, most)


def _again(entitlement: Entitlement) -> tuple[Law, Again | None]:
    basis = latest_basis(entitlement)
    if basis is not None:
        return judged_now(basis)
    ground = ground_of(entitlement)
    if ground.held is None:
        return ground.law, None
    return ground.law, judge_again(entitlement, _NOTHING, ground.law, ground.held)


def uphold(
    entitlement: Entitlement,
    *,
    amount: Decimal | None,
    why: str,
    reason: str,
    by: Account,
    at: datetime,
    step: str = "uphold",
    given: ByLaw | None = None,
) -> Entitlement:
    """Correct a locked entitlement that was appealed (or, by another ``step``, found wrong), and have the worker confirm it again.

    Without ``amount`` it is what the law gives; where that cannot be told it stays as it was. Another ``amount`` is an
    exception, for the reason ``why``. ``given`` is what the law gives, for who has asked it already.

    Raises:
        StaleError: it is not appealed.
        JigongError: the law gives nothing; or an exception has no reason, is for a benefit in kind, or is above the limit; or
            it is one's own matter.
    """
    if entitlement.amount is None:
        if amount is not None:
            raise error(
                "实物或服务没有金额", "a benefit in kind has no amount", remedy=("金额留空", "leave it empty")
            )
        return move(entitlement, step, by=by, at=at, reason=reason)
    given = given or by_law(entitlement)
    if amount is None or amount == given.amount:
        if given.amount == 0:
            raise error(
                "按现在的数据，这项政策不给付，不能直接这样更正",
                "with the data of now the law gives nothing, so it cannot be corrected like this",
                remedy=(
                    "数据有误的，先更正记录；确需给付的，填写金额和例外理由",
                    "put the record right first; or give an amount, and say why it is an exception",
                ),
            )
        if given.amount is not None:
            entitlement.amount, entitlement.branch = given.amount, given.branch
        return move(entitlement, step, by=by, at=at, reason=reason)
    most = _limit(amount, given, why)
    made = AmountException(
        entitlement=entitlement, amount=amount, by_law=given.amount, most=most, reason=why.strip(), by=by, at=at
    )  # fmt: skip
    entitlement.amount = amount
    moved = move(entitlement, step, by=by, at=at, reason=reason)
    made.save()
    record(
        "delivery.exception", by=by, at=at, object_kind="entitlement", object_id=entitlement.pk,
        person=entitlement.person_id, reason=made.reason,
        detail={"amount": amount, "by_law": given.amount, "most": most},
    )  # fmt: skip
    return moved


def _limit(amount: Decimal, given: ByLaw, why: str) -> Decimal:
    """The most the clause gives, if an exception may be made of ``amount``."""
    law = _yuan(given.amount)
    if not why.strip():
        raise error(
            f"{amount:,.2f} 元不是按规定算出的金额（{law.zh}），须作为例外写明理由",
            f"{amount:,.2f} yuan is not what the law gives ({law.en}): an exception needs a reason of its own",
            remedy=("写明例外理由，或把金额留空", "say why it is an exception, or leave the amount empty"),
        )
    if given.most is None or amount > given.most:
        zh, en = "这项政策没有写明最多给多少", "the clause does not say how much it gives at most"
        if given.most is not None:
            zh, en = f"最多 {given.most:,.2f} 元", f"at most {given.most:,.2f} yuan"
        raise error(
            f"{amount:,.2f} 元超过这项政策最多能给的金额，例外也不行：{zh}",
            f"{amount:,.2f} yuan is more than the clause can give, even by exception: {en}",
            remedy=(
                "核对金额；数据有误的，先更正记录，再按规定重算",
                "check the amount; where the data are wrong put the record right, and the law decides again",
            ),
        )
    return given.most


def _yuan(amount: Decimal | None) -> Text:
    return (
        Text("现在不能确定", "which cannot be told yet")
        if amount is None
        else Text(f"{amount:,.2f} 元", f"{amount:,.2f} yuan")
    )
