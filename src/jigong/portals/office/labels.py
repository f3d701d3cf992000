"""What the office calls things: states as an officer sees them, steps, kinds of delivery, reasons to say no."""

from jigong.delivery.states import State
from jigong.kernel.text import Text
from jigong.packs.model import Clause
from jigong.services.cases.models import CaseState, Kind

STATES = {
    State.PROPOSED: Text("待本人确认", "waits for the worker"),
    State.CONFIRMED: Text("待复核", "to be reviewed"),
    State.PASSED: Text("待批准", "to be approved"),
    State.APPROVED: Text("待发放", "to be paid"),
    State.PAID: Text("已兑现", "paid"),
    State.DECLINED: Text("不予批准", "declined"),
    State.WITHDRAWN: Text("本人放弃", "given up"),
    State.LAPSED: Text("已失效", "lapsed"),
    State.APPEALED: Text("申诉中", "appealed"),
    State.CORRECTED: Text("已更正，待本人确认", "corrected, waits for the worker"),
}
STATE_COLOURS = {
    State.CONFIRMED: "azure",
    State.PASSED: "indigo",
    State.APPROVED: "teal",
    State.PAID: "green",
    State.DECLINED: "red",
    State.APPEALED: "purple",
    State.PROPOSED: "orange",
    State.CORRECTED: "orange",
}
MODES = {
    "proactive": Text("免申即享", "proactive"),
    "application": Text("本人申请", "on application"),
    "quota": Text("名额排序", "by quota"),
    "lottery": Text("摇号", "by lottery"),
}
VERDICTS = {
    "yes": Text("符合", "due"),
    "no": Text("不符合", "not due"),
    "undecided": Text("待定", "undecided"),
}
PROPOSED = Text("系统判定符合，已提出", "found to be due")
BY_RULE = Text("按规则自动", "by rule")
BY_WORKER = Text("本人", "the worker")

_REASONS = (
    Text("填报内容与部门数据不一致。", "What was stated does not agree with the departments' data."),
    Text("同一事项已经享受过。", "The same was given before."),
    Text(
        "收款账户不是本人的，请更换后重新确认。",
        "The bank account is not the applicant's own; please change it.",
    ),
)


def decline_reasons(clause: Clause | None) -> list[Text]:
    """Sentences an officer can choose from: each condition of the clause not met, and what is common to all."""
    conditions = clause.conditions if clause else ()
    return [
        *(Text(f"不符合条件：{c.zh}。", f"A condition is not met: {c.en}.") for c in conditions),
        *_REASONS,
    ]


def both(text: Text) -> str:
    """A sentence in both languages, as the worker will read it."""
    return f"{text.zh} {text.en}"


CASE_KINDS = {
    Kind.CORRECTION: Text("数据更正", "Correction"),
    Kind.APPEAL: Text("申诉", "Appeal"),
    Kind.DIFFERENCE: Text("数据分歧", "Difference"),
}
CASE_STATES = {
    CaseState.OPEN: Text("处理中", "open"),
    CaseState.UPHELD: Text("成立", "upheld"),
    CaseState.DISMISSED: Text("不成立", "not upheld"),
    CaseState.WITHDRAWN: Text("已撤回", "withdrawn"),
}
DIFFERENCE_STATES = {
    CaseState.OPEN: Text("处理中", "open"),
    CaseState.UPHELD: Text("部门的对", "the department is right"),
    CaseState.DISMISSED: Text("平台的对", "the platform is right"),
    CaseState.WITHDRAWN: Text("已撤回", "withdrawn"),
}


def case_state(kind: str, state: str) -> Text:
    """Where a case stands, or how it was answered."""
    return (DIFFERENCE_STATES if kind == Kind.DIFFERENCE else CASE_STATES)[CaseState(state)]
