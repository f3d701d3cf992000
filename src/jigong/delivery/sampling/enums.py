"""How a decision came to be looked at again, and what was found."""

from django.db.models import TextChoices

from jigong.kernel.text import Text


class Why(TextChoices):
    """How a decision was picked."""

    RANDOM = "random", "随机抽查"
    RISK = "risk", "风险抽查"


class Finding(TextChoices):
    """What the second look found."""

    OPEN = "open", "待查"
    RIGHT = "right", "无误"
    WRONG = "wrong", "有误"
    REFUTED = "refuted", "结论不成立"
    """Said to be wrong, and settled that it is not."""


class Waits(TextChoices):
    """Whose answer to a finding is waited for."""

    NOBODY = "", "无"
    OFFICE = "office", "经办部门"
    SECOND = "second", "另一人裁定"


class AnswerKind(TextChoices):
    """What somebody says to a finding."""

    TAKEN = "taken", "采纳"
    DISAGREED = "disagreed", "不同意"
    UPHELD = "upheld", "结论成立"
    OVERTURNED = "overturned", "结论不成立"


WHY_LABELS = {Why.RANDOM: Text("随机抽查", "random sample"), Why.RISK: Text("风险抽查", "by risk")}
FINDING_LABELS = {
    Finding.OPEN: Text("待查", "to be checked"),
    Finding.RIGHT: Text("无误", "found right"),
    Finding.WRONG: Text("有误", "found wrong"),
    Finding.REFUTED: Text("结论不成立", "the finding was wrong"),
}
WAITS_LABELS = {
    Waits.NOBODY: Text("已办结", "answered"),
    Waits.OFFICE: Text("等经办部门答复", "waits for the office"),
    Waits.SECOND: Text("部门不同意，等另一人裁定", "the office disagrees; somebody else settles it"),
}
ANSWER_LABELS = {
    AnswerKind.TAKEN: Text("部门采纳结论", "the office takes the result"),
    AnswerKind.DISAGREED: Text("部门不同意", "the office disagrees"),
    AnswerKind.UPHELD: Text("裁定：结论成立", "settled: the finding stands"),
    AnswerKind.OVERTURNED: Text("裁定：结论不成立", "settled: the finding was wrong"),
}
