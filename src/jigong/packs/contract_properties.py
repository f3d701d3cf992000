"""Reads what Jigong adds to a contract: its custom properties, and its service levels."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from open_data_contract_standard.model import OpenDataContractStandard

from jigong.kernel.text import Text
from jigong.packs.contract_coverage import CoverageReader
from jigong.packs.contract_findings import Findings, suggestion
from jigong.packs.contract_types import OWNERS, Column, Covers, Delivery, Owner, ValidTime
from jigong.packs.document import Keys

_REMEDIES = {
    "number": ("写 1 以上的整数，每类一个", "write a whole number from 1, one for each class"),
    "department": ("写 {zh: 教育局, en: Education Bureau}", "write {zh: 教育局, en: Education Bureau}"),
    "group": ("写 {zh: 技能, en: Skills}", "write {zh: 技能, en: Skills}"),
    "main": (
        "写一列的名字，与唯一的主键列同类、可以为空",
        "write the name of a column of the key's kind that may be empty; the key is one column",
    ),
    "records": (
        "写 {zh: 一人一月一条, en: One for each person and month}",
        "write {zh: 一人一月一条, en: One for each person and month}",
    ),
    "validTime": (
        "写 {kind: date, from: 列}、{kind: month, from: 列} 或 {kind: period, from: 列, to: 列}",
        "write {kind: date, from: column}, {kind: month, from: column} or {kind: period, from: column, to: column}",
    ),
    "noOverlap": ("写列名的列表，如 [person_id]", "write a list of columns, such as [person_id]"),
    "delivery": (
        "写 {format: csv, encoding: utf-8 或 gb18030}、{format: xlsx} 或 {format: parquet}",
        "write {format: csv, encoding: utf-8 or gb18030}, {format: xlsx} or {format: parquet}",
    ),
    "coverage": (
        "写 {kind: register}、{kind: changes}，按月的类写 {kind: months}",
        "write {kind: register} or {kind: changes}, and {kind: months} for a class of months",
    ),
    "owner": ("写 department、enterprise 或 platform", "write department, enterprise or platform"),
    "happened": (
        "写日期列的列表，如 [issued_on]；没有就删去",
        "write a list of columns of days, such as [issued_on]; delete it if there is none",
    ),
    "ahead": (
        "写 {列: 月数}，如 {valid_to: 600}；没有就删去",
        "write {column: months}, such as {valid_to: 600}; delete it if there is none",
    ),
}
_FREQUENCIES = ("daily", "weekly", "monthly", "quarterly", "yearly")


class Properties:
    """The custom properties of one contract. Every reader notes what is wrong and then returns a stand-in.

    ``names`` are all columns of the class; ``columns`` are those that could be read, by name.
    """

    def __init__(
        self,
        model: OpenDataContractStandard,
        names: Sequence[str],
        columns: Mapping[str, Column],
        findings: Findings,
    ) -> None:
        self._names = names
        self._columns = columns
        self._findings = findings
        self._coverage = CoverageReader(names, columns, findings)
        self._found: dict[str, tuple[Any, Keys]] = {}
        places: list[tuple[str, Keys]] = []
        for index, item in enumerate(model.customProperties or []):
            name, path = item.property or "", ("customProperties", index)
            if item.vendor is not None:
                continue
            places.append((name, path))
            self._found.setdefault(name, (item.value, (*path, "value")))
            if name not in _REMEDIES:
                findings.unknown((*path, "property"), ("合同属性", "property"), name, tuple(_REMEDIES))
        findings.duplicates(places, ("属性", "property"))

    def number(self) -> int:
        """The number of the class, from 1."""
        value, path = self._value("number")
        if isinstance(value, int) and not isinstance(value, bool) and value >= 1:
            return value
        self._note("number", value, path)
        return 0

    def text(self, name: Literal["department", "group"]) -> Text:
        """A name in both languages."""
        value, path = self._value(name)
        if not isinstance(value, dict):
            self._note(name, value, path)
            return Text("", "")
        return self._findings.text(path, _word(value, "zh"), _word(value, "en"), ("zh", "en"))

    def records(self) -> Text | None:
        """What makes two rows two records; None where it is not said."""
        if "records" not in self._found:
            return None
        value, path = self._found["records"]
        if not isinstance(value, dict):
            self._note("records", value, path)
            return None
        return self._findings.text(path, _word(value, "zh"), _word(value, "en"), ("zh", "en"))

    def main(self, key: Sequence[str]) -> str | None:
        """The column that says of which record this one is only another number; None where it is not said."""
        if "main" not in self._found:
            return None
        value, path = self._found["main"]
        column = self._columns.get(value) if isinstance(value, str) else None
        keys = [self._columns.get(name) for name in key]
        if (
            column is None
            or column.required
            or len(keys) != 1
            or keys[0] is None
            or keys[0].kind != column.kind
        ):
            self._note("main", value, path)
            return None
        return column.name

    def valid_time(self) -> ValidTime | None:
        """Which columns say when a record holds."""
        value, path = self._value("validTime")
        match value:
            case {"kind": "date" | "month" as kind, "from": str(start), **rest} if not rest:
                self._check_time(start, kind, (*path, "from"), needed=True)
                return ValidTime(kind, start, None)
            case {"kind": "period", "from": str(start), "to": str(end), **rest} if not rest:
                self._check_time(start, "date", (*path, "from"), needed=True)
                self._check_time(end, "date", (*path, "to"), needed=False)
                return ValidTime("period", start, end)
        self._note("validTime", value, path)
        return None

    def no_overlap(self) -> tuple[str, ...]:
        """The columns that may not agree in two records of overlapping time."""
        if "noOverlap" not in self._found:
            return ()
        value, path = self._value("noOverlap")
        if not isinstance(value, list) or not value or not all(isinstance(name, str) for name in value):
            self._note("noOverlap", value, path)
            return ()
        for index, name in enumerate(value):
            if name not in self._names:
                self._findings.unknown((*path, index), ("列", "column"), name, self._names)
        time, _ = self._value("validTime")
        if isinstance(time, dict) and time.get("kind") != "period":
            self._findings.add(
                path,
                "有效时间是时段（period）的类才能有 noOverlap",
                "only a class whose valid time is a period may have noOverlap",
                remedy=("删去 noOverlap", "delete noOverlap"),
            )
        return tuple(value)

    def delivery(self) -> Delivery | None:
        """How the department usually sends the class."""
        value, path = self._value("delivery")
        match value:
            case {"format": "csv", "encoding": "utf-8" | "gb18030" as encoding, **rest} if not rest:
                return Delivery("csv", encoding)
            case {"format": "xlsx" | "parquet" as form, **rest} if not rest:
                return Delivery(form, None)
        self._note("delivery", value, path)
        return None

    def covers(self, time: ValidTime | None) -> Covers:
        """What a delivery covers; not said: the whole register, and of a class of months whole months."""
        if "coverage" not in self._found:
            return Covers()
        value, path = self._value("coverage")
        covers = self._coverage.covers(value, path, time) if isinstance(value, dict) else None
        if covers is None:
            self._note("coverage", value, path)
        return covers or Covers()

    def owner(self) -> Owner:
        """Who may say what is so; not said: the department."""
        if "owner" not in self._found:
            return "department"
        value, path = self._value("owner")
        owner = next((one for one in OWNERS if one == value), None)
        if owner is None:
            self._note("owner", value, path)
            return "department"
        return owner

    def days(self) -> tuple[tuple[str, ...], dict[str, int]]:
        """The columns of what has happened, and how many months others may lie ahead, where it is said."""
        happened: tuple[str, ...] = ()
        ahead: dict[str, int] = {}
        value, path = self._value("happened")
        if isinstance(value, list) and value:
            happened = self._coverage.happened(value, path)
        elif "happened" in self._found:
            self._note("happened", value, path)
        value, path = self._value("ahead")
        if isinstance(value, dict) and value:
            ahead = self._coverage.ahead(value, path, happened)
        elif "ahead" in self._found:
            self._note("ahead", value, path)
        return happened, ahead

    def _value(self, name: str) -> tuple[Any, Keys]:
        return self._found.get(name, (None, ("customProperties",)))

    def _note(self, name: str, value: Any, path: Keys) -> None:
        missing = name not in self._found
        self._findings.add(
            path,
            f"缺少合同属性 {name}" if missing else f"合同属性 {name} 的值不对：{value}",
            f"the property {name} is missing" if missing else f"not a value for the property {name}: {value}",
            remedy=_REMEDIES[name],
        )

    def _check_time(self, name: str, kind: Literal["date", "month"], path: Keys, *, needed: bool) -> None:
        """Note a column of valid time that is absent, of another kind, or may be empty though ``needed``."""
        column = self._columns.get(name)
        if name not in self._names:
            self._findings.unknown(path, ("有效时间列", "column of valid time"), name, self._names)
        elif column is not None and column.kind != kind:
            self._findings.add(
                path,
                f"有效时间列“{name}”应当是 {kind}，不是 {column.kind}",
                f"the column of valid time “{name}” should be a {kind}, not a {column.kind}",
                remedy=(
                    "用 logicalType: date；月份再加 physicalType: month",
                    "use logicalType: date, and for a month also physicalType: month",
                ),
            )
        elif column is not None and needed and not column.required:
            self._findings.add(
                path,
                f"有效时间从“{name}”算起，它不能为空",
                f"valid time starts at “{name}”, so it must be filled in",
                remedy=(f"给 {name} 加上 required: true", f"add required: true to {name}"),
            )


def read_service_levels(model: OpenDataContractStandard, findings: Findings) -> tuple[str, int]:
    """How often the class comes, and after how many days without news it is stale."""
    levels = {item.property: (index, item) for index, item in enumerate(model.slaProperties or [])}
    frequency, latency = "", 0
    index, level = levels.get("frequency", (None, None))
    if level is not None and level.value in _FREQUENCIES:
        frequency = str(level.value)
    else:
        findings.add(
            _sla_path(index),
            "不知道多久送一次（slaProperties frequency）",
            "it is not said how often the class comes (slaProperties frequency)",
            remedy=suggestion(str(level.value) if level else "", _FREQUENCIES),
        )
    index, level = levels.get("latency", (None, None))
    if level is not None and isinstance(level.value, int) and level.value > 0 and level.unit == "d":
        latency = level.value
    else:
        findings.add(
            _sla_path(index),
            "不知道多少天没有新数据就算过期（slaProperties latency）",
            "it is not said after how many days the class is stale (slaProperties latency)",
            remedy=(
                "写 {property: latency, value: 95, unit: d}",
                "write {property: latency, value: 95, unit: d}",
            ),
        )
    return frequency, latency


def _sla_path(index: int | None) -> Keys:
    return ("slaProperties",) if index is None else ("slaProperties", index)


def _word(value: Mapping[str, Any], key: str) -> str | None:
    word = value.get(key)
    return word if isinstance(word, str) else None
