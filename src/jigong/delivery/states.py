"""The states of an entitlement, who may move it from which to which, and what may hold it up meanwhile."""

from dataclasses import dataclass

from django.db.models import TextChoices

from jigong.accounts.enums import Permission
from jigong.kernel.text import Text


class State(TextChoices):
    """Where an entitlement stands."""

    PROPOSED = "proposed", "待确认"
    CONFIRMED = "confirmed", "已确认"
    PASSED = "passed", "复核通过"
    APPROVED = "approved", "已批准"
    PAID = "paid", "已兑现"
    DECLINED = "declined", "不予批准"
    WITHDRAWN = "withdrawn", "已放弃"
    LAPSED = "lapsed", "已失效"
    APPEALED = "appealed", "申诉中"
    CORRECTED = "corrected", "已更正"


STATE_LABELS = {
    State.PROPOSED: Text("待您确认", "waiting for you"),
    State.CONFIRMED: Text("已确认，待复核", "confirmed, to be reviewed"),
    State.PASSED: Text("复核通过，待批准", "reviewed, to be approved"),
    State.APPROVED: Text("已批准，待发放", "approved, to be paid"),
    State.PAID: Text("已兑现", "paid"),
    State.DECLINED: Text("不予批准", "declined"),
    State.WITHDRAWN: Text("您已放弃", "given up"),
    State.LAPSED: Text("已失效", "lapsed"),
    State.APPEALED: Text("申诉处理中", "appealed"),
    State.CORRECTED: Text("已更正，待您确认", "corrected, waiting for you"),
}


@dataclass(frozen=True, slots=True)
class Move:
    """One way from a state to another, and whose doing it is."""

    name: str
    from_: frozenset[State]
    to: State
    label: Text


def _move(name: str, from_: set[State], to: State, zh: str, en: str) -> Move:
    return Move(name, frozenset(from_), to, Text(zh, en))


S = State
MOVES = {
    move.name: move
    for move in (
        _move("confirm", {S.PROPOSED, S.CORRECTED}, S.CONFIRMED, "确认申领", "confirmed"),
        _move("pass_by_rule", {S.CONFIRMED}, S.PASSED, "按规则自动通过", "passed by rule"),
        _move("review", {S.CONFIRMED}, S.PASSED, "复核通过", "reviewed"),
        _move("approve", {S.PASSED}, S.APPROVED, "批准", "approved"),
        _move("decline", {S.CONFIRMED, S.PASSED}, S.DECLINED, "不予批准", "declined"),
        _move("withdraw", {S.PROPOSED, S.CONFIRMED, S.PASSED, S.CORRECTED}, S.WITHDRAWN, "本人放弃", "given up"),
        _move("appeal", {S.PROPOSED, S.CORRECTED, S.DECLINED}, S.APPEALED, "提出申诉", "appealed"),
        _move("uphold", {S.APPEALED}, S.CORRECTED, "申诉成立，已更正", "appeal upheld"),
        _move("dismiss", {S.APPEALED}, S.DECLINED, "申诉不成立", "appeal dismissed"),
        _move("lapse", {S.PROPOSED}, S.LAPSED, "不再符合，已失效", "no longer due"),
        _move("renew", {S.LAPSED}, S.PROPOSED, "重新符合", "due again"),
        _move("pay", {S.APPROVED}, S.PAID, "已兑现", "paid"),
        _move("bounce", {S.PAID}, S.APPROVED, "银行退汇，重新待发放", "returned by the bank, to be paid again"),
        _move("correct", {S.CONFIRMED, S.PASSED}, S.CORRECTED, "按现在的数据更正", "corrected to the data of now"),
        _move("put_right", {S.PROPOSED, S.CORRECTED, S.CONFIRMED, S.PASSED}, S.CORRECTED, "抽查有误，已更正", "found wrong by a second look, put right"),
        _move("strike", {S.PROPOSED, S.CORRECTED}, S.DECLINED, "抽查有误，不予给付", "found wrong by a second look, nothing is due"),
        _move("adopt", {S.CONFIRMED, S.PASSED}, S.CORRECTED, "采用现行规定的结果", "today's law taken"),
        _move("revoke", {S.APPROVED}, S.PASSED, "撤回批准", "approval taken back"),
    )
}  # fmt: skip

