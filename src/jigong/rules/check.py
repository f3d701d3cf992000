"""Checks a pack's rules by its own worked cases, on both engines, and the cases by the rules."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from itertools import product
from typing import Any

from jigong.kernel.problems import Problem
from jigong.packs.model import Case, Clause, ParameterValue
from jigong.packs.pack import ClauseFiles, Pack
from jigong.packs.shape import Placed
from jigong.rules.engines.row import RowRule, compile_expressions
from jigong.rules.given import coerce_given
from jigong.rules.judge import judge
from jigong.rules.model import Outcome, Rule
from jigong.rules.nodes import BOOLEAN, Call, Expression, Fact, Literal, Type, Value, facts_of, walk
from jigong.rules.rulebook import Rulebook

_ORDERED = ("<", "<=", ">", ">=")
_COMPARED = (*_ORDERED, "=", "<>")
_MOST_COMBINATIONS = 20_000


def check_rules(pack: Pack, rulebook: Rulebook) -> list[Problem]:
    """Cases that fail, thresholds without cases on both sides, branches nobody can reach."""
    problems: list[Problem] = []
    for id_, files in pack.clauses.items():
        problems += _ClauseCheck(pack, files, rulebook).run(rulebook.clauses[id_])
    return problems


class _ClauseCheck:
    """The checks of one clause."""

    def __init__(self, pack: Pack, files: ClauseFiles, rulebook: Rulebook) -> None:
        self._pack = pack
        self._placed: Placed[Clause] = files.clause
        self._cases = files.cases
        self._scope = rulebook.scope
        self._problems: list[Problem] = []

    def run(self, rule: Rule) -> list[Problem]:
        if self._cases is None:
            self._note(
                ("id",),
                f"条款 {rule.id} 没有 cases.yaml",
                f"clause {rule.id} has no cases.yaml",
                ("写出门槛两侧的例子", "write examples on both sides of each threshold"),
            )
            return self._problems
        day = self._placed.value.in_force.from_
        bound = rule.bound(self._values(day))
        read = [(index, self._given(index, case)) for index, case in enumerate(self._cases.value.cases)]
        given = {index: facts for index, facts in read if facts is not None}
        outcomes = self._judged(rule, given, day)
        facts = list(given.values())
        if not self._problems:
            self._both_sides(bound, facts, day)
            self._branches(bound, list(outcomes.values()), day)
        return self._problems

    def _values(self, day: date) -> dict[str, ParameterValue]:
        return self._pack.parameters_on(day)

    def _given(self, index: int, case: Case) -> dict[str, Value | None] | None:
        assert self._cases is not None
        whole = {**self._cases.value.base, **case.given}
        given, problems = coerce_given(whole, self._scope.facts)
        for name, text in problems.items():
            path = ("cases", index, "given", name) if name in case.given else ("base", name)
            self._problems.append(self._cases.problem(path, text.zh, text.en))
        return None if problems else given

    def _judged(
        self, rule: Rule, given: Mapping[int, Mapping[str, Value | None]], default: date
    ) -> dict[int, Outcome]:
        """The outcome of every case; notes where the engines or the case's expectation disagree."""
        assert self._cases is not None
        cases = self._cases.value.cases
        outcomes: dict[int, Outcome] = {}
        for day in sorted({cases[index].as_of or default for index in given}):
            indexes = [index for index in given if (cases[index].as_of or default) == day]
            bound = rule.bound(self._values(day))
            people = [given[index] for index in indexes]
            both = zip(judge(bound, people, day, "row"), judge(bound, people, day, "duckdb"), strict=True)
            for index, (row, columnar) in zip(indexes, both, strict=True):
                outcomes[index] = row
                if row != columnar:
                    zh, en = f"两个引擎不一致:{row} / {columnar}", f"the engines disagree: {row} / {columnar}"
                    self._case_problem(index, "", zh, en)
                self._expected(index, cases[index], row, rule)
        return outcomes

    def _expected(self, index: int, case: Case, outcome: Outcome, rule: Rule) -> None:
        """Note where an outcome is not what the case expects."""
        expect = case.expect
        false = tuple(
            condition.id
            for condition, value in zip(rule.conditions, outcome.conditions, strict=True)
            if value is False
        )
        found: list[tuple[str, Any, Any]] = [("verdict", expect.verdict, outcome.verdict)]
        if "branch" in expect.model_fields_set:
            found.append(("branch", expect.branch, outcome.branch))
        if "amount" in expect.model_fields_set:
            found.append(("amount", expect.amount, outcome.amount))
        if expect.false is not None:
            found.append(("false", sorted(expect.false), sorted(false)))
        if expect.missing is not None:
            found.append(("missing", sorted(expect.missing), sorted(outcome.missing)))
        for key, wanted, actual in found:
            if wanted != actual:
                self._case_problem(
                    index,
                    key,
                    f"例子“{case.zh}”:{key} 应为 {wanted},得到 {actual}",
                    f"case “{case.en}”: {key} should be {wanted}, is {actual}",
                )

    def _case_problem(self, index: int, key: str, zh: str, en: str) -> None:
        assert self._cases is not None
        path = ("cases", index, "expect", key) if key else ("cases", index)
        self._problems.append(
            self._cases.problem(path, zh, en, remedy=("改正规则或例子", "correct the rule or the case"))
        )

    def _both_sides(self, rule: Rule, facts: Sequence[Mapping[str, Value | None]], day: date) -> None:
        """Every comparison, boolean and extreme must be seen on each side by some case."""
        for path, expression in _expressions(rule, self._placed.value):
            for node in dict.fromkeys(walk(expression)):
                for zh, en in _uncovered(node, facts, day):
                    self._note(path, zh, en, ("在 cases.yaml 补一个例子", "add a case to cases.yaml"))

    def _branches(self, rule: Rule, outcomes: Sequence[Outcome], day: date) -> None:
        taken = {outcome.branch for outcome in outcomes}
        idle = [award.id for award in rule.awards if award.id not in taken]
        reachable = _reachable(rule, day) if idle else set()
        ids = [entry.id for entry in self._placed.value.awards]
        for id_ in idle:
            path = ("awards", ids.index(id_))
            if reachable is not None and id_ not in reachable:
                self._note(
                    path,
                    f"分支 {id_} 永远轮不到:前面的分支总是先成立",
                    f"branch {id_} can never be reached: an earlier one always applies first",
                    ("调整次序或条件", "change the order or the conditions"),
                )
            else:
                self._note(
                    path,
                    f"没有例子走到分支 {id_}",
                    f"no case takes branch {id_}",
                    ("在 cases.yaml 补一个例子", "add a case to cases.yaml"),
                )

    def _note(self, path: Sequence[str | int], zh: str, en: str, remedy: tuple[str, str]) -> None:
        self._problems.append(self._placed.problem(path, zh, en, remedy=remedy))


