"""One worker with one of everything: all clauses by the reference engine, ZEN, and openfisca-core."""

import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bench.clauses import DAY, Book, read_book
from bench.harness import Job, Measured, Result, seconds, side_by_side
from bench.setting import Setting
from bench.world import make_world
from jigong.rules.engines.duckdb import quoted
from jigong.rules.engines.row import RowRule
from jigong.rules.model import Outcome

_PEOPLE = 100
_OTHERS = {"zen": "zen-engine", "fisca": "openfisca-core"}


def results(setting: Setting) -> Iterator[Result]:
    """The lines of the report."""
    folder = {"folder": str(setting.folder / "world-one")}
    side_by_side({"compare": Job("one", "compare", folder)}, 1)
    times = {"row": 20, "zen": 20, "fisca": 1}
    jobs = {name: Job("one", name, {**folder, "times": count}) for name, count in times.items()}
    found = side_by_side(jobs, max(setting.runs, 3))
    row = found["row"]
    yield Result(
        "one.row",
        "一个人:全部条款,每个条件的值、分支、金额、缺什么",
        "one worker: all clauses, every condition, branch, amount, what is missing",
        seconds(row.seconds),
        "< 1 ms",
        row.seconds < 0.001,
        row.peak_mb,
        row.seconds,
    )
    for name, than in _OTHERS.items():
        yield _against(row, found[name], name, than)


def _against(row: Measured, other: Measured, name: str, than: str) -> Result:
    ratio = other.seconds / row.seconds
    return Result(
        f"one.{name}",
        f"一个人:比 {than} 快几倍",
        f"one worker: how many times faster than {than}",
        f"{ratio:.1f}× ({seconds(row.seconds)} : {seconds(other.seconds)})",
        "> 1×",
        ratio > 1,
        other.peak_mb,
        row.seconds,
        ratio,
        than,
    )


def row(folder: str, times: int) -> dict[str, Any]:
    """The reference engine."""
    book = read_book()
    people = _people(book, folder)
    rules = [RowRule(rule) for rule in book.rules.values()]
    started = time.perf_counter()
    for _ in range(times):
        for person in people:
            for rule in rules:
                rule.decide(person, DAY)
    return {"seconds": (time.perf_counter() - started) / (times * len(people))}


def zen(folder: str, times: int) -> dict[str, Any]:
    """zen-engine."""
    from bench import zen_clauses

    book = read_book()
    took, _ = zen_clauses.one(book, _floats(_people(book, folder)), times)
    return {"seconds": took}


def fisca(folder: str, times: int) -> dict[str, Any]:
    """openfisca-core, a simulation of one person each time."""
    from bench import openfisca

    book = read_book()
    took, _ = openfisca.one(book, _floats(_people(book, folder)), times)
    return {"seconds": took}


def compare(folder: str) -> dict[str, Any]:
    """Whether all three find the same.

    Raises:
        AssertionError: the clause and the person on whom they differ.
    """
    from bench import openfisca, zen_clauses

    book = read_book()
    people = _people(book, folder)
    given = _floats(people)
    for others in (zen_clauses.one(book, given, 1)[1], openfisca.one(book, given, 1)[1]):
        for person, answer in zip(people, others, strict=True):
            for id_, rule in book.rules.items():
                ours = RowRule(rule).decide(person, DAY)
                if not _same(ours, id_.replace("-", "_"), answer):
                    raise AssertionError(f"{id_}: {asdict(ours)} {answer} for {person}")
    return {"seconds": 0}


def _same(ours: Outcome, key: str, answer: Mapping[str, Any]) -> bool:
    mask = sum(1 << n for n, holds in enumerate(ours.conditions) if holds)
    amount = float(ours.amount or 0)
    return (
        (ours.verdict == "yes") == answer[f"{key}_verdict"]
        and mask == answer[f"{key}_mask"]
        and abs(amount - float(answer.get(f"{key}_amount", amount))) <= 0.01
    )


def _people(book: Book, folder: str) -> list[dict[str, Any]]:
    """Workers who have one of every kind of subject, with all facts."""
    facts = make_world(book, Path(folder), 100 * _PEOPLE)
    people: list[dict[str, Any]] = [{} for _ in range(_PEOPLE)]
    with facts.connect() as connection:
        for kind in list(book.kinds)[::-1]:
            names = ", ".join(map(quoted, book.facts(kind)))
            rows = connection.execute(
                f"SELECT {names} FROM {quoted(kind)} ORDER BY {quoted(kind)} LIMIT {_PEOPLE}"
            )
            for person, values in zip(people, rows.fetchall(), strict=True):
                person.update(zip(book.facts(kind), values, strict=True))
    return people


def _floats(people: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The same people with amounts as floats, which is what the other engines count in."""
    return [
        {
            name: value if isinstance(value, bool | int | str) else float(value)
            for name, value in person.items()
        }
        for person in people
    ]
