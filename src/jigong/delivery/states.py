"""The states of an entitlement, and who may move it from which to which."""

from dataclasses import dataclass

from django.db.models import TextChoices

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
        _move("revoke", {S.APPROVED}, S.PASSED, "撤回批准", "approval taken back"),
    )
}  # fmt: skip
