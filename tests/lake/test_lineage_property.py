"""The law of lineage: whatever row comes, goes or changes, only what the analysis says it reaches can change.

Random small districts are put under every topic and kind of subject of Qiantang, and under small SELECTs made of
constructs that are easy to get wrong.
"""

import random
from collections.abc import Iterator
from datetime import date
from functools import cache
from typing import Any

import duckdb
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from lineage_bench import (
    QIANTANG,
    Bench,
    Class,
    Row,
    Value,
    check_rising,
    check_subject,
    check_topic,
    connected,
    district,
    ghost_table,
    maybe,
    pack,
)
from lineage_selects import ASKED, DAY, EARLIER, SELECTS, SMALL

from jigong.lake.coverage import ClassCoverage
from jigong.lake.facts_build import give_coverage
from jigong.lake.lineage import SubjectUse, Use, fact_uses, subject_uses
from jigong.lake.topics import PROGRAM_TABLES, subject_classes, with_values
from jigong.lake.uses import given_columns
from jigong.packs.contract import PEOPLE, Column, Contract

_DATES = [date(2012, 1, 1), date(2019, 6, 30), date(2021, 12, 1), date(2022, 1, 10), date(2022, 5, 5),
          date(2022, 11, 1), date(2022, 12, 16), date(2023, 3, 1)]  # fmt: skip
_MONTHS = [date(2021, 12, 1), *(date(2022, month, 1) for month in (1, 9, 10, 11, 12))]
_PEOPLE = ["00000019900101001X", "000000201805050020", "000000202203030030", "000000198502020040"]


def _column(contract: Contract, column: Column) -> Value:
    """How to draw a column's values: few, and the same wherever two columns may be compared."""
    while column.reference is not None:
        contract = pack().contracts[column.reference[0]]
        column = contract.column(column.reference[1])
    pool: list[Any]
    match column.kind:
        case "date":
            pool = _DATES
        case "month":
            pool = _MONTHS
        case "boolean":
            pool = [False, True]
        case "integer":
            pool = [2020, 2021, 2022] if "year" in column.name else [0, 1, 2, 5, 12]
        case "decimal":
            pool = [0, 1, 2, 5]
        case "string" if column.values:
            pool = [value.value for value in column.values]
        case "string" if column.identifier in PEOPLE:
            pool = _PEOPLE
        case "string" if column.identifier == "occupation":
            pool = [*pack().parameters_on(DAY)["shortage.occupations"][:2], "6-99-99-99", "4-99-99-99"]
        case "string" if column.name == "district_code":
            pool = [pack().parameters_on(DAY)["worker.union_district"], "330100"]
        case _:
            pool = [f"{column.identifier or column.name}-{number}" for number in range(4)]
    return lambda chance: chance.choice(pool)


@cache
def _class(name: str) -> Class:
    contract = pack().contracts[name]
    values = {}
    for column in contract.columns:
        empty = 0.0 if column.name in contract.key or column.required else 0.3
        values[column.name] = maybe(_column(contract, column), empty)
    types = {column.name: column.duckdb_type for column in contract.columns}
    period = (contract.valid_time.start, contract.valid_time.end)
    return Class(name, types, values, contract.key, contract.no_overlap, period)


# Topics and subjects of Qiantang


@pytest.fixture(scope="module")
def qiantang() -> Iterator[duckdb.DuckDBPyConnection]:
    """The classes of Qiantang; some months of every monthly one are in."""
    made = connected(_class(name) for name in pack().contracts)
    monthly = [name for name, one in pack().contracts.items() if one.valid_time.kind == "month"]
    made.execute("CREATE TABLE asked (as_of DATE)")
    give_coverage(made, {name: ClassCoverage(name, 60, True, tuple(_MONTHS)) for name in monthly})
    yield made
    made.close()


@pytest.fixture(scope="module")
def small() -> Iterator[duckdb.DuckDBPyConnection]:
    """The classes of the small SELECTs."""
    made = connected(SMALL)
    yield made
    made.close()


@cache
def _topic(name: str) -> tuple[str, list[Class], str, dict[str, tuple[Use, ...]]]:
    topic = pack().topics[name]
    subject = topic.header.value.subject
    sql = with_values(topic.sql, pack().parameters_on(DAY), DAY)
    uses = fact_uses(sql, subject, _schemas(), PROGRAM_TABLES, ghost_table, keys=_record_keys())
    return sql, [_class(one) for one in subject_classes(topic.sql)], subject, uses


@cache
def _subject(name: str) -> tuple[str, list[Class], list[str], tuple[SubjectUse, ...]]:
    text = pack().subjects[name].value.sql
    sql = with_values(text, pack().parameters_on(DAY), DAY)
    links = [column for column in given_columns(sql)[1:] if column in pack().subjects]
    uses = subject_uses(sql, name, links, _schemas(), PROGRAM_TABLES, ghost_table, keys=_record_keys())
    return sql, [_class(one) for one in subject_classes(text)], links, uses


