"""Values are said in words: by the fact's own, or a list that facts share; else as a value that says what it is of."""

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
        "职业 6-99-99-99", "Occupation 6-99-99-99"
    )
    assert pack.occupation("6-99-99-99") is None
    assert not [p for p in check_structure(pack) if "words.yaml" in str(p.place)]


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
        ("certificate_level", 9, "技能等级 9"),
        ("industry", "新材料", "新材料"),
    ],
)
def test_levels_and_kinds_have_words(pack: Pack, fact: str, value: object, zh: str) -> None:
    words = pack.words_for(fact, value)
    assert words is not None
    assert words.zh == zh
