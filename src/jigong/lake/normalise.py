"""One way to write each value: SQL that turns a cell as sent into its canonical text.

Departments write the same day as 2022-05-01, 2022/5/1, 2022年5月1日, 20220501 or Excel's 44682, numbers
with thousands separators or full-width digits, mark numbers as text for Excel ('380…, ="380…"), write a
standard's code for a word, and leave blanks around values. None of that changes the value. Whatever is not one of these forms stays as sent, so that the checks refuse it: a value is
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
_TIME = r"[ T]+([01]?\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d+)?)?( ?\+08:?00)?$"
"""A time of day after a day, in this country's zone: it is still that day."""
_STAMP = r"\d{8}([01]\d|2[0-3])[0-5]\d[0-5]\d"
_MARKED = """^(?:'([^']*)|="([^"]*)")$"""
"""A cell that is marked as text for Excel."""
_EXCEL_DAY_ZERO = "DATE '1899-12-30'"


NOTHING = ("无", "/", "-", "--", "—", "——")
"""What people write where there is no day to write."""
_OPEN_END = ("长期", "长期有效", "无固定期限", "无固定期", "永久", "至今")
_NEVER = tuple(
    form.format(year) for year in (9999, 2099) for form in ("{}-12-31", "{}1231", "{}/12/31", "{}年12月31日")
)


def means_no_day(column: Column, contract: Contract) -> tuple[str, ...]:
    """The words that say of a day that there is none; of the end of a period, that it is open."""
    if column.required or column.kind not in ("date", "month"):
        return ()
    return (*NOTHING, *_OPEN_END, *_NEVER) if column.name == contract.valid_time.end else NOTHING


def trimmed(raw: str) -> str:
    """SQL for ``raw`` without blanks around it, full-width ones included, or Excel's marks of a text; NULL when
    nothing is left."""
    # trim() of a Chinese text costs five times the test, and few cells need it.
    needed = f"regexp_matches({raw}, '^[{_BLANKS}''=]|[{_BLANKS}]$')"
    bare = f"regexp_replace(trim({raw}, '{_BLANKS}'), {sql.text(_MARKED)}, '\\1\\2')"
    return f"nullif(CASE WHEN {needed} THEN {bare} ELSE {raw} END, '')"


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
    if nothing := means_no_day(column, contract):
        return f"CASE WHEN {half_width(raw)} NOT IN ({sql.texts(nothing)}) THEN {half_width(raw)} END"
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
            text = f"upper({value})" if column.identifier else _word(column, value)
            if not column.none:
                return text
            words = sql.texts(column.none)
            return f"CASE WHEN {value} IS NULL OR {value} IN ({words}) THEN {sql.text(column.none[0])} ELSE {text} END"


def _word(column: Column, value: str) -> str:
    """The agreed word for a value of an enumeration that is written in another way, such as a standard's code."""
    ways = [
        f"WHEN regexp_full_match({value}, {sql.text(way)}) THEN {sql.text(agreed.value)}"
        for agreed in column.values
        for way in agreed.written
    ]
    return f"CASE {' '.join(ways)} ELSE {value} END" if ways else value


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
    """Year, month and day with dashes, the last two perhaps of one digit; without a time of day."""
    dashed = f"regexp_replace({value}, '{_TIME}', '')"
    for sign, dash in _DATE_SIGNS:
        dashed = f"replace({dashed}, '{sign}', '{dash}')"
    return (
        f"CASE WHEN regexp_full_match({value}, '\\d{{8}}|{_STAMP}')"
        f" THEN {value}[1:4] || '-' || {value}[5:6] || '-' || {value}[7:8]"
        f" WHEN regexp_full_match({value}, '[1-9]\\d{{4}}(\\.\\d+)?')"
        f" THEN CAST({_EXCEL_DAY_ZERO} + CAST({value}[1:5] AS INTEGER) AS VARCHAR)"
        f" ELSE {dashed} END"
    )


def _month(value: str) -> str:
    """Year and month with a dash; a date is a month when it is the first day of one."""
    return (
        f"CASE WHEN regexp_full_match({value}, '\\d{{6}}') THEN {value}[1:4] || '-' || {value}[5:6]"
        rf" ELSE regexp_replace({_date(value)}, '^(\d{{4}}-\d{{1,2}})-(0?1)?$', '\1') END"
    )
