"""A rule in words and signs: the very expression that decides, with the pack's names and the day's figures in it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from jigong.insight.shown import value_text
from jigong.kernel.text import Language, Text
from jigong.packs.model import ParameterValue
from jigong.packs.pack import Pack
from jigong.rules.nodes import Call, Expression, Fact, Literal, Parameter, Today
from jigong.rules.rulebook import label_of

_COMPARED = {"=": "=", "<>": "≠", "<": "<", "<=": "≤", ">": ">", ">=": "≥"}
_COUNTED = {"+": "+", "-": "−", "*": "×", "//": "÷"}
_JOINED = {"and": Text("，并且", ", and "), "or": Text("，或者", ", or ")}
_PATTERNS = {
    "not": Text("不是“{0}”", "not “{0}”"),
    "neg": Text("−{0}", "−{0}"),
    "round": Text("{0}四舍五入到 {1} 位小数", "{0} rounded to {1} places"),
    "floor": Text("{0}舍去零头", "{0} rounded down"),
    "ceil": Text("{0}进一取整", "{0} rounded up"),
    "abs": Text("{0}的绝对值", "the size of {0}"),
    "years_between": Text("{0}到{1}的周年数", "full years from {0} to {1}"),
    "months_between": Text("{0}到{1}的整月数", "full months from {0} to {1}"),
    "add_months": Text("{0}之后 {1} 个月", "{1} months after {0}"),
    "year": Text("{0}的年份", "the year of {0}"),
    "month": Text("{0}的月份", "the month of {0}"),
}
_SMALLER = Text("{0}，取较小者", "the smaller of {0}")
_LARGER = Text("{0}，取较大者", "the larger of {0}")
_FLOOR = Text("{0}，不低于 {1}", "{0}, at least {1}")
_ONE_OF = Text("{0}是{1}之一", "{0} is one of {1}")
_IN_CASE = Text("{0} 时 {1}", "{1} if {0}")
_ELSE = Text("其他 {0}", "{0} otherwise")
_TODAY = Text("当天", "that day")
_TIGHT, _PRODUCT, _SUM, _CLAIM, _AND, _OR = range(6)
"""How loosely a piece holds together: what is looser than its place goes into brackets."""


@dataclass(frozen=True, slots=True)
class _Piece:
    text: str
    hold: int = _TIGHT


@dataclass(frozen=True, slots=True)
class Wording:
    """How the names and figures of one law are said in one language."""

    pack: Pack
    values: Mapping[str, ParameterValue]
    language: Language

    def rule(self, expression: Expression) -> str:
        """The whole expression."""
        text = self._piece(expression).text
        return text[:1].upper() + text[1:]

    def name(self, name: str) -> str:
        """What people call a fact, a parameter or points, within a sentence."""
        label = label_of(self.pack, name).in_(self.language)
        return label[:1].lower() + label[1:]

    def figure(self, name: str) -> str:
        """A parameter's value on the day; a dash where it has none."""
        given = self.values.get(name)
        if given is None:
            return "—"
        return said(self.pack, given, self.pack.parameters[name].value.unit, self.language)

    def _piece(self, node: Expression, about: Fact | None = None) -> _Piece:
        """``about`` is the fact a constant is compared with: its words are the constant's."""
        match node:
            case Fact():
                return _Piece(self.name(node.name))
            case Parameter():
                return _Piece(self._constant(self.values.get(node.name), node, about))
            case Literal():
                return _Piece(self._constant(node.value, node, about))
            case Today():
                return _Piece(_TODAY.in_(self.language))
            case _:
                return self._call(node)

    def _constant(self, given: ParameterValue | None, node: Parameter | Literal, about: Fact | None) -> str:
        words = self.pack.words_for(about.name, given) if about is not None else None
        if words is not None:
            return words.in_(self.language)
        if isinstance(node, Parameter):
            return self.figure(node.name)
        entry = self.pack.facts.get(about.name) if about is not None else None
        return value_text(given, entry.unit if entry else None, self.language)

    def _call(self, node: Call) -> _Piece:
        operator, arguments = node.operator, node.arguments
        if operator in _JOINED:
            return self._joined(node)
        if operator in _COMPARED:
            left, right = self._compared(arguments)
            return _Piece(f"{left} {_COMPARED[operator]} {right}", _CLAIM)
        if operator in _COUNTED:
            return self._counted(operator, arguments)
        if operator == "in":
            return self._member(arguments)
        if operator in ("least", "greatest"):
            return self._extreme(operator, arguments)
        if operator == "case":
            return self._case(arguments)
        pattern = _PATTERNS[operator].in_(self.language)
        return _Piece(pattern.format(*(self._in(one, _TIGHT) for one in arguments)))

    def _in(self, node: Expression, place: int, about: Fact | None = None) -> str:
        piece = self._piece(node, about)
        return piece.text if piece.hold <= place else self._bracketed(piece.text)

    def _bracketed(self, text: str) -> str:
        return f"（{text}）" if self.language == "zh" else f"({text})"

    def _joined(self, node: Call) -> _Piece:
        parts = _flat(node)
        if between := self._between(node.operator, parts):
            return _Piece(between, _CLAIM)
        hold = _AND if node.operator == "and" else _OR
        return _Piece(
            _JOINED[node.operator].in_(self.language).join(self._in(p, _CLAIM) for p in parts), hold
        )

    def _between(self, operator: str, parts: Sequence[Expression]) -> str | None:
        """``18 ≤ age ≤ 45`` for a lower and an upper end of one thing."""
        match parts:
            case [Call(">=", (low_of, low)), Call("<=", (high_of, high))] if (
                operator == "and" and low_of == high_of
            ):
                about = low_of if isinstance(low_of, Fact) else None
                ends = (self._in(low, _SUM, about), self._in(low_of, _SUM), self._in(high, _SUM, about))
                return " ≤ ".join(ends)
        return None

    def _compared(self, arguments: Sequence[Expression]) -> tuple[str, str]:
        left, right = arguments
        of_left = left if isinstance(left, Fact) else None
        of_right = right if isinstance(right, Fact) else None
        return self._in(left, _SUM, of_right), self._in(right, _SUM, of_left)

    def _counted(self, operator: str, arguments: Sequence[Expression]) -> _Piece:
        hold = _SUM if operator in "+-" else _PRODUCT
        left, right = arguments
        # What is taken away or divided by is bracketed as soon as it is a sum or product itself.
        tighter = hold - 1 if operator in ("-", "//") else hold
        return _Piece(f"{self._in(left, hold)} {_COUNTED[operator]} {self._in(right, tighter)}", hold)

    def _member(self, arguments: Sequence[Expression]) -> _Piece:
        subject, *others = arguments
        about = subject if isinstance(subject, Fact) else None
        items: list[str] = []
        for other in others:
            given = self.values.get(other.name) if isinstance(other, Parameter) else None
            if isinstance(given, tuple):
                items += [self._word(item, about) for item in given]
            else:
                items.append(self._in(other, _TIGHT, about))
        return _Piece(
            _ONE_OF.in_(self.language).format(self._in(subject, _TIGHT), self._listed(items)), _CLAIM
        )

    def _word(self, item: str, about: Fact | None) -> str:
        words = self.pack.words_for(about.name, item) if about is not None else None
        return words.in_(self.language) if words is not None else item

    def _listed(self, items: Sequence[str]) -> str:
        return ("、" if self.language == "zh" else ", ").join(items)

    def _extreme(self, operator: str, arguments: Sequence[Expression]) -> _Piece:
        if operator == "greatest" and len(arguments) == 2 and isinstance(arguments[1], Literal):
            pattern = _FLOOR.in_(self.language)
            return _Piece(
                pattern.format(self._in(arguments[0], _SUM), self._in(arguments[1], _TIGHT)), _CLAIM
            )
        pattern = (_SMALLER if operator == "least" else _LARGER).in_(self.language)
        joined = (" 与 " if self.language == "zh" else " and ").join(self._in(one, _SUM) for one in arguments)
        return _Piece(pattern.format(joined), _CLAIM)

    def _case(self, arguments: Sequence[Expression]) -> _Piece:
        pairs = zip(arguments[0:-1:2], arguments[1::2], strict=False)
        told = [
            _IN_CASE.in_(self.language).format(self._in(when, _CLAIM), self._in(then, _SUM))
            for when, then in pairs
        ]
        if len(arguments) % 2:
            told.append(_ELSE.in_(self.language).format(self._in(arguments[-1], _SUM)))
        return _Piece(("；" if self.language == "zh" else "; ").join(told), _CLAIM)


def said(pack: Pack, given: ParameterValue, unit: str | None, language: Language) -> str:
    """A value of the law as people read it; codes of occupations by their names."""
    if isinstance(given, tuple):
        named = [pack.occupation(item) for item in given]
        words = [one.in_(language) if one else item for one, item in zip(named, given, strict=True)]
        return ("、" if language == "zh" else ", ").join(words)
    return value_text(given, unit, language)


def _flat(node: Expression) -> list[Expression]:
    """The parts of ``a and b and c``, however they nest."""
    if not isinstance(node, Call):
        return [node]
    operator, parts = node.operator, []
    for argument in node.arguments:
        same = isinstance(argument, Call) and argument.operator == operator
        parts += _flat(argument) if same else [argument]
    return parts
