"""Runs the commands, and turns what went wrong into one helpful message and an exit status."""

import os
import sys

import typer

from jigong import __version__
from jigong.cli import data, decisions, demo, keys, ledger, packs, site
from jigong.cli.console import Screen, default_language
from jigong.kernel.problems import JigongError, Place, Problem
from jigong.kernel.text import Text

app = typer.Typer(
    name="jigong",
    help="技工 Jigong:从部门文件到人人可查的决定 · from departments' files to decisions anyone can check",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
data.add_to(app)
packs.add_to(app)
decisions.add_to(app)
demo.add_to(app)
site.add_to(app)
ledger.add_to(app)
keys.add_to(app)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"jigong {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    lang: str = typer.Option(None, "--lang", help="zh 中文 / en English", envvar="JIGONG_LANG"),
    version: bool = typer.Option(
        False, "--version", callback=_show_version, is_eager=True, help="版本 Version"
    ),
) -> None:
    if lang:
        os.environ["JIGONG_LANG"] = lang


def main() -> None:
    """The ``jigong`` command. Exit status: 0 done, 1 the user can mend it, 2 wrong usage, 3 a fault of ours."""
    try:
        app()
    except JigongError as bad:
        Screen(default_language()).problems(bad.problems)
        sys.exit(1)
    except KeyboardInterrupt:
        Screen(default_language()).warn("已中断，原有数据完好", "interrupted; nothing that was there is lost")
        sys.exit(130)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except OSError as bad:
        problem = Problem(
            Text(f"系统不允许：{bad.strerror or bad}", f"the system refuses: {bad.strerror or bad}"),
            Place(str(bad.filename)) if bad.filename else None,
            Text("检查路径、权限和磁盘空间", "check the path, the permissions and the disk space"),
        )
        Screen(default_language()).problems([problem])
        sys.exit(1)
    except Exception:
        screen = Screen(default_language())
        # Loaded only when needed: every command would pay for it.
        from rich.traceback import Traceback

        screen.err.print(Traceback(show_locals=False))
        screen.warn(
            "程序出错，这不是您的数据的问题；请把以上内容发给开发者",
            "a fault in the program, not in your data; please send the text above to the developers",
        )
        sys.exit(3)
