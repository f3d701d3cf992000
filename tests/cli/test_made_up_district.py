"""The Qiantang pack on a made-up district of 300 workers: what must hold of everybody."""

import os
import time
from datetime import date
from pathlib import Path

import duckdb
import pytest

import mini
from jigong.decisions.verify import disagreements
from jigong.insight.explain import explain
from jigong.insight.missing import price_of_missing
from jigong.insight.portrait import portrait
from jigong.insight.ways import all_ways
from jigong.lake.intake import take_in
from jigong.lake.lake import Lake
from jigong.lake.provenance import Provenance
from jigong.lake.sources import FolderSource
from jigong.packs.reader import read_pack
from jigong.synthetic.district import make_district

QIANTANG = Path(__file__).parents[2] / "packs" / "qiantang"
AS_OF = date(2023, 1, 1)


def _made(folder: Path) -> None:
    """The district's files, taken in; built aside, so that ``folder`` is there only when it is whole."""
    aside = folder.with_name(f"{folder.name}.{os.getpid()}")
    contracts = read_pack(QIANTANG).contracts
    make_district(QIANTANG, contracts, aside / "files", workers=300, seed=7)
    take_in(Lake(aside / "lake", contracts), [FolderSource(aside / "files")], known_on=AS_OF)
    aside.rename(folder)


@pytest.fixture(scope="session")
def qiantang(tmp_path_factory: pytest.TempPathFactory) -> mini.Built:
    """One lake for all processes of a test session; each builds facts and runs of its own."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    folder, claim = shared / "qiantang", shared / "qiantang.claimed"
    try:
        claim.mkdir()
    except FileExistsError:
        while not folder.exists():
            assert claim.exists(), "the other process could not make the district"
            time.sleep(0.1)
    else:
        try:
            _made(folder)
        except BaseException:
            claim.rmdir()
            raise
    own = base / "qiantang-own"
    own.mkdir()
    (own / "lake").symlink_to(folder / "lake")
    return mini.Built(own, read_pack(QIANTANG), AS_OF)


def test_both_engines_agree_on_every_person(qiantang: mini.Built) -> None:
    compared = disagreements(qiantang.run, qiantang.facts, qiantang.pack, qiantang.rulebook, qiantang.values)
    assert compared >= 300 * 5
    assert {total.clause for total in qiantang.run.totals} == set(qiantang.pack.clauses)


def test_a_verdict_is_never_no_for_missing_data(qiantang: mini.Built) -> None:
    """Every no about a subject names a condition that is known to be false; every undecided names what is missing."""
    for total in qiantang.run.totals:
        wrong = duckdb.execute(
            "SELECT count(*) FILTER (verdict = 'no' AND subject IS NOT NULL AND (known & ~mask) = 0),"
            " count(*) FILTER (verdict = 'undecided' AND len(missing) = 0),"
            " count(*) FILTER (verdict <> 'no' AND (known & ~mask) <> 0)"
            f" FROM {qiantang.run.rows(total.clause)}"
        ).fetchone()
        assert wrong == (0, 0, 0), total.clause


def test_everybody_has_a_verdict_of_every_clause_about_workers(qiantang: mini.Built) -> None:
    for total in qiantang.run.totals:
        rows = duckdb.execute(
            f"SELECT count(DISTINCT worker) FROM {qiantang.run.rows(total.clause)}"
        ).fetchone()
        if "worker" in (total.per, *qiantang.facts.subjects[total.per].links):
            assert rows == (qiantang.run.workers,), total.clause


def test_nobody_gets_two_awards_of_one_exclusion_group(qiantang: mini.Built) -> None:
    groups: dict[str, list[str]] = {}
    for id_, files in qiantang.pack.clauses.items():
        if files.clause.value.exclusion:
            groups.setdefault(files.clause.value.exclusion, []).append(id_)
    for clauses in groups.values():
        due = (f"SELECT DISTINCT worker FROM {qiantang.run.rows(clause)} WHERE due > 0" for clause in clauses)
        rows = duckdb.execute(
            f"SELECT worker FROM ({' UNION ALL '.join(due)}) GROUP BY worker HAVING count(*) > 1"
        ).fetchall()
        assert rows == []


def test_every_way_leads_to_a_yes_the_explanation_shows(qiantang: mini.Built) -> None:
    ways = list(all_ways(qiantang.facts, qiantang.pack, qiantang.rulebook, qiantang.values, qiantang.run))
    assert ways
    worker = next(way.worker for way in ways if way.worker)
    provenance = Provenance(qiantang.snapshot, qiantang.pack)
    found = explain(
        worker, qiantang.facts, qiantang.pack, qiantang.rulebook, qiantang.values, provenance, qiantang.run
    )
    shown = {(entry.clause.id, entry.subject): entry.way for entry in found.clauses if entry.way}
    assert shown == {(way.clause, way.subject): way.way for way in ways if way.worker == worker}


def test_every_class_has_a_price_and_every_indicator_a_line(qiantang: mini.Built) -> None:
    price = price_of_missing(qiantang.run, qiantang.pack, qiantang.snapshot)
    assert {entry.data_class for entry in price.classes} == set(qiantang.pack.contracts)
    values = portrait(qiantang.facts, qiantang.pack, qiantang.rulebook, qiantang.values)
    assert [value.indicator for value in values] == list(qiantang.pack.indicators)
    assert all(value.quality is None or 0 <= value.quality <= 1 for value in values)
