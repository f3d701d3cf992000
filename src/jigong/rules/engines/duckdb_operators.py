"""How the columnar engine writes each operator of the language as DuckDB's SQL."""

from collections.abc import Callable, Sequence

from jigong.rules.nodes import Call, Literal, Type


def text_literal(value: str) -> str:
    """``value`` as an SQL string."""
    return "'" + value.replace("'", "''") + "'"


def sql_type(type_: Type) -> str:
    """The DuckDB type that holds values of ``type_``."""
    match type_.kind:
        case "boolean":
            return "BOOLEAN"
        case "string":
            return "VARCHAR"
        case "date":
            return "DATE"
        case "integer":
            return "INTEGER" if type_.digits <= 9 else "BIGINT" if type_.digits <= 18 else "HUGEINT"
        case _:
            return f"DECIMAL({max(type_.digits, type_.scale, 1)},{type_.scale})"


def constant(node: Literal) -> str:
    """A constant of a tree as SQL."""
    value = node.value
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, str):
        return text_literal(value)
    if node.type.kind == "date":
        return f"DATE '{value}'"
    return f"CAST({value} AS {sql_type(node.type)})"


def cast(sql: str, from_: Type, to: Type) -> str:
    """The SQL of a value of one type as another, if they differ."""
    return sql if sql_type(from_) == sql_type(to) else f"CAST({sql} AS {sql_type(to)})"


def _infix(symbol: str) -> Callable[[Call, Sequence[str]], str]:
    return lambda node, parts: "(" + f" {symbol} ".join(parts) + ")"


def _comparison(symbol: str) -> Callable[[Call, Sequence[str]], str]:
    def write(node: Call, parts: Sequence[str]) -> str:
        left, right = common([argument.type for argument in node.arguments], parts)
        return f"({left} {symbol} {right})"

    return write


def common(types: Sequence[Type], parts: Sequence[str]) -> list[str]:
    """The parts cast to one number type wide enough for all; other kinds unchanged."""
    if not types[0].is_number:
        return list(parts)
    scale = max(type_.scale for type_ in types)
    digits = min(max(type_.digits - type_.scale for type_ in types) + scale, 38)
    wide = Type("decimal" if scale else "integer", digits, scale)
    return [cast(part, type_, wide) for part, type_ in zip(parts, types, strict=True)]


def _arithmetic(symbol: str) -> Callable[[Call, Sequence[str]], str]:
    def write(node: Call, parts: Sequence[str]) -> str:
        return pinned(f"({f' {symbol} '.join(fitted(node, parts))})", node.type)

    return write


def fitted(node: Call, parts: Sequence[str]) -> list[str]:
    """The arguments of an operator in the type of its result."""
    return [cast(part, a.type, node.type) for part, a in zip(parts, node.arguments, strict=True)]


def pinned(sql: str, type_: Type) -> str:
    """Pins the width: DuckDB widens decimals on its own, and all trees must agree on it."""
    return f"CAST({sql} AS {sql_type(type_)})"


def _product(node: Call, parts: Sequence[str]) -> str:
    if node.type.kind == "integer":
        left, right = (cast(p, a.type, node.type) for p, a in zip(parts, node.arguments, strict=True))
    else:
        # DuckDB keeps a product within 18 digits unless a factor has more than 18 itself.
        least = 19 if node.type.digits > 18 else 1
        left, right = (
            cast(p, a.type, Type("decimal", max(a.type.digits, least), a.type.scale))
            for p, a in zip(parts, node.arguments, strict=True)
        )
    return pinned(f"({left} * {right})", node.type)


def _quotient(node: Call, parts: Sequence[str]) -> str:
    a, b = common([argument.type for argument in node.arguments], parts)
    # DuckDB cuts towards zero; the language rounds down.
    down = f"CAST(({a} % {b} <> 0) AND (({a} < 0) <> ({b} < 0)) AS INTEGER)"
    return f"(CASE WHEN {b} <> 0 THEN {pinned(f'{a} // {b} - {down}', node.type)} END)"


