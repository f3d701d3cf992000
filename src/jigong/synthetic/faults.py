"""Which faults a class can have, and rows that have exactly one.

The kinds are the reasons intake gives: required, type, range, pattern, enum, identifier, reference, rule:<id>,
conflict, overlap; and in CSV files columns and encoding.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from itertools import zip_longest
from typing import Any, TypeAlias

from jigong.packs.contract import Column, Contract, RowRule
from jigong.synthetic.numbers import other_check
from jigong.synthetic.stamps import Row, Stamp, moved

Broken: TypeAlias = Callable[[RowRule, Row], bool]

_NOT_TYPED = {
    "integer": "三个",
    "decimal": "一千二百",
    "boolean": "也许",
    "date": "2022-02-30",
    "month": "2022-13",
}
_NO_VALUE = "未列明"
_NOT_MATCHING = "不详"


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that can be wrong with a row of a class."""

    kind: str
    column: str | None = None


@dataclass(frozen=True, slots=True)
class WrongRow:
    """A row with one fault; ``raw`` is what stands in a column instead of its value."""

    fault: Fault
    row: Row
    raw: Mapping[str, str] = field(default_factory=dict)

    @property
    def value(self) -> str | None:
        """What stands in the faulty column."""
        if self.fault.column is None or self.fault.kind == "encoding":
            return None
        value = self.raw.get(self.fault.column, self.row[self.fault.column])
        return None if value is None else str(value)


def faults_of(contract: Contract, *, csv: bool) -> list[Fault]:
    """Every fault a row of the class can have, each kind once before any comes again."""
    by_kind: dict[str, list[Fault]] = {}
    for fault in _faults(contract, csv):
        by_kind.setdefault(fault.kind, []).append(fault)
    return [fault for turn in zip_longest(*by_kind.values()) for fault in turn if fault is not None]


def _faults(contract: Contract, csv: bool) -> Iterator[Fault]:
    for column in contract.columns:
        if column.required and not column.none:
            yield Fault("required", column.name)
        if column.kind in _NOT_TYPED:
            yield Fault("type", column.name)
        if column.minimum is not None or column.exclusive_minimum is not None or column.maximum is not None:
            yield Fault("range", column.name)
        if column.pattern:
            yield Fault("pattern", column.name)
        if column.values:
            yield Fault("enum", column.name)
        if column.identifier:
            yield Fault("identifier", column.name)
        if column.reference:
            yield Fault("reference", column.name)
    yield from (Fault(f"rule:{rule.id}") for rule in contract.row_rules if not rule.warns)
    yield Fault("conflict")
    if contract.no_overlap:
        yield Fault("overlap")
    if csv:
        yield Fault("columns")
        yield Fault("encoding", _free_text(contract).name)


def wrong_rows(fault: Fault, stamp: Stamp, n: int, broken: Broken) -> list[WrongRow]:
    """Rows with ``fault``, made from the stamp's rows ``n`` and ``n`` + 1; none where it cannot be made.

    ``broken`` says whether a typed row breaks a row rule.
    """
    contract, row = stamp.contract, stamp.row(n)
    if fault.kind.startswith("rule:"):
        found = _breaking(contract, fault.kind[5:], row, broken)
        return [WrongRow(fault, found)] if found else []
    if fault.kind == "conflict":
        other = _changed(contract, row, broken)
        return [WrongRow(fault, row), WrongRow(fault, other)] if other else []
    if fault.kind == "overlap":
        other = {**moved(contract, row, 5), **{name: stamp.row(n + 1)[name] for name in contract.key}}
        return [WrongRow(fault, row), WrongRow(fault, other)]
    if fault.kind in ("columns", "encoding"):
        return [WrongRow(fault, row)]
    column = contract.column(fault.column or "")
    return list(_spoiled(fault, column, stamp, row, n, broken))


