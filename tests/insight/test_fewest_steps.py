"""Ways are really the shortest: random small rules against trying everything."""

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from itertools import combinations, product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jigong.packs.model import Action
from jigong.rules.engines.row import RowRule
from jigong.rules.language import Scope, parse
from jigong.rules.model import Award, Condition, Rule
from jigong.rules.nodes import BOOLEAN, DATE, INTEGER, MONEY, STRING, Expression
from jigong.rules.paths import PathFinder, Way

TODAY = date(2023, 1, 15)
DOMAIN: dict[str, list[Any]] = {
    "a": [False, True],
    "b": [False, True],
    "m": list(range(-2, 6)),
    "n": list(range(-2, 6)),
}
TYPES = {
    "a": BOOLEAN,
    "b": BOOLEAN,
    "m": INTEGER,
    "n": INTEGER,
    "born": DATE,
    "age": INTEGER,
    "pay": MONEY,
    "kind": STRING,
    "streak": INTEGER,
}
SCOPE = Scope(TYPES, {}, ("streak",))


def action(id_: str, fact: str, **more: Any) -> Action:
    return Action(id=id_, zh=id_, en=id_, fact=fact, **more)


def rule(*conditions: str, amount: str | None = None) -> Rule:
    parsed = tuple(Condition(f"c{i}", parse(text, SCOPE, "boolean")) for i, text in enumerate(conditions))
    return Rule("rule", parsed, (Award("only", 0, None, parse(amount, SCOPE) if amount else None),))


def finder(wanted: Rule, *actions: Action, over_time: Mapping[str, Expression] | None = None) -> PathFinder:
    """Every condition may be changed by every action."""
    ids = [action.id for action in actions]
    return PathFinder(
        wanted, {c.id: ids for c in wanted.conditions}, {a.id: a for a in actions}, over_time or {}
    )


def way(wanted: Rule, facts: Mapping[str, Any], *actions: Action) -> Way | None:
    return finder(wanted, *actions).find(facts, TODAY)


ATOMS = [
    "a",
    "b",
    "m >= 2",
    "n >= 2",
    "m <= 1",
    "n <= 1",
    "m = 3",
    "n > m",
    "m IN (0, 2)",
    "m <> 3",
    "NOT a",
    "NOT b",
    "a <> TRUE",
]
CONDITIONS = st.recursive(
    st.sampled_from(ATOMS),
    lambda part: (
        st.tuples(part, st.sampled_from(["AND", "OR"]), part).map(lambda p: f"({p[0]} {p[1]} {p[2]})")
        | part.map(lambda p: f"NOT ({p})")
    ),
    max_leaves=4,
)


def fewest(wanted: Rule, facts: Mapping[str, Any]) -> int | None:
    """The fewest facts one has to change, by trying all there is; None where nothing helps."""
    decider = RowRule(wanted)
    for count in range(1, len(DOMAIN) + 1):
        for names in combinations(DOMAIN, count):
            for values in product(*(DOMAIN[name] for name in names)):
                if decider.decide({**facts, **dict(zip(names, values, strict=True))}, TODAY).verdict == "yes":
                    return count
    return None


@settings(max_examples=250, deadline=None)
@given(
    st.lists(CONDITIONS, min_size=1, max_size=3),
    st.fixed_dictionaries({n: st.sampled_from(v) for n, v in DOMAIN.items()}),
)
def test_no_way_has_fewer_steps(conditions: list[str], facts: dict[str, Any]) -> None:
    wanted = rule(*conditions)
    found = way(wanted, facts, *(action(f"do_{name}", name, days=1) for name in DOMAIN))
    if RowRule(wanted).decide(facts, TODAY).verdict == "yes":
        assert found is None
        return
    if found is not None:
        changed = {step.fact: step.target for step in found.steps}
        assert RowRule(wanted).decide({**facts, **changed}, found.on).verdict == "yes"
    # A comparison of two facts has no single target: only without one can every way be known.
    if not any("n > m" in condition for condition in conditions):
        assert (len(found.steps) if found is not None else None) == fewest(wanted, facts)


def test_what_cannot_be_steered_may_hold_as_it_is() -> None:
    actions = action("x", "a", days=1), action("y", "n", days=1)
    assert way(rule("a AND n > m"), {"a": False, "n": 2, "m": 1}, *actions) is not None
    assert way(rule("a AND n > m"), {"a": False, "n": 1, "m": 1}, *actions) is None
    assert way(rule("n > m"), {"n": 1, "m": 1}, *actions) is None


def test_one_step_may_serve_two_conditions() -> None:
    found = way(rule("m >= 2", "m >= 3"), {"m": 0}, action("do", "m", days=10))
    assert found is not None
    assert [(step.fact, step.target) for step in found.steps] == [("m", 3)]


def test_a_step_may_touch_one_condition_by_way_of_another() -> None:
    """a must become false, so m must rise, so n must rise."""
    found = way(
        rule("NOT a", "a OR m >= 2", "NOT (m >= 2 AND n <= 1)"),
        {"a": True, "m": -2, "n": -2},
        *(action(f"do_{name}", name, days=1) for name in ("a", "m", "n")),
    )
    assert found is not None
    assert {step.fact for step in found.steps} == {"a", "m", "n"}