def _member(node: Call, parts: Sequence[str]) -> str:
    if len(parts) == 1:
        return f"(CASE WHEN {parts[0]} IS NOT NULL THEN FALSE END)"
    subject, *members = common([argument.type for argument in node.arguments], parts)
    return f"({subject} IN ({', '.join(members)}))"


def _extreme(function: str) -> Callable[[Call, Sequence[str]], str]:
    def write(node: Call, parts: Sequence[str]) -> str:
        value = f"{function}({', '.join(fitted(node, parts))})"
        nullable = [
            part
            for part, argument in zip(parts, node.arguments, strict=True)
            if not isinstance(argument, Literal)
        ]
        if not nullable:
            return value
        missing = " OR ".join(f"{part} IS NULL" for part in nullable)
        return f"(CASE WHEN {missing} THEN NULL ELSE {value} END)"

    return write


def _case(node: Call, parts: Sequence[str]) -> str:
    results = [
        cast(part, argument.type, node.type) if index % 2 or index == len(parts) - 1 else part
        for index, (part, argument) in enumerate(zip(parts, node.arguments, strict=True))
    ]
    text = [
        f"WHEN {results[index]} IS NULL THEN NULL WHEN {results[index]} THEN {results[index + 1]}"
        for index in range(0, len(results) // 2 * 2, 2)
    ]
    default = results[-1] if len(results) % 2 else "NULL"
    return f"(CASE {' '.join(text)} ELSE {default} END)"


def _round(node: Call, parts: Sequence[str]) -> str:
    # A cast to fewer places rounds half away from zero, exactly.
    return pinned(parts[0], node.type)


def _whole(function: str) -> Callable[[Call, Sequence[str]], str]:
    def write(node: Call, parts: Sequence[str]) -> str:
        # DuckDB would turn a whole number into a float here.
        whole = node.arguments[0].type.kind == "integer"
        return pinned(parts[0] if whole else f"{function}({parts[0]})", node.type)

    return write


def _years_between(node: Call, parts: Sequence[str]) -> str:
    a, b = parts
    return (
        f"CAST(year({b}) - year({a}) - CAST(month({b}) * 100 + day({b})"
        f" < month({a}) * 100 + day({a}) AS INTEGER) AS INTEGER)"
    )


def _months_between(node: Call, parts: Sequence[str]) -> str:
    a, b = parts
    return (
        f"CAST((year({b}) - year({a})) * 12 + month({b}) - month({a})"
        f" - CAST(day({b}) < day({a}) AND {b} < last_day({b}) AS INTEGER) AS INTEGER)"
    )


def _add_months(node: Call, parts: Sequence[str]) -> str:
    day, months = parts
    # 120,000 months cover the years 1 to 9999; beyond them the language says missing.
    moved = f"CAST({day} + to_months(CAST({months} AS INTEGER)) AS DATE)"
    return (
        f"(CASE WHEN abs(CAST({months} AS HUGEINT)) > 120000 THEN NULL"
        f" WHEN year({moved}) BETWEEN 1 AND 9999 THEN {moved} END)"
    )


def _part(function: str) -> Callable[[Call, Sequence[str]], str]:
    return lambda node, parts: f"CAST({function}({parts[0]}) AS INTEGER)"


WRITERS: dict[str, Callable[[Call, Sequence[str]], str]] = {
    "and": _infix("AND"),
    "or": _infix("OR"),
    "not": lambda node, parts: f"(NOT {parts[0]})",
    "=": _comparison("="),
    "<>": _comparison("<>"),
    "<": _comparison("<"),
    "<=": _comparison("<="),
    ">": _comparison(">"),
    ">=": _comparison(">="),
    "in": _member,
    "+": _arithmetic("+"),
    "-": _arithmetic("-"),
    "*": _product,
    "//": _quotient,
    "neg": lambda node, parts: pinned(f"(-{parts[0]})", node.type),
    "case": _case,
    "least": _extreme("least"),
    "greatest": _extreme("greatest"),
    "round": _round,
    "floor": _whole("floor"),
    "ceil": _whole("ceil"),
    "abs": lambda node, parts: pinned(f"abs({parts[0]})", node.type),
    "years_between": _years_between,
    "months_between": _months_between,
    "add_months": _add_months,
    "year": _part("year"),
    "month": _part("month"),
}
