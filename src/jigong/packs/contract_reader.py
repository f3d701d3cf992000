"""Reads one contract file into a :class:`Contract`, noting everything that is wrong with it."""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TypeAlias

from open_data_contract_standard.model import OpenDataContractStandard, SchemaObject, SchemaProperty

from jigong.packs.contract_columns import read_column
from jigong.packs.contract_findings import Findings, validated
from jigong.packs.contract_properties import Properties, read_service_levels
from jigong.packs.contract_rules import read_row_rule
from jigong.packs.contract_types import Column, Contract, Owner, RowRule
from jigong.packs.document import Document, Keys

_SCHEMA: Keys = ("schema", 0)
_HEAD = {"apiVersion": "v3.2.0", "kind": "DataContract"}


Headers: TypeAlias = Mapping[str, Sequence[str]]
"""The headers people write for a column, by what it holds, in whatever class: a pack's ``headers.yaml``."""


def build_contract(document: Document, headers: Headers | None = None) -> tuple[Contract | None, Findings]:
    """The contract in ``document``, or None when something is wrong with it; and what that is."""
    findings = Findings(document)
    contract = None
    model = validated(findings)
    if model is not None:
        _check_head(model, findings)
        schema = _schema(model, findings)
        if schema is not None:
            contract = _build(model, schema, headers or {}, findings)
    return (None if findings.problems else contract), findings


def plain_header(header: str) -> str:
    """A header without what does not matter: width of signs, case, blanks, a mark for required columns."""
    return "".join(unicodedata.normalize("NFKC", header).split()).strip("*\ufeff").casefold()


def column_path(index: int) -> Keys:
    """Where the column number ``index`` (from 0) stands in a contract."""
    return (*_SCHEMA, "properties", index)


def _check_head(model: OpenDataContractStandard, findings: Findings) -> None:
    for field, wanted in _HEAD.items():
        if getattr(model, field) != wanted:
            findings.add(
                (field,),
                f"{field} 应当是 {wanted}",
                f"{field} should be {wanted}",
                remedy=(f"写 {field}: {wanted}", f"write {field}: {wanted}"),
            )
    for field in ("id", "version"):
        if not getattr(model, field):
            findings.add(
                (),
                f"缺少 {field}",
                f"{field} is missing",
                remedy=(f"补上 {field}", f"add {field}"),
            )


def _schema(model: OpenDataContractStandard, findings: Findings) -> SchemaObject | None:
    """The one class of the contract."""
    schemas = model.schema_ or []
    if len(schemas) != 1 or not schemas[0].properties:
        findings.add(
            ("schema",),
            "一份合同恰好描述一类数据，并列出它的列",
            "a contract describes exactly one class of data, and lists its columns",
            remedy=("在 schema 下写一项，带 properties", "write one item under schema, with properties"),
        )
        return None
    stem = findings.document.file.stem
    if schemas[0].name != stem:
        findings.add(
            (*_SCHEMA, "name"),
            f"类名“{schemas[0].name or ''}”与文件名“{stem}”不一致",
            f"the class “{schemas[0].name or ''}” is not named like its file “{stem}”",
            remedy=(f"写 name: {stem}，或给文件改名", f"write name: {stem}, or rename the file"),
        )
    return schemas[0]


def _build(
    model: OpenDataContractStandard, schema: SchemaObject, headers: Headers, findings: Findings
) -> Contract | None:
    properties = schema.properties or []
    label = findings.text(_SCHEMA, schema.businessName, schema.description, ("businessName", "description"))
    names, columns = _columns(properties, findings)
    columns = _with_shared(columns, headers, findings)
    custom = Properties(model, names, {column.name: column for column in columns}, findings)
    key = _key(properties, findings)
    row_rules = _row_rules(schema, names, columns, findings)
    number, department, group = custom.number(), custom.text("department"), custom.text("group")
    valid_time, no_overlap, delivery = custom.valid_time(), custom.no_overlap(), custom.delivery()
    covers, owner, (happened, ahead) = custom.covers(valid_time), custom.owner(), custom.days()
    _check_owners(properties, columns, owner, findings)
    frequency, latency_days = read_service_levels(model, findings)
    if valid_time is None or delivery is None:
        return None
    return Contract(
        name=schema.name or "",
        label=label,
        number=number,
        department=department,
        group=group,
        columns=tuple(columns),
        key=key,
        valid_time=valid_time,
        no_overlap=no_overlap,
        row_rules=row_rules,
        frequency=frequency,
        latency_days=latency_days,
        delivery=delivery,
        file=findings.document.file,
        covers=covers,
        owner=owner,
        happened=happened,
        ahead=ahead,
        records=custom.records(),
        main=custom.main(key),
    )


