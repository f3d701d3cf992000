"""The tables of one class while a delivery is checked, in an in-memory DuckDB.

    rows_<n>      plain rows of file n: typed columns, and ODD (NULL once the odd rows have moved out)
    odd           _file_no, _line, ODD: rows to read the careful way
    mended        _file_no, _line, typed columns: odd rows that proved right
    mended also has _lost: the columns whose cell could not be read, NULL where all could
    quarantine    _file_no, _line, columns, value, reason, row, cell: one for each fault; of a fault that costs
                  only its cell (cell is TRUE) the row itself is among the mended ones
    ghosts        _file_no, _line, typed columns (NULL where the cell is at fault), _cells, _text: what could be read
                  of each row in quarantine, and of each row that lost cells
    duplicates    rows dropped because another row or a current record says exactly the same
    confirmed     the records that duplicates repeat: line _line of file _source of the class
    outdated      rows dropped because a newer word than theirs holds
    gone          records that are withdrawn: by line _line of file _file_no, or left out of it (_left_out); their key
                  as text, and where they stood (_source and _old_line; NULL where they only waited)
    older         rows whose word is older than that of the record they would replace; _told: they are to replace it
    overruled     rows that were given the platform's value for a word it had corrected
    met           good rows whose key the lake knows: equal (_same), or superseding a record of _batch and _file, which
                  stands in line _old_line of file _old_source of its class
    good          view over rows_<n> and mended: _part, _place, _file_no, _line, _lost, typed columns

A good row is named by its part (the file number, or -1 for mended) and its place (the rowid there).
Names that are not the contract's begin with an underscore, which no column of a contract does.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

import duckdb

from jigong.lake import sql
from jigong.lake.checks import ODD, careful_select
from jigong.lake.readers.reading import Reading
from jigong.lake.reasons import CELL
from jigong.packs.contract import Contract

MENDED = -1

_TABLES = (
    "odd",
    "mended",
    "quarantine",
    "ghosts",
    "duplicates",
    "confirmed",
    "outdated",
    "older",
    "overruled",
    "met",
    "gone",
)

AGAIN = 1_000_000
"""File numbers from here on are those of rows that had waited for what they refer to."""


@dataclass
class Work:
    """The tables of one class; ``readings`` are the files by number."""

    con: duckdb.DuckDBPyConnection
    contract: Contract
    known_on: date
    readings: dict[int, Reading] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.con.execute(f"CREATE TABLE odd (_file_no INTEGER, _line BIGINT, {sql.name(ODD)} VARCHAR[])")
        self.con.execute(
            "CREATE TABLE quarantine (_file_no INTEGER, _line BIGINT, columns VARCHAR, value VARCHAR,"
            " reason VARCHAR, row VARCHAR, cell BOOLEAN)"
        )
        self.con.execute("CREATE TABLE duplicates (_part INTEGER, _place BIGINT, _file_no INTEGER)")
        self.con.execute("CREATE TABLE confirmed (_file_no INTEGER, _source INTEGER, _line BIGINT)")
        self.con.execute("CREATE TABLE outdated (_part INTEGER, _place BIGINT, _file_no INTEGER)")
        self.con.execute("CREATE TABLE older (_part INTEGER, _place BIGINT, _file_no INTEGER, _told BOOLEAN)")
        self.con.execute("CREATE TABLE overruled (_part INTEGER, _place BIGINT, _file_no INTEGER)")
        self.con.execute(
            "CREATE TABLE met (_part INTEGER, _place BIGINT, _file_no INTEGER, _same BOOLEAN, _batch VARCHAR,"
            " _file VARCHAR, _old_source INTEGER, _old_line BIGINT)"
        )
        self.con.execute(
            "CREATE TABLE gone (_file_no INTEGER, _line BIGINT, _key VARCHAR[], _source INTEGER, _old_line BIGINT,"
            " _left_out BOOLEAN, _reason VARCHAR)"
        )
        typed = ", ".join(f"{sql.name(c.name)} {c.duckdb_type}" for c in self.contract.columns)
        self.con.execute(f"CREATE TABLE mended (_file_no INTEGER, _line BIGINT, {typed}, _lost VARCHAR[])")
        self.con.execute(
            f"CREATE TABLE ghosts (_file_no INTEGER, _line BIGINT, {typed}, _cells VARCHAR[], _text VARCHAR)"
        )
        self._see_good()

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the contract's columns."""
        return tuple(column.name for column in self.contract.columns)

    @property
    def tables(self) -> tuple[str, ...]:
        """The tables that together hold the good rows."""
        return (*(f"rows_{n}" for n in self.readings), "mended")

    def table(self, part: int) -> str:
        """The table with the good rows of a part."""
        return "mended" if part == MENDED else f"rows_{part}"

    def begin(self) -> None:
        """Begin the transaction in which rows are named by their place: inside one, rowids stay what they are."""
        self.con.execute("BEGIN")
        # DuckDB 2.0 loses the rows of a large INSERT into a table that had one of no rows before in the same transaction,
        # unless some row was there first.
        for table in _TABLES:
            self.con.execute(f"INSERT INTO {table} (_file_no) VALUES (NULL)")
            self.con.execute(f"DELETE FROM {table} WHERE _file_no IS NULL")

    def add(self, number: int, reading: Reading) -> None:
        """Put file ``number``, staged in ``rows_<number>``, with the others."""
        self.readings[number] = reading
        if reading.malformed:
            _insert(
                self.con,
                "quarantine",
                [(number, bad.line, None, bad.text, bad.reason, None, False) for bad in reading.malformed],
            )
            self.con.executemany(
                "INSERT INTO ghosts (_file_no, _line, _text) VALUES (?, ?, ?)",
                [(number, bad.line, bad.text) for bad in reading.malformed],
            )
        if reading.spoilt:
            rows = [
                (number, bad.line, [bad.cells.get(name) for name in self.columns]) for bad in reading.spoilt
            ]
            _insert(self.con, "odd", rows)
        self._see_good()

    def add_again(self, rows: Sequence[tuple[int, int, list[str | None]]]) -> None:
        """Put rows that had waited (number of their file, line, cells in the contract's order) with the odd ones."""
        if rows:
            _insert(self.con, "odd", rows)

    def _see_good(self) -> None:
        parts = [
            f"SELECT {n} AS _part, _place, {n} AS _file_no, _line, NULL AS _lost, {sql.names(self.columns)}"
            f" FROM {self.lines(n)}"
            for n in self.readings
        ]
        parts.append(
            f"SELECT {MENDED} AS _part, rowid AS _place, _file_no, _line, _lost, {sql.names(self.columns)} FROM mended"
        )
        self.con.execute(f"CREATE OR REPLACE VIEW good AS {' UNION ALL '.join(parts)}")

    def lines(self, number: int) -> str:
        """SQL for the rows of a file with ``_place`` and ``_line``."""
        lines = self.readings[number].lines
        line = f"rowid + {lines.first}"
        if lines.skipped:
            line = f"{line} + {_stepped([(-1, 0), *lines.shifts()])}"
        return f"(SELECT rowid AS _place, {line} AS _line, * FROM rows_{number})"

    def move_odd(self) -> None:
        """Take the odd rows out of the plain ones."""
        odd = sql.name(ODD)
        for n in self.readings:
            condition = f"{odd} IS NOT NULL"
            self.con.execute(
                f"INSERT INTO odd SELECT {n}, _line, {odd} FROM {self.lines(n)} WHERE {condition}"
            )
            self.con.execute(f"DELETE FROM rows_{n} WHERE {condition}")

    def move_unknown(self, column: str, known: str) -> None:
        """Take out the rows whose ``column`` refers to nothing in the table ``known``; they are odd, too."""
        cells = ", ".join(f"CAST({sql.name(name)} AS VARCHAR)" for name in self.columns)
        value = sql.name(column)
        for n in self.readings:
            self.con.execute(
                f"CREATE OR REPLACE TABLE unknown AS SELECT sent.rowid AS place FROM rows_{n} sent"
                f" ANTI JOIN {known} ON sent.{value} = value WHERE sent.{value} IS NOT NULL"
            )
            if self.count("SELECT count(*) FROM unknown"):
                condition = "IN (SELECT place FROM unknown)"
                self.con.execute(
                    f"INSERT INTO odd SELECT {n}, _line, [{cells}] FROM {self.lines(n)} WHERE _place {condition}"
                )
                self.con.execute(f"DELETE FROM rows_{n} WHERE rowid {condition}")
        self.con.execute("DROP TABLE IF EXISTS unknown")

    def read_odd(self, known: dict[str, str]) -> None:
        """Read the odd rows the careful way: right ones become ``mended``, faults go to quarantine."""
        if not self.count("SELECT count(*) FROM odd"):
            return
        self.con.execute(
            f"CREATE TABLE careful AS {careful_select(self.contract, 'odd', known, self.known_on)}"
        )
        # A fault that costs only its cell leaves the row standing, unless the row has another fault as well.
        self.con.execute(
            "CREATE TABLE read AS SELECT *, coalesce(list_bool_and(list_transform(_faults, lambda f:"
            f" {self._costs_a_cell('f')})), TRUE) AS _right,"
            " list_transform(list_filter(_faults, lambda f: f.reason <> 'reference' AND NOT starts_with(f.reason, 'rule:')),"
            " lambda f: f.columns) AS _lost FROM careful"
        )
        cells = ", ".join(
            f"CASE WHEN list_contains(_lost, {sql.text(c)}) THEN NULL ELSE {sql.name(c)} END"
            for c in self.columns
        )
        self.con.execute(f"INSERT INTO mended SELECT _file_no, _line, {cells}, _lost FROM read WHERE _right")
        self.con.execute(
            "INSERT INTO quarantine SELECT _file_no, _line, _fault.columns, _fault.value, _fault.reason,"
            f" {as_json(self.columns, sql.name(ODD))}, _right FROM (SELECT *, unnest(_faults) AS _fault FROM read)"
        )
        self.con.execute(
            f"INSERT INTO ghosts SELECT _file_no, _line, {cells}, CASE WHEN _right THEN _lost END,"
            f" array_to_string({sql.name(ODD)}, ' ') FROM read WHERE _faults IS NOT NULL"
        )
        self.con.execute("DROP TABLE read")
        self.con.execute("DROP TABLE careful")

    def _costs_a_cell(self, fault: str) -> str:
        """SQL that is TRUE for a fault of one cell that its record can do without."""
        contract = self.contract
        needed = {*contract.key, *contract.no_overlap, contract.valid_time.start}
        optional = [c.name for c in contract.columns if not c.required and c.name not in needed]
        if not optional:
            return "FALSE"
        return f"({fault}.reason IN ({sql.texts(CELL)}) AND {fault}.columns IN ({sql.texts(optional)}))"

    def drop(self, table: str) -> None:
        """Take the good rows named in ``table`` (_part, _place) out."""
        for n in self.readings:
            self.con.execute(
                f"DELETE FROM rows_{n} WHERE rowid IN (SELECT _place FROM {table} WHERE _part = {n})"
            )
        self.con.execute(
            f"DELETE FROM mended WHERE rowid IN (SELECT _place FROM {table} WHERE _part = {MENDED})"
        )

    def keep_ghosts(self, table: str) -> None:
        """Keep what the good rows in ``table`` say, which are about to go to quarantine."""
        text = f"concat_ws(' ', {', '.join(f'CAST({sql.name(c)} AS VARCHAR)' for c in self.columns)})"
        self.con.execute(
            f"INSERT INTO ghosts SELECT _file_no, _line, {sql.names(self.columns)}, NULL, {text} FROM {table}"
        )

    def count(self, query: str) -> int:
        """The single number ``query`` gives."""
        return int(self.con.execute(query).fetchall()[0][0] or 0)

    def close(self) -> None:
        """Drop every table of the class."""
        self.con.execute("DROP VIEW IF EXISTS good")
        for n in self.readings:
            self.con.execute(f"DROP TABLE IF EXISTS rows_{n}")
        for table in (*_TABLES, "twins", "clashes"):
            self.con.execute(f"DROP TABLE IF EXISTS {table}")


def _stepped(shifts: list[tuple[int, int]]) -> str:
    """SQL for the shift of ``rowid``: ``shifts`` are (row, lines skipped before it), searched by halving."""
    if len(shifts) == 1:
        return str(shifts[0][1])
    middle = len(shifts) // 2
    below, above = _stepped(shifts[:middle]), _stepped(shifts[middle:])
    return f"CASE WHEN rowid < {shifts[middle][0]} THEN {below} ELSE {above} END"


def as_json(names: tuple[str, ...], cells: str) -> str:
    """SQL for a row as JSON; ``cells`` is a list of VARCHAR in the order of ``names``."""
    return f"CAST(to_json(map([{sql.texts(names)}], {cells})) AS VARCHAR)"


def _insert(con: duckdb.DuckDBPyConnection, table: str, rows: Sequence[tuple[object, ...]]) -> None:
    con.executemany(f"INSERT INTO {table} VALUES ({', '.join('?' * len(rows[0]))})", rows)
