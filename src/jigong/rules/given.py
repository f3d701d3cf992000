"""Facts given by hand (a case, a JSON file) in the types the engines take."""

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from jigong.kernel.text import Text
from jigong.rules.language import Scope
from jigong.rules.nodes import Value, least_of, most_of

_WHOLE = range(-(2**31), 2**31)
_LARGEST_MONEY = Decimal("9999999999.99")
_WRITTEN = re.compile(r"-?[0-9]{1,10}(\.[0-9]{1,2})?")
"""A number as a text: Python would also read full-width digits, underscores and exponents."""
_BOUNDS = "{least: 7, most: 9}"
_EXPECTED = {
    "boolean": Text("true 或 false", "true or false"),
    "integer": Text("32 位以内的整数", "a whole number of at most 32 bits"),
    "decimal": Text("至多两位小数、绝对值小于一百亿的数", "a number below 10^10 with at most two decimals"),
    "string": Text("文字", "a text"),
    "date": Text("日期，如 2022-05-01", "a date like 2022-05-01"),
}


def coerce_given(given: Mapping[str, Any], scope: Scope) -> tuple[dict[str, Value | None], dict[str, Text]]:
    """Facts by name in their natural types, and what is wrong by name. Names that are no facts are left out.

    Texts are read as dates and decimals where the fact is one; nothing is rounded. A ranged fact may be
    given as its bounds, ``{least: 7, most: 9}``, either of which may be left out.
    """
    values: dict[str, Value | None] = {}
    wrong: dict[str, Text] = {}
    for name, value in given.items():
        if name not in scope.facts:
            continue
        kind, ranged = scope.facts[name].kind, name in scope.ranged
        if value is None:
            found: dict[str, Value | None] | None = {name: None}
        elif ranged and isinstance(value, Mapping):
            found = _bounds(name, value, kind)
        else:
            single = _coerce(value, kind)
            found = None if single is None else {name: single}
        if found is None:
            expected = _EXPECTED[kind]
            if ranged:
                expected = Text(f"{expected.zh}，或 {_BOUNDS}", f"{expected.en}, or {_BOUNDS}")
            wrong[name] = Text(
                f"{name} 需要{expected.zh}，得到 {_shown(value)}",
                f"{name} needs {expected.en}, got {_shown(value)}",
            )
        else:
            values |= found
    return values, wrong


def _bounds(name: str, given: Mapping[str, Any], kind: str) -> dict[str, Value | None] | None:
    """The bounds under their own names; None where they are not well written, or cross."""
    written = {end: _coerce(value, kind) for end, value in given.items() if value is not None}
    if not given or given.keys() - {"least", "most"} or None in written.values():
        return None
    least, most = written.get("least"), written.get("most")
    if least is not None and most is not None and least > most:  # type: ignore[operator]
        return None
    return {name: None, least_of(name): least, most_of(name): most}


def _coerce(value: Any, kind: str) -> Value | None:
    match kind:
        case "boolean":
            return value if isinstance(value, bool) else None
        case "integer":
            return _integer(value)
        case "decimal":
            return _decimal(value)
        case "date":
            return _date(value)
        case _:
            # Neither engine is asked what no database can store.
            storable = isinstance(value, str) and "\0" not in value and value.isprintable()
            return value if storable else None


def _integer(value: Any) -> int | None:
    """A whole number, also where it is written 30.0."""
    if isinstance(value, Decimal | float):
        number = _decimal(value)
        value = int(number) if number is not None and number == number.to_integral_value() else None
    fits = isinstance(value, int) and not isinstance(value, bool) and value in _WHOLE
    return value if fits else None


def _shown(value: Any) -> str:
    return str(value) if isinstance(value, Decimal | date) else repr(value)


def _decimal(value: Any) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
        return None
    if isinstance(value, str) and not _WRITTEN.fullmatch(value):
        return None
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return None
    if not number.is_finite() or abs(number) > _LARGEST_MONEY or number != number.quantize(Decimal("0.01")):
        return None
    return number


def _date(value: Any) -> date | None:
    if isinstance(value, date):
        return value
    try:
        day = date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    # Weeks, and dates without hyphens, are ISO too.
    return day if day is not None and day.isoformat() == value else None
