"""Who belongs together: the members of a family, by a pack's SQL over the records of now."""

from collections.abc import Mapping
from contextlib import closing
from datetime import date

from jigong.kernel.names import own
from jigong.lake.snapshot import Snapshot
from jigong.lake.sql import name as quoted
from jigong.lake.topics import with_values
from jigong.packs.authored import in_time, refuse
from jigong.packs.model import ParameterValue
from jigong.packs.pack import Pack

MEMBERS = own("members")


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
            place = pack.subjects[name].place("members")
            refuse(members, pack.contracts, pack.parameters, place)
            with in_time(connection, place):
                connection.execute(
                    f"CREATE TEMP TABLE {MEMBERS} AS SELECT * FROM ({with_values(members, values, day)}\n)"
                )
            rows = connection.execute(
                f"SELECT DISTINCT b.person FROM {MEMBERS} a JOIN {MEMBERS} b USING ({quoted(name)}) WHERE a.person = ?",
                [number],
            ).fetchall()
            connection.execute(f"DROP TABLE {MEMBERS}")
            found |= {row[0] for row in rows if row[0] is not None}
    return frozenset(found - {number})
