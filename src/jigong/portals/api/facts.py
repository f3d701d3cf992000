"""Given facts in the types of the law; what the description says of them, made from the same source."""

from collections.abc import Mapping
from typing import Any

from jigong.insight.law import Law
from jigong.kernel.problems import JigongError, Place, Problem, nearest
from jigong.kernel.text import Text
from jigong.rules.given import coerce_given
from jigong.rules.nodes import Value

_LARGEST = 2**31 - 1
_MONEY = r"^-?[0-9]{1,9}(\.[0-9]{1,2})?$"
_SIGNS = r"^[\u4e00-\u9fffA-Za-z0-9 ._;-]{0,200}$"

SCHEMAS: dict[str, dict[str, Any]] = {
    "boolean": {"type": ["boolean", "null"]},
    "integer": {"type": ["integer", "null"], "minimum": -_LARGEST, "maximum": _LARGEST},
    "decimal": {
        "type": ["string", "null"],
        "pattern": _MONEY,
        "description": 'yuan as a text, such as "4000.00"',
    },
    "string": {"type": ["string", "null"], "pattern": _SIGNS},
    "date": {"type": ["string", "null"], "format": "date"},
}
"""How a fact of each type is given."""


def read_facts(law: Law, given: Mapping[str, Any]) -> dict[str, Value | None]:
    """The facts, typed.

    Raises:
        JigongError: a name the law does not know, or a value of another type.
    """
    types = law.rulebook.scope.facts
    problems = []
    for name in given:
        if name not in types:
            close = nearest(name, list(types))
            remedy = Text(f"是不是想写 {close}?", f"did you mean {close}?") if close else None
            problems.append(
                Problem(Text(f"没有事实 {name}", f"there is no fact {name}"), _place(name), remedy)
            )
    values, wrong = coerce_given(given, law.rulebook.scope)
    problems += [Problem(said, _place(name)) for name, said in wrong.items()]
    if problems:
        raise JigongError(*problems)
    return values


def schema(law: Law) -> dict[str, Any]:
    """JSON Schema of the facts of the law."""
    scope = law.rulebook.scope
    facts = {
        name: {**(_ranged(type_.kind) if name in scope.ranged else SCHEMAS[type_.kind]), **_titled(law, name)}
        for name, type_ in sorted(scope.facts.items())
    }
    return {"type": "object", "properties": facts, "additionalProperties": False}


def _ranged(kind: str) -> dict[str, Any]:
    """Of a number that may be known only within bounds: it, or what it is at least and at most."""
    ends = {"least": SCHEMAS[kind], "most": SCHEMAS[kind]}
    bounds = {"type": "object", "properties": ends, "additionalProperties": False, "minProperties": 1}
    return {"anyOf": [SCHEMAS[kind], bounds]}


def _titled(law: Law, name: str) -> dict[str, str]:
    entry = law.pack.facts.get(name)
    return {"title": f"{entry.en} · {entry.zh}"} if entry else {}


def _place(name: str) -> Place:
    return Place(f"body.facts.{name}")
