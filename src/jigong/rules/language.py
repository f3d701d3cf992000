"""Text to typed tree: SQL scalar expressions, narrowed to the operators of the language.

What is not known is refused with its place and the nearest name; nothing is guessed.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import partial

from sqlglot import exp
from sqlglot.errors import ParseError, TokenError

from jigong.kernel.names import SIGN, Renamed, own, renamed
from jigong.kernel.problems import nearest
from jigong.kernel.text import Text
from jigong.packs.sqltext import TooDeepError, parsed
from jigong.rules.language_places import Places, offset
from jigong.rules.nodes import BOOLEAN, DATE, STRING, Call, Expression, Fact, Literal, Parameter, Today, Type
from jigong.rules.operators import OPERATORS, ArgumentError, number, rounding, type_of

TODAY = "as_of"

MAX_DEPTH = 100
"""How deep an expression may nest: far more than anybody reads, far less than any engine bears."""

MAX_LENGTH = 10_000
"""How many characters an expression may have."""

WORDS = frozenset(
    ["and", "or", "not", "in", "between", "case", "when", "then", "else", "end", "true", "false", "null", "is", TODAY]
)  # fmt: skip
"""The words of the language, in either case: nothing a rule names can be called so."""

_WORDS_OF_SQL = frozenset(["select", "as", "like", "symmetric", "interval"])
"""Words that begin what the language has not, so that a message can name it; a pack may call something so."""

_BINARY: dict[type[exp.Expr], str] = {
    exp.And: "and",
    exp.Or: "or",
    exp.EQ: "=",
    exp.NEQ: "<>",
    exp.LT: "<",
    exp.LTE: "<=",
    exp.GT: ">",
    exp.GTE: ">=",
    exp.Add: "+",
    exp.Sub: "-",
    exp.Mul: "*",
    exp.IntDiv: "//",
    exp.MonthsBetween: "months_between",
    exp.AddMonths: "add_months",
}
_UNARY: dict[type[exp.Expr], str] = {
    exp.Not: "not",
    exp.Neg: "neg",
    exp.Floor: "floor",
    exp.Ceil: "ceil",
    exp.Abs: "abs",
    exp.Year: "year",
    exp.Month: "month",
}
_SEVERAL: dict[type[exp.Expr], str] = {
    exp.Least: "least",
    exp.Greatest: "greatest",
}
_PARTS: dict[type[exp.Expr], frozenset[str]] = {
    exp.Column: frozenset({"this", "table"}),
    exp.Cast: frozenset({"this", "to"}),
    exp.Between: frozenset({"this", "low", "high"}),
    exp.In: frozenset({"this", "expressions", "field"}),
    exp.Case: frozenset({"this", "ifs", "default"}),
    exp.Round: frozenset({"this", "decimals"}),
    exp.Literal: frozenset({"this", "is_string"}),
}
"""What may hang on a node of sqlglot's tree; anything more would be dropped in silence."""
_ABSENCE = Text(
    "不知道的,不能用来决定;没有记录的,请让事实给出一个值,如 0 或 FALSE",
    "what is not known must never decide; let the fact give a value for “none recorded”, such as 0 or FALSE",
)
_NAMES = {**_BINARY, **_UNARY, **_SEVERAL, exp.Round: "round"}
_INSTEAD: dict[type[exp.Expr], Text] = {
    exp.Div: Text(
        "只有整除 a // b;按比例请乘以小数",
        "there is only whole division, a // b; for a share multiply by a decimal",
    ),
    **dict.fromkeys((exp.Null, exp.Coalesce), _ABSENCE),
    exp.Max: Text("取较大者写 greatest(a, b)", "for the larger of several write greatest(a, b)"),
    exp.Min: Text("取较小者写 least(a, b)", "for the smaller of several write least(a, b)"),
}
_COMMON_PARTS = frozenset({"this", "expression", "expressions", "ignore_nulls"})
_FUNCTIONS = [name for name, operator in OPERATORS.items() if operator.written.startswith(f"{name}(")]


