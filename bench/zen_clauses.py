"""The clauses as one ZEN decision: an expression for every condition, verdict, mask and amount."""

import json
import time
from collections.abc import Mapping, Sequence
from typing import Any

import zen

from bench.clauses import Book
from bench.translate import ZEN
from jigong.rules.model import Rule


def decision(book: Book) -> Any:
    """All clauses in one expression node, which is ZEN's fastest shape: each more node costs it a step."""
    expressions = [pair for rule in book.rules.values() for pair in _clause(rule)]
    nodes = [
        {"id": "in", "name": "in", "type": "inputNode", "position": {"x": 0, "y": 0}},
        {
            "id": "clauses",
            "name": "clauses",
            "type": "expressionNode",
            "position": {"x": 0, "y": 0},
            "content": {
                "expressions": [
                    {"id": str(number), "key": key, "value": value}
                    for number, (key, value) in enumerate(expressions)
                ]
            },
        },
        {"id": "out", "name": "out", "type": "outputNode", "position": {"x": 0, "y": 0}},
    ]
    edges = [
        {"id": "a", "sourceId": "in", "targetId": "clauses", "type": "edge"},
        {"id": "b", "sourceId": "clauses", "targetId": "out", "type": "edge"},
    ]
    return zen.ZenEngine().create_decision(json.dumps({"nodes": nodes, "edges": edges}))


def _clause(rule: Rule) -> list[tuple[str, str]]:
    key = rule.id.replace("-", "_")
    found = [(f"{key}_c{n}", ZEN.write(condition.holds)) for n, condition in enumerate(rule.conditions)]
    conditions = [f"$.{name}" for name, _ in found]
    found.append((f"{key}_verdict", " and ".join(conditions)))
    found.append((f"{key}_mask", " + ".join(f"({name} ? {1 << n} : 0)" for n, name in enumerate(conditions))))
    if rule.pays_money:
        amount = "0"
        for award in reversed(rule.awards):
            text = ZEN.write(award.amount) if award.amount is not None else "0"
            amount = text if award.when is None else f"({ZEN.write(award.when)} ? {text} : {amount})"
        found.append((f"{key}_amount", f"$.{key}_verdict ? round({amount}, 2) : 0"))
    return found


def one(book: Book, people: Sequence[Mapping[str, Any]], times: int) -> tuple[float, list[dict[str, Any]]]:
    """Decide one person after another: the seconds each took, and what was found for the first of each."""
    decider = decision(book)
    given = [dict(person) for person in people]
    answers = [decider.evaluate(person)["result"] for person in given]
    started = time.perf_counter()
    for _ in range(times):
        for person in given:
            decider.evaluate(person)
    return (time.perf_counter() - started) / (times * len(people)), answers
