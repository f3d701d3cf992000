"""The checks of one contract, as SQL.

A row is read in one of two ways. The *plain* way is one pass over the file: cells are normalised, and a
row that passes every check is taken. Any other row is *odd* and is read the careful way: the same forms,
casts and limits again, step by step, with the reason for each cell that fails. Few rows are odd, so the
careful way may cost what it likes.

References are not checked in the plain pass: a join would lose the order of rows, and with it the lines.
They are checked right after, and a row that refers to nothing known becomes odd as well, because its
reference may only be written in another way.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import date

from jigong.kernel.dates import add_months
from jigong.lake import sql
from jigong.lake.identifiers import valid
from jigong.lake.normalise import (
    DATE_FORM,
    FALSE,
    MONTH_FORM,
    TRUE,
    canonical,
    is_free_text,
    means_no_day,
    prepared,
    trimmed,
)
from jigong.packs.contract import PEOPLE, Column, Contract, RowRule

ODD = "~odd"
"""Column of a staged table: NULL for a plain row, else the row's cells as sent, in the contract's order."""

_CODE = "[!-`{-~]+"
"""Printable ASCII without lower case, which identifiers turn into upper case."""

_SEPARATED = {
    "date": {"-": "%Y-%m-%d", "年": "%Y年%m月%d日", "/": "%Y/%m/%d"},
    "month": {"-": "%Y-%m", "年": "%Y年%m月"},
}
_USUAL = {"date": ("____-__-__", ""), "month": ("____-__", " || '-01'")}
_COMPACT = {"date": (8, "%Y%m%d"), "month": (6, "%Y%m")}
_FIRST_DAY = "DATE '1900-01-01'"
"""A day before it is a slip of the pen, like the year 202 or 0022: nobody alive was born then."""

_LOST = "\ufffd"
_PRIVATE = r"[\x{E000}-\x{F8FF}\x{F0000}-\x{10FFFD}]"
"""A character somebody made for himself: it is nothing on any other machine."""
_POWER = r"(?i)\d(\.\d+)?E\+?\d+"
_ROUNDED = r"\d{15}000"
"""A long number as Excel leaves it: in powers of ten, or with zeros after the fifteenth digit."""
_OLD_NUMBER = r"\d{15}"


def plain_select(contract: Contract, relation: str, raw: Mapping[str, str], known_on: date) -> str:
    """SQL that reads ``relation`` into typed columns plus :data:`ODD`.

    ``raw`` maps the columns that were sent to VARCHAR expressions over ``relation``. Cells in the usual
    forms are read in one step, all others are normalised first. What has happened cannot lie after ``known_on``.
    """
    columns = contract.columns
    cells = ", ".join(f"{raw.get(c.name, 'CAST(NULL AS VARCHAR)')} AS {_raw(c)}" for c in columns)
    quick = [f"{_quickly(c)} AS {_quick(c)}" for c in columns if _is_read_quickly(c)]
    eased = [c for c in columns if _easy(c, contract)]
    # A cell that is easy is NULL in the steps between, and costs nothing there.
    steps = [
        quick,
        [
            f"CASE WHEN {_easy(c, contract)} THEN NULL ELSE {prepared(c, contract, _raw(c))} END AS {_prepared(c)}"
            for c in eased
        ],
        [f"{canonical(c, _prepared(c))} AS {_text(c)}" for c in eased],
        [f"{_plain_typed(c, contract)} AS {sql.name(c.name)}" for c in columns],
    ]
    tests = [_plain_test(c, contract, known_on) for c in columns] + [
        rule_holds(rule) for rule in contract.row_rules if not rule.warns
    ]
    return (
        f"SELECT {sql.names(c.name for c in columns)},"
        f" CASE WHEN NOT ({' AND '.join(tests)}) THEN [{', '.join(map(_raw, columns))}] END AS {sql.name(ODD)}"
        f" FROM ({_in_steps(f'SELECT {cells} FROM {relation}', steps)})"
    )


def careful_select(contract: Contract, relation: str, known: Mapping[str, str], known_on: date) -> str:
    """SQL that reads the odd rows of ``relation`` (columns ``_file_no``, ``_line`` and :data:`ODD`).

    Gives ``_file_no``, ``_line``, :data:`ODD`, the typed columns, and ``_faults``: a list of
    ``{reason, columns, value}``, NULL for a right row. ``known`` maps referring columns to the
    table that holds the known values.
    """
    columns, rules = contract.columns, [rule for rule in contract.row_rules if not rule.warns]
    raws = [f"{sql.name(ODD)}[{place}] AS {_raw(c)}" for place, c in enumerate(columns, 1)]
    # One step for each thing that later ones name more than once.
    steps = [
        [f"{prepared(c, contract, _raw(c))} AS {_prepared(c)}" for c in columns],
        [f"{canonical(c, _prepared(c))} AS {_text(c)}" for c in columns],
        [f"{_typed(c, _text(c))} AS {sql.name(c.name)}" for c in columns],
        [f"{sql.name(c.name)} IN (SELECT value FROM {known[c.name]}) AS {_known(c)}" for c in columns if c.name in known],
        [
            *(f"{_cell_reason(c, contract, known_on, c.name in known)} AS {_reason(c.name)}" for c in columns),
            *(f"CASE WHEN NOT {rule_holds(r)} THEN {sql.text('rule:' + r.id)} END AS {_reason(r.id)}" for r in rules),
        ],
    ]  # fmt: skip
    select = f"SELECT _file_no, _line, {sql.name(ODD)}, {', '.join(raws)} FROM {relation}"
    select = _in_steps(select, steps)
    faults = [_fault(_reason(c.name), [c]) for c in columns]
    faults += [_fault(_reason(r.id), [c for c in columns if _names(r, c)]) for r in rules]
    reasons = [_reason(c.name) for c in columns] + [_reason(r.id) for r in rules]
    return (
        f"SELECT _file_no, _line, {sql.name(ODD)}, {sql.names(c.name for c in columns)},"
        f" CASE WHEN coalesce({', '.join(reasons)}) IS NOT NULL"
        f" THEN list_filter([{', '.join(faults)}], lambda fault: fault IS NOT NULL) END AS _faults FROM ({select})"
    )


def _in_steps(select: str, steps: Sequence[Sequence[str]]) -> str:
    """``select`` with the columns of each step added, one step upon the other."""
    for step in steps:
        if step:
            select = f"SELECT *, {', '.join(step)} FROM ({select})"
    return select


def _easy(column: Column, contract: Contract) -> str:
    """SQL that is TRUE when a raw cell is in a usual form; empty if there is no need to ask."""
    raw, quick = _raw(column), _quick(column)
    match column.kind:
        case "boolean":
            return f"{raw} IN ({sql.texts(TRUE + FALSE)})"
        case "date" | "month":
            return f"{quick} IS NOT NULL"
        case "integer" | "decimal":
            # Most numbers are written as DuckDB writes them; comparing costs half of matching the form.
            # CASE, because both sides of an OR would be worked out for every row.
            same = f"CAST({quick} AS VARCHAR) = {raw}"
            return f"CASE WHEN {same} THEN TRUE ELSE regexp_full_match({raw}, '{_form(column)}') END"
        case "string":
            if column.reference or is_free_text(column, contract):
                return ""
            if column.values:
                return f"{raw} IN ({sql.texts(value.value for value in column.values)})"
            return f"regexp_full_match({raw}, '{_CODE}')"


def _plain_typed(column: Column, contract: Contract) -> str:
    """SQL for the typed value: straight from an easy cell, else by way of its canonical text."""
    raw, nothing = _raw(column), means_no_day(column, contract)
    if column.none:
        return (
            f"CASE WHEN {raw} IS NULL THEN {sql.text(column.none[0])} ELSE {_straight(column, contract)} END"
        )
    if nothing:
        return f"CASE WHEN {raw} NOT IN ({sql.texts(nothing)}) THEN {_straight(column, contract)} END"
    return _straight(column, contract)


def _straight(column: Column, contract: Contract) -> str:
    raw = _raw(column)
    if not _easy(column, contract):
        return raw if column.reference else trimmed(raw)
    straight = _quick(column) if _is_read_quickly(column) else _typed(column, raw)
    return f"CASE WHEN {_prepared(column)} IS NULL THEN {straight} ELSE {_typed(column, _text(column))} END"


def _is_read_quickly(column: Column) -> bool:
    return column.kind in ("date", "month", "integer", "decimal")


def _quickly(column: Column) -> str:
    """SQL for a number or day in one of the usual forms, read in one step; NULL for most other forms."""
    raw = _raw(column)
    if column.kind in _SEPARATED:
        return _quick_day(column, raw)
    if column.kind == "decimal":
        # A cast that fails costs ten times one that does not; separators are the usual reason.
        ending = "_" * (column.scale or 0)
        return (
            f"CASE WHEN {raw} LIKE '%.{ending}' OR NOT contains({raw}, ',')"
            f" THEN TRY_CAST({raw} AS {column.duckdb_type}) END"
        )
    return f"TRY_CAST({raw} AS {column.duckdb_type})"


def _quick_day(column: Column, raw: str) -> str:
    """SQL for a day or month in one of the usual forms, read in one step; NULL for any other form.

    The sign in the fifth place, after a year of four digits, tells the form: trying one form after another
    costs ten times as much.
    """
    usual, ending = _USUAL[column.kind]
    length, compact = _COMPACT[column.kind]
    forms = [
        f"WHEN '{sign}' THEN try_strptime({raw}, '{form}')" for sign, form in _SEPARATED[column.kind].items()
    ]
    short = f"CASE WHEN length({raw}) = {length} THEN try_strptime({raw}, '{compact}') END"
    other = f"CAST(CASE {raw}[5:5] {' '.join(forms)} ELSE {short} END AS DATE)"
    return f"CASE WHEN {raw} LIKE '{usual}' THEN TRY_CAST({raw}{ending} AS DATE) ELSE {other} END"


def _typed(column: Column, text: str) -> str:
    """SQL for the typed value of a canonical ``text``; NULL when it is not of the column's type."""
    match column.kind:
        case "string":
            return text
        case "boolean":
            return f"CASE WHEN {text} IN ({sql.texts(TRUE)}) THEN TRUE WHEN {text} IN ({sql.texts(FALSE)}) THEN FALSE END"
        case "month":
            return f"TRY_CAST(regexp_extract({text}, '^{MONTH_FORM}$') || '-01' AS DATE)"
        case _:
            return f"TRY_CAST(regexp_extract({text}, '^{_form(column)}$') AS {column.duckdb_type})"


