"""What the pack quotes stands word for word in the texts it quotes; and the pack may grow without a test noticing."""

import os
import re
import shutil
from datetime import date
from pathlib import Path

import pytest

from jigong.decisions.check import check_pack
from jigong.packs.check_sources import sourced_things
from jigong.packs.pack import Pack
from jigong.packs.reader import read_pack

PACK = Path(__file__).parents[2] / "packs" / "qiantang"
TEXTS = os.environ.get("SOURCE_TEXTS", "")
"""A folder with the printed texts, `000….txt` for S0 and so on; they are not part of the project."""


@pytest.fixture(scope="module")
def pack() -> Pack:
    return read_pack(PACK)


def quotes(pack: Pack) -> set[tuple[str, str]]:
    """Each quoted text with the source it is from."""
    said = {
        (one.source, one.quote)
        for thing in sourced_things(pack)
        for one in thing.value.source.values()
        if one.quote is not None
    }
    bases = [files.clause.value.basis for files in pack.clauses.values()]
    return said | {(basis.source, basis.quote) for basis in bases if basis.quote is not None}


@pytest.mark.skipif(not TEXTS, reason="SOURCE_TEXTS names no folder with the printed texts")
def test_every_quote_stands_in_its_source(pack: Pack) -> None:
    texts = {
        f"S{int(file.name[:3])}": file.read_text(encoding="utf-8") for file in Path(TEXTS).glob("[0-9]*.txt")
    }
    found = quotes(pack)
    assert len(found) > len(pack.figures) / 2
    assert [(source, quote) for source, quote in found if quote not in texts[source]] == []


def test_every_figure_an_indicator_cites_is_among_the_published_figures(pack: Pack) -> None:
    known = {(figure.value.kind, figure.value.value) for figure in pack.figures.values()}
    computed = {("actual", 48)}
    for placed in pack.indicators.values():
        for one in placed.indicator.value.published:
            assert (one.kind, one.value) in known | computed, placed.indicator.value.id


def test_the_programme_has_48_classes_18_clauses_and_24_indicators(pack: Pack) -> None:
    figures = pack.figures
    assert len(pack.contracts) == figures["data_classes"].value.value
    assert len(pack.clauses) == figures["clauses"].value.value
    assert len(pack.indicators) == figures["portrait_indicators"].value.value
    assert len(pack.manifest.fields) == figures["policy_fields"].value.value


def test_a_class_and_a_clause_more_are_only_files(tmp_path: Path) -> None:
    grown = Path(shutil.copytree(PACK, tmp_path / "qiantang", ignore=shutil.ignore_patterns("synthetic")))
    contract = (grown / "contracts" / "frontline_service.yaml").read_text(encoding="utf-8")
    contract = contract.replace("frontline_service", "night_shift").replace(
        "frontline-service", "night-shift"
    )
    contract = re.sub(r"(property: number, value:) \d+", r"\1 49", contract)
    (grown / "contracts" / "night_shift.yaml").write_text(contract, encoding="utf-8")
    (grown / "facts" / "night_shift.sql").write_text(
        "/*\nsubject: worker\nfacts:\n  night_shift: {type: boolean, zh: 夜班, en: Night shift}\n*/\n"
        "SELECT asked.worker, asked.as_of, count(n.record_no) > 0 AS night_shift\n"
        "FROM asked LEFT JOIN night_shift n ON n.person_id = asked.worker AND n.valid_from <= asked.as_of\nGROUP BY ALL\n",
        encoding="utf-8",
    )
    (grown / "clauses" / "night-shift").mkdir()
    (grown / "clauses" / "night-shift" / "clause.yaml").write_text(
        "id: night-shift\nnumber: 19\nzh: 夜班关爱\nen: Night shift care\nfield: health\nper: worker\nsource: assumed\n"
        "basis: {source: assumed}\nin_force: {from: 2022-12-01}\nfund: null\ndelivery: {mode: proactive, office: union}\n"
        "conditions:\n  - {id: nights, when: night_shift, zh: 上夜班, en: Works at night}\n"
        "awards:\n  - {id: check, zh: 体检, en: A health check}\n",
        encoding="utf-8",
    )
    (grown / "clauses" / "night-shift" / "cases.yaml").write_text(
        "cases:\n  - {zh: 是, en: yes, given: {night_shift: true}, expect: {verdict: yes}}\n"
        "  - {zh: 否, en: no, given: {night_shift: false}, expect: {verdict: no}}\n",
        encoding="utf-8",
    )
    assert [problem.render("en") for problem in check_pack(read_pack(grown), date(2023, 1, 1))] == []