@cache
def _schemas() -> dict[str, list[str]]:
    return {name: [column.name for column in one.columns] for name, one in pack().contracts.items()}


@cache
def _record_keys() -> dict[str, tuple[str, ...]]:
    return {name: one.key for name, one in pack().contracts.items()}


_asked: dict[str, list[tuple[str, date]]] = {}


def _everybody(qiantang: duckdb.DuckDBPyConnection, kind: str) -> list[tuple[str, date]]:
    """Whom to ask about: subjects of a large district, on two days."""
    if kind not in _asked:
        sql, classes, _, _ = _subject(kind)
        bench = Bench(qiantang, classes, sql)
        bench.fill(district(classes, random.Random(0), most=100))
        keys = sorted({row[kind] for row in bench.rows()} - {None})
        assert len(keys) > 1
        _asked[kind] = [(key, day) for key in keys[:4] for day in (DAY, EARLIER)]
    return _asked[kind]


_LEAST_SEEDS = settings().max_examples // 8
_MOST_SEEDS = 10 * _LEAST_SEEDS

_few = settings(max_examples=max(settings().max_examples // 60, 1))
"""With ``HYPOTHESIS_PROFILE=thorough`` there are many more."""


@pytest.mark.parametrize("name", sorted(path.stem for path in (QIANTANG / "facts").glob("*.sql")))
@given(seed=st.integers(0, 2**32))
@_few
def test_only_what_a_row_reaches_changes(qiantang: duckdb.DuckDBPyConnection, name: str, seed: int) -> None:
    sql, classes, subject, uses = _topic(name)
    asked = _everybody(qiantang, subject)
    check_topic(Bench(qiantang, classes, sql), uses, subject, asked, random.Random(seed))


@pytest.mark.parametrize(
    "name", yaml.safe_load((QIANTANG / "facts/subjects.yaml").read_text(encoding="utf-8"))
)
@given(seed=st.integers(0, 2**32))
@_few
def test_only_subjects_that_a_row_reaches_change(
    qiantang: duckdb.DuckDBPyConnection, name: str, seed: int
) -> None:
    sql, classes, links, uses = _subject(name)
    check_subject(Bench(qiantang, classes, sql), uses, name, links, random.Random(seed))


# Facts that rise


def _rises(name: str) -> dict[str, tuple[str, ...]]:
    """The columns of a topic that rise, and the classes in which they do."""
    facts = pack().topics[name].header.value.facts
    return {f"{fact} least" if one.range else fact: one.rises for fact, one in facts.items() if one.rises}


@pytest.mark.parametrize("name", sorted(name for name in pack().topics if _rises(name)))
def test_one_more_record_never_lowers_a_fact_that_rises(
    qiantang: duckdb.DuckDBPyConnection, name: str
) -> None:
    """Each of them is seen to rise."""
    sql, classes, subject, _ = _topic(name)
    asked, rises = _everybody(qiantang, subject), _rises(name)
    unseen = set(rises)
    for seed in range(_MOST_SEEDS):
        unseen -= check_rising(Bench(qiantang, classes, sql), rises, subject, asked, random.Random(seed))
        if not unseen and seed >= _LEAST_SEEDS:
            break
    # Few firms of so small a district certify their own people.
    assert unseen <= {"certificate_by_own_enterprise"}


@pytest.mark.parametrize("name", sorted(pack().topics))
def test_no_empty_cell_stops_a_topic(qiantang: duckdb.DuckDBPyConnection, name: str) -> None:
    """Files of an older contract lack a column, even one that is required now."""
    sql, classes, subject, _ = _topic(name)
    asked, chance = _everybody(qiantang, subject), random.Random(1)
    bench = Bench(qiantang, classes, sql)
    bench.ask(subject, asked)
    for _ in range(8):
        rows = district(classes, chance)
        bench.fill({one.name: [_with_gaps(row, one, chance) for row in rows[one.name]] for one in classes})
        assert len(bench.rows()) == len(asked)


def _with_gaps(row: Row, one: Class, chance: random.Random) -> Row:
    return {c: None if c not in one.key and chance.random() < 0.4 else cell for c, cell in row.items()}


# Small SELECTs


@cache
def small_uses(name: str) -> dict[str, tuple[Use, ...]]:
    schemas = {one.name: list(one.types) for one in SMALL}
    return fact_uses(SELECTS[name], "p", schemas, (), ghost_table, keys={one.name: one.key for one in SMALL})


@pytest.mark.parametrize("name", SELECTS)
@given(seed=st.integers(0, 2**32))
@_few
def test_only_what_a_row_reaches_changes_in_small_selects(
    small: duckdb.DuckDBPyConnection, name: str, seed: int
) -> None:
    read = subject_classes(SELECTS[name])
    bench = Bench(small, [one for one in SMALL if one.name in read], SELECTS[name])
    check_topic(bench, small_uses(name), "p", ASKED, random.Random(seed))