@dataclass(frozen=True, slots=True)
class Scope:
    """The names an expression may use, with their types; which facts may be known only within bounds."""

    facts: Mapping[str, Type]
    parameters: Mapping[str, Type]
    ranged: Collection[str] = ()


class LanguageError(Exception):
    """An expression that is not in the language: what, at which character (from 0), how wide, what to do."""

    def __init__(self, text: Text, start: int = 0, width: int = 1, remedy: Text | None = None) -> None:
        super().__init__(text.en)
        self.text = text
        self.start = start
        self.width = max(width, 1)
        self.remedy = remedy


def parse(text: str, scope: Scope, expected: str | None = None) -> Expression:
    """The typed tree of ``text``.

    ``expected`` is ``"boolean"`` or ``"number"`` where only that fits.

    Raises:
        LanguageError: syntax, an unknown name or operator, or types that do not fit.
    """
    if len(text) > MAX_LENGTH:
        raise LanguageError(
            Text(f"表达式超过 {MAX_LENGTH} 个字", f"the expression has more than {MAX_LENGTH:,} characters"),
            remedy=Text(
                "拆成几个条件，或写成一个事实", "split it into several conditions, or make it a fact"
            ),
        )
    named = renamed(text, lambda name: _ours(name, scope))
    try:
        expression = _Reader(text, named, scope).read(parsed(named.text))
    except TooDeepError:
        raise _too_deep(text) from None
    except ParseError as bad:
        raise _malformed(named, bad) from None
    except TokenError:
        raise LanguageError(
            Text("引号或注释没有结束", "a quote or comment is not closed"),
            max(text.rfind("'"), text.rfind('"'), 0),
            remedy=Text("补上结尾", "close it"),
        ) from None
    actual = "number" if expression.type.is_number else expression.type.kind
    if expected is not None and (actual != expected or expression.type.is_list):
        words = {"boolean": Text("是或否", "a condition"), "number": Text("数字", "a number")}[expected]
        raise LanguageError(
            Text(f"这里需要{words.zh}，得到 {expression.type}", f"needs {words.en}, got {expression.type}"),
            0,
            len(text),
        )
    return expression


def _ours(name: str, scope: Scope) -> str | None:
    """What a name is called while it is parsed; None for a word of the language, or of SQL that is not known here."""
    known = name in scope.facts or name in scope.parameters
    word = name.lower()
    spoken = word in (WORDS - {TODAY}) or (word in _WORDS_OF_SQL and not known)
    return None if spoken else own(name)


def _malformed(named: Renamed, bad: ParseError) -> LanguageError:
    detail = bad.errors[0] if bad.errors else {}
    mark = detail.get("highlight") or ""
    end = offset(named.text, detail.get("line") or 1, detail.get("col") or 0)
    start = named.before(max(end - len(mark), 0))
    return LanguageError(
        Text("表达式写法有误", "not a well-formed expression"),
        start,
        named.before(end) - start,
        Text("检查括号、引号和运算符", "check brackets, quotes and operators"),
    )


def _too_deep(text: str) -> LanguageError:
    return LanguageError(
        Text(f"嵌套超过 {MAX_DEPTH} 层", f"nested more than {MAX_DEPTH} deep"),
        0,
        len(text),
        Text("拆成几个条件，或写成 IN (…)", "split it into several conditions, or write IN (…)"),
    )


