"""Options that several commands share."""

from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer

from jigong.cli.console import Screen, default_language, named_language
from jigong.cli.workspace import Workspace
from jigong.kernel.problems import error


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise error(
            f"{text!r} 不是日期", f"{text!r} is not a date", remedy=("写成 2022-12-31", "write 2022-12-31")
        ) from None


Pack_ = Annotated[Path, typer.Option("--pack", envvar="JIGONG_PACK", help="技工包文件夹 The pack's folder")]
Data = Annotated[
    Path, typer.Option("--data", envvar="JIGONG_DATA", help="数据文件夹 Folder of lake, facts and runs")
]
AsOf = Annotated[
    str | None, typer.Option("--as-of", metavar="DATE", help="判定日期，默认为快照日 Date to decide on")
]
KnownOn = Annotated[
    str | None,
    typer.Option("--known-on", metavar="DATE", help="只用这一天为止已知的数据 Only what was known by then"),
]
Json = Annotated[bool, typer.Option("--json", help="输出 JSON Print JSON")]

DEFAULT_PACK = Path("packs/qiantang")
DEFAULT_DATA = Path("var")


def day(text: str | None) -> date | None:
    """A date option's value.

    Raises:
        JigongError: it is not a date.
    """
    return None if text is None else _day(text)


def today() -> date:
    """The day on this machine's clock."""
    return datetime.now().astimezone().date()


def workspace(
    pack: Path,
    data: Path,
    as_of: str | None = None,
    known_on: str | None = None,
    as_json: bool = False,
    language: str | None = None,
) -> Workspace:
    """The workspace of a command."""
    chosen = default_language() if language is None else named_language(language)
    return Workspace(pack, data, Screen(chosen, as_json), day(as_of), day(known_on))
