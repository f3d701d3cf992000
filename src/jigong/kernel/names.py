"""The names a pack gives, in texts that are read as SQL: they are ours before they are SQL's.

``least(all, b)`` means the fact ``all``, and ``grant > 3`` the fact ``grant``, although both are words of SQL. So the
names that are known are replaced by quoted identifiers with a sign before them, and only then is a text parsed.
"""

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable
from dataclasses import dataclass

SIGN = "#"
"""Begins every identifier of ours, and no name of a pack."""

NAME = re.compile(r"[^\W\d]\w*")
"""What a pack may call something: letters, digits and underscores, not a digit first."""

_TOKEN = re.compile(
    r"'(?:[^']|'')*'|--[^\r\n]*|/\*.*?\*/"
    r'|"(?P<quoted>(?:[^"]|"")*)"'
    r"|(?P<name>(?<![\w.])[^\W\d]\w*(?:\s*\.\s*[^\W\d]\w*)*)(?!\w)",
    re.DOTALL,
)
_CALLED = re.compile(r"\s*\(")
_TYPED = re.compile(r"\s*'")


def quoted(name: str) -> str:
    """``name`` as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def own(*parts: object) -> str:
    """An identifier of ours, such as ``"#0 verdict"``: no name of a pack is the same."""
    return quoted(SIGN + " ".join(str(part) for part in parts))


def alike(names: Iterable[str]) -> list[tuple[str, str]]:
    """Pairs of names that differ only in case: for SQL, and for some file systems, they are one."""
    first: dict[str, str] = {}
    pairs = []
    for name in dict.fromkeys(names):
        other = first.setdefault(name.casefold(), name)
        if other != name:
            pairs.append((other, name))
    return pairs


@dataclass(frozen=True)
class Renamed:
    """A text with other names in it, which remembers where everything stood."""

    text: str
    _places: tuple[tuple[int, int, int, int], ...]
    """Of each replacement where it begins and ends, in this text and in the one before."""

    def before(self, position: int) -> int:
        """Where in the text before something stood; what was replaced stood where its name begins."""
        index = bisect_right(self._places, position, key=lambda place: place[0]) - 1
        if index < 0:
            return position
        _, ends, began, ended = self._places[index]
        return ended + position - ends if position >= ends else began


def renamed(text: str, write: Callable[[str], str | None]) -> Renamed:
    """``text`` with each name in it as ``write`` gives it; None leaves it.

    A name may have parts, ``topic.name``. Texts and comments have none, the name of a function that is called is none,
    nor is the word before a text (``DATE '2022-05-01'``). What is quoted already is an identifier of ours as well.
    """
    parts: list[str] = []
    places: list[tuple[int, int, int, int]] = []
    done = length = 0
    for token in _TOKEN.finditer(text):
        name, identifier = token["name"], token["quoted"]
        if identifier is not None:
            written = quoted(SIGN + identifier.replace('""', '"'))
        elif name is None or _CALLED.match(text, token.end()) or _TYPED.match(text, token.end()):
            continue
        else:
            found = write("".join(name.split()))
            if found is None:
                continue
            written = found
        before = text[done : token.start()]
        parts += [before, written]
        begins = length + len(before)
        length = begins + len(written)
        places.append((begins, length, token.start(), token.end()))
        done = token.end()
    return Renamed("".join([*parts, text[done:]]), tuple(places))
