"""The operators of the language: what each one takes and what type it gives.

This table is the whitelist: what is not here cannot be written in a rule. How an operator is
computed stands in the engines; :mod:`jigong.rules.engines` must cover every name here.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from jigong.kernel.text import Text
from jigong.rules.nodes import BOOLEAN, DATE, MAX_DIGITS, Literal, Type

_DATE_DIFFERENCE = Type("integer", 6)


class ArgumentError(Exception):
    """The arguments do not fit the operator."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.text = Text(zh, en)


@dataclass(frozen=True, slots=True)
class Operator:
    """One operator: its name in the tree, how it is written, and its meaning for the manual.

    ``type_of`` gives the result's type from the arguments' types and raises :class:`ArgumentError`.
    """

    name: str
    written: str
    meaning: Text
    type_of: Callable[[Sequence[Type]], Type]


def number(digits: int, scale: int, *, whole: bool) -> Type:
    """A number type of so many digits; whole numbers have scale 0.

    Raises:
        ArgumentError: it would need more digits than any engine has.
    """
    if digits > MAX_DIGITS:
        raise ArgumentError(
            f"结果可能有 {digits} 位数字，超过 {MAX_DIGITS} 位",
            f"the result could have {digits} digits, more than {MAX_DIGITS}",
        )
    return Type("integer", digits) if whole else Type("decimal", digits, scale)


def unify(types: Sequence[Type]) -> Type:
    """The type that holds values of every one of ``types``.

    Raises:
        ArgumentError: they are not of one kind.
    """
    first = types[0]
    if any(type_.is_list for type_ in types):
        raise ArgumentError("列表只能写在 IN 后面", "a list stands only after IN")
    if all(type_.is_number for type_ in types):
        scale = max(type_.scale for type_ in types)
        digits = max(type_.digits - type_.scale for type_ in types) + scale
        return number(digits, scale, whole=all(type_.kind == "integer" for type_ in types))
    for type_ in types[1:]:
        if type_.kind != first.kind:
            raise ArgumentError(
                f"{first} 与 {type_} 不是同一种类", f"{first} and {type_} are not of one kind"
            )
    return first


def _booleans(types: Sequence[Type]) -> Type:
    for type_ in types:
        if type_ != BOOLEAN:
            raise ArgumentError(f"这里需要是或否，得到 {type_}", f"needs a condition here, got {type_}")
    return BOOLEAN


def _equality(types: Sequence[Type]) -> Type:
    unify(types)
    return BOOLEAN


def _order(types: Sequence[Type]) -> Type:
    if unify(types).kind in ("boolean", "string"):
        raise ArgumentError(f"{types[0]} 没有大小之分", f"{types[0]} has no order")
    return BOOLEAN


def _member(types: Sequence[Type]) -> Type:
    unify([types[0], *(Type(t.kind, t.digits, t.scale) for t in types[1:])])
    return BOOLEAN


def _numbers(types: Sequence[Type]) -> Type:
    for type_ in types:
        if not type_.is_number:
            raise ArgumentError(f"这里需要数字，得到 {type_}", f"needs a number here, got {type_}")
    return unify(types)


def _sum(types: Sequence[Type]) -> Type:
    whole = _numbers(types)
    return number(whole.digits + 1, whole.scale, whole=whole.kind == "integer")


def _product(types: Sequence[Type]) -> Type:
    whole = _numbers(types).kind == "integer"
    return number(sum(t.digits for t in types), sum(t.scale for t in types), whole=whole)


def _quotient(types: Sequence[Type]) -> Type:
    if _numbers(types).kind != "integer":
        raise ArgumentError("// 只用于整数", "// is for whole numbers only")
    return number(types[0].digits + 1, 0, whole=True)


def _case(types: Sequence[Type]) -> Type:
    _booleans(types[0:-1:2])
    return unify([*types[1::2], *types[-1:]] if len(types) % 2 else types[1::2])


def _same_number(types: Sequence[Type]) -> Type:
    return _numbers(types)


def _to_whole(types: Sequence[Type]) -> Type:
    type_ = _numbers(types)
    return number(type_.digits - type_.scale + 1, 0, whole=True)


def _rounded(types: Sequence[Type]) -> Type:
    # Only the argument counts here: the digits kept are a value, not a type; see `rounding`.
    return _numbers(types[:1])


def rounding(argument: Type, digits: Literal) -> Type:
    """The type of ``round(argument, digits)``: ``digits`` is a literal from 0 to 9."""
    _numbers([argument])
    if not isinstance(digits.value, int) or isinstance(digits.value, bool) or not 0 <= digits.value <= 9:
        raise ArgumentError("round 的第二个参数须为 0 到 9 的整数", "round keeps 0 to 9 digits")
    keep = min(digits.value, argument.scale)
    return number(argument.digits - argument.scale + 1 + keep, keep, whole=argument.kind == "integer")


