"""Where a part of an expression stands in the text that somebody wrote, for messages."""

import re

from sqlglot import exp

from jigong.kernel.names import Renamed


class Places:
    """The places of one text, of which sqlglot has read another (``named``)."""

    def __init__(self, text: str, named: Renamed) -> None:
        self._text = text
        self._named = named

    def span(self, node: exp.Expr) -> tuple[int, int]:
        """Where the node stands in the text: sqlglot marks names and functions, so their hull."""
        spans = [
            (int(part.meta["start"]), int(part.meta["end"]))
            for part in node.walk()
            if "start" in part.meta and "end" in part.meta
        ]
        if not spans:
            return 0, len(self._text)
        first = self._named.before(min(start for start, _ in spans))
        end = self._named.before(max(last for _, last in spans) + 1)
        while self._text.count("(", first, end) > self._text.count(")", first, end):
            closing = self._text.find(")", end) + 1
            if not closing:
                break
            end = closing
        return first, end - first

    def extent(self, node: exp.Expr) -> tuple[int, int]:
        """Where the whole node stands, as far as that can be told: with the words after its names, and its brackets."""
        if node.parent is None:
            return 0, len(self._text)
        start, width = self.span(node)
        end = start + width
        whole = _CALLS.match(self._text, start)
        if isinstance(node, exp.Literal) or (whole and whole.end() <= end):
            return start, width
        depth = 0
        for token in _AFTER.finditer(self._text, end):
            if token["open"]:
                depth += 1
            elif token["close"] and depth:
                depth -= 1
            elif (token["close"] or token["stop"]) and not depth:
                break
            end = token.end()
            if whole and token["close"] and not depth:
                break
        end = start + len(self._text[start:end].rstrip())
        called = _CALLED.search(self._text, 0, start)
        if isinstance(node, exp.Func) and called and self._text[end:].lstrip().startswith(")"):
            return called.start(), self._text.index(")", end) + 1 - called.start()
        return start, end - start


_AFTER = re.compile(
    r"'(?:[^']|'')*'|(?P<open>\()|(?P<close>\))|(?P<stop>,|;|\b(?:AND|OR|WHEN|THEN|ELSE|END)\b)|\w+|.",
    re.DOTALL | re.IGNORECASE,
)
"""What stands behind a node: a bracket that was open before it, or what joins it to the next one, ends it."""
_CALLS, _CALLED = re.compile(r"\w+\s*\("), re.compile(r"\w+\s*\(\s*$")


def offset(text: str, line: int, column: int) -> int:
    """The character index of a line and column that count from 1."""
    starts = [0, *(found.end() for found in re.finditer(r"\r\n|\r|\n", text))]
    return min(starts[min(line, len(starts)) - 1] + column, len(text))