def test_a_step_that_breaks_another_condition_brings_the_second_along() -> None:
    found = way(
        rule("a", "NOT a OR b"), {"a": False, "b": False}, action("x", "a", days=1), action("y", "b", days=2)
    )
    assert found is not None
    assert {step.fact for step in found.steps} == {"a", "b"}


def test_of_two_actions_for_one_fact_the_quicker_is_taken() -> None:
    found = way(
        rule("a"),
        {"a": False},
        action("slow", "a", days=90),
        action("quick", "a", days=5),
        action("later", "a", days=7),
    )
    assert found is not None
    assert (found.steps[0].action, found.on) == ("quick", TODAY + timedelta(days=5))


def test_the_earlier_of_two_equally_short_ways_is_taken() -> None:
    found = way(rule("a OR b"), {"a": False, "b": False}, action("x", "a", days=30), action("y", "b", days=3))
    assert found is not None
    assert found.steps[0].fact == "b"


@pytest.mark.parametrize(
    ("now", "wanted", "grows", "months", "reached"),
    [
        (4, "m >= 6", 1, 2, 6),
        (4, "m > 6", 1, 3, 7),
        (4, "m >= 7", 2, 2, 8),
        (0, "m = 3", 1, 3, 3),
        (0, "m = 3", 2, None, None),
    ],
)
def test_growth_takes_whole_months(
    now: int, wanted: str, grows: int, months: int | None, reached: int | None
) -> None:
    found = way(rule(wanted), {"m": now}, action("grow", "m", grows=grows))
    if months is None:
        assert found is None
        return
    assert found is not None
    assert (found.steps[0].months, found.steps[0].target) == (months, reached)
    assert found.on == date(2023, 1 + months, 15)


def test_growth_of_an_amount_rounds_up() -> None:
    found = way(rule("pay >= 2.5"), {"pay": Decimal("1.00")}, action("grow", "pay", grows=1))
    assert found is not None
    assert (found.steps[0].months, found.steps[0].target) == (2, Decimal("3.00"))


def test_calendar_months_begin_on_the_first() -> None:
    found = way(rule("m >= 2"), {"m": 0}, action("grow", "m", grows=1, calendar=True))
    assert found is not None
    assert found.on == date(2023, 3, 1)


def test_what_falls_or_is_missing_cannot_be_grown() -> None:
    grow = action("grow", "m", grows=1)
    assert way(rule("m <= 1"), {"m": 3}, grow) is None
    assert way(rule("m >= 2"), {}, grow) is None
    assert way(rule("m >= 2", "a"), {"m": 0}, grow) is None


def test_facts_are_those_of_the_day_the_way_ends() -> None:
    age = parse("years_between(born, as_of)", SCOPE)
    wanted = rule("age <= 45", "m >= 2")
    paths = finder(wanted, action("grow", "m", grows=1), over_time={"age": age})
    assert "born" in paths.reads
    facts = {"m": 0, "age": 45}
    assert paths.find({**facts, "born": date(1977, 3, 15)}, TODAY) is None
    assert paths.find({**facts, "born": date(1977, 3, 16)}, TODAY) is not None


def test_what_bounds_settle_needs_no_step() -> None:
    paths = finder(rule("streak >= 6", "a"), action("join", "a", days=0), action("stay", "streak", grows=1))
    assert {"streak", "streak least", "streak most"} <= set(paths.reads)
    found = paths.find({"streak least": 7, "a": False}, TODAY)
    assert found is not None
    assert [step.action for step in found.steps] == ["join"]
    assert paths.find({"streak least": 5, "a": False}, TODAY) is None


@pytest.mark.parametrize("moves", [{"grows": 1}, {"days": 0}])
def test_from_within_bounds_nobody_can_say_how_far_it_is(moves: dict[str, int]) -> None:
    stay = action("stay", "streak", **moves)
    assert way(rule("streak >= 6"), {"streak least": 3, "streak most": 5}, stay) is None
    found = way(rule("streak >= 6"), {"streak least": 5, "streak most": 5}, stay)
    assert found is not None
    assert found.steps[0].now == 5


def test_bounds_do_not_move_by_themselves() -> None:
    """What moves is known on the later day, or nothing of it is: its bounds were those of today."""
    moved = parse("years_between(born, as_of)", SCOPE)
    wanted = rule("streak >= 3", "m >= 2")
    paths = finder(wanted, action("grow", "m", grows=1), over_time={"streak": moved})
    assert paths.find({"streak least": 3, "m": 0}, TODAY) is None
    assert paths.find({"streak least": 3, "m": 0, "born": date(2019, 1, 1)}, TODAY) is not None


def test_worth_is_what_is_due_then() -> None:
    found = way(rule("m >= 2", amount="m * 100"), {"m": 0}, action("grow", "m", grows=1))
    assert found is not None
    assert found.worth == Decimal("200.00")
