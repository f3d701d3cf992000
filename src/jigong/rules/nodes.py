"""The typed tree of an expression. Every node is frozen, hashable, and knows its type."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal as Choice
from typing import TypeAlias

Kind = Choice["boolean", "integer", "decimal", "string", "date"]
Value: TypeAlias = bool | int | Decimal | str | date

MAX_DIGITS = 38
"""The most digits a number may have in any engine."""


@dataclass(frozen=True, slots=True)
class Type:
    """The type of a value. Numbers say how many digits they can have, and how many after the point.

    Sizes are static, so a tree that could overflow is refused when it is read, never when it runs.
    """

    kind: Kind
    digits: int = 0
    scale: int = 0
    is_list: bool = False

    @property
    def is_number(self) -> bool:
        """Whether values are whole numbers or decimals."""
        return self.kind in ("integer", "decimal") and not self.is_list

    def __str__(self) -> str:
        name = f"decimal({self.digits},{self.scale})" if self.kind == "decimal" else self.kind
        return f"list of {name}" if self.is_list else name


BOOLEAN = Type("boolean")
STRING = Type("string")
DATE = Type("date")
INTEGER = Type("integer", 10)
"""A fact that is a whole number: 32 bits."""
MONEY = Type("decimal", 12, 2)
"""A fact that is a decimal: an amount below ten thousand million, exact to the cent."""


@dataclass(frozen=True, slots=True)
class Literal:
    """A constant written in the expression, or a parameter's value once bound."""

    value: Value
    type: Type


@dataclass(frozen=True, slots=True)
class Fact:
    """A fact about the subject; may be missing. A ``ranged`` one may be known only within bounds."""

    name: str
    type: Type
    ranged: bool = False


@dataclass(frozen=True, slots=True)
class Parameter:
    """A dated value of the pack, ``topic.name``; never missing once bound."""

    name: str
    type: Type


@dataclass(frozen=True, slots=True)
class Today:
    """The date on which the expression is decided, written ``as_of``."""

    type: Type = DATE


@dataclass(frozen=True, slots=True)
class Call:
    """An operator or function of the language on its arguments."""

    operator: str
    arguments: tuple["Expression", ...]
    type: Type


Expression: TypeAlias = Literal | Fact | Parameter | Today | Call

_LEAST, _MOST = " least", " most"
_COMPARISONS = frozenset({"=", "<>", "<", "<=", ">", ">=", "in"})
_OF_DATES = frozenset({"years_between", "months_between", "year", "month"})


def walk(expression: Expression) -> Iterator[Expression]:
    """Every node of the tree, outermost first."""
    yield expression
    if isinstance(expression, Call):
        for argument in expression.arguments:
            yield from walk(argument)


def least_of(name: str) -> str:
    """What the lower bound of a ranged fact is called beside the fact itself."""
    return f"{name}{_LEAST}"


def most_of(name: str) -> str:
    """What the upper bound of a ranged fact is called beside the fact itself."""
    return f"{name}{_MOST}"


def fact_of(name: str) -> str:
    """The fact whose value or bound has this name."""
    return name.removesuffix(_LEAST).removesuffix(_MOST)


def is_ranged(expression: Expression) -> bool:
    """Whether the tree reads a fact that may be known only within bounds."""
    return any(isinstance(node, Fact) and node.ranged for node in walk(expression))


def is_sure(expression: Expression) -> bool:
    """Whether a bound tree has a value whatever its facts are: it cannot divide by 0, leave the calendar or lack an ELSE."""
    return not any(isinstance(node, Call) and _may_fail(node) for node in walk(expression))


def _may_fail(node: Call) -> bool:
    if node.operator == "//":
        divisor = node.arguments[1]
        return not (isinstance(divisor, Literal) and divisor.value)
    return node.operator == "add_months" or (node.operator == "case" and len(node.arguments) % 2 == 0)


def has_bounds(node: Expression) -> bool:
    """Whether engines keep bounds of this number of a bound tree; of anything else they know the value or nothing.

    What may fail to have a value has none within bounds either.
    """
    if isinstance(node, Call) and node.operator in _OF_DATES:
        return False
    return node.type.is_number and is_ranged(node) and is_sure(node)


def compares_bounds(node: Call) -> bool:
    """Whether this condition may be settled by bounds of the numbers it compares."""
    return (
        node.operator in _COMPARISONS
        and node.arguments[0].type.is_number
        and is_ranged(node)
        and is_sure(node)
    )


def facts_of(*expressions: Expression | None) -> tuple[str, ...]:
    """Names of the facts the expressions read, each once, in the order they appear."""
    names = dict.fromkeys(
        node.name
        for expression in expressions
        if expression is not None
        for node in walk(expression)
        if isinstance(node, Fact)
    )
    return tuple(names)


def columns_of(*expressions: Expression | None) -> tuple[str, ...]:
    """Every name the expressions are computed from: their facts, each ranged one followed by its bounds."""
    ranged = {
        node.name
        for expression in expressions
        if expression is not None
        for node in walk(expression)
        if isinstance(node, Fact) and node.ranged
    }
    return tuple(
        column
        for name in facts_of(*expressions)
        for column in ((name, least_of(name), most_of(name)) if name in ranged else (name,))
    )


def parameters_of(*expressions: Expression | None) -> tuple[str, ...]:
    """Names of the parameters the expressions read, each once, in the order they appear."""
    names = dict.fromkeys(
        node.name
        for expression in expressions
        if expression is not None
        for node in walk(expression)
        if isinstance(node, Parameter)
    )
    return tuple(names)


def bind(expression: Expression, values: Mapping[str, Value | tuple[Value, ...]]) -> Expression:
    """The tree with each parameter replaced by its value; a list parameter becomes several arguments.

    Raises:
        KeyError: a parameter has no value.
    """
    if isinstance(expression, Parameter):
        value = values[expression.name]
        if isinstance(value, tuple):
            raise TypeError(f"{expression.name} is a list; it stands only after IN")
        return Literal(value, expression.type)
    if not isinstance(expression, Call):
        return expression
    arguments: list[Expression] = []
    for argument in expression.arguments:
        if isinstance(argument, Parameter) and argument.type.is_list:
            one = Type(argument.type.kind, argument.type.digits, argument.type.scale)
            items = values[argument.name]
            arguments.extend(Literal(item, one) for item in (items if isinstance(items, tuple) else (items,)))
        else:
            arguments.append(bind(argument, values))
    return Call(expression.operator, tuple(arguments), expression.type)
