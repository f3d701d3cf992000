"""One way to write each value: SQL that turns a cell as sent into its canonical text.

Departments write the same day as 2022-05-01, 2022/5/1, 2022年5月1日, 20220501 or Excel's 44682, numbers
with thousands separators or full-width digits, and leave blanks around values. None of that changes
the value. Whatever is not one of these forms stays as sent, so that the checks refuse it: a value is
never rounded, cut or guessed.
"""

from jigong.lake import sql
from jigong.packs.contract import Column, Contract

_FULL_WIDTH = "".join(chr(code) for code in range(0xFF01, 0xFF5F))
_HALF_WIDTH = "".join(chr(code) for code in range(0x21, 0x7F))
_BLANKS = " \t\r\n\v\f\u00a0\u3000\u200b\ufeff"
_DATE_SIGNS = (("/", "-"), (".", "-"), ("年", "-"), ("月", "-"), ("日", ""))

TRUE = ("是", "1", "true", "y", "yes", "t")
FALSE = ("否", "0", "false", "n", "no", "f")

DATE_FORM = r"\d{4}-\d{1,2}-\d{1,2}"
MONTH_FORM = r"\d{4}-\d{1,2}"
_MIDNIGHT = r"[ T]0?0:00(:00(\.0+)?)?$"
_EXCEL_DAY_ZERO = "DATE '1899-12-30'"


def trimmed(raw: str) -> str:
    """SQL for ``raw`` without blanks around it, full-width ones included; NULL when nothing is left."""
    # trim() of a Chinese text costs five times the test, and few cells need it.
    needed = f"regexp_matches({raw}, '^[{_BLANKS}]|[{_BLANKS}]$')"
    return f"nullif(CASE WHEN {needed} THEN trim({raw}, '{_BLANKS}') ELSE {raw} END, '')"


def half_width(raw: str) -> str:
    """SQL for ``raw`` trimmed, with full-width letters, digits and signs turned into ASCII."""
    wide = f"translate({trimmed(raw)}, {sql.text(_FULL_WIDTH)}, {sql.text(_HALF_WIDTH)})"
    return f"CASE WHEN regexp_matches({raw}, '[！-～]') THEN {wide} ELSE {trimmed(raw)} END"


def is_free_text(column: Column, contract: Contract) -> bool:
    """Whether a column holds names or sentences, whose full-width signs are kept as sent.

    In a code (a key, a reference, a number with a form) full-width and ASCII signs mean the same.
    """
    is_code = column.reference or column.identifier or column.pattern or column.values
    return column.kind == "string" and not is_code and column.name not in contract.key


def prepared(column: Column, contract: Contract, raw: str) -> str:
    """SQL for the first step: ``raw``, a VARCHAR expression, without blanks and full-width signs."""
    if is_free_text(column, contract):
        return trimmed(raw)
    if column.values:
        allowed = sql.texts(value.value for value in column.values)
        return f"CASE WHEN {trimmed(raw)} IN ({allowed}) THEN {trimmed(raw)} ELSE {half_width(raw)} END"
    return half_width(raw)


def canonical(column: Column, value: str) -> str:
    """SQL for the second step: the canonical text of a prepared ``value``."""
    match column.kind:
        case "integer":
            return _number(value, 0)
        case "decimal":
            return _number(value, column.scale or 0)
        case "date":
            return _date(value)
        case "month":
            return _month(value)
        case "boolean":
            return f"lower({value})"
        case "string":
            return f"upper({value})" if column.identifier else value


def _number(value: str, scale: int) -> str:
    """Without thousands separators, a plus sign, or zeros beyond the scale."""
    ungrouped = (
        f"CASE WHEN regexp_full_match({value}, '[-+]?\\d{{1,3}}(,\\d{{3}})+(\\.\\d+)?')"
        f" THEN replace({value}, ',', '') ELSE {value} END"
    )
    signless = f"ltrim({ungrouped}, '+')"
    if scale:
        return rf"regexp_replace({signless}, '^(-?\d+\.\d{{{scale}}})0+$', '\1')"
    return rf"regexp_replace({signless}, '^(-?\d+)\.0+$', '\1')"


def _date(value: str) -> str:
    """Year, month and day with dashes, the last two perhaps of one digit."""
    dashed = value
    for sign, dash in _DATE_SIGNS:
        dashed = f"replace({dashed}, '{sign}', '{dash}')"
    return (
        f"CASE WHEN regexp_full_match({value}, '\\d{{8}}')"
        f" THEN {value}[1:4] || '-' || {value}[5:6] || '-' || {value}[7:8]"
        f" WHEN regexp_full_match({value}, '[1-9]\\d{{4}}')"
        f" THEN CAST({_EXCEL_DAY_ZERO} + CAST({value} AS INTEGER) AS VARCHAR)"
        f" WHEN regexp_matches({value}, '{_MIDNIGHT}') THEN regexp_replace({value}, '{_MIDNIGHT}', '')"
        f" ELSE {dashed} END"
    )


def _month(value: str) -> str:
    """Year and month with a dash; a date is a month when it is the first day of one."""
    return (
        f"CASE WHEN regexp_full_match({value}, '\\d{{6}}') THEN {value}[1:4] || '-' || {value}[5:6]"
        rf" ELSE regexp_replace({_date(value)}, '^(\d{{4}}-\d{{1,2}})-(0?1)?$', '\1') END"
    )
