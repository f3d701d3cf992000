"""The SQL of a pack is data, never code: a SELECT of the classes it names, and of nothing else.

What it may say is read from DuckDB's own tree of the text, so what is checked is what runs. The connection it runs in is
closed besides (:meth:`jigong.lake.snapshot.Snapshot.connect`): what slips through here finds no file, and no setting.
"""

import json
import re
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from threading import Timer
from typing import Any

import duckdb

from jigong.kernel.names import SIGN, quoted
from jigong.kernel.problems import JigongError, Place, Problem, error, nearest
from jigong.kernel.text import Text
from jigong.packs.authored_functions import FUNCTIONS
from jigong.packs.contract_columns import engine
from jigong.packs.sqltext import MAX_LENGTH

PARAMETER = re.compile(r"(?<![\w.])[^\W\d]\w*\.[^\W\d]\w*(?!\w)")
"""What may be the name of a parameter in a text: ``topic.name``."""
AS_OF = re.compile(r"(?<![:\w]):as_of\b")
_TABLES = frozenset({"unnest", "range", "generate_series", "reckoned"})
"""Functions that give rows."""
_BARE = frozenset(
    ["current_date", "current_time", "current_timestamp", "current_role", "current_user", "current_catalog",
     "current_schema", "localtime", "localtimestamp", "session_user", "user"]
)  # fmt: skip
"""Functions that SQL calls without brackets."""
_FROM = frozenset({"BASE_TABLE", "TABLE_FUNCTION", "SUBQUERY", "JOIN", "EMPTY", "EXPRESSION_LIST"})

SECONDS = 600
"""How long one text may run: a topic of a district takes seconds."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What a text may not say: where it stands in the text (None: nowhere in particular), how wide, what to do."""

    what: Text
    start: int | None
    width: int
    remedy: Text

    def problem(self, place: Place) -> Problem:
        """The fault as a problem that stands at ``place``."""
        return Problem(self.what, place, self.remedy)


def faults(text: str, tables: Collection[str], parameters: Collection[str] = ()) -> tuple[Fault, ...]:
    """What ``text`` says beyond one SELECT of ``tables`` (by their names), with functions that depend on nothing else.

    ``parameters`` may stand in it by their names, and ``:as_of``.
    """
    return _faults(text, frozenset(tables), frozenset(parameters))


def refuse(text: str, tables: Collection[str], parameters: Collection[str], place: Place) -> None:
    """Let only what is data go on.

    Raises:
        JigongError: everything in ``text`` that :func:`faults` finds.
    """
    found = faults(text, tables, parameters)
    if found:
        raise JigongError(*(fault.problem(place) for fault in found))


@contextmanager
def in_time(
    connection: duckdb.DuckDBPyConnection, place: Place | None, seconds: float = SECONDS
) -> Iterator[None]:
    """What runs in ``connection`` ends after so many seconds.

    Raises:
        JigongError: it took longer, or more memory than there is for it.
    """
    timer = Timer(seconds, connection.interrupt)
    timer.start()
    try:
        yield
    except duckdb.InterruptException:
        raise error(
            f"这段 SQL 运行超过 {seconds:g} 秒",
            f"this SQL runs for more than {seconds:g} seconds",
            place=place,
            remedy=(
                "写得更简单，尤其检查连接条件",
                "make it simpler; above all look at how tables are joined",
            ),
        ) from None
    except duckdb.OutOfMemoryException:
        raise error(
            "这段 SQL 需要的内存超过上限",
            "this SQL needs more memory than there is for it",
            place=place,
            remedy=(
                "写得更简单，尤其检查连接条件",
                "make it simpler; above all look at how tables are joined",
            ),
        ) from None
    finally:
        timer.cancel()


@lru_cache(maxsize=1024)
def _faults(text: str, tables: frozenset[str], parameters: frozenset[str]) -> tuple[Fault, ...]:
    if len(text) > MAX_LENGTH:
        return (
            Fault(
                Text(f"SQL 超过 {MAX_LENGTH} 个字", f"the SQL has more than {MAX_LENGTH:,} characters"),
                None,
                1,
                Text("拆成几个主题", "split it into several topics"),
            ),
        )

    def named(match: re.Match[str]) -> str:
        # Whatever SQL means by its words. Of the same length, so that places stay what they are.
        return quoted(SIGN + "x" * (len(match[0]) - 3)) if match[0] in parameters else match[0]

    readable = AS_OF.sub("$as_of", PARAMETER.sub(named, text))
    with engine().cursor() as connection:
        try:
            row = connection.execute("SELECT json_serialize_sql(?)", [readable]).fetchone()
        except duckdb.Error as bad:
            return (_not_one(str(bad).splitlines()[0]),)
    try:
        tree = json.loads(row[0]) if row else {}
    except RecursionError:
        return (_not_one("nested too deep"),)
    statements = tree.get("statements", ())
    if tree.get("error") or len(statements) != 1:
        place = str(tree.get("position", ""))
        before = len(text.encode()[: int(place)].decode(errors="ignore")) if place.isdigit() else None
        return (_not_one(str(tree.get("error_message", f"{len(statements)} statements")), before),)
    try:
        return tuple(_Reader(readable, tables, statements[0]).read())
    except RecursionError:
        return (_not_one("nested too deep"),)


