"""Whose word holds: a class belongs to a department, to enterprises or to the platform, and so may a column.

Only the owner's deliveries say what is covered. What the platform has recorded of a department's class (an upheld
correction, the outcome of a draw) is not lost when the department delivers again: a column only the platform knows
keeps its value; a corrected cell keeps its value against the very words that were corrected there; anything else is
the owner's to say. Each such difference is noted, so that a case can be opened for the class's data office.

Between two words of others the newer day holds: that of the delivery, or the day a file says it was made. A row that
is repeated is said anew. Only a file that says so replaces a newer word.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from jigong.lake import sql
from jigong.lake.batches import Difference
from jigong.lake.claims import PLATFORM
from jigong.lake.keys import drop_outdated
from jigong.lake.parts import CONFIRMED
from jigong.lake.stored import files as stored_files
from jigong.lake.work import Work
from jigong.packs.contract import Contract

if TYPE_CHECKING:
    from jigong.lake.snapshot import Snapshot


_STALE = "SELECT (_part, _place) FROM older WHERE NOT _told"
"""SQL for the rows that will be dropped because a newer word holds: nobody need hear what they say."""


@dataclass(frozen=True, slots=True)
class Word:
    """What a file is, whatever its rows say: from whom, of which earlier day if any, and whether it is to replace
    newer words."""

    origin: str
    stated_on: date | None = None
    supersedes: bool = False


def kind_of(origin: str) -> str:
    """Who an origin is: ``enterprise`` of ``enterprise:91330…``, ``platform`` of ``platform:case-12``."""
    return origin.partition(":")[0]


def moves_coverage(contract: Contract, origin: str) -> bool:
    """Whether a delivery from ``origin`` says what is covered of a class: only its owner's does."""
    return kind_of(origin) == contract.owner


def find_older(work: Work, words: Mapping[int, Word], snapshot: "Snapshot", current: str) -> None:
    """Fill the table ``older``: rows of an earlier day whose record was said, or said once more, on a later one."""
    on = _same("new", "old", work.contract.key)
    for number, word in words.items():
        if word.stated_on is None:
            continue
        if later := later_words(snapshot, work.contract.name, word.stated_on):
            work.con.execute(
                f"INSERT INTO older SELECT new._part, new._place, new._file_no, {word.supersedes} FROM good new"
                f" JOIN {current} old ON {on} WHERE new._file_no = {number} AND ({later})"
            )


def later_words(snapshot: "Snapshot", class_name: str, day: date) -> str:
    """SQL over a record ``old``: it was said, or said once more, after ``day``; empty where none was."""
    later = []
    if newer := snapshot.batches.stated_after(class_name, day):
        later.append(f"(old._batch, old._file) IN (SELECT (batch, name) FROM ({newer}) n(batch, name))")
    if parts := snapshot.batches.parts(CONFIRMED, class_name):
        confirmed = f"{stored_files(snapshot.store.root, parts)} WHERE _day > DATE '{day}'"
        later.append(f"(old._source, old._line) IN (SELECT (_source, _line) FROM {confirmed})")
    return " OR ".join(later)


def drop_older(work: Work) -> None:
    """Drop the rows in ``older`` that would replace a newer word, unless their file was told to."""
    work.con.execute(
        "CREATE OR REPLACE TABLE stale AS SELECT _part, _place, _file_no FROM older JOIN met USING (_part, _place, _file_no)"
        " WHERE NOT _told"
    )
    drop_outdated(work, "stale")


def count_replaced(work: Work) -> int:
    """How many good rows replace a newer word, as they were told to."""
    return work.count(
        "SELECT count(*) FROM good JOIN met USING (_part, _place) JOIN older USING (_part, _place)"
    )


def keep_platform_columns(
    work: Work, words: Mapping[int, Word], snapshot: "Snapshot", platform: str
) -> tuple[Difference, ...]:
    """Give rows of others the platform's value in the columns only the platform knows.

    ``platform`` is SQL for the batches by which the platform wrote to the class. Its last word counts, also where
    others have delivered the record since.
    """
    columns = [c.name for c in work.contract.columns if c.owner == PLATFORM]
    others = _others(words)
    differences: list[Difference] = []
    if not columns or not others:
        return ()
    key = work.contract.key
    work.con.execute(
        f"CREATE OR REPLACE TABLE last_word AS SELECT DISTINCT ON ({sql.names(key)}) {sql.names([*key, *columns])}"
        f" FROM ({snapshot.history(work.contract.name)}) WHERE _batch IN ({platform})"
        f" ORDER BY {sql.names(key)}, _source DESC"
    )
    for column in columns:
        value = sql.name(column)
        work.con.execute(
            f"CREATE OR REPLACE TABLE kept AS SELECT new._part, new._place, old.{value} AS _value, new.{value} AS _said,"
            f" {sql.names(key, 'new.')} FROM good new JOIN last_word old ON {_same('new', 'old', key)}"
            f" WHERE new._file_no IN ({_list(others)}) AND (new._part, new._place) NOT IN ({_STALE})"
            f" AND old.{value} IS NOT NULL AND new.{value} IS DISTINCT FROM old.{value}"
        )
        differences += [
            Difference(work.contract.name, tuple(row[2:]), column, row[0], row[1], PLATFORM)
            for row in work.con.execute(
                f"SELECT CAST(_value AS VARCHAR), CAST(_said AS VARCHAR), {_key(key)} FROM kept"
                " WHERE _said IS NOT NULL ORDER BY ALL"
            ).fetchall()
        ]
        _put_kept(work, value)
    return tuple(differences)