def _form(column: Column) -> str:
    """What the canonical text of a number or date looks like.

    Needed beside the cast because DuckDB's cast is lenient: it rounds '1.5' to an integer without a word.
    """
    match column.kind:
        case "integer":
            return r"-?\d{1,18}"
        case "decimal":
            scale = column.scale or 0
            whole = (column.precision or 18) - scale
            return rf"-?\d{{1,{whole}}}" + (rf"(?:\.\d{{1,{scale}}})?" if scale else "")
        case "month":
            return MONTH_FORM
        case _:
            return DATE_FORM


def _plain_test(column: Column, contract: Contract, known_on: date) -> str:
    """SQL, never NULL: the cell passes every check but the reference."""
    raw, value = _raw(column), sql.name(column.name)
    tests = [
        f"{value} IS NOT NULL",
        *(f"NOT ({broken})" for _, broken in _value_checks(column, contract, known_on, value)),
    ]
    if column.kind == "string" and not column.values and not column.reference:
        tests.append(f"NOT regexp_matches({value}, '{_LOST}|{_PRIVATE}')")
        if not column.identifier and not is_free_text(column, contract):
            tests.append(f"NOT regexp_full_match({value}, '{_POWER}')")
    if column.identifier and not column.reference:
        tests.append(valid(column.identifier, value))
    whole = " AND ".join(tests)
    if column.none:
        whole = f"({value} = {sql.text(column.none[0])} OR {whole})"
    if column.required:
        return f"coalesce({whole}, FALSE)"
    nothing = means_no_day(column, contract)
    absent = f"{raw} IS NULL" + (f" OR {raw} IN ({sql.texts(nothing)})" if nothing else "")
    return f"({absent} OR coalesce({whole}, FALSE))"


