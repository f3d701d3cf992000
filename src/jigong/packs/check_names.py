"""A name that nothing has, and the nearest one that something does."""

from collections.abc import Iterable, Iterator
from typing import Any

from jigong.kernel.problems import Problem, nearest
from jigong.packs.shape import Placed


def unknown(
    placed: Placed[Any], path: tuple[str | int, ...], name: str, known: Iterable[str], zh: str, en: str
) -> Iterator[Problem]:
    """A problem if ``name`` is not ``known``, with the nearest name."""
    names = list(known)
    if name not in names:
        close = nearest(name, names)
        yield placed.problem(
            path,
            f"没有名为 {name} 的{zh}",
            f"there is no {en} named {name}",
            remedy=(f"是不是想写 {close}?", f"did you mean {close}?") if close else None,
        )
