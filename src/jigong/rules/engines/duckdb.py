"""The columnar engine: a rule as SQL that decides every row of a table in one pass of DuckDB."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from jigong.kernel.names import own, quoted
from jigong.rules.engines.duckdb_columns import Columns, bounded
from jigong.rules.engines.duckdb_operators import sql_type, text_literal
from jigong.rules.engines.duckdb_ranges import Bounds
from jigong.rules.engines.duckdb_sums import BRANCH_NONE, BRANCH_OPEN, Sums
from jigong.rules.model import Rule
from jigong.rules.nodes import Expression, Fact, walk

__all__ = [
    "BRANCH_NONE",
    "BRANCH_OPEN",
    "Bounds",
    "Columns",
    "column_of",
    "decide_sql",
    "quoted",
    "sql_type",
    "text_literal",
]

YES, NO, UNDECIDED = "yes", "no", "undecided"


def _facts_in(expression: Expression | None) -> list[Fact]:
    facts = (node for node in walk(expression) if isinstance(node, Fact)) if expression is not None else ()
    return list(dict.fromkeys(facts))


@dataclass(frozen=True, slots=True)
class RuleColumns:
    """One rule as layers of SQL columns, each computed from those before; the first from facts and ``Columns``.

    The first are the parts (conditions, branch conditions, bounds of amounts), the second which branches
    may be the one, the third what they come to, and what keeps
    that open. The last are ``results``: verdict, mask (bit i: condition i is true), known
    (bit i: condition i is true or false), branch (position, or a code), amount, potential, most, missing (bit i: fact i of
    ``rule.facts``), conflict (two positions packed as first * 1000 + second, or NULL).
    """

    rule: Rule
    layers: tuple[dict[str, str], ...]

    @property
    def results(self) -> dict[str, str]:
        """The columns that say how it was decided."""
        return self.layers[-1]


def column_of(number: int, name: str) -> str:
    """The identifier of a column of rule ``number`` in :func:`decide_sql`: no fact can have the same."""
    return own(number, name)


class _RuleWriter:
    """Writes the columns of a bound rule."""

    def __init__(self, rule: Rule, number: int, nodes: Columns) -> None:
        self._rule = rule
        self._number = number
        self._nodes = nodes

    def _name(self, name: str) -> str:
        return column_of(self._number, name)

    def _value(self, fact: Fact) -> str:
        return self._nodes.value(fact) if fact.ranged else quoted(fact.name)

    def columns(self) -> RuleColumns:
        rule = self._rule
        parts = {f"c{i}": self._nodes.value(c.holds) for i, c in enumerate(rule.conditions)}
        choice = {"b": self._branch()}
        for i, award in enumerate(rule.awards):
            parts[f"w{i}"] = "TRUE" if award.when is None else self._nodes.value(award.when)
            earlier = "".join(f"{self._name(f'w{k}')} IS NOT TRUE AND " for k in range(i))
            choice[f"p{i}"] = f"({earlier}{self._name(f'w{i}')} IS NOT FALSE)"
        sums = Sums(rule, self._name, lambda amount: self._nodes.bounds(amount, wide=True))
        verdict, branch, potential = self._verdict(), self._name("b"), self._name("sum")
        results = {
            "verdict": verdict,
            "mask": self._bits("{} IS TRUE"),
            "known": self._bits("{} IS NOT NULL"),
            "branch": f"CASE WHEN {verdict} = '{YES}' THEN {branch} ELSE {BRANCH_NONE} END",
            "amount": f"CASE {verdict} WHEN '{YES}' THEN {potential} WHEN '{NO}' THEN {sums.nothing} END",
            "potential": potential,
            "most": sums.most(),
            "missing": self._missing(verdict),
            "conflict": self._conflict(sums),
        }
        layers = (parts | sums.parts, choice, {"sum": sums.potential(), **self._open(sums)}, results)
        named = ({self._name(name): sql for name, sql in layer.items()} for layer in layers)
        return RuleColumns(rule, tuple(named))

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

    def _open(self, sums: Sums) -> dict[str, str]:
        """Columns o (whether a branch applies is open and changes the amount), q (what it comes to is) and f (by a fault)."""
        found = {}
        for i, award in enumerate(self._rule.awards):
            may = self._name(f"p{i}")
            if award.when is not None:
                open_ = f"{may} AND {self._name(f'w{i}')} IS NULL"
                found[f"o{i}"] = f"CASE WHEN {open_} THEN ({sums.common(i)}) IS NULL ELSE FALSE END"
            if award.amount is not None:
                found[f"q{i}"] = open_ = f"({may} AND {sums.exact(i)} IS NULL)"
                # An amount that is open although nothing is missing is a fault in what it reads.
                known = [f"{self._value(fact)} IS NOT NULL" for fact in _facts_in(award.amount)]
                found[f"f{i}"] = " AND ".join([open_, *known])
        return found

    def _missing(self, verdict: str) -> str:
        """Bits of the facts that are missing in an open condition, or in what keeps the amount open."""
        rule = self._rule
        bits = {name: 1 << i for i, name in enumerate(rule.facts)}
        in_conditions = self._any_missing(
            bits, [(c.holds, f"{self._name(f'c{i}')} IS NULL") for i, c in enumerate(rule.conditions)]
        )
        awards = [(a.when, self._name(f"o{i}")) for i, a in enumerate(rule.awards) if a.when is not None]
        amounts = [(a.amount, i) for i, a in enumerate(rule.awards) if a.amount is not None]
        awards += [(amount, self._name(f"q{i}")) for amount, i in amounts]
        faults = [(amount, self._name(f"f{i}")) for amount, i in amounts]
        in_awards = self._any_missing(bits, awards, faults)
        return (
            f"CAST(CASE {verdict} WHEN '{UNDECIDED}' THEN {in_conditions}"
            f" WHEN '{YES}' THEN {in_awards} ELSE 0 END AS BIGINT)"
        )

    def _any_missing(
        self,
        bits: dict[str, int],
        parts: Sequence[tuple[Expression | None, str]],
        faults: Sequence[tuple[Expression | None, str]] = (),
    ) -> str:
        open_when: dict[Fact, list[str]] = {}
        for expression, test in parts:
            for fact in _facts_in(expression):
                open_when.setdefault(fact, []).append(f"({test})")
        named = {
            fact: [f"({self._value(fact)} IS NULL AND ({' OR '.join(tests)}))"]
            for fact, tests in open_when.items()
        }
        for expression, test in faults:
            for fact in _facts_in(expression):
                named[fact].append(f"({test})")
        terms = [
            f"CASE WHEN {' OR '.join(tests)} THEN {bits[fact.name]} ELSE 0 END"
            for fact, tests in named.items()
        ]
        return " + ".join(terms) or "0"

    def _conflict(self, sums: Sums) -> str:
        awards = self._rule.awards
        tests = [
            f"WHEN {self._name(f'w{i}')}{self._none_of(i)} AND {self._name(f'w{j}')}"
            f" AND {self._differ(i, j, sums)} THEN {i * 1000 + j}"
            for i in range(len(awards))
            for j in range(i + 1, len(awards))
            if awards[j].rank == awards[i].rank
        ]
        return f"CASE {' '.join(tests)} END" if tests else "CAST(NULL AS INTEGER)"

    def _none_of(self, count: int) -> str:
        return "".join(f" AND {self._name(f'w{k}')} IS FALSE" for k in range(count))

    def _differ(self, i: int, j: int, sums: Sums) -> str:
        """Two branches are known to give different things; a missing amount is not known to."""
        first, second = self._rule.awards[i].amount, self._rule.awards[j].amount
        if (first is None) != (second is None):
            return "TRUE"
        if first is None:
            return "FALSE"
        return f"{sums.exact(i)} <> {sums.exact(j)}"


def decide_sql(
    rules: Sequence[Rule], table: str, keep: Sequence[str], today: str, left_out: Collection[str] = ()
) -> str:
    """One SELECT that decides every rule for every row of ``table`` (a table, view or subquery in brackets).

    The columns ``keep`` (identifiers, as SQL has them) come first, then for rule number n the columns
    :func:`column_of` it and ``verdict``, and so on as in :class:`RuleColumns`, but for those ``left_out``.

    Raises:
        JigongError: the statement is longer than one may be.
    """
    nodes = Columns(today)
    columns = [_RuleWriter(rule, number, nodes).columns() for number, rule in enumerate(rules)]
    facts = (quoted(name) for rule in rules for name in rule.columns)
    table = nodes.over(f"(SELECT {', '.join(dict.fromkeys([*keep, *facts]))} FROM {table})")
    for depth in range(3):
        added = "".join(f", {sql} AS {name}" for c in columns for name, sql in c.layers[depth].items())
        table = f"(SELECT *{added} FROM {table})"
    results = [(name, sql) for column in columns for name, sql in column.results.items()]
    told = [*keep, *(f"{sql} AS {name}" for name, sql in results if name not in left_out)]
    return bounded(f"SELECT {', '.join(told)} FROM {table}")