def _not_one(detail: str, start: int | None = None) -> Fault:
    return Fault(
        Text(f"须是一个写法正确的 SELECT：{detail}", f"must be one well-formed SELECT: {detail}"),
        start,
        1,
        Text("写成 SELECT … FROM …", "write SELECT … FROM …"),
    )


class _Reader:
    """Walks DuckDB's tree of one statement."""

    def __init__(self, text: str, tables: frozenset[str], tree: Mapping[str, Any]) -> None:
        self._bytes = text.encode()
        self._tables = tables
        self._tree = tree
        self._defined = frozenset(_defined(tree))

    def read(self) -> Iterator[Fault]:
        """What may not stand there."""
        yield from self._walk(self._tree)

    def _walk(self, node: Any) -> Iterator[Fault]:
        if isinstance(node, list):
            for item in node:
                yield from self._walk(item)
            return
        if not isinstance(node, dict):
            return
        yield from self._node(node)
        for name, child in node.items():
            if name == "function" and node.get("type") == "TABLE_FUNCTION":
                # Its name is told with the table; what it is given is not.
                yield from self._walk(child.get("arguments"))
            else:
                yield from self._walk(child)

    def _node(self, node: Mapping[str, Any]) -> Iterator[Fault]:
        match node.get("class"):
            case "FUNCTION" | "WINDOW":
                yield from self._function(node)
            case "COLUMN_REF":
                names = node["column_names"]
                if len(names) == 1 and names[0].lower() in _BARE:
                    yield self._no_function(node, names[0])
            case "PARAMETER" if node.get("identifier") != "as_of":
                yield self._fault(
                    node,
                    "这里没有这个值",
                    "there is no such value here",
                    ("只有 :as_of 和参数", "there are :as_of and parameters"),
                )
            case None if "sample" in node and isinstance(node.get("type"), str):
                yield from self._source(node)

    def _function(self, node: Mapping[str, Any]) -> Iterator[Fault]:
        name = node["function_name"].lower()
        written = len(node.get("qualified_name", {}).get("path", ())) or 1
        if (written > 1 and name not in FUNCTIONS) or (name[:1].isalpha() and name not in FUNCTIONS):
            yield self._no_function(node, name)

    def _source(self, node: Mapping[str, Any]) -> Iterator[Fault]:
        """A table, or whatever stands in its place, after FROM; or a SELECT, which has a sample as well."""
        kind = node["type"]
        if node["sample"] is not None:
            yield self._fault(
                node,
                "不能抽样：同样的数据须得出同样的事实",
                "no samples: the same data must give the same facts",
                ("删去 SAMPLE", "remove SAMPLE"),
            )
        if kind.endswith("_NODE"):
            return
        if kind not in _FROM:
            yield self._fault(
                node,
                "FROM 后面只能写数据类和子查询",
                "after FROM stand classes of data and subqueries",
                ("只用 SELECT", "use SELECT only"),
            )
        elif kind == "TABLE_FUNCTION":
            name = node["function"]["function_name"].lower()
            if name not in _TABLES:
                yield self._no_function(node, name)
        elif kind == "BASE_TABLE":
            name = node["table_name"]
            alone = not node["schema_name"] and not node["catalog_name"] and node.get("at_clause") is None
            if not alone or (name not in self._tables and name not in self._defined):
                close = nearest(name, sorted(self._tables))
                yield self._fault(
                    node,
                    f"没有数据类 {name}",
                    f"no class of data {name}",
                    (f"是不是想写 {close}?", f"did you mean {close}?") if close else ("只能读有数据标准的类", "only classes with a contract can be read"),
                )  # fmt: skip

    def _no_function(self, node: Mapping[str, Any], name: str) -> Fault:
        close = nearest(name, sorted(FUNCTIONS))
        remedy = (f"是不是想写 {close}?", f"did you mean {close}?") if close else (
            "事实只能取自数据和 as_of；可用的函数见 docs/pack.md",
            "facts come from the data and as_of alone; docs/pack.md lists the functions there are",
        )  # fmt: skip
        return self._fault(node, f"这里没有函数 {name}", f"there is no function {name} here", remedy)

    def _fault(self, node: Mapping[str, Any], zh: str, en: str, remedy: tuple[str, str]) -> Fault:
        start, width = node.get("query_location", -1), node.get("query_location_length", 1)
        if not 0 <= start < len(self._bytes):
            return Fault(Text(zh, en), None, 1, Text(*remedy))
        # What is told of a table includes its alias.
        width = len(node["table_name"].encode()) if node.get("type") == "BASE_TABLE" else width
        before = len(self._bytes[:start].decode(errors="ignore"))
        marked = self._bytes[start : start + width].decode(errors="ignore").splitlines()
        return Fault(Text(zh, en), before, len(marked[0]) if marked else 1, Text(*remedy))


def _defined(node: Any) -> Iterator[str]:
    """The names that a statement gives to its own WITH queries, wherever they stand."""
    if isinstance(node, list):
        for item in node:
            yield from _defined(item)
    elif isinstance(node, dict):
        for name, child in node.items():
            if name == "cte_map":
                yield from (entry["key"] for entry in child["map"])
            yield from _defined(child)
