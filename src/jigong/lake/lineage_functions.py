"""What DuckDB's functions do to rows: which gather many into one, and what they notice of them."""

from functools import lru_cache
from typing import TypeGuard

import duckdb
from sqlglot import exp

from jigong.lake.lineage_frames import NotUnderstood

_BLIND = (exp.Min, exp.Max, exp.ArgMin, exp.ArgMax, exp.LogicalOr, exp.LogicalAnd, exp.BitwiseOrAgg,
          exp.BitwiseAndAgg, exp.AnyValue, exp.First, exp.Last)  # fmt: skip
"""Aggregates that do not notice when a row is there twice."""

_CHOOSING = (exp.Min, exp.Max, exp.ArgMin, exp.ArgMax, exp.AnyValue, exp.First, exp.Last, exp.FirstValue,
             exp.LastValue, exp.Mode)  # fmt: skip
"""Functions that give back their first argument as one of the rows has it."""

_WRAPPERS = (exp.IgnoreNulls, exp.RespectNulls)

MULTIPLYING = (exp.Explode, exp.Unnest)
"""Expressions that make several rows of one."""


@lru_cache(maxsize=1)
def _kinds() -> dict[str, set[str]]:
    """What kinds of function each name of DuckDB's stands for."""
    kinds: dict[str, set[str]] = {}
    with duckdb.connect() as con:
        query = "SELECT DISTINCT function_name, function_type FROM duckdb_functions()"
        for name, kind in con.execute(query).fetchall():
            kinds.setdefault(name, set()).add(kind)
    return kinds


def is_aggregate(node: exp.Expr) -> TypeGuard[exp.Func]:
    """Whether a node is a call that gathers rows.

    Raises:
        NotUnderstood: nobody knows what the function does. A macro may hide an aggregate.
    """
    if isinstance(node, exp.AggFunc):
        return True
    if isinstance(node, exp.Anonymous):
        kinds = _kinds().get(node.name.lower(), set())
        if "aggregate" not in kinds and "scalar" not in kinds:
            raise NotUnderstood(f"function {node.name}")
        return "aggregate" in kinds
    if isinstance(node, exp.Func):
        return any("aggregate" in _kinds().get(name.lower(), ()) for name in type(node).sql_names())
    return False


def is_blind(call: exp.Expr) -> bool:
    """Whether an aggregate gives the same when a row is there twice."""
    if isinstance(call.args.get("this"), exp.Distinct):
        return True
    # With a number as well, min and max give a list of so many values.
    return isinstance(call, _BLIND) and call.args.get("count") is None and not call.args.get("expressions")


def bare(call: exp.Expr) -> exp.Expr:
    """A call without FILTER and IGNORE NULLS around it."""
    while isinstance(call, exp.Filter | exp.IgnoreNulls | exp.RespectNulls):
        call = call.this
    return call


def chosen(call: exp.Expr) -> exp.Expr | None:
    """The argument whose value, as one of the rows has it, is what a call gives back."""
    call = bare(call)
    if not isinstance(call, _CHOOSING) or call.args.get("count") is not None:
        return None
    argument: exp.Expr = call.this
    return argument.this if isinstance(argument, exp.Order) else argument
