"""One YAML file of a pack: its data, and where each value stands in the file."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeAlias

import yaml

from jigong.kernel.problems import JigongError, Place, Problem, error
from jigong.kernel.text import Text
from jigong.packs.yaml_bounds import check_bounds, too_deep

Keys: TypeAlias = tuple[str | int, ...]
_MOST_VALUES = 500_000
"""In one document; the largest of a pack has some thousands."""
_MOST_DIGITS = 100
"""Of a whole number; what is longer is a text."""

_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]*)")
_DECIMAL = re.compile(r"[-+]?[0-9]+\.[0-9]+")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_NOT_PLAIN = ("'", '"', "|", ">")
_NULLS = {"", "~", "null"}
_BOOLEANS = {"true": True, "false": False}


@dataclass(frozen=True)
class Document:
    """A YAML file as data (str, int, Decimal, bool, date, None, list, dict) with places.

    Plain scalars follow YAML 1.2, so ``yes`` and ``no`` are words; a number with a point
    is a Decimal, never a float, so that amounts stay exact.
    """

    file: Path
    data: Any
    lines: tuple[str, ...]
    marks: dict[Keys, tuple[int, int]]

    def place(self, path: Iterable[str | int] = (), *, column: int | None = None, width: int = 1) -> Place:
        """Where the value at ``path`` stands; the nearest enclosing value if it is absent.

        ``column`` counts from 1 inside a one-line scalar and moves the caret there.
        """
        keys = tuple(path)
        while keys not in self.marks and keys:
            keys = keys[:-1]
        line, start = self.marks.get(keys, (1, 1))
        return Place(
            str(self.file),
            line,
            start + (column - 1 if column else 0),
            self.lines[line - 1] if line <= len(self.lines) else None,
            width,
        )

    def problem(
        self, path: Iterable[str | int], zh: str, en: str, *, remedy: tuple[str, str] | None = None
    ) -> Problem:
        """A problem that stands at ``path`` in this file."""
        return Problem(Text(zh, en), self.place(path), Text(*remedy) if remedy else None)


def read_document(file: Path) -> Document:
    """Read ``file``.

    Raises:
        JigongError: the file is missing, is not UTF-8, or is not YAML, with place and remedy.
    """
    return parse_document(read_text(file), file)


def read_text(file: Path) -> str:
    """The text of ``file``.

    Raises:
        JigongError: the file is missing or not UTF-8, with a remedy.
    """
    try:
        return file.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise error(
            f"缺少文件 {file}", f"missing file {file}", remedy=("补上这个文件", "add the file")
        ) from None
    except UnicodeDecodeError as bad:
        raise error(
            f"{file} 不是 UTF-8 编码(第 {bad.start + 1} 个字节)",
            f"{file} is not UTF-8 (byte {bad.start + 1})",
            remedy=("把文件另存为 UTF-8", "save the file as UTF-8"),
        ) from None


def parse_document(text: str, file: Path) -> Document:
    """Parse YAML ``text`` that came from ``file``; errors as in :func:`read_document`.

    Nobody changes the data of a document: who parses the same text again gets the same.
    """
    try:
        return Document(file, *_parsed(text))
    except JigongError as bad:
        raise JigongError(
            *(replace(p, place=p.place and replace(p.place, file=str(file))) for p in bad.problems)
        ) from None


@lru_cache(maxsize=1_024)
def _parsed(text: str) -> tuple[Any, tuple[str, ...], dict[Keys, tuple[int, int]]]:
    """Data, lines and marks. Places name no file yet: a pack is read again and again, from copy to copy."""
    lines = tuple(text.splitlines())
    marks: dict[Keys, tuple[int, int]] = {}
    check_bounds(text)
    try:
        node = yaml.compose(text, Loader=yaml.CSafeLoader)
        data = _construct(node, (), marks, lines) if node is not None else None
    except RecursionError:
        raise too_deep(1) from None
    except yaml.reader.ReaderError as bad:
        # libyaml counts bytes.
        line = text.encode()[: bad.position].count(b"\n") + 1
        raise error(
            f"YAML 里有不允许的字符 U+{bad.character:04X}",
            f"YAML has a character that is not allowed: U+{bad.character:04X}",
            place=Place("", line),
            remedy=("删去这个字符", "remove it"),
        ) from None
    except yaml.MarkedYAMLError as bad:
        mark = bad.problem_mark or bad.context_mark
        line = mark.line + 1 if mark else 1
        raise error(
            f"YAML 写法有误：{bad.problem}",
            f"not valid YAML: {bad.problem}",
            place=Place(
                "",
                line,
                mark.column + 1 if mark else 1,
                lines[line - 1] if line <= len(lines) else None,
            ),
            remedy=("检查缩进、冒号和引号", "check indentation, colons and quotes"),
        ) from None
    return data, lines, marks


def _construct(
    node: yaml.Node, path: Keys, marks: dict[Keys, tuple[int, int]], lines: tuple[str, ...]
) -> Any:
    if len(marks) > _MOST_VALUES:
        # Aliases of aliases: a few lines that mean more than any memory holds.
        raise RecursionError
    quoted = isinstance(node, yaml.ScalarNode) and node.style in ("'", '"')
    marks[path] = (node.start_mark.line + 1, node.start_mark.column + 1 + quoted)
    if isinstance(node, yaml.MappingNode):
        mapping: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = str(key_node.value)
            if key in mapping:
                line = key_node.start_mark.line + 1
                raise JigongError(
                    Problem(
                        Text(f"“{key}”写了两次", f"“{key}” is written twice"),
                        Place("", line, key_node.start_mark.column + 1, lines[line - 1], len(key)),
                        Text("只保留一处", "keep one of them"),
                    )
                )
            mapping[key] = _construct(value_node, (*path, key), marks, lines)
        return mapping
    if isinstance(node, yaml.SequenceNode):
        return [_construct(child, (*path, i), marks, lines) for i, child in enumerate(node.value)]
    text = str(node.value)
    return text if getattr(node, "style", None) in _NOT_PLAIN else _plain(text)


def _plain(text: str) -> str | int | Decimal | bool | date | None:
    """The value of an unquoted scalar."""
    if text in _NULLS:
        return None
    if text in _BOOLEANS:
        return _BOOLEANS[text]
    if _INTEGER.fullmatch(text) and len(text) <= _MOST_DIGITS:
        return int(text)
    if _DECIMAL.fullmatch(text):
        return Decimal(text)
    if _DATE.fullmatch(text):
        try:
            return date.fromisoformat(text)
        except ValueError:
            return text
    return text
