"""Shortest paths for everybody: for each worker and clause that says no, the fewest steps to yes."""

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

import duckdb

from jigong.decisions.points import WORKER, make_points, with_points
from jigong.decisions.run import Run, in_force
from jigong.lake.facts import FactTables, SubjectTable
from jigong.packs.model import ParameterValue
from jigong.packs.pack import Pack
from jigong.rules.engines.duckdb import quoted
from jigong.rules.model import Rule
from jigong.rules.nodes import Value, bind, fact_of, facts_of
from jigong.rules.paths import PathFinder, Step, Way
from jigong.rules.rulebook import Rulebook


@dataclass(frozen=True, slots=True)
class FoundWay:
    """The way for one subject of one clause; ``subject`` is None where it must first come into being."""

    clause: str
    subject: str | None
    worker: str | None
    way: Way


def finder(
    pack: Pack,
    rulebook: Rulebook,
    values: Mapping[str, ParameterValue],
    clause: str,
    without: Collection[str] = (),
) -> PathFinder:
    """The path finder of one clause with its parameters bound, now and on later days.

    ``without`` leaves out the conditions that read any of these facts, and the awards.
    """
    rule, entry = rulebook.clauses[clause], pack.clauses[clause].clause.value
    if without:
        kept = (c for c in rule.conditions if set(without).isdisjoint(facts_of(c.holds)))
        rule = Rule(rule.id, tuple(kept), ())

    def law(day: date) -> Rule | None:
        then = pack.parameters_on(day)
        return rule.bound(then) if in_force(entry, day) and then.keys() >= set(rule.parameters) else None

    return PathFinder(
        rule.bound(values),
        {condition.id: condition.change for condition in entry.conditions},
        {id_: placed.value for id_, placed in pack.actions.items()},
        {name: bind(expression, values) for name, expression in rulebook.over_time.items()},
        law,
    )


def all_ways(
    facts: FactTables,
    pack: Pack,
    rulebook: Rulebook,
    values: Mapping[str, ParameterValue],
    run: Run,
    worker: str | None = None,
) -> Iterator[FoundWay]:
    """The way of every subject with a no that somebody can turn; only of ``worker`` where given.

    A subject whose facts are read on an earlier day (an enrolment that has ended) has none: what a
    person does now does not change that day.
    """
    connection = facts.connect()
    points = make_points(connection, pack, rulebook, values, f"DATE '{facts.as_of}'", run.absent)
    for total in run.totals:
        begins = beginning(facts.subjects, pack, rulebook, values, total.clause, facts.as_of)
        if begins is not None:
            yield from _beginnings(connection, facts, run, total.clause, begins, points, worker)
        path = finder(pack, rulebook, values, total.clause)
        if not path.fixable_mask:
            continue
        columns = _columns(path, (*facts.facts_of(total.per), *points))
        read = ", ".join(f"v.{quoted(name)}" for name in columns)
        # Only subjects all of whose false conditions a person can change, and whose others are known.
        count = len(rulebook.clauses[total.clause].conditions)
        full = (1 << count) - 1
        sql = (
            f"SELECT d.subject, d.worker{', ' if read else ''}{read} FROM {run.rows(total.clause)} d"
            f" JOIN ({with_points(facts, total.per, points)}) v ON v.{quoted(total.per)} = d.subject"
            f" WHERE v.as_of = DATE '{facts.as_of}' AND d.verdict = 'no' AND d.known = {full} AND ({full} & ~d.mask & ~{path.fixable_mask}) = 0"
        )
        only, given = (" AND d.worker = ?", [worker]) if worker else ("", [])
        cursor = connection.execute(f"{sql}{only} ORDER BY d.subject", given)
        yield from _found(cursor, columns, total.clause, path.find, facts.as_of)


def _columns(path: PathFinder, known: Collection[str]) -> list[str]:
    """What a way depends on and the subject has: facts, and the bounds of ranged ones."""
    return [name for name in path.reads if fact_of(name) in known]


def _found(
    cursor: duckdb.DuckDBPyConnection,
    columns: Sequence[str],
    clause: str,
    find: Callable[[Mapping[str, Value | None], date], Way | None],
    as_of: date,
) -> Iterator[FoundWay]:
    """The ways of rows of subject, worker and facts in ``columns``; equal facts are looked at once."""
    known: dict[tuple[object, ...], Way | None] = {}
    while rows := cursor.fetchmany(10_000):
        for subject, worker, *values in rows:
            key = tuple(values)
            if key not in known:
                known[key] = find(dict(zip(columns, values, strict=True)), as_of)
            if (way := known[key]) is not None:
                yield FoundWay(clause, subject, worker, way)


@dataclass(frozen=True, slots=True)
class Beginning:
    """How a worker who has no subject of a clause yet (no enrolment) may come to one, and to a yes."""

    path: PathFinder
    first: Step

    def find(self, facts: Mapping[str, Value | None], as_of: date) -> Way | None:
        """The shortest way for a worker with these facts."""
        return self.path.begin(self.first, facts, as_of)


def beginning(
    subjects: Mapping[str, SubjectTable],
    pack: Pack,
    rulebook: Rulebook,
    values: Mapping[str, ParameterValue],
    clause: str,
    as_of: date,
) -> Beginning | None:
    """How to begin under one clause; None where the clause does not say.

    What the conditions ask of the subject itself is taken to be minded when it is begun.
    """
    entry = pack.clauses[clause].clause.value
    if entry.begin is None:
        return None
    days = pack.actions[entry.begin].value.days or 0
    first = Step(entry.begin, entry.per, None, True, None, as_of + timedelta(days=days))
    own = subjects[entry.per].facts
    return Beginning(finder(pack, rulebook, values, clause, without=own), first)


def _beginnings(
    connection: duckdb.DuckDBPyConnection,
    facts: FactTables,
    run: Run,
    clause: str,
    begins: Beginning,
    points: Sequence[str],
    worker: str | None,
) -> Iterator[FoundWay]:
    """The way of every worker the clause has nothing to decide about yet."""
    columns = _columns(begins.path, (*facts.facts_of(WORKER), *points))
    read = "".join(f", v.{quoted(name)}" for name in columns)
    sql = (
        f"SELECT d.subject, d.worker{read} FROM {run.rows(clause)} d"
        f" JOIN ({with_points(facts, WORKER, points)}) v ON v.worker = d.worker"
        " WHERE d.subject IS NULL AND d.verdict = 'no'"
    )
    only, given = (" AND d.worker = ?", [worker]) if worker else ("", [])
    cursor = connection.execute(f"{sql}{only} ORDER BY d.worker", given)
    yield from _found(cursor, columns, clause, begins.find, facts.as_of)


@dataclass(frozen=True, slots=True)
class StepTotal:
    """How many workers are one single step from an entitlement, and what it would be worth to them."""

    clause: str
    action: str
    people: int
    yuan: Decimal


def one_step_away(ways: Iterator[FoundWay]) -> list[StepTotal]:
    """Totals of the ways that need a single step, the most people first."""
    people: Counter[tuple[str, str]] = Counter()
    yuan: dict[tuple[str, str], Decimal] = {}
    seen: set[tuple[str, str, str]] = set()
    for found in ways:
        if len(found.way.steps) != 1:
            continue
        key = (found.clause, found.way.steps[0].action)
        yuan[key] = yuan.get(key, Decimal(0)) + (found.way.worth or 0)
        person = found.worker or found.subject or ""
        if (*key, person) not in seen:
            seen.add((*key, person))
            people[key] += 1
    return [
        StepTotal(clause, action, count, yuan[clause, action])
        for (clause, action), count in people.most_common()
    ]
