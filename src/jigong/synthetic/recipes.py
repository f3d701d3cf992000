"""The SELECTs of a synthetic district, and running them.

::

    synthetic/macros.sql                  statements run once, before everything else (optional)
    synthetic/tables/once|shard/NN-x.sql  one SELECT each; kept as table x, in the order of NN
    synthetic/classes/once|shard/y.sql    one SELECT each: the rows of class y

What stands under ``once`` is made once; what stands under ``shard`` is made for each range of workers.
The rows of a class are written in the order of its key; a SELECT that begins with ``-- in the order of`` only passes
on an ordered table, and its rows are written as they come, which saves much time on millions of rows.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb

from jigong.kernel.problems import JigongError, Place, Problem, error, nearest
from jigong.kernel.text import Text
from jigong.packs.contract import Contract


@dataclass(frozen=True, slots=True)
class Recipe:
    """One SELECT: what it makes, and the file it stands in."""

    name: str
    sql: str
    file: Path

    @property
    def is_ordered(self) -> bool:
        """Whether its rows already come in a fixed order."""
        return self.sql.startswith("-- in the order of")


@dataclass(frozen=True, slots=True)
class Recipes:
    """All SELECTs of one district; ``classes`` of either kind by class name."""

    macros: Recipe | None
    tables_once: tuple[Recipe, ...]
    tables_shard: tuple[Recipe, ...]
    classes_once: Mapping[str, Recipe]
    classes_shard: Mapping[str, Recipe]


def read_recipes(folder: Path, contracts: Mapping[str, Contract]) -> Recipes:
    """Read the SELECTs under ``folder``.

    Raises:
        JigongError: a class without a SELECT, with two, or a SELECT for a class without a contract.
    """
    once = {recipe.name: recipe for recipe in _read(folder / "classes" / "once")}
    shard = {recipe.name: recipe for recipe in _read(folder / "classes" / "shard")}
    problems = [_unknown(recipe, contracts) for recipe in (*once.values(), *shard.values())]
    problems += [
        _not_one(name, folder, name in once) for name in contracts if (name in once) == (name in shard)
    ]
    if found := [problem for problem in problems if problem is not None]:
        raise JigongError(*found)
    macros = folder / "macros.sql"
    return Recipes(
        _recipe(macros) if macros.exists() else None,
        _read(folder / "tables" / "once"),
        _read(folder / "tables" / "shard"),
        once,
        shard,
    )


def keep(connection: duckdb.DuckDBPyConnection, recipe: Recipe) -> None:
    """Make the table of ``recipe``, in place of an earlier one."""
    run(connection, f"CREATE OR REPLACE TABLE {recipe.name} AS {recipe.sql}", recipe.file)


def run(connection: duckdb.DuckDBPyConnection, sql: str, file: Path) -> None:
    """Execute ``sql`` that came from ``file``.

    Raises:
        JigongError: DuckDB refuses it; the error names the file.
    """
    try:
        connection.execute(sql)
    except duckdb.Error as bad:
        raise error(
            f"合成数据的 SQL 无法执行：{bad}",
            f"the SQL of the synthetic district cannot be run: {bad}",
            place=Place(str(file)),
            remedy=("改正这个文件", "correct this file"),
        ) from bad


def _read(folder: Path) -> tuple[Recipe, ...]:
    return tuple(_recipe(file) for file in sorted(folder.glob("*.sql")))


def _recipe(file: Path) -> Recipe:
    name = file.stem.partition("-")[2] or file.stem
    return Recipe(name, file.read_text(encoding="utf-8").strip().rstrip(";"), file)


def _unknown(recipe: Recipe, contracts: Mapping[str, Contract]) -> Problem | None:
    if recipe.name in contracts:
        return None
    near = nearest(recipe.name, list(contracts))
    return Problem(
        Text(f"没有 {recipe.name} 这类数据的契约", f"there is no contract for the class {recipe.name}"),
        Place(str(recipe.file)),
        Text(f"是不是 {near}?", f"did you mean {near}?") if near else None,
    )


def _not_one(name: str, folder: Path, twice: bool) -> Problem:
    zh, en = ("有两个", "two SELECTs") if twice else ("没有", "no SELECT")
    return Problem(
        Text(f"{name} {zh}合成数据的 SQL", f"class {name} has {en} to make it"),
        Place(str(folder / "classes")),
        Text(
            f"在 classes/once 或 classes/shard 里写一个 {name}.sql",
            f"write one {name}.sql under classes/once or classes/shard",
        ),
    )
