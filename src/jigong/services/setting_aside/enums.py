"""Why a row is set aside: a short list, so that reasons can be counted; the words beside it say the rest."""

from django.db.models import TextChoices

from jigong.kernel.text import Text


class Why(TextChoices):
    """Why a row will never be put right."""

    NOBODY = "nobody", "查无此人或此单位"
    VOID = "void", "源头已作废或删除"
    ELSEWHERE = "elsewhere", "不属于这一类数据"
    SAMPLE = "sample", "测试行或样例行"
    UNKNOWABLE = "unknowable", "源头也无法核实"
    OTHER = "other", "其他"


WHY = {
    Why.NOBODY: Text("查无此人或此单位", "there is no such person or firm"),
    Why.VOID: Text("源头已作废或删除", "void or deleted at its source"),
    Why.ELSEWHERE: Text("不属于这一类数据", "does not belong to this class"),
    Why.SAMPLE: Text("测试行或样例行", "a test or a sample"),
    Why.UNKNOWABLE: Text("源头也无法核实", "its source cannot tell either"),
    Why.OTHER: Text("其他", "something else"),
}
