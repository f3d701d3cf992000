"""Reads one property of a contract into a :class:`Column`."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cache
from typing import Any, Literal, get_args

import duckdb
from open_data_contract_standard.model import SchemaProperty

from jigong.packs.contract_findings import Findings, suggestion
from jigong.packs.contract_types import OWNERS, Column, EnumValue, Identifier, Kind, Owner
from jigong.packs.document import Keys

_LOGICAL_TYPES = ("string", "integer", "number", "boolean", "date")
_DECIMAL = re.compile(r"DECIMAL\((\d+),\s*(\d+)\)", re.IGNORECASE)
_WIDEST_DECIMAL = 38
_LIMITS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")
_LENGTHS = ("minLength", "maxLength")
_IDENTIFIERS: tuple[Identifier, ...] = get_args(Identifier)


def read_column(prop: SchemaProperty, path: Keys, findings: Findings) -> Column | None:
    """The column that stands at ``path``; None if it has no name or its type cannot be told."""
    label = findings.text(path, prop.businessName, prop.description, ("businessName", "description"))
    options = _options(prop, path, findings)
    reference = _reference(prop, path, findings)
    custom = _custom(prop, path, findings)
    values = tuple(
        replace(value, written=custom.written.get(value.value, ())) for value in _values(prop, path, findings)
    )
    kind, precision, scale = _type(prop, path, findings)
    if not prop.name or kind is None:
        return None
    return Column(
        name=prop.name,
        label=label,
        headers=_headers(prop, path, findings),
        kind=kind,
        precision=precision,
        scale=scale,
        required=bool(prop.required or prop.primaryKey),
        unique=bool(prop.unique),
        values=values,
        minimum=options.get("minimum"),
        maximum=options.get("maximum"),
        exclusive_minimum=options.get("exclusiveMinimum"),
        exclusive_maximum=options.get("exclusiveMaximum"),
        min_length=options.get("minLength"),
        max_length=options.get("maxLength"),
        pattern=options.get("pattern"),
        identifier=custom.identifier,
        reference=reference,
        classification=prop.classification,
        owner=custom.owner,
        semantic=custom.headers,
        none=custom.none,
    )


def _type(prop: SchemaProperty, path: Keys, findings: Findings) -> tuple[Kind | None, int | None, int | None]:
    """Kind, precision and scale."""
    match prop.logicalType:
        case "string" | "integer" | "boolean" as kind:
            return kind, None, None
        case "date":
            return _date_type(prop, path, findings), None, None
        case "number":
            return _decimal_type(prop, path, findings)
        case None:
            findings.add(
                path,
                f"列“{prop.name}”没有类型（logicalType）",
                f"column “{prop.name}” has no type (logicalType)",
                remedy=(f"可以写：{', '.join(_LOGICAL_TYPES)}", f"use one of: {', '.join(_LOGICAL_TYPES)}"),
            )
        case unknown:
            findings.unknown(
                (*path, "logicalType"), ("类型 logicalType", "logicalType"), unknown, _LOGICAL_TYPES
            )
    return None, None, None


def _date_type(prop: SchemaProperty, path: Keys, findings: Findings) -> Literal["date", "month"] | None:
    match prop.physicalType:
        case None | "date":
            return "date"
        case "month":
            return "month"
        case unknown:
            findings.unknown(
                (*path, "physicalType"), ("日期类型", "type of date"), unknown, ("date", "month")
            )
            return None


def _decimal_type(
    prop: SchemaProperty, path: Keys, findings: Findings
) -> tuple[Kind | None, int | None, int | None]:
    found = _DECIMAL.fullmatch(prop.physicalType or "")
    if found is not None and int(found[2]) <= int(found[1]) <= _WIDEST_DECIMAL and int(found[1]) > 0:
        return "decimal", int(found[1]), int(found[2])
    findings.add(
        (*path, "physicalType"),
        f"小数列“{prop.name}”要写明位数，现在是“{prop.physicalType or ''}”",
        f"number column “{prop.name}” must state its digits, not “{prop.physicalType or ''}”",
        remedy=(
            f"写 physicalType: DECIMAL(12,2)，总位数不超过 {_WIDEST_DECIMAL}",
            f"write physicalType: DECIMAL(12,2), at most {_WIDEST_DECIMAL} digits in all",
        ),
    )
    return None, None, None


def _headers(prop: SchemaProperty, path: Keys, findings: Findings) -> tuple[str, ...]:
    headers = [prop.businessName or ""]
    for index, synonym in enumerate(prop.synonyms or []):
        if not (synonym.synonym or "").strip():
            findings.add(
                (*path, "synonyms", index),
                "同义表头是空的",
                "the synonym is empty",
                remedy=("写上表头，或删去这一项", "write the header, or delete the item"),
            )
        headers.append(synonym.synonym or "")
    headers.append(prop.name or "")
    return tuple(header.strip() for header in headers if header.strip())


def _values(prop: SchemaProperty, path: Keys, findings: Findings) -> tuple[EnumValue, ...]:
    path = (*path, "enum")
    if prop.enum is not None and prop.logicalType != "string":
        findings.add(
            path,
            f"只有文字列可以有 enum，“{prop.name}”不是",
            f"only a string column may have an enum; “{prop.name}” is not one",
            remedy=("删去 enum，或改为 string", "delete the enum, or make it a string"),
        )
    values: list[EnumValue] = []
    for index, item in enumerate(prop.enum or []):
        if isinstance(item.value, str) and item.value.strip() and (item.label or "").strip():
            values.append(EnumValue(item.value, (item.label or "").strip()))
        else:
            findings.add(
                (*path, index),
                "enum 的每一项都要有文字的值（value）和英文名（label）",
                "every item of an enum needs a text value and an English label",
                remedy=(
                    "写 {value: 男, label: male}；数字加引号",
                    "write {value: 男, label: male}; quote digits",
                ),
            )
    findings.duplicates(
        [(str(item.value), (*path, i)) for i, item in enumerate(prop.enum or [])], ("取值", "value")
    )
    return tuple(values)


@dataclass(slots=True)
class _Custom:
    """What Jigong adds to a column: the kind of number it is, who alone knows it, the ways in which its values are
    written, the list of headers it has besides its own, and the words for nothing."""

    identifier: Identifier | None = None
    owner: Owner | None = None
    written: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    headers: str | None = None
    none: tuple[str, ...] = ()


def _custom(prop: SchemaProperty, path: Keys, findings: Findings) -> _Custom:
    found = _Custom()
    places: list[tuple[str, Keys]] = []
    for index, item in enumerate(prop.customProperties or []):
        at: Keys = (*path, "customProperties", index)
        if item.vendor is not None:
            continue
        places.append((str(item.property), at))
        match item.property:
            case "identifier":
                found.identifier = _identifier(prop, item.value, at, findings)
            case "owner" if item.value in OWNERS:
                found.owner = next(one for one in OWNERS if one == item.value)
            case "owner":
                findings.unknown((*at, "value"), ("数据归属 owner", "owner"), str(item.value), OWNERS)
            case "written":
                found.written = _written(prop, item.value, (*at, "value"), findings)
            case "headers":
                found.headers = str(item.value)
            case "none":
                found.none = _none(prop, item.value, (*at, "value"), findings)
            case unknown:
                findings.unknown(
                    at,
                    ("列属性", "property of a column"),
                    str(unknown),
                    ("identifier", "owner", "written", "headers", "none"),
                )
    findings.duplicates(places, ("列属性", "property of a column"))
    return found


def _written(prop: SchemaProperty, value: Any, path: Keys, findings: Findings) -> dict[str, tuple[str, ...]]:
    """Patterns of other ways to write the values of an enumeration, by value."""
    if not isinstance(value, dict) or not all(
        isinstance(ways, list) and all(isinstance(way, str) for way in ways) for ways in value.values()
    ):
        findings.add(
            path,
            f"“{prop.name}”的其他写法（written）不对",
            f"the ways in which “{prop.name}” is written are not understood",
            remedy=("写 {男: ['1'], 女: ['2']}；数字加引号", "write {男: ['1'], 女: ['2']}; quote digits"),
        )
        return {}
    known = [str(item.value) for item in prop.enum or []]
    for name, ways in value.items():
        if name not in known:
            findings.unknown((*path, name), ("取值", "value"), str(name), known)
        for index, way in enumerate(ways):
            _check_pattern(way, (*path, name, index), findings)
    return {name: tuple(ways) for name, ways in value.items()}


def _none(prop: SchemaProperty, value: Any, path: Keys, findings: Findings) -> tuple[str, ...]:
    """The words which say that there is nothing to name in a key column."""
    words = value if isinstance(value, list) else []
    if not words or not all(isinstance(word, str) and word.strip() == word != "" for word in words):
        zh, en = "应是一列词，不带首尾空格", "must be a list of words without blanks around them"
    elif prop.logicalType != "string" or prop.enum or not prop.primaryKey:
        zh, en = (
            "只用于主键里的文字列；别的列留空就是没有",
            "is for text columns of the key; any other column can be left empty",
        )
    else:
        return tuple(words)
    findings.add(
        path,
        f"“{prop.name}”的 none {zh}",
        f"none of “{prop.name}” {en}",
        remedy=("写 none: [个人]", "write none: [个人]"),
    )
    return ()


def _identifier(prop: SchemaProperty, value: Any, at: Keys, findings: Findings) -> Identifier | None:
    if value not in _IDENTIFIERS:
        findings.unknown((*at, "value"), ("号码种类", "identifier"), str(value), _IDENTIFIERS)
    elif prop.logicalType not in ("string", None):
        findings.add(
            at,
            f"号码列“{prop.name}”应当是 string",
            f"identifier column “{prop.name}” must be a string",
            remedy=("写 logicalType: string", "write logicalType: string"),
        )
    else:
        return next(kind for kind in _IDENTIFIERS if kind == value)
    return None


def _reference(prop: SchemaProperty, path: Keys, findings: Findings) -> tuple[str, str] | None:
    relationships = prop.relationships or []
    match [(item.type or "foreignKey", item.to) for item in relationships]:
        case [("foreignKey", str(to))] if to.count(".") == 1:
            name, column = to.split(".")
            return name, column
    if relationships:
        findings.add(
            (*path, "relationships", 0),
            f"列“{prop.name}”的引用写法不对",
            f"the reference of column “{prop.name}” is not understood",
            remedy=(
                "写 {type: foreignKey, to: person.person_id}",
                "write {type: foreignKey, to: person.person_id}",
            ),
        )
    return None


def _options(prop: SchemaProperty, path: Keys, findings: Findings) -> dict[str, Any]:
    """The limits that hold: Decimals for numbers, ints for lengths, text for the pattern."""
    allowed = {"string": (*_LENGTHS, "pattern"), "integer": _LIMITS, "number": _LIMITS}.get(
        prop.logicalType or "", ()
    )
    path = (*path, "logicalTypeOptions")
    options: dict[str, Any] = {}
    for name, value in (prop.logicalTypeOptions or {}).items():
        if name not in allowed and prop.logicalType in _LOGICAL_TYPES:
            findings.add(
                (*path, name),
                f"{prop.logicalType} 列不能有“{name}”",
                f"a {prop.logicalType} column has no “{name}”",
                remedy=suggestion(name, allowed) if allowed else (f"删去 {name}", f"delete {name}"),
            )
        elif name in _LIMITS and isinstance(value, int | Decimal) and not isinstance(value, bool):
            options[name] = Decimal(value)
        elif name in _LENGTHS and isinstance(value, int) and not isinstance(value, bool) and value >= 0:
            options[name] = value
        elif name == "pattern" and isinstance(value, str):
            options[name] = value
            _check_pattern(value, (*path, name), findings)
        elif name in allowed:
            findings.add(
                (*path, name),
                f"“{name}”的值“{value}”不对",
                f"“{value}” is not a value for “{name}”",
                remedy=_OPTION_REMEDIES[name == "pattern"],
            )
    _check_order(options, path, findings)
    return options


_OPTION_REMEDIES = (
    ("写一个数，不加引号", "write a number without quotes"),
    ("写正则表达式，加单引号", "write a regular expression in single quotes"),
)


def _check_order(options: dict[str, Any], path: Keys, findings: Findings) -> None:
    for low, high in (("minimum", "maximum"), ("minLength", "maxLength")):
        if low in options and high in options and options[low] > options[high]:
            findings.add(
                (*path, low),
                f"{low} {options[low]} 大于 {high} {options[high]}",
                f"{low} {options[low]} is greater than {high} {options[high]}",
                remedy=("改正其中一个", "correct one of them"),
            )


def _check_pattern(pattern: str, path: Keys, findings: Findings) -> None:
    """Note a pattern that Python or RE2 (the lake's engine, which has no lookaround) cannot read."""
    flaw = None
    try:
        re.compile(pattern)
        engine().cursor().execute("SELECT regexp_matches('', ?)", [pattern])
    except (re.error, duckdb.Error) as bad:
        flaw = str(bad)
    if flaw is not None:
        findings.add(
            path,
            f"正则表达式“{pattern}”不能用：{flaw}",
            f"regular expression “{pattern}” cannot be used: {flaw}",
            remedy=(
                "改正它；RE2 没有前后断言和反向引用",
                "mend it; RE2 has no lookaround and no back references",
            ),
        )


@cache
def engine() -> duckdb.DuckDBPyConnection:
    """An empty in-memory DuckDB that judges what the lake will be able to run. Use a cursor of it."""
    return duckdb.connect()