def _expressions(rule: Rule, clause: Clause) -> Iterator[tuple[tuple[str | int, ...], Expression]]:
    """Every expression of the rule with its place in the clause."""
    for i, condition in enumerate(rule.conditions):
        yield ("conditions", i, "when"), condition.holds
    positions = {entry.id: i for i, entry in enumerate(clause.awards)}
    for award in rule.awards:
        if award.when is not None:
            yield ("awards", positions[award.id], "when"), award.when
        if award.amount is not None:
            yield ("awards", positions[award.id], "amount"), award.amount


def _uncovered(
    node: Expression, facts: Sequence[Mapping[str, Value | None]], day: date
) -> Iterator[tuple[str, str]]:
    """What of one node no case shows."""
    if isinstance(node, Fact) and node.type == BOOLEAN:
        seen = {given.get(node.name) for given in facts}
        for value, zh, en in ((True, "是", "true"), (False, "否", "false")):
            if value not in seen:
                yield f"没有例子里 {node.name} 为{zh}", f"no case has {node.name} {en}"
    if not isinstance(node, Call) or not facts_of(node):
        return
    if node.operator in _COMPARED:
        yield from _comparison(node, facts, day)
    elif node.operator == "in":
        evaluate = compile_expressions([node])
        seen = {evaluate(given, day)[0] for given in facts}
        if not {True, False} <= seen:
            yield (
                f"{_words(node)}:缺少成立或不成立的例子",
                f"{_words(node)}: needs a case for true and one for false",
            )
    elif node.operator in ("least", "greatest"):
        yield from _extreme(node, facts, day)