def _spoiled(
    fault: Fault, column: Column, stamp: Stamp, row: Row, n: int, broken: Broken
) -> Iterable[WrongRow]:
    """The row with one cell spoiled."""
    contract, value = stamp.contract, row[column.name]
    match fault.kind:
        case "required":
            yield WrongRow(fault, {**row, column.name: None})
        case "type":
            yield WrongRow(fault, row, {column.name: _NOT_TYPED[column.kind]})
        case "range":
            other = {**row, column.name: _outside(column)}
            if not any(broken(rule, other) for rule in contract.row_rules):
                yield WrongRow(fault, other)
        case "pattern" if not re.fullmatch(column.pattern or "", _NOT_MATCHING):
            yield WrongRow(fault, row, {column.name: _NOT_MATCHING})
        case "enum":
            yield WrongRow(fault, row, {column.name: _NO_VALUE})
        case "identifier" if value is not None:
            yield WrongRow(fault, row, {column.name: _misspelt(column, value)})
        case "reference" if value is not None:
            yield WrongRow(fault, row, {column.name: stamp.strangers.unknown(column, value, n)})


def _misspelt(column: Column, value: str) -> str:
    return value[:-1] if column.identifier in ("certificate", "occupation") else other_check(value)


def _outside(column: Column) -> Decimal | int:
    """A number just outside the allowed range."""
    bound = column.exclusive_minimum
    if bound is None:
        bound = column.minimum - 1 if column.minimum is not None else (column.maximum or Decimal()) + 1
    return int(bound) if column.kind == "integer" else bound.quantize(Decimal(10) ** -(column.scale or 0))


def _breaking(contract: Contract, rule_id: str, row: Row, broken: Broken) -> Row | None:
    """``row`` with one cell changed so that it breaks this rule and no other, and stays in every range."""
    rule = next(rule for rule in contract.row_rules if rule.id == rule_id)
    names = [column.name for column in contract.columns if re.search(rf"\b{column.name}\b", rule.sql)]
    near = [value for name in names for value in _near(row[name])]
    for name in reversed(names):
        column = contract.column(name)
        words = [each.value for each in column.values]
        for value in (*near, *words, *([] if column.required else [None])):
            other = {**row, name: value}
            if (
                name not in contract.key
                and _fits(column, value)
                and {each.id for each in contract.row_rules if broken(each, other)} == {rule_id}
            ):
                return other
    return None


def _near(value: Any) -> Iterator[Any]:
    """``value`` and its neighbours."""
    if value is not None:
        yield value
        if isinstance(value, date):
            yield from (value - timedelta(1), value + timedelta(1))
        elif isinstance(value, Decimal):
            yield from (value - 1, value + 1)


def _fits(column: Column, value: Any) -> bool:
    kinds: dict[str, type] = {"date": date, "month": date, "decimal": Decimal, "string": str}
    if value is None:
        return not column.required
    if column.values and value not in {each.value for each in column.values}:
        return False
    return isinstance(value, kinds.get(column.kind, int)) and not (
        isinstance(value, Decimal) and column.minimum is not None and value < column.minimum
    )


def _changed(contract: Contract, row: Row, broken: Broken) -> Row | None:
    """Another version of ``row``: the same key, another value, no rule broken and no overlap."""
    base = moved(contract, row, 12) if contract.no_overlap else row
    if base != row:
        return base
    for column in contract.columns:
        value = row[column.name]
        if (
            column.name in contract.key
            or value is None
            or column.reference
            or column.identifier
            or column.unique
        ):
            continue
        other = {**row, column.name: _another(column, value)}
        if other != row and not any(broken(rule, other) for rule in contract.row_rules):
            return other
    return None


def _another(column: Column, value: Any) -> Any:
    if column.values:
        return next(each.value for each in column.values if each.value != value)
    if isinstance(value, bool):
        return not value
    if isinstance(value, date):
        return value + timedelta(1)
    if isinstance(value, Decimal | int):
        return value + 1 if column.maximum is None else value
    return value if column.pattern else f"{value}甲"


def _free_text(contract: Contract) -> Column:
    """The column that can best hold bytes which are no text."""
    texts = [column for column in contract.columns if column.kind == "string"]
    plain = [column for column in texts if not (column.reference or column.identifier or column.values)]
    return (plain or texts)[-1]
