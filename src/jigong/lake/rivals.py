"""Records that cannot all be right: overlapping periods, values that must belong to one record only, circles.

Inside a delivery nobody can tell which row is wrong, so all of them go to quarantine. Against the lake the
new row goes. A row that corrects a record takes its place first; when the correction itself goes, the old
record is back and may be in the way of others: hence the repetition until nothing is in the way.
"""

from jigong.lake import sql
from jigong.lake.keys import quarantine
from jigong.lake.work import Work


def settle_overlaps(work: Work, current: str | None) -> None:
    """Quarantine rows whose period overlaps that of another record with equal ``no_overlap`` columns."""
    contract = work.contract
    if contract.no_overlap:
        _repeat(work, _overlapping(work, current), "overlap", contract.valid_time.start)


def settle_shared(work: Work, current: str | None) -> None:
    """Quarantine rows that share a value, which must be unique, with a record of another key."""
    for column in work.contract.columns:
        if column.unique and work.contract.key != (column.name,):
            _repeat(work, _sharing(work, current, column.name), "conflict", column.name)


def settle_circles(work: Work, current: str | None) -> None:
    """Quarantine rows that close a circle: what a record refers to in its own class follows it, as a successor does, and
    nothing can follow itself."""
    contract = work.contract
    for column in contract.columns:
        if column.reference is None or column.reference[0] != contract.name:
            continue
        mine, to = sql.name(column.reference[1]), sql.name(column.name)
        if not work.count(f"SELECT count(*) FROM good WHERE {to} IS NOT NULL"):
            continue
        wanted = f"{mine} AS _from, {to} AS _to"
        steps = f"SELECT {wanted} FROM good"
        if current is not None:
            key = sql.names(contract.key)
            steps += (
                f" UNION ALL SELECT {wanted} FROM {current} WHERE ({key}) NOT IN (SELECT ({key}) FROM good)"
            )
        work.con.execute(f"CREATE OR REPLACE TABLE steps AS SELECT * FROM ({steps}) WHERE _to IS NOT NULL")
        # Whoever leads nowhere, or is led to by nobody, is in no circle; what is left when all of them are gone, is.
        left = -1
        while left != (left := work.count("SELECT count(*) FROM steps")):
            work.con.execute(
                "DELETE FROM steps WHERE _to NOT IN (SELECT _from FROM steps) OR _from NOT IN (SELECT _to FROM steps)"
            )
        work.con.execute(
            f"CREATE OR REPLACE TABLE clashes AS SELECT * FROM good WHERE {mine} IN (SELECT _from FROM steps)"
        )
        work.con.execute("DROP TABLE steps")
        quarantine(work, "clashes", "circle", column.name)


def _repeat(work: Work, select: str, reason: str, column: str) -> None:
    while True:
        work.con.execute(f"CREATE OR REPLACE TABLE clashes AS {select}")
        if not work.count("SELECT count(*) FROM clashes"):
            return
        quarantine(work, "clashes", reason, column)


def _overlapping(work: Work, current: str | None) -> str:
    """SQL for the good rows (as in the view ``good``) whose period overlaps another.

    The day on which one ends and the next begins may belong to both: that is how contracts are renewed.
    """
    time = work.contract.valid_time
    group, start = sql.names(work.contract.no_overlap), sql.name(time.start)
    end = start if time.end is None else f"coalesce({sql.name(time.end)}, DATE '9999-12-31')"
    # An end that could not be read is no open end: such a row is in nobody's way.
    lost = (
        f"CASE WHEN _lost IS NULL THEN {end} ELSE coalesce({sql.name(time.end or time.start)}, {start}) END"
    )
    records = _with_current(
        work,
        current,
        f"{group}, {start} AS _start, {lost} AS _stop",
        group,
        f"{group}, {start} AS _start, {end} AS _stop",
    )
    ordered = f"PARTITION BY {group} ORDER BY _start, _stop"
    return (
        f"SELECT good.* FROM good JOIN (SELECT *, lead(_start) OVER ({ordered}) AS _next_start,"
        f" lag(_start) OVER ({ordered}) AS _before_start,"
        f" max(_stop) OVER ({ordered} ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS _last_stop"
        f" FROM ({records})) USING (_part, _place)"
        " WHERE _next_start < _stop OR _start < _last_stop OR _start IN (_next_start, _before_start)"
    )


def _sharing(work: Work, current: str | None, column: str) -> str:
    value = sql.name(column)
    records = _with_current(work, current, f"{value} AS _value", value)
    shared = f"SELECT _value FROM ({records}) WHERE _value IS NOT NULL GROUP BY 1 HAVING count(*) > 1"
    return f"SELECT * FROM good WHERE {value} IN ({shared})"


def _with_current(
    work: Work, current: str | None, wanted: str, group: str, of_current: str | None = None
) -> str:
    """SQL for ``wanted`` of the good rows, and of the current records of the same ``group`` that stay current."""
    records = f"SELECT _part, _place, {wanted} FROM good"
    if current is None:
        return records
    key = sql.names(work.contract.key)
    return (
        f"{records} UNION ALL SELECT NULL, NULL, {of_current or wanted} FROM {current}"
        f" WHERE ({group}) IN (SELECT ({group}) FROM good) AND ({key}) NOT IN (SELECT ({key}) FROM good)"
    )