def _value_checks(column: Column, contract: Contract, known_on: date, value: str) -> list[tuple[str, str]]:
    """(reason, SQL that is TRUE for a value that breaks it), in the order in which they are reported."""
    limits = [
        (column.minimum, "<"),
        (column.maximum, ">"),
        (column.exclusive_minimum, "<="),
        (column.exclusive_maximum, ">="),
    ]
    checks = [("range", f"{value} {sign} {limit:f}") for limit, sign in limits if limit is not None]
    if column.kind in ("date", "month"):
        checks.append(("range", f"{value} < {_FIRST_DAY}"))
        checks.append(_calendar_check(column, contract, known_on, value))
    if column.min_length is not None:
        checks.append(("pattern", f"length({value}) < {column.min_length}"))
    if column.max_length is not None:
        checks.append(("pattern", f"length({value}) > {column.max_length}"))
    if column.pattern is not None:
        checks.append(("pattern", f"NOT regexp_matches({value}, {sql.text(column.pattern)})"))
    if column.values:
        checks.append(("enum", f"{value} NOT IN ({sql.texts(v.value for v in column.values)})"))
    return checks


def _calendar_check(column: Column, contract: Contract, known_on: date, value: str) -> tuple[str, str]:
    """What has happened cannot lie after the day it became known; what is planned has a bound."""
    if column.name in contract.happened:
        return "future", f"{value} > DATE '{known_on}'"
    latest = add_months(known_on, contract.ahead[column.name]) or date.max
    return "ahead", f"{value} > DATE '{latest}'"


