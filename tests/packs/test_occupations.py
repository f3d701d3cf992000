"""Codes of occupations are said in words: by the pack's list, and otherwise as a code that says what it is."""

import re
from pathlib import Path

import pytest

from jigong.kernel.text import Text
from jigong.packs.check import check_structure
from jigong.packs.pack import Pack
from jigong.packs.reader import read_pack

PACK = Path(__file__).parents[2] / "packs" / "qiantang"


@pytest.fixture(scope="module")
def pack() -> Pack:
    return read_pack(PACK)


def test_a_code_is_called_by_its_name(pack: Pack) -> None:
    assert pack.words_for("contract_occupation", "6-31-01-03") == Text("电工", "electrician")
    assert pack.words_for("certificate_occupation", "6-99-99-99") == Text(
        "职业 6-99-99-99", "occupation 6-99-99-99"
    )
    assert pack.occupation("6-99-99-99") is None
    assert not [p for p in check_structure(pack) if "occupations.yaml" in str(p.place)]


def test_every_occupation_of_the_made_up_district_has_its_name(pack: Pack) -> None:
    text = (PACK / "synthetic" / "occupations.yaml").read_text(encoding="utf-8")
    rows = re.findall(r'^ +- \["([\d-]+)", [\d.]+, ([^,\]]+)', text, re.MULTILINE)
    assert len(rows) > 80
    assert [code for code, name in rows if getattr(pack.occupation(code), "zh", None) != name] == []


@pytest.mark.parametrize(
    ("fact", "value", "zh"),
    [
        ("certificate_level", 3, "高级工"),
        ("contest_result_level", 2, "区级"),
        ("recent_studio_level", 0, "无"),
        ("studio_award_level", 3, "市级"),
        ("child_school_kind", "无", "未在本区就学"),
        ("injury_grade", 0, "无"),
    ],
)
def test_levels_and_kinds_have_words(pack: Pack, fact: str, value: object, zh: str) -> None:
    words = pack.words_for(fact, value)
    assert words is not None
    assert words.zh == zh