def _columns(properties: Sequence[SchemaProperty], findings: Findings) -> tuple[list[str], list[Column]]:
    """The names of all columns, and the columns that could be read."""
    names: list[str] = []
    columns: list[Column] = []
    headers: list[tuple[str, Keys]] = []
    for index, prop in enumerate(properties):
        path = column_path(index)
        if prop.name:
            names.append(prop.name)
        else:
            findings.add(path, "列没有名字", "the column has no name", remedy=("补上 name", "add name"))
        column = read_column(prop, path, findings)
        if column is not None:
            columns.append(column)
        headers += _header_places(prop, path)
    findings.duplicates(headers, ("表头", "header"))
    return names, columns


def _with_shared(columns: Sequence[Column], headers: Headers, findings: Findings) -> list[Column]:
    """The columns with the headers of what they hold. A header that the class gives to another column is that one's."""
    own = {plain_header(header): column.name for column in columns for header in column.headers}
    found = []
    for index, column in enumerate(columns):
        if column.semantic is None:
            found.append(column)
            continue
        path = (*column_path(index), "customProperties")
        if column.semantic not in headers:
            findings.unknown(path, ("表头清单", "list of headers"), column.semantic, [*headers])
        if any(other.semantic == column.semantic for other in columns[:index]):
            findings.add(
                path,
                f"有两列都用表头清单“{column.semantic}”，分不清",
                f"two columns have the list of headers “{column.semantic}”, and cannot be told apart",
                remedy=("只给其中一列 headers", "give headers to one of them only"),
            )
        shared = [header for header in headers.get(column.semantic, ()) if plain_header(header) not in own]
        found.append(replace(column, headers=(*column.headers[:-1], *shared, column.headers[-1])))
    return found


def _check_owners(
    properties: Sequence[SchemaProperty], columns: Sequence[Column], owner: Owner, findings: Findings
) -> None:
    """Note columns that must be filled in although those who send the class do not know them."""
    places = {prop.name: column_path(index) for index, prop in enumerate(properties)}
    for column in columns:
        if column.required and column.owner not in (None, owner):
            findings.add(
                places[column.name],
                f"“{column.name}”只有 {column.owner} 知道，报送这一类的（{owner}）不能必填",
                f"only the {column.owner} knows “{column.name}”, so it cannot be required of the {owner}",
                remedy=(
                    "删去 required 和 primaryKey，或删去列的 owner",
                    "delete required and primaryKey, or the column's owner",
                ),
            )


def _header_places(prop: SchemaProperty, path: Keys) -> list[tuple[str, Keys]]:
    places = [(prop.name, (*path, "name")), (prop.businessName, (*path, "businessName"))]
    places += [
        (item.synonym, (*path, "synonyms", i, "synonym")) for i, item in enumerate(prop.synonyms or [])
    ]
    return [(header, place) for header, place in places if header]


def _key(properties: Sequence[SchemaProperty], findings: Findings) -> tuple[str, ...]:
    """The columns of the primary key, in their order."""
    keys = [(prop, column_path(index)) for index, prop in enumerate(properties) if prop.primaryKey]
    if not keys:
        findings.add(
            (*_SCHEMA, "properties"),
            "没有主键列",
            "no column is the primary key",
            remedy=(
                "给标识一条记录的列加上 primaryKey: true",
                "add primaryKey: true to the columns that identify a record",
            ),
        )
    positions = sorted(prop.primaryKeyPosition or 0 for prop, _ in keys)
    if len(keys) > 1 and positions != list(range(1, len(keys) + 1)):
        findings.add(
            keys[0][1],
            "几列主键要用 primaryKeyPosition 从 1 起依次编号",
            "several key columns must be counted from 1 by primaryKeyPosition",
            remedy=("给每列主键写上 primaryKeyPosition", "write primaryKeyPosition for each key column"),
        )
    return tuple(prop.name or "" for prop, _ in sorted(keys, key=lambda key: key[0].primaryKeyPosition or 0))


def _row_rules(
    schema: SchemaObject, names: Sequence[str], columns: Sequence[Column], findings: Findings
) -> tuple[RowRule, ...]:
    path: Keys = (*_SCHEMA, "quality")
    rules = [
        read_row_rule(quality, (*path, index), names, columns, findings)
        for index, quality in enumerate(schema.quality or [])
    ]
    found = [(rule.id, (*path, index, "name")) for index, rule in enumerate(rules) if rule is not None]
    findings.duplicates(found, ("规则", "rule"))
    return tuple(rule for rule in rules if rule is not None)