def _cell_reason(column: Column, contract: Contract, known_on: date, refers: bool) -> str:
    """SQL for the first reason why a cell cannot be accepted, or NULL."""
    text, value = _text(column), sql.name(column.name)
    branches = [f"WHEN contains({_raw(column)}, '{_LOST}') THEN 'encoding'"]
    branches.append(f"WHEN {text} IS NULL THEN {sql.text('required') if column.required else 'NULL'}")
    if column.none:
        branches.append(f"WHEN {text} = {sql.text(column.none[0])} THEN NULL")
    if column.kind == "string" and not column.values:
        branches.append(f"WHEN regexp_matches({text}, '{_PRIVATE}') THEN 'character'")
        if not is_free_text(column, contract):
            branches.append(f"WHEN regexp_full_match({text}, '{_POWER}') THEN 'digits'")
        if column.identifier:
            wrong = f"NOT {valid(column.identifier, value)}"
            branches.append(f"WHEN regexp_full_match({text}, '{_ROUNDED}') AND {wrong} THEN 'digits'")
        if column.identifier in PEOPLE:
            branches.append(f"WHEN regexp_full_match({text}, '{_OLD_NUMBER}') THEN 'old_number'")
    branches.append(f"WHEN {value} IS NULL THEN 'type'")
    branches += [
        f"WHEN {broken} THEN '{reason}'"
        for reason, broken in _value_checks(column, contract, known_on, value)
    ]
    if refers:
        branches.append(f"WHEN {_known(column)} THEN NULL")
    if column.identifier:
        branches.append(f"WHEN NOT {valid(column.identifier, value)} THEN 'identifier'")
    if refers:
        branches.append("ELSE 'reference'")
    return f"CASE {' '.join(branches)} END"


def rule_holds(rule: RowRule) -> str:
    """SQL that is TRUE unless a row breaks the rule."""
    # TRY: a rule may cut up a value that is not of the right form; such a row has its own fault already.
    return f"coalesce(TRY({rule.sql}), TRUE)"


def _names(rule: RowRule, column: Column) -> bool:
    return re.search(rf"\b{re.escape(column.name)}\b", rule.sql) is not None


def _fault(reason: str, columns: Sequence[Column]) -> str:
    value = f"concat_ws(',', {', '.join(map(_raw, columns))})" if len(columns) > 1 else _raw(columns[0])
    names = sql.text(",".join(column.name for column in columns))
    return f"CASE WHEN {reason} IS NOT NULL THEN {{'reason': {reason}, 'columns': {names}, 'value': {value}}} END"


def _raw(column: Column) -> str:
    return sql.name(f"~{column.name}")


def _quick(column: Column) -> str:
    return sql.name(f"*{column.name}")


def _prepared(column: Column) -> str:
    return sql.name(f"-{column.name}")


def _text(column: Column) -> str:
    return sql.name(f"={column.name}")


def _known(column: Column) -> str:
    return sql.name(f"?{column.name}")


def _reason(name: str) -> str:
    return sql.name(f"!{name}")
