"""Tables of a PostgreSQL database, fetched as Arrow and kept as Parquet like any delivered file."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from jigong.kernel.problems import error
from jigong.lake import sql
from jigong.lake.readers.headers import match
from jigong.lake.sources import TableSource
from jigong.packs.contract import Contract


def fetch_table(source: TableSource, contract: Contract, target: Path) -> None:
    """Write a table to ``target`` as Parquet, ordered by the contract's key: equal tables, equal files.

    Raises:
        JigongError: the database cannot be reached or the table cannot be read. The DSN is never shown.
        Refused: a required column is missing.
    """
    # Loaded only when needed: every command would pay for it.
    import adbc_driver_postgresql.dbapi as postgres

    table = ".".join(sql.name(part) for part in source.table.split("."))
    try:
        with postgres.connect(source.dsn) as connection, connection.cursor() as cursor:
            cursor.execute(f"SELECT * FROM {table} LIMIT 0")
            headers = [str(name) for name in cursor.fetch_arrow_table().schema.names]
            matched = match(headers, contract)
            every = ", ".join(sql.name(header) for header in headers)
            key = ", ".join(sql.name(headers[matched.columns[name]]) for name in contract.key)
            cursor.execute(f"SELECT {every} FROM {table} ORDER BY {key}, {every}")
            _write(cursor.fetch_record_batch(), target)
    except postgres.Error as bad:
        cause = str(bad).splitlines()[0].replace(source.dsn, "…")
        raise error(
            f"无法读取数据库表 {source.table}:{cause}",
            f"cannot read the database table {source.table}: {cause}",
            remedy=(
                "检查连接、表名和读取权限",
                "check the connection, the table's name and the right to read it",
            ),
        ) from bad


def _write(reader: pa.RecordBatchReader, target: Path) -> None:
    schema = pa.schema([pa.field(field.name, _storage(field.type)) for field in reader.schema])
    with pq.ParquetWriter(target, schema, compression="zstd") as writer:
        for batch in reader:
            arrays = [
                _plain(column).cast(kind) for column, kind in zip(batch.columns, schema.types, strict=True)
            ]
            writer.write_batch(pa.record_batch(arrays, schema=schema))


def _storage(kind: pa.DataType) -> pa.DataType:
    """A type Parquet knows; NUMERIC arrives as an extension type over text, exact to the last digit."""
    return kind.storage_type if isinstance(kind, pa.BaseExtensionType) else kind


def _plain(column: pa.Array) -> pa.Array:
    return column.storage if isinstance(column, pa.ExtensionArray) else column