class _Reader:
    """Turns sqlglot's tree of one text into ours."""

    def __init__(self, text: str, named: Renamed, scope: Scope) -> None:
        self._text = text
        self._places = Places(text, named)
        self._scope = scope
        self._depth = 0

    def read(self, node: exp.Expr) -> Expression:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise _too_deep(self._text)
        known = _PARTS.get(type(node), _COMMON_PARTS)
        if any(value and part not in known for part, value in node.args.items()):
            raise self._refuse(node)
        expression = self._read(node)
        self._depth -= 1
        return expression

    def _read(self, node: exp.Expr) -> Expression:
        reader = self._special.get(type(node))
        if reader is not None:
            return reader(self, node)
        if type(node) in _BINARY:
            return self._call(_BINARY[type(node)], node, node.this, node.expression)
        if type(node) in _UNARY:
            return self._call(_UNARY[type(node)], node, node.this)
        if type(node) in _SEVERAL:
            return self._call(_SEVERAL[type(node)], node, node.this, *node.expressions)
        raise self._refuse(node)

    def _call(self, operator: str, node: exp.Expr, *arguments: exp.Expr) -> Expression:
        if any(argument is None for argument in arguments):
            raise self._refuse(node)
        return self._typed(operator, node, *(self.read(argument) for argument in arguments))

    def _typed(self, operator: str, node: exp.Expr, *arguments: Expression) -> Expression:
        try:
            type_ = type_of(operator, [argument.type for argument in arguments])
        except ArgumentError as bad:
            start, width = self._places.span(node)
            written = OPERATORS[operator].written
            raise LanguageError(
                Text(f"{written}:{bad.text.zh}", f"{written}: {bad.text.en}"), start, width
            ) from None
        return Call(operator, arguments, type_)

    def _paren(self, node: exp.Expr) -> Expression:
        return self.read(node.this)

    def _boolean(self, node: exp.Expr) -> Expression:
        return Literal(bool(node.this), BOOLEAN)

    def _literal(self, node: exp.Expr) -> Expression:
        text = str(node.this)
        if node.is_string:
            return Literal(text, STRING)
        whole, point, fraction = text.partition(".")
        digits = whole + fraction
        if not (digits.isascii() and digits.isdigit()):
            raise self._refuse(node)
        try:
            type_ = number(len(digits), len(fraction), whole=not point)
        except ArgumentError as bad:
            raise LanguageError(bad.text, *self._places.span(node)) from None
        return Literal(Decimal(text) if point else int(text), type_)

    def _date(self, node: exp.Expr) -> Expression:
        if not (isinstance(node, exp.Cast) and node.to.is_type("date") and node.this.is_string):
            raise self._refuse(node)
        text = str(node.this.this)
        day = _day(text)
        if day is None:
            raise LanguageError(
                Text(f"没有 {text!r} 这一天", f"there is no day {text!r}"),
                *self._places.span(node.this),
                Text("写成 DATE '2022-05-01'", "write DATE '2022-05-01'"),
            )
        return Literal(day, DATE)

    def _column(self, node: exp.Expr) -> Expression:
        if node.text("table") or not node.name.startswith(SIGN):
            raise self._refuse(node)
        name = node.name.removeprefix(SIGN)
        if "." in name:
            if name.count(".") > 1:
                raise self._refuse(node)
            return self._known(name, node, self._scope.parameters, Text("参数", "parameter"), Parameter)
        if name == TODAY:
            return Today()
        fact = partial(Fact, ranged=name in self._scope.ranged)
        return self._known(name, node, self._scope.facts, Text("事实", "fact"), fact)

    def _known(
        self,
        name: str,
        node: exp.Expr,
        known: Mapping[str, Type],
        what: Text,
        make: Callable[[str, Type], Expression],
    ) -> Expression:
        if name in known:
            return make(name, known[name])
        close = nearest(name, list(known))
        start, _ = self._places.span(node)
        raise LanguageError(
            Text(f"没有名为 {name} 的{what.zh}", f"there is no {what.en} named {name}"),
            start,
            len(name),
            Text(f"是不是想写 {close}?", f"did you mean {close}?") if close else None,
        )

    def _between(self, node: exp.Expr) -> Expression:
        subject = self.read(node.this)
        low = self._typed(">=", node, subject, self.read(node.args["low"]))
        high = self._typed("<=", node, subject, self.read(node.args["high"]))
        return self._typed("and", node, low, high)

    def _in(self, node: exp.Expr) -> Expression:
        items = [*node.expressions, *([node.args["field"]] if node.args.get("field") else [])]
        if not items or node.args.get("query") or node.args.get("unnest"):
            raise self._refuse(node)
        members = [_folded(self.read(item)) for item in items]
        for member in members:
            if not isinstance(member, Literal | Parameter):
                start, width = self._places.span(node)
                raise LanguageError(
                    Text("IN 后面只能写常数或参数", "only constants and parameters may stand after IN"),
                    start,
                    width,
                )
        return self._typed("in", node, self.read(node.this), *members)

    def _case(self, node: exp.Expr) -> Expression:
        subject = self.read(node.this) if node.this is not None else None
        arguments: list[Expression] = []
        for branch in node.args["ifs"]:
            condition = self.read(branch.this)
            if subject is not None:
                condition = self._typed("=", branch, subject, condition)
            arguments += [condition, self.read(branch.args["true"])]
        if node.args.get("default") is not None:
            arguments.append(self.read(node.args["default"]))
        return self._typed("case", node, *arguments)

    def _round(self, node: exp.Expr) -> Expression:
        decimals = node.args.get("decimals")
        digits = self.read(decimals) if decimals is not None else Literal(0, Type("integer", 1))
        argument = self.read(node.this)
        start, width = self._places.span(node)
        if not isinstance(digits, Literal):
            raise LanguageError(
                Text("round 的第二个参数须为常数", "round keeps a constant number of digits"), start, width
            )
        try:
            return Call("round", (argument, digits), rounding(argument.type, digits))
        except ArgumentError as bad:
            raise LanguageError(bad.text, start, width) from None

    def _anonymous(self, node: exp.Expr) -> Expression:
        name = str(node.this).lower()
        if name == "years_between" and len(node.expressions) == 2:
            return self._call(name, node, *node.expressions)
        raise self._refuse(node)

    def _refuse(self, node: exp.Expr) -> LanguageError:
        start, width = self._places.extent(node)
        written = self._text[start : start + width]
        return LanguageError(
            Text(f"规则语言里没有这种写法：{written}", f"the language has no such thing: {written}"),
            start,
            width,
            _remedy(node),
        )

    _special: dict[type[exp.Expr], Callable[["_Reader", exp.Expr], Expression]] = {  # noqa: RUF012
        exp.Paren: _paren,
        exp.Boolean: _boolean,
        exp.Literal: _literal,
        exp.Cast: _date,
        exp.Column: _column,
        exp.Between: _between,
        exp.In: _in,
        exp.Case: _case,
        exp.Round: _round,
        exp.Anonymous: _anonymous,
    }


def _remedy(node: exp.Expr) -> Text:
    """What to write instead of a node that is not in the language."""
    what = type(node.expression) if isinstance(node, exp.Is) else type(node)
    if what in _INSTEAD:
        return _INSTEAD[what]
    name = str(node.this).lower() if isinstance(node, exp.Anonymous) else _NAMES.get(type(node))
    close = nearest(name, _FUNCTIONS) if name else None
    if close is None:
        return Text("可用的写法见 docs/language.md", "docs/language.md lists what there is")
    written = OPERATORS[close].written
    if close == name:
        return Text(f"写成 {written}", f"write {written}")
    return Text(f"是不是想写 {written}?", f"did you mean {written}?")


def _folded(node: Expression) -> Expression:
    """A constant for the negative of a constant; anything else unchanged."""
    if isinstance(node, Call) and node.operator == "neg" and isinstance(node.arguments[0], Literal):
        value = node.arguments[0].value
        return Literal(-value, node.type) if isinstance(value, int | Decimal) else node
    return node


def _day(text: str) -> date | None:
    """The day written as 2022-05-01, and in no other way ISO 8601 has."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if day.isoformat() == text else None
