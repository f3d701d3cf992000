"""What rows may refer to: the records of the lake, and those that came before them in the same delivery."""

import duckdb

from jigong.lake import sql
from jigong.lake.work import Work
from jigong.lake.writing import Output
from jigong.packs.contract import Column


class References:
    """Tables of values by class and column, over the views of the schema ``current`` and what was written so far."""

    def __init__(self, con: duckdb.DuckDBPyConnection, output: Output) -> None:
        self._con = con
        self._output = output
        self._known: dict[tuple[str, str], str] = {}

    def values_for(self, work: Work, referring: Column) -> str:
        """A table of the values a row may have in a column that refers to others; of its own class those that come with
        it as well."""
        assert referring.reference is not None
        class_name, column = referring.reference
        if class_name != work.contract.name:
            table = self._table(class_name, column)
            if not referring.none:
                return table
            view = sql.name(f"{table} or {referring.none[0]}")
            self._con.execute(
                f"CREATE OR REPLACE VIEW {view} AS SELECT value FROM {table} UNION ALL SELECT {sql.text(referring.none[0])}"
            )
            return view
        value = sql.name(column)
        # Not kept: what becomes of these rows is not settled yet.
        self._con.execute(
            f"CREATE OR REPLACE TABLE known_here AS SELECT {value} AS value FROM current.{sql.name(class_name)}"
            f" UNION SELECT {value} FROM good WHERE {value} IS NOT NULL"
        )
        return "known_here"

    def _table(self, class_name: str, column: str) -> str:
        """A table of the values of ``class.column``: current records and what this delivery brought."""
        if (class_name, column) not in self._known:
            table = f"known_{len(self._known)}"
            value = sql.name(column)
            select = f"SELECT {value} AS value FROM current.{sql.name(class_name)}"
            segment = self._output.segment(class_name)
            if segment.exists():
                select += f" UNION ALL SELECT {value} FROM read_parquet({sql.text(segment)})"
            self._con.execute(
                f"CREATE TABLE {table} AS SELECT DISTINCT value FROM ({select}) WHERE value IS NOT NULL"
            )
            self._known[class_name, column] = table
        return self._known[class_name, column]
