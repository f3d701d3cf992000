"""What a command shows: tables for people, JSON for programs, progress on the error stream."""

import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import fields, is_dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from jigong.kernel.problems import Problem
from jigong.kernel.text import Language, Text, counted

_PLAIN_WIDTH = 120

VERDICTS: Mapping[str, Text] = {
    "yes": Text("符合", "yes"),
    "no": Text("不符合", "no"),
    "undecided": Text("待定", "undecided"),
}

UNITS: Mapping[str, Text] = {
    "yuan": Text("元", "yuan"),
    "percent": Text("%", "%"),
    "person": Text("人", "people"),
    "household": Text("户", "households"),
    "enterprise": Text("家", "enterprises"),
    "event": Text("人次/件", "events"),
    "per_1000": Text("每千人", "per 1,000"),
    "month": Text("个月", "months"),
}


def default_language() -> Language:
    """``JIGONG_LANG`` where it is set; else Chinese, the platform's first language."""
    return named_language(os.environ.get("JIGONG_LANG", "zh"))


def named_language(name: str) -> Language:
    """The language a person names: ``en…`` is English, anything else Chinese."""
    return "en" if name.lower().startswith("en") else "zh"


class Screen:
    """Where one command writes, in which language, and whether as JSON."""

    def __init__(self, language: Language, as_json: bool = False) -> None:
        self.language = language
        self.as_json = as_json
        # A file or pipe has no width of its own; tables with Chinese labels need about a hundred columns.
        self.out = Console(highlight=False, width=None if sys.stdout.isatty() else _PLAIN_WIDTH)
        self.err = Console(stderr=True, highlight=False)

    def __call__(self, text: Text | str) -> str:
        """``text`` in the command's language."""
        return text if isinstance(text, str) else text.in_(self.language)

    def say(self, zh: str, en: str, style: str | None = None) -> None:
        """One line for people; nothing where a program reads."""
        if not self.as_json:
            self.out.print(escape(zh if self.language == "zh" else en), style=style, soft_wrap=True)

    def title(self, zh: str, en: str) -> None:
        """A heading."""
        if not self.as_json:
            self.out.print()
            self.out.print(f"[bold cyan]━━ {escape(zh if self.language == 'zh' else en)}[/]")

    def warn(self, zh: str, en: str) -> None:
        """One line on the error stream, for people and programs alike."""
        self.err.print(escape(zh if self.language == "zh" else en), style="yellow")

    def json(self, value: Any) -> None:
        """``value`` as JSON on the output stream."""
        sys.stdout.write(json.dumps(jsonable(value), ensure_ascii=False, indent=1) + "\n")

    def table(
        self,
        columns: Sequence[tuple[Text | str, str]],
        rows: Sequence[Sequence[object]],
        title: Text | None = None,
    ) -> None:
        """A table; ``columns`` are labels with ``left`` or ``right``."""
        table = Table(title=self(title) if title else None, title_justify="left", box=None, pad_edge=False)
        for label, side in columns:
            table.add_column(self(label), justify="right" if side == "right" else "left", overflow="fold")
        for row in rows:
            table.add_row(*(escape(self.cell(value)) for value in row))
        self.out.print(table)

    def cell(self, value: object) -> str:
        """A value as a person reads it: thousands apart, dates as ISO, yes and no in words."""
        if value is None:
            return "—"
        if isinstance(value, Text):
            return self(value)
        if isinstance(value, bool):
            return self(Text("是", "yes") if value else Text("否", "no"))
        if isinstance(value, int):
            return f"{value:,}"
        if isinstance(value, Decimal):
            return f"{value:,}"
        return str(value)

    def problems(self, problems: Sequence[Problem], most: int = 30) -> None:
        """Problems on the error stream, each with place and remedy."""
        for problem in problems[:most]:
            first, *rest = problem.render(self.language).splitlines()
            self.err.print(f"[bold red]✗[/] {escape(first)}")
            for line in rest:
                self.err.print(escape(line), soft_wrap=True)
        if len(problems) > most:
            self.warn(
                f"……另有 {len(problems) - most} 个问题",
                f"… and {counted(len(problems) - most, 'more problem')}",
            )

    @contextmanager
    def progress(self, zh: str, en: str) -> Iterator["Steps"]:
        """Progress of a longer piece of work, on the error stream; silent where that is not a terminal."""
        with Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            TimeElapsedColumn(),
            console=self.err,
            transient=True,
            disable=not self.err.is_terminal,
        ) as bar:
            yield Steps(bar, zh if self.language == "zh" else en)


class Steps:
    """Named steps of a piece of work, shown as they come."""

    def __init__(self, bar: Progress, label: str) -> None:
        self._bar = bar
        self._label = label
        self._task = bar.add_task(label, total=None)

    def step(self, name: str) -> None:
        """Show that the work has come to ``name``."""
        self._bar.update(self._task, description=f"{self._label} · {escape(name)}")

    def count(self, name: str, done: int, total: int) -> None:
        """Show how much of the work is done."""
        self._bar.update(
            self._task, description=f"{self._label} · {escape(name)}", completed=done, total=total
        )


def jsonable(value: Any) -> Any:
    """``value`` in the types of JSON: decimals and dates as text, texts as both languages."""
    if isinstance(value, BaseModel):
        return jsonable(value.model_dump(by_alias=True))
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: jsonable(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): jsonable(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [jsonable(item) for item in value]
    if isinstance(value, Decimal | date | Path):
        return str(value)
    return value
