"""Whose word holds: a class belongs to a department, to enterprises or to the platform, and so may a column.

Only the owner's deliveries say what is covered. What the platform has recorded of a department's class (an upheld
correction, the outcome of a draw) is not lost when the department delivers again: a column only the platform knows
keeps its value; a correction stands against the very word it corrected; anything else new is the owner's to say.
Each such difference is noted, so that a case can be opened for the class's data office.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from jigong.lake import sql
from jigong.lake.batches import Difference
from jigong.lake.claims import PLATFORM
from jigong.lake.keys import drop_outdated
from jigong.lake.work import Work
from jigong.packs.contract import Contract

if TYPE_CHECKING:
    from jigong.lake.intake_class import Arrival
    from jigong.lake.snapshot import Snapshot


def kind_of(origin: str) -> str:
    """Who an origin is: ``enterprise`` of ``enterprise:91330…``, ``platform`` of ``platform:case-12``."""
    return origin.partition(":")[0]


def moves_coverage(contract: Contract, origin: str) -> bool:
    """Whether a delivery from ``origin`` says what is covered of a class: only its owner's does."""
    return kind_of(origin) == contract.owner


def keep_platform_columns(
    work: Work, files: Mapping[int, "Arrival"], snapshot: "Snapshot", platform: str
) -> tuple[Difference, ...]:
    """Give rows of others the platform's value in the columns only the platform knows.

    ``platform`` is SQL for the batches by which the platform wrote to the class. Its last word counts, also where
    others have delivered the record since.
    """
    columns = [c.name for c in work.contract.columns if c.owner == PLATFORM]
    others = [n for n, arrival in files.items() if kind_of(arrival.origin) != PLATFORM]
    differences: list[Difference] = []
    if not columns or not others:
        return ()
    key = work.contract.key
    work.con.execute(
        f"CREATE OR REPLACE TABLE last_word AS SELECT DISTINCT ON ({sql.names(key)}) {sql.names([*key, *columns])}"
        f" FROM ({snapshot.history(work.contract.name)}) WHERE _batch IN ({platform})"
        f" ORDER BY {sql.names(key)}, _source DESC"
    )
    on = " AND ".join(f"new.{sql.name(c)} = old.{sql.name(c)}" for c in key)
    for column in columns:
        value = sql.name(column)
        said = f"old.{value} IS NOT NULL AND new.{value} IS DISTINCT FROM old.{value}"
        for table, mine in _tables(work, others):
            differences += [
                Difference(work.contract.name, tuple(row[2:]), column, row[0], row[1], PLATFORM)
                for row in work.con.execute(
                    f"SELECT CAST(old.{value} AS VARCHAR), CAST(new.{value} AS VARCHAR), {_key(key, 'new.')}"
                    f" FROM {table} new, last_word old WHERE {on} AND {mine} AND {said}"
                    f" AND new.{value} IS NOT NULL ORDER BY ALL"
                ).fetchall()
            ]
            work.con.execute(
                f"UPDATE {table} new SET {value} = old.{value} FROM last_word old WHERE {on} AND {mine} AND {said}"
            )
    return tuple(differences)


def settle_owners(
    work: Work, files: Mapping[int, "Arrival"], snapshot: "Snapshot", platform: str
) -> tuple[Difference, ...]:
    """Where others' rows meet a record of the platform's: the very word it corrected does not come back.

    Unless its claim ``supersedes``: so says an owner that knows of the correction, as when it answers a case.
    """
    others = [n for n, arrival in files.items() if kind_of(arrival.origin) != PLATFORM]
    if not others:
        return ()
    work.con.execute(
        "CREATE OR REPLACE TABLE disputed AS SELECT good.* FROM good JOIN met USING (_part, _place)"
        f" WHERE met._batch IN ({platform}) AND good._file_no IN ({', '.join(map(str, others))})"
    )
    if not work.count("SELECT count(*) FROM disputed"):
        return ()
    contract = work.contract
    key, columns = sql.names(contract.key), work.columns
    history = snapshot.history(contract.name)
    work.con.execute(
        f"CREATE OR REPLACE TABLE former AS SELECT DISTINCT ON ({key}) {sql.names(columns)} FROM ({history})"
        f" WHERE ({key}) IN (SELECT ({key}) FROM disputed) AND _batch NOT IN ({platform})"
        f" ORDER BY {key}, _source DESC"
    )
    on = " AND ".join(f"d.{sql.name(c)} = f.{sql.name(c)}" for c in contract.key)
    same = " AND ".join(f"d.{sql.name(c)} IS NOT DISTINCT FROM f.{sql.name(c)}" for c in columns)
    work.con.execute(
        f"CREATE OR REPLACE TABLE old_word AS SELECT d._part, d._place, d._file_no FROM disputed d"
        f" JOIN former f ON {on} WHERE {same}"
    )
    for number in (n for n in others if files[n].claim.supersedes):
        work.con.execute(f"DELETE FROM old_word WHERE _file_no = {number}")
    found = []
    for column in columns:
        value = sql.name(column)
        found += [
            Difference(contract.name, tuple(row[3:]), column, row[0], row[1], PLATFORM if row[2] else "owner")
            for row in work.con.execute(
                f"SELECT CAST(p.{value} AS VARCHAR), CAST(d.{value} AS VARCHAR),"
                f" (d._part, d._place) IN (SELECT (_part, _place) FROM old_word), {_key(contract.key, 'd.')}"
                f" FROM disputed d JOIN current.{sql.name(contract.name)} p ON"
                f" {' AND '.join(f'd.{sql.name(c)} = p.{sql.name(c)}' for c in contract.key)}"
                f" LEFT JOIN former f ON {on}"
                f" WHERE d.{value} IS DISTINCT FROM p.{value} AND p.{value} IS DISTINCT FROM f.{value} ORDER BY ALL"
            ).fetchall()
        ]
    drop_outdated(work, "old_word")
    return tuple(found)


def _tables(work: Work, numbers: list[int]) -> list[tuple[str, str]]:
    """The tables with the rows of these files, each with a condition that keeps them."""
    own = [(f"rows_{n}", "TRUE") for n in numbers if n in work.readings]
    return [*own, ("mended", f"new._file_no IN ({', '.join(map(str, numbers))})")]


def _key(key: tuple[str, ...], prefix: str) -> str:
    return ", ".join(f"CAST({prefix}{sql.name(column)} AS VARCHAR)" for column in key)
