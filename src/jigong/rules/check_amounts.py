"""Slips in money: amounts below zero, shares above one, fen where yuan belong, more than a fund has in a year."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from random import Random

from jigong.kernel.problems import Problem
from jigong.packs.model import Clause, ParameterEntry
from jigong.packs.pack import Pack, value_on
from jigong.packs.shape import Placed
from jigong.rules.engines.row import RowRule
from jigong.rules.model import Rule
from jigong.rules.nodes import MONEY, Expression, Fact, Literal, Type, Value, facts_of, walk

MONEY_UNIT, SHARE_UNIT = "yuan", "share"
_HUNDRED = 100
_TRIES = 400
_LARGEST = {"integer": 10_000, "decimal": 1_000_000}


def check_figures(pack: Pack) -> list[Problem]:
    """Parameters in yuan or shares whose value is most likely a slip."""
    return [problem for name, placed in pack.parameters.items() for problem in _figure(name, placed)]


def _figure(name: str, placed: Placed[ParameterEntry]) -> Iterator[Problem]:
    entry = placed.value
    if entry.unit not in (MONEY_UNIT, SHARE_UNIT):
        return
    numbers = [
        (index, Decimal(dated.value))
        for index, dated in enumerate(entry.values)
        if isinstance(dated.value, int | Decimal) and not isinstance(dated.value, bool)
    ]
    for index, value in numbers:
        path = ("values", index, "value")
        if value < 0:
            yield placed.problem(
                path,
                f"{name} 为负：{value}",
                f"{name} is negative: {value}",
                remedy=("金额和比例不能小于 0", "amounts and shares are 0 or more"),
            )
        elif entry.unit == SHARE_UNIT and value > 1:
            yield placed.problem(
                path,
                f"{name} 是比例，不能大于 1：{value}",
                f"{name} is a share and cannot be above 1: {value}",
                remedy=(f"写成 {value / _HUNDRED}?", f"did you mean {value / _HUNDRED}?"),
            )
        elif entry.unit == MONEY_UNIT and value != value.quantize(MONEY_STEP):
            yield placed.problem(
                path,
                f"{name} 不到一分：{value}",
                f"{name} is finer than a fen: {value}",
                remedy=("以元为单位，至多两位小数", "write yuan with at most two decimals"),
            )
    for (_, before), (index, after) in pairwise(numbers):
        if before and after in (before * _HUNDRED, before / _HUNDRED):
            yield placed.problem(
                ("values", index, "value"),
                f"{name} 从 {before} 变为 {after}，正好一百倍",
                f"{name} goes from {before} to {after}, exactly a hundredfold",
                remedy=(
                    "是不是把分当成了元，或把百分数当成了比例?单位写作元、比例写作 0.60",
                    "fen for yuan, or a percentage for a share? Write yuan, and a share as 0.60",
                ),
            )


MONEY_STEP = Decimal("0.01")


def check_amounts(rule: Rule, placed: Placed[Clause], pack: Pack, day: date) -> Iterator[Problem]:
    """Awards of a bound rule that can be negative, or above what the fund has in a year, with the facts that make them so."""
    positions = {entry.id: index for index, entry in enumerate(placed.value.awards)}
    budget = _budget(placed.value, pack, day)
    seen: set[tuple[str, bool]] = set()
    for facts, branch, amount in _tried(rule, day):
        too_much = budget is not None and amount > budget
        if (amount >= 0 and not too_much) or (branch, too_much) in seen:
            continue
        seen.add((branch, too_much))
        shown = ", ".join(f"{name} = {value}" for name, value in facts.items()) or "—"
        path = ("awards", positions[branch], "amount")
        if too_much:
            yield placed.problem(
                path,
                f"分支 {branch} 一次就给 {amount} 元，超过基金一年的 {budget} 元：{shown}",
                f"branch {branch} gives {amount} yuan at once, more than the fund has in a year ({budget}): {shown}",
                remedy=("检查单位是不是元，参数是不是写大了", "see whether the unit is yuan, and the parameters right"),
            )  # fmt: skip
        else:
            yield placed.problem(
                path,
                f"分支 {branch} 的金额会成为负数 {amount}：{shown}",
                f"the amount of branch {branch} can be negative, {amount}: {shown}",
                remedy=("写成 greatest(…, 0)", "write greatest(…, 0)"),
            )


def _budget(clause: Clause, pack: Pack, day: date) -> Decimal | None:
    """What the fund of a clause has in a year, where its figure says so."""
    fund = pack.funds.get(clause.fund or "")
    entry = pack.parameters.get(fund.value.budget) if fund is not None else None
    value = value_on(entry.value, day) if entry is not None else None
    return Decimal(value) if isinstance(value, int | Decimal) and not isinstance(value, bool) else None


def _tried(rule: Rule, day: date) -> Iterator[tuple[Mapping[str, Value], str, Decimal]]:
    """What branches give for facts that are tried: at, just beside and far from every constant, none below 0."""
    for award in rule.awards:
        if award.amount is None or (award.most is None and not facts_of(award.amount)):
            fixed = RowRule(Rule(rule.id, (), (award,))).decide({}, day) if award.amount is not None else None
            if fixed is not None and fixed.potential is not None:
                yield {}, award.id, fixed.potential
            continue
        read = set(facts_of(award.amount, award.when))
        conditions = tuple(c for c in rule.conditions if read.issuperset(facts_of(c.holds)))
        expressions = [award.amount, award.when, *(c.holds for c in conditions)]
        alone = RowRule(Rule(rule.id, conditions, (award,)))
        for facts in _people([e for e in expressions if e is not None]):
            outcome = alone.decide(facts, day)
            if outcome.branch == award.id and outcome.amount is not None:
                yield facts, award.id, outcome.amount


def _people(expressions: Sequence[Expression]) -> Iterator[Mapping[str, Value]]:
    """Facts of made-up people: each number smallest or largest in turn, and then by chance."""
    nodes = [node for expression in expressions for node in walk(expression)]
    types = {node.name: node.type for node in nodes if isinstance(node, Fact)}
    constants = {node.value for node in nodes if isinstance(node, Literal)}
    pools = {name: _values(type_, constants) for name, type_ in types.items()}
    for name in types:
        for end in (0, -1):
            yield {other: pool[end if other == name else -1 - end] for other, pool in pools.items()}
    random = Random(0)
    for _ in range(_TRIES if types else 0):
        yield {name: random.choice(pool) for name, pool in pools.items()}


def _values(type_: Type, constants: set[Value]) -> list[Value]:
    if type_.kind == "boolean":
        return [False, True]
    if type_.kind == "string":
        return [*sorted(c for c in constants if isinstance(c, str)), "\0"]
    if type_.kind == "date":
        days = {c for c in constants if isinstance(c, date)} | {date(1990, 1, 1), date(2030, 1, 1)}
        return [day + timedelta(days=step) for day in sorted(days) for step in (-1, 0, 1)]
    step = 1 if type_.kind == "integer" else MONEY_STEP
    largest = Decimal(_LARGEST["decimal" if type_ == MONEY else "integer"])
    numbers = [Decimal(c) for c in constants if isinstance(c, int | Decimal) and not isinstance(c, bool)]
    every = {Decimal(0), Decimal(step), largest, *(n + d for n in numbers for d in (-step, 0, step))}
    kept = sorted(n for n in every if 0 <= n <= largest)
    if type_.kind == "integer":
        return list(dict.fromkeys(int(n) for n in kept))
    return list(dict.fromkeys(n.quantize(MONEY_STEP) for n in kept))
