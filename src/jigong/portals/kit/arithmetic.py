"""How an amount came about, step by step, in words anyone can follow with a pencil."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from jigong.insight.shown import value_text
from jigong.kernel.text import Language, Text
from jigong.rules.engines.row import compile_expressions, natural
from jigong.rules.nodes import Call, Expression, Fact, Literal, Parameter, Value

_SIGNS = {"*": "×", "+": "+", "-": "−", "//": "÷"}
_EXTREMES = {
    "least": Text("{parts}，取较小者 = {result}", "the smaller of {parts} = {result}"),
    "greatest": Text("{parts}，取较大者 = {result}", "the larger of {parts} = {result}"),
}
_ROUNDED = {
    "round": Text("{parts} 四舍五入：{result}", "{parts}, rounded: {result}"),
    "floor": Text("{parts} 舍去零头：{result}", "{parts}, rounded down: {result}"),
    "ceil": Text("{parts} 进一取整：{result}", "{parts}, rounded up: {result}"),
}
_TO_THE_CENT = Text("{parts} 四舍五入到分：{result}", "{parts}, rounded to the cent: {result}")
_FLOOR = Text("不足 0，按 0 计", "below 0, so 0")


@dataclass(frozen=True, slots=True)
class Words:
    """How names and units are said in one language: ``label`` and ``unit`` by the name of a fact or parameter."""

    language: Language
    label: Callable[[str], Text]
    unit: Callable[[str], str | None]

    def number(self, value: Value | None, unit: str | None) -> str:
        """A value with its unit."""
        return value_text(value, unit, self.language)


@dataclass(frozen=True, slots=True)
class _Term:
    """A part of a sum: as it is written in a line, its value and unit."""

    text: str
    value: Any
    unit: str | None


class AmountPlan:
    """The amount of one branch of a clause: the tree as written, and with the day's values in it."""

    def __init__(self, written: Expression, bound: Expression) -> None:
        self._written, self._bound = written, bound
        self._nodes = list(dict.fromkeys(_calls(bound)))
        self._evaluate = compile_expressions(self._nodes)

    def steps(self, facts: Mapping[str, Any], as_of: date, words: Words) -> list[str]:
        """The lines of the sum, the last of which gives the amount; none where something is not known."""
        values: dict[Expression, Value | None] = {
            node: natural(value, node.type)
            for node, value in zip(self._nodes, self._evaluate(facts, as_of), strict=True)
        }
        lines: list[str] = []
        result = _Sum(facts, values, words, lines).term(self._written, self._bound)
        if result.value is None:
            return []
        paid = _cents(result.value)
        if paid != result.value:
            line = _TO_THE_CENT.in_(words.language)
            lines.append(line.format(parts=result.text, result=words.number(paid, "yuan")))
        return lines or [result.text]


def _calls(node: Expression) -> Iterator[Call]:
    if isinstance(node, Call):
        yield node
        for argument in node.arguments:
            yield from _calls(argument)


class _Sum:
    """Writes the lines of one sum, innermost first."""

    def __init__(
        self,
        facts: Mapping[str, Any],
        values: Mapping[Expression, Value | None],
        words: Words,
        lines: list[str],
    ) -> None:
        self._facts, self._values, self._words, self._lines = facts, values, words, lines

    def term(self, written: Expression, bound: Expression) -> _Term:
        """A part of the tree, after the lines that explain it."""
        if isinstance(written, Fact | Parameter):
            value = self._facts.get(written.name) if isinstance(written, Fact) else _literal(bound)
            unit = self._words.unit(written.name)
            label = self._words.label(written.name).in_(self._words.language)
            return _Term(f"{label} {self._words.number(value, unit)}", value, unit)
        if not isinstance(written, Call) or not isinstance(bound, Call):
            value = _literal(bound)
            return _Term(self._words.number(value, None), value, None)
        if written.operator == "case":
            return self._case(written, bound)
        pairs = zip(written.arguments, bound.arguments, strict=True)
        return self._call(bound, [self.term(*pair) for pair in pairs])

    def _call(self, node: Call, terms: list[_Term]) -> _Term:
        value, unit = self._values[node], _unit(node.operator, terms)
        result = self._words.number(value, unit)
        if node.operator in _EXTREMES:
            return self._extreme(node.operator, terms, value, unit)
        if node.operator in _SIGNS:
            first, *rest = terms
            kept = [term for term in rest if not _idle(node.operator, term.value)]
            if not kept:
                return first
            sign = f" {_SIGNS[node.operator]} "
            self._lines.append(f"{sign.join(term.text for term in [first, *kept])} = {result}")
        elif node.operator in _ROUNDED and value != terms[0].value:
            line = _ROUNDED[node.operator].in_(self._words.language)
            self._lines.append(line.format(parts=terms[0].text, result=result))
        return _Term(result, value, unit)

    def _extreme(self, operator: str, terms: list[_Term], value: Any, unit: str | None) -> _Term:
        result = self._words.number(value, unit)
        named = [term for term in terms if term.value != 0]
        if operator == "greatest" and len(named) < len(terms):
            # “At least nothing” is worth a line only where it changes something.
            if value == 0 and named:
                self._lines.append(_FLOOR.in_(self._words.language))
            elif len(named) == 1:
                return named[0]
        if len(named) > 1:
            parts = (" and " if self._words.language == "en" else "与").join(term.text for term in named)
            self._lines.append(
                _EXTREMES[operator].in_(self._words.language).format(parts=parts, result=result)
            )
        return _Term(result, value, unit)

    def _case(self, written: Call, bound: Call) -> _Term:
        """The result of the first condition that holds."""
        count = len(bound.arguments)
        for index in range(0, count - 1, 2):
            if self._known(bound.arguments[index]):
                return self.term(written.arguments[index + 1], bound.arguments[index + 1])
        return self.term(written.arguments[-1], bound.arguments[-1]) if count % 2 else _Term("", None, None)

    def _known(self, node: Expression) -> Any:
        if isinstance(node, Call):
            return self._values[node]
        return self._facts.get(node.name) if isinstance(node, Fact) else _literal(node)


def _cents(value: Any) -> Decimal:
    """An amount as it is paid: to the cent, half a cent up."""
    return Decimal(value).quantize(Decimal("0.01"), ROUND_HALF_UP)


def _literal(node: Expression) -> Any:
    return node.value if isinstance(node, Literal) else None


def _idle(operator: str, value: Any) -> bool:
    """Whether a part changes nothing: plus or minus 0, times 1."""
    return bool(value == (1 if operator in ("*", "//") else 0)) and value is not None


def _unit(operator: str, terms: list[_Term]) -> str | None:
    """The unit of a result: money stays money, a share of a share is a share."""
    units = [term.unit for term in terms if term.unit is not None]
    if "yuan" in units:
        return "yuan"
    return units[0] if units and (operator != "*" or set(units) == {"share"}) else None
