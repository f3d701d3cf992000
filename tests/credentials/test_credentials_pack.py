"""What a pack may say of credentials and of the skill code, and how it is told of a mistake."""

from pathlib import Path

import pytest

import mini
from jigong.kernel.problems import JigongError
from jigong.packs.check import check_structure
from jigong.packs.reader import read_pack

QIANTANG = Path(__file__).parents[2] / "packs" / "qiantang"
OURS = ("credentials.yaml", "skill_code.yaml")
OFFICES = "- {id: union, zh: 总工会, en: Unions}\n"
KIND = """\
- id: award
  zh: 荣誉
  en: Award
  type: Award
  office: union
  source: assumed
  description: {zh: 说明, en: Description}
  criteria: {zh: 标准, en: Criteria}
  sql: SELECT 1 AS key
"""
CODE = """\
source: assumed
level:
  zh: 等级
  en: Level
  fact: age
  words: [{zh: 零, en: zero}, {zh: 一, en: one}]
"""


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    return mini.edited(mini.PACK, tmp_path / "pack", {"offices.yaml": OFFICES})


def problems(pack: Path, credentials: str = KIND, code: str = CODE) -> str:
    """What is wrong in the two files."""
    (pack / "credentials.yaml").write_text(credentials, encoding="utf-8")
    (pack / "skill_code.yaml").write_text(code, encoding="utf-8")
    try:
        found = [p for p in check_structure(read_pack(pack)) if p.place and Path(p.place.file).name in OURS]
        return "\n".join(problem.render("en") for problem in found)
    except JigongError as bad:
        return str(bad)


def test_a_pack_says_which_records_become_credentials(pack):
    assert problems(pack) == ""
    read = read_pack(pack)
    assert read.credentials["award"].value.label.en == "Award"
    assert read.skill_code.value.level.words[1].zh == "一"


def test_a_pack_need_not_say_anything_of_them(pack):
    read = read_pack(pack)
    assert (read.credentials, read.skill_code) == ({}, None)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("office: union", "office: unoin", "did you mean union"),
        ("type: Award", "type: Medal", "one of"),
        ("id: award", "id: Award!", "id"),
        ("sql: SELECT 1 AS key", "sql: ''", "sql"),
        ("  criteria: {zh: 标准, en: Criteria}\n", "", "criteria"),
    ],
)
def test_a_mistake_in_a_kind_is_told(pack, old, new, said):
    assert old in KIND
    assert said in problems(pack, credentials=KIND.replace(old, new))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("fact: age", "fact: agee", "did you mean age"),
        ("fact: age", "fact: union_member", "whole number"),
        ("words: [{zh: 零, en: zero}, {zh: 一, en: one}]", "words: []", "words"),
    ],
)
def test_a_mistake_in_the_skill_code_is_told(pack, old, new, said):
    assert old in CODE
    assert said in problems(pack, code=CODE.replace(old, new))


def test_every_level_of_the_district_has_a_word():
    pack = read_pack(QIANTANG)
    assert len(pack.skill_code.value.level.words) == 6
    assert pack.facts[pack.skill_code.value.level.fact].type == "integer"