def _comparison(
    node: Call, facts: Sequence[Mapping[str, Value | None]], day: date
) -> Iterator[tuple[str, str]]:
    left, right = node.arguments
    evaluate = compile_expressions([node, left, right])
    true: set[tuple[Any, Any]] = set()
    false: set[tuple[Any, Any]] = set()
    for given in facts:
        holds, a, b = evaluate(given, day)
        if holds is not None:
            (true if holds else false).add((a, b))
    words = _words(node)
    if not true or not false:
        zh, en = ("成立", "true") if not true else ("不成立", "false")
        yield f"{words}:没有{zh}的例子", f"{words}: no case makes it {en}"
        return
    constant = isinstance(right, Literal) or isinstance(left, Literal)
    whole = left.type.kind == "integer" and right.type.kind == "integer"
    if node.operator in _ORDERED and constant and whole:
        position = 0 if isinstance(right, Literal) else 1
        values = {pair[position] for pair in true}
        if not any(abs(value - pair[position]) == 1 for value in values for pair in false):
            yield (
                f"{words}:门槛两侧要有相邻的两个值的例子",
                f"{words}: needs cases with the two neighbouring values on either side",
            )


def _extreme(node: Call, facts: Sequence[Mapping[str, Value | None]], day: date) -> Iterator[tuple[str, str]]:
    evaluate = compile_expressions([node, *node.arguments])
    decided: set[int] = set()
    for given in facts:
        whole, *parts = evaluate(given, day)
        if whole is None:
            continue
        scaled = [
            part * 10 ** (node.type.scale - argument.type.scale)
            for part, argument in zip(parts, node.arguments, strict=True)
        ]
        if len(set(scaled)) > 1:
            decided |= {i for i, part in enumerate(scaled) if part == whole}
    for i, argument in enumerate(node.arguments):
        if i not in decided:
            words = _words(argument)
            yield (
                f"{node.operator}:没有例子由 {words} 决定",
                f"{node.operator}: no case is decided by {words}",
            )


def _reachable(rule: Rule, day: date) -> set[str | None] | None:
    """Branches some combination of values takes; None where there are too many combinations to try all."""
    candidates = _candidates(rule)
    count = 1
    for values in candidates.values():
        count *= len(values)
    if count > _MOST_COMBINATIONS:
        return None
    # Only the branch matters: without conditions every combination is entitled.
    decider = RowRule(Rule(rule.id, (), rule.awards))
    names = list(candidates)
    return {
        decider.decide(dict(zip(names, values, strict=True)), day).branch
        for values in product(*candidates.values())
    }


def _candidates(rule: Rule) -> dict[str, list[Any]]:
    """For each fact of the branch conditions, values on and around every constant it is compared with."""
    whens = [award.when for award in rule.awards if award.when is not None]
    found: dict[str, set[Any]] = {name: set() for name in facts_of(*whens)}
    types: dict[str, Type] = {}
    constants: dict[str, set[Any]] = {}
    for node in (node for when in whens for node in walk(when)):
        if isinstance(node, Fact):
            types[node.name] = node.type
        elif isinstance(node, Call):
            values = {a.value for a in node.arguments if isinstance(a, Literal)}
            for name in (a.name for a in node.arguments if isinstance(a, Fact)):
                constants.setdefault(name, set()).update(values)
    for name in found:
        kind = types[name].kind
        around = constants.get(name, set())
        if kind == "boolean":
            found[name] = {True, False}
        elif types[name].is_number:
            found[name] = {v + d for v in around for d in (-1, 0, 1)} | {0}
        elif kind == "string":
            found[name] = around | {"\0"}
        else:
            found[name] = around | {date(1900, 1, 1), date(2999, 1, 1)}
    return {name: sorted(values, key=str) for name, values in found.items()}


def _words(node: Expression) -> str:
    """An expression shortly in words, for messages."""
    if isinstance(node, Literal):
        return str(node.value)
    if isinstance(node, Fact):
        return node.name
    if isinstance(node, Call):
        inner = [_words(argument) for argument in node.arguments]
        if len(inner) == 2 and not node.operator.isalpha():
            return f"{inner[0]} {node.operator} {inner[1]}"
        return f"{node.operator}({', '.join(inner)})"
    return "as_of"
