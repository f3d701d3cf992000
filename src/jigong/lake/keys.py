"""Records with the same key: inside one delivery, and against what the lake holds already."""

from jigong.lake import sql
from jigong.lake.work import Work, as_json


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


def settle_known(work: Work, current: str) -> None:
    """Good rows whose key the lake knows: equal ones are duplicates, the others supersede.

    Fills the table ``met`` with the rows that supersede a record of the view ``current``.
    """
    key = work.contract.key
    same = " AND ".join(f"new.{sql.name(c)} IS NOT DISTINCT FROM old.{sql.name(c)}" for c in work.columns)
    on = " AND ".join(f"new.{sql.name(c)} = old.{sql.name(c)}" for c in key)
    work.con.execute(
        f"INSERT INTO met SELECT new._part, new._place, new._file_no, ({same})"
        f" FROM good new JOIN {current} old ON {on}"
    )
    work.con.execute("INSERT INTO duplicates SELECT _part, _place, _file_no FROM met WHERE _same")
    work.drop("(SELECT * FROM met WHERE _same)")
    work.con.execute("DELETE FROM met WHERE _same")


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
        f" {_json(work, 'twins.')} FROM twins JOIN (SELECT {key}, list_filter([{differing}],"
        f" lambda name: name IS NOT NULL) AS _differing FROM twins GROUP BY {key}) USING ({key})"
    )
    work.drop("twins")


def quarantine(work: Work, table: str, reason: str, column: str) -> None:
    """Move the good rows in ``table`` (as in the view ``good``) to quarantine for one reason."""
    if not work.count(f"SELECT count(*) FROM {table}"):
        return
    work.con.execute(
        f"INSERT INTO quarantine SELECT _file_no, _line, {sql.text(column)}, {_text(column)}, {sql.text(reason)},"
        f" {_json(work)} FROM {table}"
    )
    work.drop(table)


def _text(name: str, prefix: str = "") -> str:
    return f"coalesce(CAST({prefix}{sql.name(name)} AS VARCHAR), '')"


def _json(work: Work, prefix: str = "") -> str:
    cells = ", ".join(f"CAST({prefix}{sql.name(name)} AS VARCHAR)" for name in work.columns)
    return as_json(work.columns, f"[{cells}]")
