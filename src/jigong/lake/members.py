"""Who belongs together: the members of a family, by a pack's SQL over the records of now."""

from collections.abc import Mapping
from contextlib import closing
from datetime import date

from jigong.lake.snapshot import Snapshot
from jigong.lake.sql import name as quoted
from jigong.lake.topics import with_values
from jigong.packs.model import ParameterValue
from jigong.packs.pack import Pack


def together_with(
    number: str, snapshot: Snapshot, pack: Pack, values: Mapping[str, ParameterValue], day: date
) -> frozenset[str]:
    """The numbers of everybody who belongs to a family with ``number`` on a day; themself not.

    ``values`` are the parameters on that day. Whom no record names with them is not known to belong to them.
    """
    found: set[str] = set()
    families = [(name, one.value.members) for name, one in pack.subjects.items() if one.value.members]
    if not families:
        return frozenset()
    with closing(snapshot.connect()) as connection:
        for name, members in families:
            connection.execute(
                f"CREATE TEMP TABLE members AS SELECT * FROM ({with_values(members, values, day)})"
            )
            rows = connection.execute(
                f"SELECT DISTINCT b.person FROM members a JOIN members b USING ({quoted(name)}) WHERE a.person = ?",
                [number],
            ).fetchall()
            connection.execute("DROP TABLE members")
            found |= {row[0] for row in rows if row[0] is not None}
    return frozenset(found - {number})