def keep_corrections(
    work: Work, words: Mapping[int, Word], snapshot: "Snapshot", platform: str
) -> tuple[Difference, ...]:
    """Give rows of others the platform's value in the cells it corrected, where they repeat what it corrected.

    A correction stands as long as the record keeps its value. Every word the platform ever replaced in the cell stays
    out of it then; another word is news, and so is any from a file that ``supersedes``: so says an owner that knows of
    the correction, as when it answers a case. A cell that could not be read says nothing against the correction.
    The rows that were given a value instead of their own are in the table ``overruled``.
    """
    contract = work.contract
    key, columns = (
        contract.key,
        [c for c in contract.columns if c.owner != PLATFORM and c.name not in contract.key],
    )
    others = _others(words)
    if not others or not columns:
        return ()
    names, history = sql.names(key), snapshot.history(contract.name)
    work.con.execute(
        f"CREATE OR REPLACE TABLE theirs AS SELECT * FROM good WHERE _file_no IN ({_list(others)})"
        f" AND ({names}) IN (SELECT ({names}) FROM ({history}) WHERE _batch IN ({platform}))"
        f" AND (_part, _place) NOT IN ({_STALE})"
    )
    if not work.count("SELECT count(*) FROM theirs"):
        return ()
    work.con.execute(
        f"CREATE OR REPLACE TABLE spoken AS SELECT {sql.names(work.columns)}, _batch IN ({platform}) AS _ours, _source"
        f" FROM ({history}) WHERE ({names}) IN (SELECT ({names}) FROM theirs)"
    )
    told = [number for number in others if words[number].supersedes]
    differences: list[Difference] = []
    for column in columns:
        value = sql.name(column.name)
        work.con.execute(
            f"CREATE OR REPLACE TABLE steps AS SELECT {names}, _ours, _source, {value} AS _value,"
            f" lag({value}) OVER each AS _former, row_number() OVER each > 1 AS _again"
            f" FROM spoken WINDOW each AS (PARTITION BY {names} ORDER BY _source)"
        )
        changed = "_value IS DISTINCT FROM _former"
        stands = (
            f"SELECT {names}, last(_value ORDER BY _source) AS _value FROM steps GROUP BY {names}"
            f" HAVING last(_ours ORDER BY _source) FILTER (WHERE {changed})"
        )
        wrong = f"SELECT DISTINCT {names}, _former, TRUE AS _wrong FROM steps WHERE _ours AND _again AND {changed}"
        lost = f"coalesce(list_contains(t._lost, {sql.text(column.name)}), FALSE)"
        rest = f" AND t._file_no NOT IN ({_list(told)})" if told else ""
        work.con.execute(
            f"CREATE OR REPLACE TABLE disputed AS SELECT t._part, t._place, t._file_no, s._value, t.{value} AS _said, {lost} AS _unread,"
            f" (w._wrong IS NOT NULL{rest}) AS _keep, {sql.names(key, 't.')}"
            f" FROM theirs t JOIN ({stands}) s ON {_same('t', 's', key)}"
            f" LEFT JOIN ({wrong}) w ON {_same('t', 'w', key)} AND w._former IS NOT DISTINCT FROM t.{value}"
            f" WHERE t.{value} IS DISTINCT FROM s._value"
        )
        differences += [
            Difference(contract.name, tuple(row[3:]), column.name, row[0], row[1], PLATFORM if row[2] else "owner")
            for row in work.con.execute(
                f"SELECT CAST(_value AS VARCHAR), CAST(_said AS VARCHAR), _keep, {_key(key)} FROM disputed"
                " WHERE NOT _unread ORDER BY ALL"
            ).fetchall()
        ]  # fmt: skip
        work.con.execute(
            "CREATE OR REPLACE TABLE kept AS SELECT _part, _place, _value FROM disputed WHERE _keep OR _unread"
        )
        _put_kept(work, value)
        work.con.execute(
            "INSERT INTO overruled SELECT _part, _place, _file_no FROM disputed WHERE _keep AND NOT _unread"
        )
    return tuple(differences)


def count_overruled(work: Work) -> None:
    """Count the rows that said nothing new beside words that were corrected as outdated, not as duplicates."""
    rows = "SELECT (_part, _place) FROM overruled"
    work.con.execute(f"INSERT INTO outdated SELECT * FROM duplicates WHERE (_part, _place) IN ({rows})")
    work.con.execute(f"DELETE FROM duplicates WHERE (_part, _place) IN ({rows})")


def _put_kept(work: Work, value: str) -> None:
    """Write the values of the table ``kept`` (_part, _place, _value) into a column of the good rows."""
    for part in [part for (part,) in work.con.execute("SELECT DISTINCT _part FROM kept").fetchall()]:
        table = work.table(part)
        work.con.execute(
            f"UPDATE {table} SET {value} = kept._value FROM kept WHERE kept._part = {part} AND kept._place = {table}.rowid"
        )


def _others(words: Mapping[int, Word]) -> list[int]:
    """The files that are not the platform's."""
    return [number for number, word in words.items() if kind_of(word.origin) != PLATFORM]


def _list(numbers: list[int]) -> str:
    return ", ".join(map(str, numbers))


def _same(one: str, other: str, key: tuple[str, ...]) -> str:
    return " AND ".join(f"{one}.{sql.name(column)} = {other}.{sql.name(column)}" for column in key)


def _key(key: tuple[str, ...]) -> str:
    return ", ".join(f"CAST({sql.name(column)} AS VARCHAR)" for column in key)