def _two_dates(types: Sequence[Type]) -> Type:
    _dates(types)
    return _DATE_DIFFERENCE


def _dates(types: Sequence[Type]) -> None:
    for type_ in types:
        if type_ != DATE:
            raise ArgumentError(f"这里需要日期，得到 {type_}", f"needs a date here, got {type_}")


def _date_part(types: Sequence[Type]) -> Type:
    _dates(types)
    return Type("integer", 4)


def _moved_date(types: Sequence[Type]) -> Type:
    _dates(types[:1])
    if _numbers(types[1:]).kind != "integer":
        raise ArgumentError("月数须为整数", "months are a whole number")
    return DATE


def _op(name: str, written: str, zh: str, en: str, type_of: Callable[[Sequence[Type]], Type]) -> Operator:
    return Operator(name, written, Text(zh, en), type_of)


OPERATORS: dict[str, Operator] = {
    operator.name: operator
    for operator in (
        _op("and", "a AND b", "都成立；有一个不成立就不成立，哪怕另一个缺失", "Both hold; false as soon as one is false, even if the other is missing.", _booleans),
        _op("or", "a OR b", "至少一个成立；有一个成立就成立，哪怕另一个缺失", "At least one holds; true as soon as one is true, even if the other is missing.", _booleans),
        _op("not", "NOT a", "不成立；缺失仍为缺失", "The opposite; missing stays missing.", _booleans),
        _op("=", "a = b", "相等", "Equal.", _equality),
        _op("<>", "a <> b", "不相等", "Not equal.", _equality),
        _op("<", "a < b", "小于(数字或日期)", "Less, or earlier.", _order),
        _op("<=", "a <= b", "小于等于(以下，含本数)", "At most, or not later.", _order),
        _op(">", "a > b", "大于", "More, or later.", _order),
        _op(">=", "a >= b", "大于等于(以上，含本数)", "At least, or not earlier.", _order),
        _op("in", "a IN (b, c)", "等于其中之一；也可写一个列表参数", "Equal to one of them; a list parameter may stand there too.", _member),
        _op("+", "a + b", "加", "Sum.", _sum),
        _op("-", "a - b", "减", "Difference.", _sum),
        _op("*", "a * b", "乘，精确", "Product, exact.", _product),
        _op("//", "a // b", "整除，向下取整；除数为 0 时缺失", "Whole division, rounded down; missing when b is 0.", _quotient),
        _op("neg", "-a", "相反数", "Negative.", _same_number),
        _op("case", "CASE WHEN a THEN b ELSE c END", "第一个成立的分支；先遇到缺失的条件则结果缺失；都不成立且无 ELSE 时缺失", "The first branch whose condition holds; missing if a missing condition comes first, or if none holds and there is no ELSE.", _case),
        _op("least", "least(a, b)", "最小值；任一缺失则缺失(与 SQL 不同)", "The smallest; missing if any is missing (unlike SQL).", _numbers),
        _op("greatest", "greatest(a, b)", "最大值；任一缺失则缺失(与 SQL 不同)", "The largest; missing if any is missing (unlike SQL).", _numbers),
        _op("round", "round(a, 2)", "四舍五入，保留若干位", "Rounded half away from zero.", _rounded),
        _op("floor", "floor(a)", "向下取整", "The whole number below.", _to_whole),
        _op("ceil", "ceil(a)", "向上取整", "The whole number above.", _to_whole),
        _op("abs", "abs(a)", "绝对值", "Without its sign.", _same_number),
        _op("years_between", "years_between(a, b)", "从 a 到 b 满多少周年", "Completed years from a to b.", _two_dates),
        _op("months_between", "months_between(a, b)", "从 a 到 b 满多少个月：a 之后最多几个月仍不晚于 b", "Completed months from a to b: the most months after a that are not after b.", _two_dates),
        _op("add_months", "add_months(a, 3)", "日期加若干月，超出月末取月末；公元 1 至 9999 年之外缺失", "The date so many months later, cut to the month's end; missing outside years 1 to 9999.", _moved_date),
        _op("year", "year(a)", "年份", "The year.", _date_part),
        _op("month", "month(a)", "月份", "The month, 1 to 12.", _date_part),
    )
}  # fmt: skip


def type_of(name: str, types: Sequence[Type]) -> Type:
    """The type of operator ``name`` on arguments of ``types``.

    Raises:
        ArgumentError: they do not fit.
    """
    return OPERATORS[name].type_of(types)
