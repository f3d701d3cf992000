"""Reads what a delivery of a class covers, and how far ahead of the day they became known its days may lie."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from jigong.packs.contract_findings import Findings
from jigong.packs.contract_types import AHEAD_MONTHS, DENSE, Column, Covers, Unread, ValidTime, Withdraws
from jigong.packs.document import Keys

_PARTS = ("kind", "by", "scopes", "dense", "withdraws", "unread")


class CoverageReader:
    """Reads properties that speak about columns. ``names`` are all columns, ``columns`` those that could be read."""

    def __init__(self, names: Sequence[str], columns: Mapping[str, Column], findings: Findings) -> None:
        self._names = names
        self._columns = columns
        self._findings = findings

    def covers(self, value: Mapping[str, Any], path: Keys, time: ValidTime | None) -> Covers | None:
        """What a delivery covers; None where its kind cannot be told."""
        for part in value:
            if part not in _PARTS:
                self._findings.unknown((*path, part), ("覆盖属性", "part of coverage"), part, _PARTS)
        match value.get("kind"):
            case "register" | "months" | "changes" as kind:
                self._check_kind(kind, (*path, "kind"), time)
            case _:
                return None
        dense = self._dense(kind, value, path)
        by = self._by(value, path)
        withdraws = Withdraws(*self._bound("withdraws", Withdraws(), value, path))
        unread = Unread(*self._bound("unread", Unread(), value, path))
        return Covers(kind, by, self._scopes(by, value, path), dense, withdraws, unread)

    def happened(self, value: Sequence[Any], path: Keys) -> tuple[str, ...]:
        """The columns of days that have come when they become known."""
        names = [str(name) for name in value]
        self._findings.duplicates([(name, (*path, i)) for i, name in enumerate(names)], ("列", "column"))
        return tuple(name for i, name in enumerate(names) if self._is_day(name, (*path, i)))

    def ahead(self, value: Mapping[str, Any], path: Keys, happened: Sequence[str]) -> dict[str, int]:
        """The months that the days of some columns may lie ahead."""
        bounds: dict[str, int] = {}
        for name, months in value.items():
            at: Keys = (*path, name)
            if not self._is_day(name, at):
                continue
            if name in happened:
                self._findings.add(
                    at,
                    f"“{name}”已列为已发生的日期（happened），不能再写 ahead",
                    f"“{name}” has happened, so it cannot lie ahead",
                    remedy=("在 happened 和 ahead 中只留一处", "keep it in one of happened and ahead"),
                )
            elif isinstance(months, bool) or not isinstance(months, int) or months < 0:
                self._findings.add(
                    at,
                    f"“{name}”最多提前的月数应当是 0 以上的整数，不是“{months}”",
                    f"how many months “{name}” may lie ahead is a whole number from 0, not “{months}”",
                    remedy=(f"写月数，如 {name}: 12", f"write months, such as {name}: 12"),
                )
            else:
                bounds[name] = months
        return bounds

    def _check_kind(self, kind: str, path: Keys, time: ValidTime | None) -> None:
        if time is not None and (time.kind == "month") != (kind == "months"):
            self._findings.add(
                path,
                "按月的类（validTime 是 month）要写 kind: months，其他类不能写",
                "a class of months (validTime of kind month) covers months, and no other class does",
                remedy=(
                    "写 kind: months" if time.kind == "month" else "写 kind: register 或 kind: changes",
                    "write kind: months" if time.kind == "month" else "write kind: register or kind: changes",
                ),
            )

    def _dense(self, kind: str, value: Mapping[str, Any], path: Keys) -> Decimal:
        if "dense" not in value:
            return DENSE
        dense = value["dense"]
        if kind != "months":
            self._findings.add(
                (*path, "dense"),
                "只有按月的类才有 dense",
                "only a class that covers months has dense",
                remedy=("删去 dense", "delete dense"),
            )
        elif isinstance(dense, bool) or not isinstance(dense, int | Decimal) or not 0 < dense <= 1:
            self._findings.add(
                (*path, "dense"),
                f"dense 应当大于 0、不超过 1，不是“{dense}”",
                f"dense is more than 0 and at most 1, not “{dense}”",
                remedy=("写一个比例，如 0.5", "write a share, such as 0.5"),
            )
        else:
            return Decimal(dense)
        return DENSE

    def _bound(
        self, part: str, usual: Withdraws | Unread, value: Mapping[str, Any], path: Keys
    ) -> tuple[Decimal, int]:
        """How much of something there may be: a share, and a number that is always let through."""
        said = value.get(part, {})
        share, least = (
            (said.get("share", usual.share), said.get("at_least", usual.at_least))
            if isinstance(said, dict) and {*said} <= {"share", "at_least"}
            else (None, None)
        )
        if (
            isinstance(share, bool)
            or not isinstance(share, int | Decimal)
            or not 0 <= share <= 1
            or isinstance(least, bool)
            or not isinstance(least, int)
            or least < 0
        ):
            self._findings.add(
                (*path, part),
                f"{part} 写的是比例（0 到 1）和最少条数，不是“{said}”",
                f"{part} has a share from 0 to 1 and a number of records, not “{said}”",
                remedy=(
                    f"如 {{share: {usual.share}, at_least: {usual.at_least}}}",
                    f"such as {{share: {usual.share}, at_least: {usual.at_least}}}",
                ),
            )
            return usual.share, usual.at_least
        return Decimal(share), least

    def _by(self, value: Mapping[str, Any], path: Keys) -> str | None:
        """The column of the scopes: a text that every record has, else nobody knows in whose scope it stands."""
        by = value.get("by")
        if by is None:
            return None
        at = (*path, "by")
        if by not in self._names:
            self._findings.unknown(at, ("范围列", "column of scopes"), str(by), self._names)
            return None
        column = self._columns.get(by)
        if column is not None and (column.kind != "string" or not column.required):
            self._findings.add(
                at,
                f"范围列“{by}”应当是必填的文字列",
                f"the column of scopes “{by}” must be a string that is filled in",
                remedy=(
                    f"给 {by} 写 logicalType: string 和 required: true，或换一列",
                    f"give {by} logicalType: string and required: true, or take another column",
                ),
            )
        return str(by)

    def _scopes(self, by: str | None, value: Mapping[str, Any], path: Keys) -> tuple[str, ...]:
        """All scopes: those listed, or else the values of the column ``by``."""
        at: Keys = (*path, "scopes")
        scopes = value.get("scopes")
        column = self._columns.get(by) if by is not None else None
        allowed = [each.value for each in column.values] if column is not None else []
        if scopes is None:
            if column is not None and not allowed:
                self._note_scopes(path, f"“{by}”有哪些范围没有写明", f"the scopes of “{by}” are not listed")
            return tuple(allowed)
        if value.get("by") is None:
            self._findings.add(
                at,
                "写了范围（scopes），却没有范围列（by）",
                "there are scopes, but no column (by) that says in whose scope a record stands",
                remedy=("补上 by: 列，或删去 scopes", "add by: column, or delete scopes"),
            )
            return ()
        if not _texts(scopes):
            self._note_scopes(at, f"范围（scopes）的写法不对：{scopes}", f"not a list of scopes: {scopes}")
            return ()
        self._findings.duplicates([(scope, (*at, i)) for i, scope in enumerate(scopes)], ("范围", "scope"))
        for index, scope in enumerate(scopes):
            if allowed and scope not in allowed:
                self._findings.unknown((*at, index), ("范围", "scope"), scope, allowed)
        return tuple(scopes)

    def _note_scopes(self, path: Keys, zh: str, en: str) -> None:
        self._findings.add(
            path,
            zh,
            en,
            remedy=(
                "写 scopes: [甲, 乙]，列出全部；数字加引号",
                "write scopes: [a, b] with all of them; quote digits",
            ),
        )

    def _is_day(self, name: str, path: Keys) -> bool:
        """Whether the column holds days or months; notes it where it does not."""
        if name not in self._names:
            self._findings.unknown(path, ("列", "column"), name, self._names)
            return False
        column = self._columns.get(name)
        if column is not None and column.kind not in AHEAD_MONTHS:
            self._findings.add(
                path,
                f"“{name}”不是日期或月份列",
                f"“{name}” is not a column of days or months",
                remedy=("只写日期列和月份列", "name only columns of dates and months"),
            )
            return False
        return True


def _texts(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(i, str) and i.strip() for i in value)
