"""Checks a pack's rules by its own worked cases, on both engines, and the cases by the rules."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from jigong.kernel.problems import JigongError, Problem, nearest
from jigong.packs.model import Case, Clause
from jigong.packs.pack import ClauseFiles, Pack, general_conditions, kinds_about, last_day
from jigong.packs.shape import Placed
from jigong.rules.check_amounts import check_amounts
from jigong.rules.coverage import Seen, reachable_branches, uncovered
from jigong.rules.engines.duckdb import decide_sql
from jigong.rules.engines.row import compile_bounds
from jigong.rules.given import coerce_given
from jigong.rules.judge import judge
from jigong.rules.model import Outcome, Rule
from jigong.rules.nodes import Expression, Value, facts_of, parameters_of, walk
from jigong.rules.rulebook import Rulebook

_MOST_CONDITIONS = 31
_MOST_FACTS = 63
"""Conditions and missing facts are bits of one number in the columnar engine."""


def check_rules(pack: Pack, rulebook: Rulebook) -> list[Problem]:
    """Cases that fail, thresholds without cases on both sides, branches nobody can reach, parameters that end early."""
    problems: list[Problem] = []
    failed: set[str] = set()
    for id_, files in pack.clauses.items():
        check = _ClauseCheck(pack, files, rulebook)
        problems += check.run(rulebook.clauses[id_])
        failed |= check.failed
    about = {
        kind for files in pack.clauses.values() for kind in kinds_about(files.clause.value, pack.subjects)
    }
    for placed in (pack.subjects[kind] for kind in pack.subjects if kind in about and not problems):
        problems += [
            placed.problem(
                ("conditions", index),
                f"没有例子里 {entry.id} 不成立：这个条件管所有条款，至少要有一条的例子写到",
                f"no case has {entry.id} false: the condition holds for all clauses, and one of them must show it",
                remedy=("在一条条款的 cases.yaml 补一个例子", "add a case to cases.yaml of some clause"),
            )
            for index, entry in enumerate(placed.value.conditions)
            if entry.id not in failed
        ]
    return problems


class _ClauseCheck:
    """The checks of one clause."""

    def __init__(self, pack: Pack, files: ClauseFiles, rulebook: Rulebook) -> None:
        self._pack = pack
        self._placed: Placed[Clause] = files.clause
        self._cases = files.cases
        self._scope = rulebook.scope
        self._ranks = [expression for expression, _ in rulebook.ranks[files.clause.value.id]]
        self._problems: list[Problem] = []
        self.failed: set[str] = set()
        """The conditions that are false in some case."""

    def run(self, rule: Rule) -> list[Problem]:
        if len(rule.conditions) > _MOST_CONDITIONS or len(rule.facts) > _MOST_FACTS:
            self._note(
                ("conditions",),
                f"条款 {rule.id} 太大：至多 {_MOST_CONDITIONS} 个条件、{_MOST_FACTS} 个事实",
                f"clause {rule.id} is too large: at most {_MOST_CONDITIONS} conditions and {_MOST_FACTS} facts",
                ("拆成两条", "split it in two"),
            )
            return self._problems
        self._changes(rule)
        if not self._always_bound(rule):
            return self._problems
        self._limits(rule)
        day = self._placed.value.in_force.from_
        bound = self._bound(rule, day)
        self._problems += check_amounts(bound, self._placed, self._pack, day)
        try:
            decide_sql([bound], "facts", (), f"DATE '{day}'")
        except JigongError as long:
            self._problems += (replace(p, place=self._placed.place("conditions")) for p in long.problems)
            return self._problems
        if self._cases is None:
            self._note(
                ("id",),
                f"条款 {rule.id} 没有 cases.yaml",
                f"clause {rule.id} has no cases.yaml",
                ("写出门槛两侧的例子", "write examples on both sides of each threshold"),
            )
            return self._problems
        self._names()
        read = [(index, self._given(index, case)) for index, case in enumerate(self._cases.value.cases)]
        given = {index: facts for index, facts in read if facts is not None}
        # What cases do not show is only worth saying of cases that can all be read.
        readable = not self._problems
        outcomes = self._judged(rule, given)
        if readable:
            seen = Seen(self._pack, [(facts, self._day(index)) for index, facts in given.items()])
            self._both_sides(rule, seen)
            self._branches(rule, list(outcomes.values()))
        return self._problems

    def _day(self, index: int) -> date:
        """The date of a case: its own, else the clause's first day."""
        assert self._cases is not None
        return self._cases.value.cases[index].as_of or self._placed.value.in_force.from_

    def _bound(self, rule: Rule, day: date) -> Rule:
        return rule.bound(self._pack.parameters_on(day))

    def _always_bound(self, rule: Rule) -> bool:
        """Note parameters without a value on some day on which the clause is in force; whether there are none."""
        force, quota = self._placed.value.in_force, self._placed.value.delivery.quota
        names = dict.fromkeys([*rule.parameters, *parameters_of(*self._ranks), *([quota] if quota else [])])
        bound = True
        for name in names:
            placed = self._pack.parameters.get(name)
            if placed is None:
                continue
            values = placed.value.values
            begins, ends = values[0].from_, last_day(placed.value, len(values) - 1)
            if begins <= force.from_ and ends >= (force.to or date.max):
                continue
            bound = False
            gap = (force.from_, begins) if begins > force.from_ else (ends, force.to or "…")
            self._problems.append(
                placed.problem(
                    ("values", 0 if begins > force.from_ else len(values) - 1),
                    f"条款 {rule.id} 从 {force.from_} 起有效，参数 {name} 在 {gap[0]} 至 {gap[1]} 之间却没有值",
                    f"clause {rule.id} is in force from {force.from_}, but parameter {name} has no value between {gap[0]} and {gap[1]}",
                    remedy=(
                        "补上这段时间的值，或改条款的 in_force",
                        "give it a value, or change in_force of the clause",
                    ),
                )
            )
        return bound

    def _limits(self, rule: Rule) -> None:
        """Note awards of an exclusion group of which nobody can say how much they give at most, or need not be told.

        One whose clause is undecided would keep every other award of the group waiting.
        """
        if self._placed.value.exclusion is None:
            return
        day = self._placed.value.in_force.from_
        positions = {entry.id: i for i, entry in enumerate(self._placed.value.awards)}
        for award in self._bound(rule, day).awards:
            if award.amount is None:
                continue
            ((_, most),) = compile_bounds([award.amount], wide=True)({}, day)
            path = ("awards", positions[award.id])
            if most is None and award.most is None:
                self._note(
                    (*path, "amount"),
                    f"分支 {award.id} 最多给多少，从算式看不出来；同组的其他待遇会一直等它",
                    f"the amount of branch {award.id} has no limit, so all others of its group would wait for it",
                    ("写明 most:一个参数", "say most: a parameter"),
                )
            if most is not None and award.most is not None:
                self._note(
                    (*path, "most"),
                    f"分支 {award.id} 的算式已有上限，不必写 most",
                    f"the amount of branch {award.id} has a limit, so it needs no most",
                    ("删去", "remove it"),
                )

    def _changes(self, rule: Rule) -> None:
        """Note actions that cannot change their condition, for they move a fact it does not read."""
        for i, (entry, condition) in enumerate(
            zip(self._placed.value.conditions, rule.conditions, strict=True)
        ):
            read = facts_of(condition.holds)
            for id_ in entry.change:
                action = self._pack.actions.get(id_)
                if action is not None and action.value.fact not in read:
                    self._note(
                        ("conditions", i, "change"),
                        f"行动 {id_} 改变的是 {action.value.fact}，条件 {entry.id} 并不读它",
                        f"action {id_} changes {action.value.fact}, which condition {entry.id} does not read",
                        ("换一个行动", "name another action"),
                    )

    def _names(self) -> None:
        """Note names in the cases that are no facts: they would be ignored in silence."""
        assert self._cases is not None
        places: list[tuple[str, tuple[str | int, ...]]] = [(n, ("base", n)) for n in self._cases.value.base]
        for index, case in enumerate(self._cases.value.cases):
            places += [(name, ("cases", index, "given", name)) for name in case.given]
        for name, path in places:
            if name not in self._scope.facts:
                close = nearest(name, list(self._scope.facts))
                remedy = (
                    (f"是不是想写 {close}?", f"did you mean {close}?") if close else ("删去", "remove it")
                )
                zh, en = f"没有名为 {name} 的事实", f"there is no fact named {name}"
                self._problems.append(self._cases.problem(path, zh, en, remedy=remedy))

    def _given(self, index: int, case: Case) -> dict[str, Value | None] | None:
        assert self._cases is not None
        whole = {**self._cases.value.base, **case.given}
        given, problems = coerce_given(whole, self._scope)
        for name, text in problems.items():
            path = ("cases", index, "given", name) if name in case.given else ("base", name)
            self._problems.append(
                self._cases.problem(path, text.zh, text.en, remedy=("改正这个值", "correct the value"))
            )
        force = self._placed.value.in_force
        if not force.from_ <= self._day(index) <= (force.to or date.max):
            self._problems.append(
                self._cases.problem(
                    ("cases", index, "as_of"),
                    f"条款在 {case.as_of} 不在有效期内",
                    f"the clause is not in force on {case.as_of}",
                    remedy=("改正日期", "correct the date"),
                )
            )
            return None
        return None if problems else given

    def _judged(self, rule: Rule, given: Mapping[int, Mapping[str, Value | None]]) -> dict[int, Outcome]:
        """The outcome of every case; notes where the engines or the case's expectation disagree."""
        assert self._cases is not None
        cases = self._cases.value.cases
        outcomes: dict[int, Outcome] = {}
        for day in sorted({self._day(index) for index in given}):
            indexes = [index for index in given if self._day(index) == day]
            bound = self._bound(rule, day)
            people = [given[index] for index in indexes]
            both = zip(judge(bound, people, day, "row"), judge(bound, people, day, "duckdb"), strict=True)
            for index, (row, columnar) in zip(indexes, both, strict=True):
                outcomes[index] = row
                if row != columnar:
                    zh, en = (
                        f"两个引擎不一致：{row} / {columnar}",
                        f"the engines disagree: {row} / {columnar}",
                    )
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
        self.failed.update(false)
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
                    f"例子“{case.zh}”：{key} 应为 {wanted}，得到 {actual}",
                    f"case “{case.en}”: {key} should be {wanted}, is {actual}",
                )

    def _case_problem(self, index: int, key: str, zh: str, en: str) -> None:
        assert self._cases is not None
        path = ("cases", index, "expect", key) if key else ("cases", index)
        self._problems.append(
            self._cases.problem(path, zh, en, remedy=("改正规则或例子", "correct the rule or the case"))
        )

    def _both_sides(self, rule: Rule, seen: Seen) -> None:
        """Every comparison, boolean and extreme must be seen on each side by some case."""
        own = len(self._placed.value.conditions) - len(
            general_conditions(self._placed.value, self._pack.subjects)
        )
        for path, expression in _expressions(rule, self._placed.value, own):
            for node in dict.fromkeys(walk(expression)):
                for zh, en in uncovered(node, seen):
                    self._note(path, zh, en, ("在 cases.yaml 补一个例子", "add a case to cases.yaml"))

    def _branches(self, rule: Rule, outcomes: Sequence[Outcome]) -> None:
        taken = {outcome.branch for outcome in outcomes}
        idle = [award.id for award in rule.awards if award.id not in taken]
        day = self._placed.value.in_force.from_
        reachable = reachable_branches(self._bound(rule, day), day) if idle else set()
        ids = [entry.id for entry in self._placed.value.awards]
        for id_ in idle:
            path = ("awards", ids.index(id_))
            if reachable is not None and id_ not in reachable:
                self._note(
                    path,
                    f"分支 {id_} 永远轮不到：它的条件不可能成立，或前面的分支总是先成立",
                    f"branch {id_} can never be reached: it never applies, or an earlier one always applies first",
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


def _expressions(rule: Rule, clause: Clause, own: int) -> Iterator[tuple[tuple[str | int, ...], Expression]]:
    """Every expression of the rule's ``own`` conditions and awards, with its place in the clause."""
    for i, condition in enumerate(rule.conditions[:own]):
        yield ("conditions", i, "when"), condition.holds
    positions = {entry.id: i for i, entry in enumerate(clause.awards)}
    for award in rule.awards:
        if award.when is not None:
            yield ("awards", positions[award.id], "when"), award.when
        if award.amount is not None:
            yield ("awards", positions[award.id], "amount"), award.amount
