"""Collects everything that is wrong with one contract, so that all of it is reported at once."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import open_data_contract_standard.model as odcs
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from jigong.kernel.problems import Place, Problem, nearest
from jigong.kernel.text import Text
from jigong.packs.document import Document, Keys

_FIELDS = sorted(
    {
        field.alias or name
        for model in vars(odcs).values()
        if isinstance(model, type) and issubclass(model, BaseModel)
        for name, field in model.model_fields.items()
    }
)
_SHAPES = {
    "string_type": (
        Text("这里应当是文字", "this should be text"),
        Text("给值加上引号，或改为文字", "put quotes around the value, or write text"),
    ),
    "bool_parsing": (
        Text("这里应当是 true 或 false", "this should be true or false"),
        Text("写 true 或 false", "write true or false"),
    ),
    "int_parsing": (
        Text("这里应当是整数", "this should be a whole number"),
        Text("写一个整数", "write a whole number"),
    ),
    "list_type": (
        Text("这里应当是列表", "this should be a list"),
        Text("每一项前面写“- ”", "write “- ” before each item"),
    ),
}


class Findings:
    """The problems of one document, in the order in which they were found."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.problems: list[Problem] = []

    def add(self, path: Keys, zh: str, en: str, *, remedy: tuple[str, str]) -> None:
        """Note a problem at ``path``."""
        self.problems.append(self.document.problem(path, zh, en, remedy=remedy))

    def add_in_line(
        self, path: Keys, text: str, at: tuple[int, int], what: Text, *, remedy: tuple[str, str]
    ) -> None:
        """Note a problem inside ``text``, the scalar at ``path``; ``at`` is (offset from 0, width).

        The caret moves there if the text stands on one line of the file as it is.
        """
        place = self.document.place(path)
        start = (place.column or 1) - 1
        if place.source is not None and place.source[start:].startswith(text):
            place = self.document.place(path, column=at[0] + 1, width=at[1])
        self.problems.append(Problem(what, place, Text(*remedy)))

    def text(self, path: Keys, zh: str | None, en: str | None, fields: tuple[str, str]) -> Text:
        """A text in both languages, taken from the two ``fields`` at ``path``; notes what is missing."""
        for value, field, names in (
            (zh, fields[0], ("中文", "Chinese")),
            (en, fields[1], ("英文", "English")),
        ):
            if value is None or not value.strip():
                self.add(
                    (*path, field),
                    f"缺少{names[0]}名称或说明（{field}）",
                    f"the {names[1]} text is missing ({field})",
                    remedy=(f"补上 {field}", f"add {field}"),
                )
        return Text((zh or "").strip(), (en or "").strip())

    def unknown(self, path: Keys, kind: tuple[str, str], name: str, known: Sequence[str]) -> None:
        """Note that ``name`` is not one of ``known``, with the nearest name as remedy."""
        self.add(
            path,
            f"未知的{kind[0]}“{name}”",
            f"unknown {kind[1]} “{name}”",
            remedy=suggestion(name, known),
        )

    def duplicates(self, names: Sequence[tuple[str, Keys]], kind: tuple[str, str]) -> None:
        """Note every name that stands twice; letter case and outer blanks do not tell names apart."""
        first: dict[str, Place] = {}
        for name, path in names:
            place = first.setdefault(name.strip().casefold(), self.document.place(path))
            if place != self.document.place(path):
                self.add(
                    path,
                    f"{kind[0]}“{name}”重复，第 {place.line} 行已经有了",
                    f"{kind[1]} “{name}” stands twice, first on line {place.line}",
                    remedy=("只保留一处", "keep one of them"),
                )


def suggestion(name: str, known: Sequence[str]) -> tuple[str, str]:
    """What to do about an unknown name: the nearest known one, or the whole list."""
    close = nearest(name, known)
    if close is not None:
        return f"是不是“{close}”？", f"did you mean “{close}”?"
    listed = ", ".join(known)
    return f"可以写：{listed}", f"use one of: {listed}"


def validated(findings: Findings) -> odcs.OpenDataContractStandard | None:
    """The document as the standard's own model, or None after noting what does not fit it."""
    try:
        # Fields the standard does not have are refused everywhere: a misspelt one would do nothing, silently.
        return odcs.OpenDataContractStandard.model_validate(_plain(findings.document.data), extra="forbid")
    except ValidationError as bad:
        for detail in bad.errors(include_url=False):
            _note_shape(findings, detail)
        return None


def _note_shape(findings: Findings, detail: ErrorDetails) -> None:
    path = detail["loc"]
    if detail["type"] == "extra_forbidden":
        findings.unknown(path, ("字段", "field"), str(path[-1]), _FIELDS)
        return
    what, remedy = _SHAPES.get(
        detail["type"],
        (
            Text(f"不合标准的写法：{detail['msg']}", f"not as the standard has it: {detail['msg']}"),
            Text("对照 docs/pack.md 修改", "compare with docs/pack.md"),
        ),
    )
    field = ".".join(str(key) for key in path)
    findings.add(path, f"{field}：{what.zh}", f"{field}: {what.en}", remedy=(remedy.zh, remedy.en))


def _plain(value: Any) -> Any:
    """The value with dates as text, the way the standard writes them. Decimals stay exact."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value.isoformat() if isinstance(value, date) else value
