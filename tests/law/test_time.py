"""Over time: 36 starts of a month, deliveries 0 to 90 days late. Nobody flips by the calendar alone."""

import random
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

from tests.law.district import PACK

from jigong.kernel.dates import add_months
from jigong.lake import FileSource, Lake, take_in
from jigong.lake.claims import month_end, months_from
from jigong.lake.facts import build_facts
from jigong.packs.pack import Pack
from jigong.packs.reader import read_pack

FIRST, LAST = date(2019, 1, 1), date(2022, 6, 1)
STARTS = months_from(date(2019, 8, 1), add_months(LAST, 1) or LAST)[:36]
FOUR = ("pension_contribution", "medical_contribution", "injury_contribution", "unemployment_contribution")
CLASSES = (*FOUR, "housing_fund_deposit")
LATENCY = 62
LATE = (1, 31, 62, 90)
"""Days after the end of a month on which it comes: few of them, so that many come together."""
FIRM = "91350100M000100Y43"
ENOUGH = 6
"""The months that clauses ask for."""


def citizen(place: int) -> str:
    """A number that nobody can have: there is no region 100000."""
    body = f"10000019900307{place:03d}"
    weights = [pow(2, 17 - i, 11) for i in range(17)]
    return body + "10X98765432"[sum(w * int(d) for w, d in zip(weights, body, strict=True)) % 11]


ALWAYS, NEVER, STOPPED, STARTED, GAP = (citizen(n) for n in range(5))


def paid(person: str, month: date) -> bool:
    """Who paid when."""
    return {
        ALWAYS: True,
        NEVER: False,
        STOPPED: month <= date(2020, 5, 1),
        STARTED: month >= date(2020, 9, 1),
        GAP: month != date(2021, 2, 1),
    }[person]


def only_insurance() -> Pack:
    """The pack with nothing but the facts of insurance."""
    pack = read_pack(PACK)
    return replace(
        pack,
        topics={"insurance": pack.topics["insurance"]},
        subjects={"worker": pack.subjects["worker"]},
        contracts={name: pack.contracts[name] for name in ("person", "enterprise", *CLASSES)},
    )


def deliveries(rng: random.Random) -> dict[date, list[tuple[str, date]]]:
    """On which day which months of which classes came."""
    found: dict[date, list[tuple[str, date]]] = {}
    for name in CLASSES:
        for month in months_from(FIRST, LAST):
            found.setdefault(month_end(month) + timedelta(rng.choice(LATE)), []).append((name, month))
    return dict(sorted(found.items()))


def write(folder: Path, pack: Pack, name: str, month: date) -> FileSource:
    columns = [c.name for c in pack.contracts[name].columns]
    values = {"month": f"{month:%Y-%m}", "enterprise_id": FIRM, "base": "5000", "amount": "400"}
    values |= {"paid_on": str(month_end(month))}
    rows = [
        {**values, "person_id": person}
        for person in (ALWAYS, NEVER, STOPPED, STARTED, GAP, citizen(9))
        if person == citizen(9) or paid(person, month)
    ]
    lines = [",".join(columns), *(",".join(row.get(c, "") for c in columns) for row in rows)]
    file = folder / f"{name}-{month:%Y-%m}.csv"
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return FileSource(file, name)


def bounds(
    person: str, known: dict[str, set[date]], names: tuple[str, ...], day: date
) -> tuple[int | None, int | None]:
    """How many months in a row at least and at most, counted by hand; (None, None) where it cannot be told."""
    shared = set.intersection(*(known[name] for name in names))
    newest = max((m for m in shared if month_end(m) < day), default=None)
    if newest is None or month_end(newest) + timedelta(LATENCY) < day:
        return None, None
    least = most = None
    month, length = newest, 0
    while least is None or most is None:
        in_all = paid(person, month) and all(month in known[name] for name in names)
        maybe = all(month not in known[name] or paid(person, month) for name in names)
        least = length if least is None and not in_all else least
        if most is None and not maybe:
            most = length
        if month < FIRST:
            return least, most
        month, length = add_months(month, -1) or date.min, length + 1
    return least, most


def test_nobody_flips_by_the_calendar_alone(tmp_path: Path) -> None:
    pack = only_insurance()
    lake = Lake(tmp_path / "lake", pack.contracts)
    people = tmp_path / "person.csv"
    header = ",".join(c.name for c in pack.contracts["person"].columns)
    rows = {
        "name": "示例甲", "sex": "男", "birth_date": "1990-03-07", "household_place": "330114", "registered_on": "2018-01-01",
    }  # fmt: skip
    everybody = [ALWAYS, NEVER, STOPPED, STARTED, GAP, citizen(9)]
    lines = [",".join({"person_id": one, **rows}.get(c, "") for c in header.split(",")) for one in everybody]
    people.write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")
    firms = tmp_path / "enterprise.csv"
    columns = [c.name for c in pack.contracts["enterprise"].columns]
    firm = {"enterprise_id": FIRM, "name": "示例厂", "industry": "新材料", "scale": "规上", "town_code": "330114001",
            "registered_on": "2010-01-01", "employees": "6"}  # fmt: skip
    firms.write_text(f"{','.join(columns)}\n{','.join(firm.get(c, '') for c in columns)}\n", encoding="utf-8")
    report = take_in(lake, [FileSource(people), FileSource(firms)], known_on=FIRST)
    assert not report.quarantined, report.classes()

    coming = deliveries(random.Random(1))
    known: dict[str, set[date]] = {name: set() for name in CLASSES}
    seen: dict[tuple[str, str], set[bool | None]] = {}
    late = ranges = 0
    days = iter(coming.items())
    following = next(days, None)
    # The law of later years, whatever the day: it is the calendar of data that is tried here.
    law = {name: placed.value.values[-1].value for name, placed in pack.parameters.items()}
    for start in STARTS:
        while following is not None and following[0] <= start:
            sent = [write(tmp_path, pack, name, month) for name, month in following[1]]
            take_in(lake, sent, known_on=following[0])
            for name, month in following[1]:
                known[name].add(month)
            following = next(days, None)
        facts = build_facts(lake.snapshot(), pack, law, start, tmp_path / "facts")
        found = (
            facts.connect()
            .execute(
                'SELECT worker, "insured_streak_months least", "insured_streak_months most",'
                ' "housing_fund_streak_months least", "housing_fund_streak_months most" FROM worker'
            )
            .fetchall()
        )
        for worker, *got in found:
            if worker == citizen(9):
                continue
            for names, least, most in ((FOUR, *got[:2]), (("housing_fund_deposit",), *got[2:])):
                expected = bounds(worker, known, names, start)
                if expected[1] is not None and expected[1] >= 126:
                    expected = expected[0], None
                reached = least is not None and most is None
                assert (least, None if reached else most) == (
                    expected[0],
                    None if reached else expected[1],
                ), (start, worker)
                late += least is None
                ranges += least is not None and least != most
                enough = (
                    None
                    if least is None
                    else True
                    if least >= ENOUGH
                    else False
                    if most is not None and most < ENOUGH
                    else None
                )
                seen.setdefault((worker, names[0]), set()).add(enough)
    # The test exercised what it is about: late months, ranges, and both answers.
    assert late
    assert ranges
    assert {True, False} <= set().union(*seen.values())
    for name in ("pension_contribution", "housing_fund_deposit"):
        assert seen[ALWAYS, name] <= {True, None}
        assert seen[NEVER, name] <= {False, None}
