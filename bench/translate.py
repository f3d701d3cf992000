"""Clauses in other engines' words: numpy (for openfisca) and ZEN's expression language.

Neither knows missing values, so nothing is written for them: the others are given complete facts and
need not pay for what Jigong checks.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal

from jigong.rules.nodes import Call, Expression, Fact, Literal, Parameter, Today

Writer = Callable[[Call, Sequence[str]], str]


class Dialect:
    """How one language writes a tree: ``fact`` and ``constant`` for the leaves, ``writers`` for the operators."""

    def __init__(
        self,
        fact: Callable[[Fact], str],
        constant: Callable[[Literal], str],
        writers: Mapping[str, Writer],
    ) -> None:
        self._fact = fact
        self._constant = constant
        self._writers = writers

    def write(self, node: Expression) -> str:
        """The text of a bound tree.

        Raises:
            KeyError: an operator no clause of the pack used when this was written.
        """
        if isinstance(node, Fact):
            return self._fact(node)
        if isinstance(node, Literal):
            return self._constant(node)
        if isinstance(node, Parameter | Today):
            raise KeyError(f"{node} cannot be translated")
        return self._writers[node.operator](node, [self.write(argument) for argument in node.arguments])


def _infix(symbol: str) -> Writer:
    return lambda node, parts: "(" + f" {symbol} ".join(parts) + ")"


def _call(template: str) -> Writer:
    return lambda node, parts: template.format(*parts)


def _nested(function: str) -> Writer:
    """A function of two arguments, over any number of them."""

    def write(node: Call, parts: Sequence[str]) -> str:
        text = parts[0]
        for part in parts[1:]:
            text = f"{function}({text}, {part})"
        return text

    return write


def _case(branch: str) -> Writer:
    def write(node: Call, parts: Sequence[str]) -> str:
        text = parts[-1] if len(parts) % 2 else "0"
        for index in range(len(parts) // 2 * 2 - 2, -1, -2):
            text = branch.format(parts[index], parts[index + 1], text)
        return text

    return write


def _any_of(symbol: str) -> Writer:
    return lambda node, parts: "(" + f" {symbol} ".join(f"({parts[0]} == {part})" for part in parts[1:]) + ")"


_COMMON: dict[str, Writer] = {
    "=": _infix("=="),
    "<>": _infix("!="),
    "<": _infix("<"),
    "<=": _infix("<="),
    ">": _infix(">"),
    ">=": _infix(">="),
    "+": _infix("+"),
    "-": _infix("-"),
    "*": _infix("*"),
    "neg": _call("(-{0})"),
}

_NUMPY: dict[str, Writer] = {
    **_COMMON,
    "and": _infix("&"),
    "or": _infix("|"),
    "not": _call("~{0}"),
    "in": _any_of("|"),
    "//": _infix("//"),
    "case": _case("np.where({0}, {1}, {2})"),
    "least": _nested("np.minimum"),
    "greatest": _nested("np.maximum"),
    "round": _call("np.round({0}, {1})"),
    "floor": _call("np.floor({0})"),
    "ceil": _call("np.ceil({0})"),
    "abs": _call("np.abs({0})"),
}

_ZEN: dict[str, Writer] = {
    **_COMMON,
    "and": _infix("and"),
    "or": _infix("or"),
    "not": _call("(not {0})"),
    "in": lambda node, parts: f"({parts[0]} in [{', '.join(parts[1:])}])",
    "//": _call("floor({0} / {1})"),
    "case": _case("({0} ? {1} : {2})"),
    "least": lambda node, parts: f"min([{', '.join(parts)}])",
    "greatest": lambda node, parts: f"max([{', '.join(parts)}])",
    "round": _call("round({0}, {1})"),
    "floor": _call("floor({0})"),
    "ceil": _call("ceil({0})"),
    "abs": _call("abs({0})"),
}


def _zen_constant(node: Literal) -> str:
    value = node.value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | date):
        return "'" + str(value).replace("'", "\\'") + "'"
    return str(value)


def _numpy_constant(node: Literal) -> str:
    value = node.value
    # A plain float: numpy keeps the array's own 32 bits beside it.
    return str(float(value)) if isinstance(value, Decimal) else repr(value)


NUMPY = Dialect(lambda fact: f"person({fact.name!r}, period)", _numpy_constant, _NUMPY)
ZEN = Dialect(lambda fact: fact.name, _zen_constant, _ZEN)
