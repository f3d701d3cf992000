"""Records with the same key: inside one delivery, and against what the lake holds already."""

from jigong.lake import sql
from jigong.lake.work import AGAIN, Work, as_json


def settle_twins(work: Work) -> None:
    """Rows of one delivery with the same key: equal ones count once, _differing ones are all in conflict."""
    key = sql.names(work.contract.key)
    # Hashes find the few suspects fast; equal keys are then compared for what they are.
    hashed = f"(hash({key}) >> 32)::UINTEGER"
    parts = [f"SELECT {hashed} AS suspect FROM {table}" for table in work.tables]
    suspects = f"SELECT suspect FROM ({' UNION ALL '.join(parts)}) GROUP BY 1 HAVING count(*) > 1"
    work.con.execute(f"CREATE TABLE suspects AS {suspects}")
    if work.count("SELECT count(*) FROM suspects"):
        work.con.execute(
            f"CREATE OR REPLACE TABLE twins AS SELECT * FROM good WHERE {hashed} IN (SELECT suspect FROM suspects)"
        )
        _drop_equal(work)
        _quarantine_differing(work)
    work.con.execute("DROP TABLE suspects")


def drop_replaced(work: Work) -> None:
    """Drop the rows that had waited where this delivery says something of their record itself."""
    key = sql.names(work.contract.key)
    work.con.execute(
        f"DELETE FROM mended WHERE _file_no >= {AGAIN} AND ({key}) IN"
        f" (SELECT ({key}) FROM good WHERE _file_no < {AGAIN})"
    )


def settle_known(work: Work, current: str, unsettled: str | None) -> None:
    """Good rows whose key the lake knows: equal ones are duplicates and confirm the record, the others supersede.

    Fills the table ``met`` with the rows that supersede a record of the view ``current``. Records whose key is in
    the table ``unsettled`` have a row that waits or a cell that was lost: a row of theirs is a new word, even if
    it says the same.
    """
    key = work.contract.key
    same = " AND ".join(f"new.{sql.name(c)} IS NOT DISTINCT FROM old.{sql.name(c)}" for c in work.columns)
    if unsettled is not None:
        keys = sql.names(key, "new.")
        same += f" AND new._lost IS NULL AND ({keys}) NOT IN (SELECT ({sql.names(key)}) FROM {unsettled})"
    on = " AND ".join(f"new.{sql.name(c)} = old.{sql.name(c)}" for c in key)
    work.con.execute(
        f"INSERT INTO met SELECT new._part, new._place, new._file_no, ({same}), old._batch, old._file,"
        f" old._source, old._line FROM good new JOIN {current} old ON {on}"
    )
    work.con.execute("INSERT INTO duplicates SELECT _part, _place, _file_no FROM met WHERE _same")
    work.con.execute("INSERT INTO confirmed SELECT _file_no, _old_source, _old_line FROM met WHERE _same")
    work.drop("(SELECT * FROM met WHERE _same)")
    work.con.execute("DELETE FROM met WHERE _same")


def drop_outdated(work: Work, rows: str) -> None:
    """Drop the good rows of the table ``rows`` (_part, _place, _file_no): a newer word than theirs holds."""
    work.con.execute(f"INSERT INTO outdated SELECT _part, _place, _file_no FROM {rows}")
    work.drop(rows)
    work.con.execute(f"DELETE FROM met WHERE (_part, _place) IN (SELECT (_part, _place) FROM {rows})")


def _drop_equal(work: Work) -> None:
    every = sql.names(work.columns)
    work.con.execute(
        "CREATE OR REPLACE TABLE spare AS SELECT _part, _place, _file_no FROM ("
        f"SELECT *, row_number() OVER (PARTITION BY {every} ORDER BY _file_no, _line) AS _nth,"
        f" count(DISTINCT row({every})) OVER (PARTITION BY {sql.names(work.contract.key)}) AS _kinds FROM twins)"
        " WHERE _kinds = 1 AND _nth > 1"
    )
    work.con.execute("INSERT INTO duplicates FROM spare")
    work.drop("spare")
    work.con.execute("DELETE FROM twins WHERE (_part, _place) IN (SELECT (_part, _place) FROM spare)")
    work.con.execute("DROP TABLE spare")


def _quarantine_differing(work: Work) -> None:
    others = [name for name in work.columns if name not in work.contract.key]
    if not others:
        return
    key = sql.names(work.contract.key)
    differing = ", ".join(
        f"CASE WHEN count(DISTINCT {_text(name)}) > 1 THEN {sql.text(name)} END" for name in others
    )
    work.con.execute(
        f"DELETE FROM twins WHERE ({key}) NOT IN (SELECT ({key}) FROM twins GROUP BY {key} HAVING count(*) > 1)"
    )
    value = (
        "CASE _differing[1] "
        + " ".join(f"WHEN {sql.text(n)} THEN {_text(n, 'twins.')}" for n in others)
        + " END"
    )
    work.con.execute(
        f"INSERT INTO quarantine SELECT _file_no, _line, array_to_string(_differing, ','), {value}, 'conflict',"
        f" {_json(work, 'twins.')}, FALSE FROM twins JOIN (SELECT {key}, list_filter([{differing}],"
        f" lambda name: name IS NOT NULL) AS _differing FROM twins GROUP BY {key}) USING ({key})"
    )
    work.keep_ghosts("twins")
    work.drop("twins")


def quarantine(work: Work, table: str, reason: str, column: str) -> None:
    """Move the good rows in ``table`` (as in the view ``good``) to quarantine for one reason."""
    if not work.count(f"SELECT count(*) FROM {table}"):
        return
    work.con.execute(
        f"INSERT INTO quarantine SELECT _file_no, _line, {sql.text(column)}, {_text(column)}, {sql.text(reason)},"
        f" {_json(work)}, FALSE FROM {table}"
    )
    work.keep_ghosts(table)
    work.drop(table)


def _text(name: str, prefix: str = "") -> str:
    return f"coalesce(CAST({prefix}{sql.name(name)} AS VARCHAR), '')"


def _json(work: Work, prefix: str = "") -> str:
    cells = ", ".join(f"CAST({prefix}{sql.name(name)} AS VARCHAR)" for name in work.columns)
    return as_json(work.columns, f"[{cells}]")
