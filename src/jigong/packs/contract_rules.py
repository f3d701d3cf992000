"""Reads the row rules of a contract, and checks that the lake can run each of them."""

from collections.abc import Sequence

import duckdb
from open_data_contract_standard.model import DataQuality
from sqlglot import exp
from sqlglot.errors import ParseError, TokenError

from jigong.kernel.text import Text
from jigong.packs.authored import faults
from jigong.packs.contract_columns import engine
from jigong.packs.contract_findings import Findings, suggestion
from jigong.packs.contract_types import Column, RowRule
from jigong.packs.document import Keys
from jigong.packs.sqltext import parsed


def read_row_rule(
    quality: DataQuality, path: Keys, names: Sequence[str], columns: Sequence[Column], findings: Findings
) -> RowRule | None:
    """The row rule at ``path``.

    ``names`` are all columns of the class, ``columns`` those that could be read: only if these are
    all of them can the rule be tried on their types.
    """
    if quality.type != "custom" or quality.engine != "jigong":
        findings.add(
            path,
            "只认得 type: custom、engine: jigong 的规则",
            "only rules of type: custom, engine: jigong are known",
            remedy=("改成这样的规则，或删去", "make it such a rule, or delete it"),
        )
        return None
    if quality.severity not in (None, "error", "warning"):
        findings.unknown(
            (*path, "severity"), ("严重程度", "severity"), quality.severity, ("error", "warning")
        )
    message = findings.text(
        path, quality.description, quality.businessImpact, ("description", "businessImpact")
    )
    sql = quality.implementation
    if not quality.name or not isinstance(sql, str) or not sql.strip():
        findings.add(
            path,
            "规则要有名字（name）和条件（implementation）",
            "a rule needs a name and a condition (implementation)",
            remedy=("补上 name 和 implementation", "add name and implementation"),
        )
        return None
    path = (*path, "implementation")
    if _names_known(sql, path, names, findings) and len(columns) == len(names):
        _try(sql, path, columns, findings)
    return RowRule(quality.name, sql.strip(), message, warns=quality.severity == "warning")


def _names_known(sql: str, path: Keys, names: Sequence[str], findings: Findings) -> bool:
    """Whether ``sql`` is one condition over known columns; notes what is wrong."""
    try:
        tree = parsed(sql)
    except ParseError as bad:
        _note_syntax(sql, path, bad, findings)
        return False
    except TokenError as bad:
        _note_condition(path, str(bad), findings)
        return False
    if not isinstance(tree, exp.Condition) or tree.find(exp.Query):
        _note_condition(path, sql, findings)
        return False
    known = True
    # Of the same words: a rule that asked the clock would take a row today and refuse it tomorrow.
    for fault in faults(f"SELECT {sql}\n", ()):
        known = False
        at = (max((fault.start or 0) - len("SELECT "), 0), fault.width)
        findings.add_in_line(path, sql, at, fault.what, remedy=(fault.remedy.zh, fault.remedy.en))
    for column in tree.find_all(exp.Column):
        if column.name not in names:
            known = False
            at = (int(column.this.meta.get("start", 0)), len(column.name))
            what = Text(
                f"规则里的列“{column.name}”不存在", f"the rule names an unknown column “{column.name}”"
            )
            findings.add_in_line(path, sql, at, what, remedy=suggestion(column.name, names))
    return known


def _note_syntax(sql: str, path: Keys, bad: ParseError, findings: Findings) -> None:
    if not bad.errors:
        _note_condition(path, str(bad), findings)
        return
    flaw = bad.errors[0]
    what = Text(
        f"规则不是 SQL 条件：{flaw['description']}",
        f"the rule is not an SQL condition: {flaw['description']}",
    )
    word = str(flaw["highlight"] or "")
    findings.add_in_line(
        path,
        sql,
        (max(int(flaw["col"] or 1) - len(word), 0), max(len(word), 1)),
        what,
        remedy=("检查括号、引号和运算符", "check parentheses, quotes and operators"),
    )


def _note_condition(path: Keys, detail: str, findings: Findings) -> None:
    findings.add(
        path,
        f"规则应当是关于一行的一个 SQL 条件：{detail}",
        f"a rule should be one SQL condition about one row: {detail}",
        remedy=("写条件，如 net <= gross；不要查询", "write a condition such as net <= gross; no queries"),
    )


def _try(sql: str, path: Keys, columns: Sequence[Column], findings: Findings) -> None:
    """Let DuckDB bind the condition to the columns' types; a WHERE also refuses aggregates."""
    row = ", ".join(f'NULL::{column.duckdb_type} AS "{column.name}"' for column in columns)
    # The line end closes a trailing SQL comment.
    query = f"SELECT ({sql}\n) AS holds FROM (SELECT {row}) WHERE ({sql}\n)"
    try:
        described = engine().cursor().execute(f"DESCRIBE {query}").fetchone()
    except duckdb.Error as bad:
        _note_type(path, str(bad).split("\n\n")[0], findings)
        return
    if described is None or described[1] != "BOOLEAN":
        found = described[1] if described else "nothing"
        _note_type(path, f"{found}, not BOOLEAN", findings)


def _note_type(path: Keys, detail: str, findings: Findings) -> None:
    findings.add(
        path,
        f"规则不能在这些列上运行：{detail}",
        f"the rule cannot run on these columns: {detail}",
        remedy=("比较同类的列，结果为真或假", "compare columns of one type, so that it is true or false"),
    )
