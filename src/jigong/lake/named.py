"""Whom the data are about that came since an earlier snapshot, where these are few: nobody else is looked at again."""

from itertools import islice
from typing import TYPE_CHECKING

from jigong.lake import sql
from jigong.lake.claims import PLATFORM

if TYPE_CHECKING:
    from jigong.lake.snapshot import Snapshot

MOST_BATCHES = 1_000
"""Beyond so many deliveries everybody is looked at again."""


def named_since(snapshot: "Snapshot", former: str) -> frozenset[str] | None:
    """The numbers of people and enterprises that records name which the platform itself wrote since ``former``.

    ``former`` is the id of an earlier snapshot. Records that were replaced count as well. None where anything else came:
    what an office delivers, leaves out or gets wrong may say something about anybody.
    """
    if former == snapshot.id:
        return frozenset()
    before = snapshot.batches.upto(former)
    if before is None:
        return None
    since = list(
        islice(reversed(snapshot.batches), min(len(snapshot.batches) - len(before), MOST_BATCHES + 1))
    )
    if len(since) > MOST_BATCHES:
        return None
    classes: set[str] = set()
    for batch in since:
        if (
            batch.aside
            or batch.gaps
            or not all(file.origin.startswith(f"{PLATFORM}:") for file in batch.files)
        ):
            return None
        if any(file.quarantined_rows or file.lost_cells or file.withdrawn for file in batch.files):
            return None
        classes.update(file.class_name for file in batch.files)
    names: set[str] = set()
    with sql.scratch() as con:
        for class_name in sorted(classes):
            contract = snapshot.contracts[class_name]
            columns = [column.name for column in contract.columns if column.identifier]
            if not columns:
                return None
            history, key = snapshot.history(class_name), sql.names(contract.key)
            after = sql.text(before[-1].name) if len(before) else "''"
            rows = con.execute(
                f"SELECT DISTINCT {sql.names(columns)} FROM ({history}) SEMI JOIN"
                f" (SELECT {key} FROM ({history}) WHERE _batch > {after}) USING ({key})"
            ).fetchall()
            names.update(str(number) for row in rows for number in row if number is not None)
    return frozenset(names)
