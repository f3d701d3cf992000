"""Whom newer data touch: those whose facts on the same day are not what they were."""

from dataclasses import dataclass
from pathlib import Path

import duckdb

from jigong.lake.facts import PERSON, FactTables
from jigong.rules.engines.duckdb import quoted, text_literal


@dataclass(frozen=True)
class Touched:
    """The workers touched, whether any other subject is, and whether it is everybody: a list of subjects that was
    complete no longer is, or the other way round."""

    people: frozenset[str]
    others: bool
    everybody: bool

    @property
    def nobody(self) -> bool:
        """Whether all facts are what they were."""
        return not (self.people or self.others or self.everybody)

    def __or__(self, other: "Touched") -> "Touched":
        return Touched(
            self.people | other.people, self.others or other.others, self.everybody or other.everybody
        )


def touched(before: FactTables, after: FactTables) -> Touched:
    """Compare the facts of one pack and day from two snapshots. Whoever links to something that changed is touched."""
    connection = duckdb.connect()
    for kind in after.subjects:
        files = [f"{kind}.parquet", f"{kind}.at.parquet"]
        rows = " UNION ALL ".join(
            f"SELECT {quoted(kind)} FROM ({sql})" for name in files if (sql := _changed(before, after, name))
        )
        connection.execute(
            f"CREATE TABLE {_own(kind)} AS SELECT DISTINCT {quoted(kind)} AS key FROM ({rows})"
        )
    people = {row[0] for row in connection.execute(f"SELECT key FROM {_own(PERSON)}").fetchall()}
    others = False
    for kind, table in after.subjects.items():
        for link in table.links:
            connection.execute(
                f"INSERT INTO {_own(kind)} SELECT {quoted(kind)} FROM ({_both(before, after, kind)})"
                f" WHERE {quoted(link)} IN (SELECT key FROM {_own(link)})"
            )
        worker = PERSON if PERSON in table.links else quoted(kind) if kind == PERSON else "NULL"
        found = connection.execute(
            f"SELECT DISTINCT {worker} FROM ({_both(before, after, kind)})"
            f" WHERE {quoted(kind)} IN (SELECT key FROM {_own(kind)})"
        ).fetchall()
        people |= {row[0] for row in found if row[0] is not None}
        others = others or any(row[0] is None for row in found)
    waiting = _changed(before, after, "open.parquet")
    sql = f"SELECT DISTINCT subject FROM ({waiting}) WHERE link = {text_literal(PERSON)}"
    people |= {row[0] for row in connection.execute(sql).fetchall() if row[0] is not None}
    listed = [{kind: table.listed for kind, table in side.subjects.items()} for side in (before, after)]
    return Touched(frozenset(people), others, listed[0] != listed[1])


def _changed(before: FactTables, after: FactTables, name: str) -> str:
    """SQL for the rows that only one side has; empty where neither has the file."""
    files = [side.folder / name for side in (before, after)]
    if not all(file.is_file() for file in files):
        return " UNION ALL ".join(_rows(file) for file in files if file.is_file())
    old, new = map(_rows, files)
    return f"({old} EXCEPT {new}) UNION ALL ({new} EXCEPT {old})"


def _both(before: FactTables, after: FactTables, kind: str) -> str:
    return " UNION ALL BY NAME ".join(_rows(side.folder / f"{kind}.parquet") for side in (before, after))


def _rows(file: Path) -> str:
    return f"SELECT * FROM read_parquet({text_literal(str(file))})"


def _own(kind: str) -> str:
    return quoted(f"changed {kind}")
