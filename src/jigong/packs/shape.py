"""Checks the shape of a piece of a pack file, and keeps each object together with its place."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, TypeAdapter, ValidationError

from jigong.kernel.problems import Place, Problem, nearest
from jigong.kernel.text import Text
from jigong.packs.document import Document, Keys

T = TypeVar("T")


@dataclass(frozen=True)
class Placed(Generic[T]):
    """Something a pack says, with the place where it says it and the layer that does."""

    value: T
    document: Document
    path: Keys
    layer: str

    def place(self, *path: str | int) -> Place:
        """Where the part at ``path`` inside this object stands."""
        return self.document.place((*self.path, *path))

    def problem(
        self, path: Sequence[str | int], zh: str, en: str, *, remedy: tuple[str, str] | None = None
    ) -> Problem:
        """A problem that stands at ``path`` inside this object."""
        return Problem(Text(zh, en), self.place(*path), Text(*remedy) if remedy else None)


_EXPECTED = {
    "string_type": Text("需要一段文字", "needs a text"),
    "int_type": Text("需要一个整数", "needs a whole number"),
    "bool_type": Text("需要 true 或 false", "needs true or false"),
    "date_type": Text("需要一个日期，如 2022-05-01", "needs a date like 2022-05-01"),
    "decimal_type": Text("需要一个数字", "needs a number"),
    "is_instance_of": Text("需要一个数字", "needs a number"),
    "tuple_type": Text("需要一个列表", "needs a list"),
    "list_type": Text("需要一个列表", "needs a list"),
    "dict_type": Text("需要一组“键： 值”", "needs keys with values"),
    "model_type": Text("需要一组“键： 值”", "needs keys with values"),
    "value_error": Text(
        "需要数字、true/false、日期、文字或文字的列表",
        "needs a number, true or false, a date, a text, or a list of texts",
    ),
    "too_short": Text("不能为空", "must not be empty"),
    "string_pattern_mismatch": Text("不能为空", "must not be empty"),
    "greater_than": Text("须大于 0", "must be above 0"),
    "greater_than_equal": Text("不能为负", "must not be negative"),
}


def shaped(
    type_: Any, document: Document, path: Keys, layer: str, problems: list[Problem]
) -> Placed[Any] | None:
    """The part of ``document`` at ``path`` as ``type_``; None and more ``problems`` where it does not fit."""
    data = document.data
    for key in path:
        data = data[key]
    try:
        return Placed(TypeAdapter(type_).validate_python(data), document, path, layer)
    except ValidationError as bad:
        seen, details = set(), bad.errors()
        for detail in details:
            if detail["type"] == "too_short" and _within(detail["loc"], details):
                continue
            problem = _explain(detail, document, path, type_)
            if problem not in seen:
                seen.add(problem)
                problems.append(problem)
        return None


def _within(loc: Keys, details: Sequence[Any]) -> bool:
    """Whether something inside ``loc`` is wrong: a list is not empty because its items do not fit."""
    return any(len(other["loc"]) > len(loc) and other["loc"][: len(loc)] == loc for other in details)


def _explain(detail: Any, document: Document, path: Keys, type_: Any) -> Problem:
    keys = (*path, *detail["loc"])
    name = ".".join(str(key) for key in detail["loc"]) or document.file.name
    kind = detail["type"]
    if kind == "missing":
        return Problem(
            Text(f"缺少“{name}”", f"“{name}” is missing"),
            document.place(keys[:-1]),
            Text("补上这一项", "add it"),
        )
    if kind == "extra_forbidden":
        close = nearest(str(keys[-1]), _known_keys(type_))
        remedy = (
            Text(f"是不是想写 {close}?", f"did you mean {close}?") if close else Text("删去", "remove it")
        )
        return Problem(Text(f"不认识的键“{name}”", f"unknown key “{name}”"), document.place(keys), remedy)
    if kind == "literal_error":
        allowed = detail["ctx"]["expected"]
        return Problem(
            Text(f"“{name}”不能是 {detail['input']!r}", f"“{name}” cannot be {detail['input']!r}"),
            document.place(keys),
            Text(f"可以是 {allowed}", f"one of {allowed}"),
        )
    expected = _EXPECTED.get(kind, Text(detail["msg"], detail["msg"]))
    return Problem(Text(f"“{name}”{expected.zh}", f"“{name}” {expected.en}"), document.place(keys))


def _known_keys(type_: Any) -> list[str]:
    """Every key the model and its parts know, to suggest the nearest."""
    if not (isinstance(type_, type) and issubclass(type_, BaseModel)):
        return []
    names = {field.alias or name for name, field in type_.model_fields.items()}
    for field in type_.model_fields.values():
        for part in getattr(field.annotation, "__args__", (field.annotation,)):
            names.update(_known_keys(part))
    return sorted(names)
