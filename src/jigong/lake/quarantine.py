"""Read the quarantine: which rows wait there, where they stood, and why."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from jigong.kernel.text import Text
from jigong.lake import sql
from jigong.lake.lake import Lake
from jigong.lake.parts import QUARANTINE
from jigong.lake.stored import with_batches


@dataclass(frozen=True, slots=True)
class QuarantinedRow:
    """One fault of a row: where it stood (``line`` as the file's reader counts), what was sent, and why not.

    ``column`` is None when the row could not be cut into cells; several columns are joined by commas.
    ``row`` is the whole row as sent, by column, or None when it could not be cut. ``cell`` says that only this
    cell was lost: the row itself was accepted.
    """

    class_name: str
    batch: str
    file: str
    line: int
    column: str | None
    value: str | None
    reason: str
    message: Text
    remedy: Text
    row: Mapping[str, str | None] | None
    cell: bool = False


def quarantined_rows(
    lake: Lake, class_name: str | None = None, limit: int | None = None, batch: str | None = None
) -> list[QuarantinedRow]:
    """The faults of one class or of all, of one delivery or of all, the newest first, then by file and line; at most ``limit``."""
    parts = [
        part
        for part in lake.batches().parts(QUARANTINE, class_name)
        if batch is None or part.batches[0] <= batch <= part.batches[1]
    ]
    if not parts:
        return []
    where = "".join(
        f" AND {column} = {sql.text(value)}"
        for column, value in (("class", class_name), ("_batch", batch))
        if value
    )
    with sql.scratch() as con:
        found = con.execute(
            "SELECT class, _batch, file, line, columns, value, reason, zh, en, remedy_zh, remedy_en, row, cell"
            f" FROM ({with_batches(lake.root, parts)}) WHERE TRUE{where}"
            " ORDER BY _batch DESC, class, file, line, reason, columns"
            + (f" LIMIT {limit}" if limit is not None else "")
        ).fetchall()
    return [
        QuarantinedRow(
            name,
            of,
            file,
            line,
            columns,
            value,
            reason,
            Text(zh, en),
            Text(todo_zh, todo_en),
            row and json.loads(row),
            cell,
        )
        for name, of, file, line, columns, value, reason, zh, en, todo_zh, todo_en, row, cell in found
    ]
