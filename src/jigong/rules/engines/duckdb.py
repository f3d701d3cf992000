"""The columnar engine: a rule as SQL that decides every row of a table in one pass of DuckDB."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from jigong.rules.model import Rule
from jigong.rules.nodes import Call, Expression, Fact, Literal, Parameter, Today, Type, facts_of

YES, NO, UNDECIDED = "yes", "no", "undecided"
BRANCH_OPEN, BRANCH_NONE = -1, -2
"""Branch codes where it cannot be told, and where none applies; otherwise the branch's position."""


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


def to_sql(node: Expression, today: str) -> str:
    """A bound tree as a DuckDB expression; ``today`` is SQL for the date it is decided on."""
    if isinstance(node, Literal):
        return _constant(node)
    if isinstance(node, Today):
        return today
    if isinstance(node, Fact):
        # A column of 32 bits would overflow at its edges; the tree counts on ten digits.
        return f"CAST({quoted(node.name)} AS BIGINT)" if node.type.kind == "integer" else quoted(node.name)
    if isinstance(node, Parameter):
        raise TypeError(f"{node.name} is not bound")
    return _WRITERS[node.operator](node, [to_sql(argument, today) for argument in node.arguments])


def quoted(name: str) -> str:
    """``name`` as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def text_literal(value: str) -> str:
    """``value`` as an SQL string."""
    return "'" + value.replace("'", "''") + "'"


def _constant(node: Literal) -> str:
    value = node.value
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, str):
        return text_literal(value)
    if node.type.kind == "date":
        return f"DATE '{value}'"
    return f"CAST({value} AS {sql_type(node.type)})"


def _cast(sql: str, from_: Type, to: Type) -> str:
    return sql if sql_type(from_) == sql_type(to) else f"CAST({sql} AS {sql_type(to)})"


def _infix(symbol: str) -> Callable[[Call, Sequence[str]], str]:
    return lambda node, parts: "(" + f" {symbol} ".join(parts) + ")"


def _comparison(symbol: str) -> Callable[[Call, Sequence[str]], str]:
    def write(node: Call, parts: Sequence[str]) -> str:
        left, right = _common([argument.type for argument in node.arguments], parts)
        return f"({left} {symbol} {right})"

    return write


def _common(types: Sequence[Type], parts: Sequence[str]) -> list[str]:
    """The parts cast to one number type wide enough for all; other kinds unchanged."""
    if not types[0].is_number:
        return list(parts)
    scale = max(type_.scale for type_ in types)
    digits = min(max(type_.digits - type_.scale for type_ in types) + scale, 38)
    wide = Type("decimal" if scale else "integer", digits, scale)
    return [_cast(part, type_, wide) for part, type_ in zip(parts, types, strict=True)]


def _arithmetic(symbol: str) -> Callable[[Call, Sequence[str]], str]:
    def write(node: Call, parts: Sequence[str]) -> str:
        cast = [_cast(p, a.type, node.type) for p, a in zip(parts, node.arguments, strict=True)]
        return _cast_back(f"({f' {symbol} '.join(cast)})", node.type)

    return write


def _cast_back(sql: str, type_: Type) -> str:
    """Pins the width: DuckDB widens decimals on its own, and all trees must agree on it."""
    return f"CAST({sql} AS {sql_type(type_)})"


def _product(node: Call, parts: Sequence[str]) -> str:
    if node.type.kind == "integer":
        left, right = (_cast(p, a.type, node.type) for p, a in zip(parts, node.arguments, strict=True))
    else:
        # DuckDB keeps a product within 18 digits unless a factor has more than 18 itself.
        least = 19 if node.type.digits > 18 else 1
        left, right = (
            _cast(p, a.type, Type("decimal", max(a.type.digits, least), a.type.scale))
            for p, a in zip(parts, node.arguments, strict=True)
        )
    return _cast_back(f"({left} * {right})", node.type)


def _quotient(node: Call, parts: Sequence[str]) -> str:
    a, b = _common([argument.type for argument in node.arguments], parts)
    # DuckDB cuts towards zero; the language rounds down.
    down = f"CAST(({a} % {b} <> 0) AND (({a} < 0) <> ({b} < 0)) AS INTEGER)"
    return f"(CASE WHEN {b} <> 0 THEN {_cast_back(f'{a} // {b} - {down}', node.type)} END)"


def _member(node: Call, parts: Sequence[str]) -> str:
    if len(parts) == 1:
        return f"(CASE WHEN {parts[0]} IS NOT NULL THEN FALSE END)"
    cast = _common([argument.type for argument in node.arguments], parts)
    return f"({cast[0]} IN ({', '.join(cast[1:])}))"


def _extreme(function: str) -> Callable[[Call, Sequence[str]], str]:
    def write(node: Call, parts: Sequence[str]) -> str:
        cast = [_cast(p, a.type, node.type) for p, a in zip(parts, node.arguments, strict=True)]
        value = f"{function}({', '.join(cast)})"
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
    cast = [
        _cast(part, argument.type, node.type) if index % 2 or index == len(parts) - 1 else part
        for index, (part, argument) in enumerate(zip(parts, node.arguments, strict=True))
    ]
    text = [
        f"WHEN {cast[index]} IS NULL THEN NULL WHEN {cast[index]} THEN {cast[index + 1]}"
        for index in range(0, len(cast) // 2 * 2, 2)
    ]
    default = cast[-1] if len(cast) % 2 else "NULL"
    return f"(CASE {' '.join(text)} ELSE {default} END)"


def _coalesce(node: Call, parts: Sequence[str]) -> str:
    cast = [_cast(p, a.type, node.type) for p, a in zip(parts, node.arguments, strict=True)]
    return f"coalesce({', '.join(cast)})"


def _round(node: Call, parts: Sequence[str]) -> str:
    # A cast to fewer places rounds half away from zero, exactly.
    return _cast_back(parts[0], node.type)


def _whole(function: str) -> Callable[[Call, Sequence[str]], str]:
    def write(node: Call, parts: Sequence[str]) -> str:
        # DuckDB would turn a whole number into a float here.
        whole = node.arguments[0].type.kind == "integer"
        return _cast_back(parts[0] if whole else f"{function}({parts[0]})", node.type)

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
        f" - CAST(day({b}) < day({a}) AS INTEGER) AS INTEGER)"
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


_WRITERS: dict[str, Callable[[Call, Sequence[str]], str]] = {
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
    "missing": lambda node, parts: f"({parts[0]} IS NULL)",
    "+": _arithmetic("+"),
    "-": _arithmetic("-"),
    "*": _product,
    "//": _quotient,
    "neg": lambda node, parts: _cast_back(f"(-{parts[0]})", node.type),
    "case": _case,
    "coalesce": _coalesce,
    "least": _extreme("least"),
    "greatest": _extreme("greatest"),
    "round": _round,
    "floor": _whole("floor"),
    "ceil": _whole("ceil"),
    "abs": lambda node, parts: _cast_back(f"abs({parts[0]})", node.type),
    "years_between": _years_between,
    "months_between": _months_between,
    "add_months": _add_months,
    "year": _part("year"),
    "month": _part("month"),
}


@dataclass(frozen=True, slots=True)
class RuleColumns:
    """One rule as two layers of SQL columns over a table of facts.

    ``parts`` are computed first, once each (conditions, branch conditions, amounts); ``results``
    are computed from them: verdict, mask (bit i: condition i is true), known (bit i: condition i
    is true or false), branch (position, or a code), amount, potential, missing (bit i: fact i of
    ``rule.facts``), conflict (two positions packed as first * 1000 + second, or NULL).
    """

    rule: Rule
    parts: dict[str, str]
    results: dict[str, str]


def rule_columns(rule: Rule, today: str, prefix: str = "") -> RuleColumns:
    """The SQL columns of a bound rule; every name starts with ``prefix``."""
    return _RuleWriter(rule, today, prefix).columns()


class _RuleWriter:
    def __init__(self, rule: Rule, today: str, prefix: str) -> None:
        self._rule = rule
        self._today = today
        self._prefix = prefix

    def _name(self, name: str) -> str:
        return quoted(self._prefix + name)

    def columns(self) -> RuleColumns:
        rule = self._rule
        parts = {f"{self._prefix}c{i}": to_sql(c.holds, self._today) for i, c in enumerate(rule.conditions)}
        for i, award in enumerate(rule.awards):
            parts[f"{self._prefix}w{i}"] = "TRUE" if award.when is None else to_sql(award.when, self._today)
            parts[f"{self._prefix}a{i}"] = (
                "CAST(NULL AS DECIMAL(14,2))"
                if award.amount is None
                else f"TRY_CAST({to_sql(award.amount, self._today)} AS DECIMAL(14,2))"
            )
        verdict, branch, potential = self._verdict(), self._branch(), self._potential()
        zero = "CAST(0 AS DECIMAL(14,2))" if rule.pays_money else "CAST(NULL AS DECIMAL(14,2))"
        results = {
            "verdict": verdict,
            "mask": self._bits("{} IS TRUE"),
            "known": self._bits("{} IS NOT NULL"),
            "branch": f"CASE WHEN {verdict} = '{YES}' THEN {branch} ELSE {BRANCH_NONE} END",
            "amount": f"CASE {verdict} WHEN '{YES}' THEN {potential} WHEN '{NO}' THEN {zero} END",
            "potential": potential,
            "missing": self._missing(verdict, branch),
            "conflict": self._conflict(),
        }
        return RuleColumns(rule, parts, {self._prefix + name: sql for name, sql in results.items()})

    def _conditions(self) -> list[str]:
        return [self._name(f"c{i}") for i in range(len(self._rule.conditions))]

    def _verdict(self) -> str:
        names = self._conditions()
        if not names:
            return f"'{YES}'"
        no = " OR ".join(f"{name} IS FALSE" for name in names)
        unknown = " OR ".join(f"{name} IS NULL" for name in names)
        return f"(CASE WHEN {no} THEN '{NO}' WHEN {unknown} THEN '{UNDECIDED}' ELSE '{YES}' END)"

    def _bits(self, test: str) -> str:
        bits = [
            f"CAST({test.format(name)} AS INTEGER) * {1 << i}" for i, name in enumerate(self._conditions())
        ]
        return f"CAST({' + '.join(bits) or '0'} AS INTEGER)"

    def _branch(self) -> str:
        tests = [
            f"WHEN {self._name(f'w{i}')} IS NULL THEN {BRANCH_OPEN} WHEN {self._name(f'w{i}')} THEN {i}"
            for i in range(len(self._rule.awards))
        ]
        return f"(CASE {' '.join(tests)} ELSE {BRANCH_NONE} END)" if tests else str(BRANCH_NONE)

    def _potential(self) -> str:
        zero = "0" if self._rule.pays_money else "NULL"
        tests = [
            f"WHEN {self._name(f'w{i}')} IS NULL THEN NULL WHEN {self._name(f'w{i}')} THEN {self._name(f'a{i}')}"
            for i in range(len(self._rule.awards))
        ]
        body = f"CASE {' '.join(tests)} ELSE {zero} END" if tests else zero
        return f"CAST({body} AS DECIMAL(14,2))"

    def _missing(self, verdict: str, branch: str) -> str:
        """Bits of the facts that are missing in an open condition, or in what keeps the amount open."""
        rule = self._rule
        bits = {name: 1 << i for i, name in enumerate(rule.facts)}
        in_conditions = self._any_missing(
            bits, [(c.holds, f"{self._name(f'c{i}')} IS NULL") for i, c in enumerate(rule.conditions)]
        )
        earlier: list[str] = []
        awards: list[tuple[Expression | None, str]] = []
        for i, award in enumerate(rule.awards):
            not_settled = "".join(f" AND {name} IS NOT TRUE" for name in earlier)
            awards.append((award.when, f"{self._name(f'w{i}')} IS NULL{not_settled}"))
            awards.append((award.amount, f"{branch} = {i} AND {self._name(f'a{i}')} IS NULL"))
            earlier.append(self._name(f"w{i}"))
        in_awards = self._any_missing(bits, awards)
        return (
            f"CAST(CASE {verdict} WHEN '{UNDECIDED}' THEN {in_conditions}"
            f" WHEN '{YES}' THEN {in_awards} ELSE 0 END AS BIGINT)"
        )

    @staticmethod
    def _any_missing(bits: dict[str, int], parts: Sequence[tuple[Expression | None, str]]) -> str:
        open_when: dict[str, list[str]] = {}
        for expression, test in parts:
            for name in facts_of(expression):
                open_when.setdefault(name, []).append(f"({test})")
        terms = [
            f"CASE WHEN {quoted(name)} IS NULL AND ({' OR '.join(tests)}) THEN {bits[name]} ELSE 0 END"
            for name, tests in open_when.items()
        ]
        return " + ".join(terms) or "0"

    def _conflict(self) -> str:
        awards = self._rule.awards
        tests = [
            f"WHEN {self._name(f'w{i}')}{self._none_of(i)} AND {self._name(f'w{j}')}"
            f" AND {self._differ(i, j)} THEN {i * 1000 + j}"
            for i in range(len(awards))
            for j in range(i + 1, len(awards))
            if awards[j].rank == awards[i].rank
        ]
        return f"CASE {' '.join(tests)} END" if tests else "CAST(NULL AS INTEGER)"

    def _none_of(self, count: int) -> str:
        return "".join(f" AND {self._name(f'w{k}')} IS NOT TRUE" for k in range(count))

    def _differ(self, i: int, j: int) -> str:
        """Two branches are known to give different things; a missing amount is not known to."""
        first, second = self._rule.awards[i].amount, self._rule.awards[j].amount
        if (first is None) != (second is None):
            return "TRUE"
        return f"{self._name(f'a{i}')} <> {self._name(f'a{j}')}"


def decide_sql(rules: Sequence[Rule], table: str, keep: Sequence[str], today: str) -> str:
    """One SELECT that decides every rule for every row of ``table`` (a table, view or subquery in brackets).

    The columns ``keep`` come first, then for rule number n the columns ``r<n>_verdict`` and so on
    as in :class:`RuleColumns`.
    """
    columns = [rule_columns(rule, today, f"r{n}_") for n, rule in enumerate(rules)]
    facts = dict.fromkeys(name for rule in rules for name in rule.facts)
    inner = [quoted(name) for name in dict.fromkeys([*keep, *facts])]
    inner += [f"{sql} AS {quoted(name)}" for column in columns for name, sql in column.parts.items()]
    outer = [quoted(name) for name in keep]
    outer += [f"{sql} AS {quoted(name)}" for column in columns for name, sql in column.results.items()]
    return f"SELECT {', '.join(outer)} FROM (SELECT {', '.join(inner)} FROM {table})"
