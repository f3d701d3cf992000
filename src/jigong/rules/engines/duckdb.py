"""The columnar engine: a rule as SQL that decides every row of a table in one pass of DuckDB."""

from collections.abc import Sequence
from dataclasses import dataclass

from jigong.rules.engines.duckdb_operators import WRITERS, constant, quoted, sql_type, text_literal
from jigong.rules.engines.duckdb_ranges import Bounds, bounds_of, exact, settled
from jigong.rules.model import Rule
from jigong.rules.nodes import (
    Call,
    Expression,
    Fact,
    Literal,
    Parameter,
    Today,
    compares_bounds,
    has_bounds,
    least_of,
    most_of,
    walk,
)

__all__ = [
    "BRANCH_NONE",
    "BRANCH_OPEN",
    "Bounds",
    "RuleColumns",
    "bounds_sql",
    "decide_sql",
    "quoted",
    "rule_columns",
    "sql_type",
    "text_literal",
    "to_sql",
]

YES, NO, UNDECIDED = "yes", "no", "undecided"
BRANCH_OPEN, BRANCH_NONE = -1, -2
"""Branch codes where it cannot be told, and where none applies; otherwise the branch's position."""


def to_sql(node: Expression, today: str) -> str:
    """A bound tree as a DuckDB expression; ``today`` is SQL for the date it is decided on.

    It reads a column for each fact, and two more for the bounds of a ranged one.
    """
    if isinstance(node, Literal):
        return constant(node)
    if isinstance(node, Today):
        return today
    if isinstance(node, Parameter):
        raise TypeError(f"{node.name} is not bound")
    if has_bounds(node):
        return exact(bounds_sql(node, today))
    if isinstance(node, Fact):
        return _column(quoted(node.name), node)
    if compares_bounds(node):
        return settled(node, [bounds_sql(argument, today) for argument in node.arguments])
    return WRITERS[node.operator](node, [to_sql(argument, today) for argument in node.arguments])


def bounds_sql(node: Expression, today: str) -> Bounds:
    """The least and the most a bound tree can come to, as DuckDB expressions; NULL where no limit is known."""
    if not has_bounds(node):
        value = to_sql(node, today)
        return value, value
    if isinstance(node, Fact):
        ends = (quoted(end) for end in (least_of(node.name), most_of(node.name)))
        least, most = (_column(f"coalesce({quoted(node.name)}, {end})", node) for end in ends)
        return least, most
    assert isinstance(node, Call)
    return bounds_of(node, [bounds_sql(argument, today) for argument in node.arguments])


def _value(fact: Fact) -> str:
    return to_sql(fact, "") if fact.ranged else quoted(fact.name)


def _column(sql: str, fact: Fact) -> str:
    # A column of 32 bits would overflow at its edges; the tree counts on ten digits.
    return f"CAST({sql} AS BIGINT)" if fact.type.kind == "integer" else sql


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
        open_when: dict[Fact, list[str]] = {}
        for expression, test in parts:
            facts = (node for node in walk(expression) if isinstance(node, Fact)) if expression else ()
            for fact in dict.fromkeys(facts):
                open_when.setdefault(fact, []).append(f"({test})")
        terms = [
            f"CASE WHEN {_value(fact)} IS NULL AND ({' OR '.join(tests)}) THEN {bits[fact.name]} ELSE 0 END"
            for fact, tests in open_when.items()
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
        return "".join(f" AND {self._name(f'w{k}')} IS FALSE" for k in range(count))

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
    facts = dict.fromkeys(name for rule in rules for name in rule.columns)
    inner = [quoted(name) for name in dict.fromkeys([*keep, *facts])]
    inner += [f"{sql} AS {quoted(name)}" for column in columns for name, sql in column.parts.items()]
    outer = [quoted(name) for name in keep]
    outer += [f"{sql} AS {quoted(name)}" for column in columns for name, sql in column.results.items()]
    return f"SELECT {', '.join(outer)} FROM (SELECT {', '.join(inner)} FROM {table})"
