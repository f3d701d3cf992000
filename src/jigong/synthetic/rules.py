"""Asks DuckDB whether a typed row breaks a row rule of its contract."""

import re
from dataclasses import dataclass

import duckdb

from jigong.packs.contract import Contract, RowRule
from jigong.synthetic.stamps import Row


@dataclass(frozen=True, slots=True)
class Rules:
    """The row rules of one contract."""

    connection: duckdb.DuckDBPyConnection
    contract: Contract

    def broken(self, rule: RowRule, row: Row) -> bool:
        """Whether ``row`` breaks ``rule``: only when its condition is false."""
        columns = [column for column in self.contract.columns if re.search(rf"\b{column.name}\b", rule.sql)]
        values = ", ".join(
            f'${at}::{column.duckdb_type} AS "{column.name}"' for at, column in enumerate(columns, 1)
        )
        found = self.connection.execute(
            f"SELECT {rule.sql} FROM (SELECT {values})", [row[column.name] for column in columns]
        ).fetchall()
        return found == [(False,)]
