"""A fact that is declared to rise never falls when records of its classes are added, as facts are really built."""

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.law.district import District, make

from jigong.lake.facts import FactTables
from jigong.lake.uses import sources_of


def groups(district: District) -> Iterator[list[str]]:
    """The classes in which facts rise, in groups: no fact rises in one of a group and depends on another."""
    pack = district.pack
    among: list[list[str]] = []
    for name in sorted({one for entry in pack.facts.values() for one in entry.rises}):
        apart = {
            other
            for fact, entry in pack.facts.items()
            if name in entry.rises or name in sources_of(pack, fact)
            for other in {*entry.rises, *sources_of(pack, fact)}
            if not {name, other} <= set(entry.rises) and {name, other} & set(entry.rises)
        }
        room = next((group for group in among if apart.isdisjoint(group)), None)
        if room is None:
            among.append([name])
        else:
            room.append(name)
    yield from among


def values(facts: FactTables, district: District) -> dict[tuple[str, str], Any]:
    """The value, or the least of it, of every fact that is declared to rise, by fact and subject."""
    found = {}
    with facts.connect() as connection:
        for fact, entry in district.pack.facts.items():
            kind = district.pack.fact_topics[fact].header.value.subject
            if entry.rises:
                column = facts.columns_of(fact)[1] if fact in facts.ranges else fact
                rows = connection.execute(f'SELECT "{kind}", "{column}" FROM "{kind}"').fetchall()
                found |= {(fact, subject): value for subject, value in rows}
    return found


def test_more_records_never_lower_a_fact_that_rises(tmp_path: Path) -> None:
    district, rng = make(tmp_path, workers=150, seed=2), random.Random(3)
    every = district.facts(district.lake, district.day, tmp_path / "every")
    after = values(every, district)
    risen: set[str] = set()
    for number, names in enumerate(groups(district)):
        thinned = {name: district.classes[name].copy() for name in names}
        for rows in thinned.values():
            for lines in rows.files.values():
                lines[:] = [line for line in lines if rng.random() < 0.3]
        folder = tmp_path / f"fewer-{number}"
        fewer = district.without(names, folder / "lake")
        district.deliver(fewer, thinned, folder / "sent")
        some = district.facts(fewer, district.day, folder / "some")
        assert some.reckoning == every.reckoning
        for (fact, subject), was in values(some, district).items():
            if set(names).isdisjoint(district.pack.facts[fact].rises):
                continue
            now = after[fact, subject]
            # A number that is not known any more may be any that is not lower.
            assert was is None or (now is None and was is not True) or now >= was, (fact, subject, was, now)
            if None not in (was, now) and now > was:
                risen.add(fact)
    declared = {fact for fact, entry in district.pack.facts.items() if entry.rises}
    # Some records are rare in so small a district.
    assert len(risen) > len(declared) / 2, sorted(declared - risen)