UNDERWAY = (S.PROPOSED, S.CORRECTED, S.CONFIRMED, S.PASSED, S.APPROVED)
"""States on the way to the money, in which an entitlement can be held."""
HOLDABLE = (*UNDERWAY, S.APPEALED)
"""States in which something may hold it: an appeal waits for its answer whatever holds the matter."""
TOWARDS_PAYMENT = frozenset({"confirm", "pass_by_rule", "review", "approve"})
"""The moves a hold stands against. The bank's word that money has gone (``pay``) is written down whatever is held."""
BY_OFFICE = {
    "review": Permission.REVIEW,
    "approve": Permission.APPROVE,
    "decline": Permission.REVIEW,
    "uphold": Permission.HANDLE_CASES,
    "dismiss": Permission.HANDLE_CASES,
    "correct": Permission.REVIEW,
    "put_right": Permission.REVIEW,
    "strike": Permission.REVIEW,
    "adopt": Permission.REVIEW,
    "revoke": Permission.APPROVE,
}
"""The moves by which an office decides, and what each takes: nobody makes one in a matter of their own."""
BEFORE_APPROVAL = ("review", "uphold", "correct", "put_right", "adopt")
"""Whoever found it right, or set its amount, so does not approve it."""
DECIDING = (*BEFORE_APPROVAL, "approve", "decline", "strike", "dismiss")


class Cause(TextChoices):
    """Why an entitlement is held."""

    UNDECIDED = "undecided", "数据不全"
    CHANGED = "changed", "数据有变"
    OUTBID = "outbid", "同组待定"
    FINDING = "finding", "抽查有误"
    APPEAL = "appeal", "申诉中"
    DEATH = "death", "死亡通知"


CAUSE_LABELS = {
    Cause.UNDECIDED: Text(
        "数据不全，或有记录等待改正，现在不能确定",
        "data are missing or a record waits, so it cannot be told yet",
    ),
    Cause.CHANGED: Text("数据有变，按现在的数据结果不同", "the data have changed, and the result with them"),
    Cause.OUTBID: Text(
        "就高不重复：同组另一项还不能确定，可能更高",
        "the higher of two is given: another of the group is undecided and may be higher",
    ),
    Cause.FINDING: Text("抽查认为有误", "a second look found it wrong"),
    Cause.APPEAL: Text("申诉正在处理", "an appeal is being answered"),
    Cause.DEATH: Text("收到死亡通知", "a notice of death has come"),
}
ONLY_AMOUNT = Text(
    "符合条件，只是金额现在不能确定：数据不全，或有记录等待改正",
    "it is due, only how much cannot be told yet: data are missing or a record waits",
)
"""Why an undecided entitlement is held of which only the amount is open."""
ENDED_BY = {
    Cause.UNDECIDED: Text(
        "缺的数据报来、等待的记录改正后，自动解除",
        "it ends by itself when the data come or the record is put right",
    ),
    Cause.CHANGED: Text(
        "经办部门按新结果处理，或数据改回后解除",
        "it ends when the office takes the new result, or the data change back",
    ),
    Cause.OUTBID: Text(
        "另一项判定后，或到期后自动解除；以后更高的一项补差额",
        "it ends when the other is decided, or at its deadline; a higher one then pays the difference",
    ),
    Cause.FINDING: Text(
        "经办部门按结论改正，或另一人认定结论不成立后解除",
        "it ends when the office has put it right, or somebody else settles that the finding was wrong",
    ),
    Cause.APPEAL: Text("答复后解除", "it ends with the answer"),
    Cause.DEATH: Text(
        "通知有误并更正后解除；属实的，由经办部门联系家属",
        "it ends if the notice was wrong; if it is true, the office speaks to the family",
    ),
}
