"""Packs laid over one another: what a layer adds, replaces, and must not do."""

import os
from datetime import date
from pathlib import Path

import pytest

import mini
from jigong.kernel.problems import JigongError
from jigong.packs.reader import read_pack
from jigong.rules.rulebook import values_on

CITY = """name: city
zh: 上层
en: The layer above
extends: pack
languages: [zh, en]
sources:
  law: {zh: 新规定, en: New rules, published: 2023-01-01}
  order: {zh: 通知, en: An order, published: 2023-01-01}
fields:
  - {id: care, zh: 关心, en: Caring}
"""
CAP = """cap:
  zh: 新上限
  en: New cap
  type: decimal
  values:
    - {from: 2022-05-01, value: 4000.00, source: order, confirmed: 2023-01-01}
"""
TRIP = """id: trip
number: 3
zh: 旅行
en: Travel
field: care
per: worker
source: order
basis: {source: order}
in_force: {from: 2022-05-01}
delivery: {mode: quota, quota: trip.places, rank: [insured_months DESC]}
conditions:
  - {id: member, when: NOT union_member, zh: 非会员, en: No member}
awards:
  - {id: place, zh: 名额, en: A place}
"""
TRIP_CASES = """cases:
  - {zh: 会员, en: member, given: {union_member: true}, expect: {verdict: no}}
  - {zh: 非会员, en: no member, given: {union_member: false}, expect: {verdict: yes}}
"""


def layer(folder: Path, files: dict[str, str]) -> Path:
    """The small pack, and beside it a layer over it."""
    mini.edited(mini.PACK, folder / "pack", {})
    for name, text in ({"pack.yaml": CITY} | files).items():
        (folder / "city" / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / "city" / name).write_text(text, encoding="utf-8")
    return folder / "city"


def test_a_layer_adds_and_replaces_whole_things_by_id(tmp_path: Path) -> None:
    city = layer(
        tmp_path,
        {"parameters/aid.yaml": CAP, "clauses/trip/clause.yaml": TRIP, "clauses/trip/cases.yaml": TRIP_CASES},
    )
    pack = read_pack(city)
    values = values_on(pack, date(2023, 1, 1))
    assert (values["aid.cap"], values["aid.min_months"]) == (4000, 6)
    assert pack.clauses["trip"].clause.value.en == "Travel"
    assert pack.clauses["grant"].clause.layer == "mini"
    assert pack.clauses["trip"].clause.layer == "city"
    assert pack.manifest.sources["law"].en == "New rules"
    assert [field.en for field in pack.manifest.fields] == ["Skills", "Caring"]
    assert {(r.kind, r.id, r.layer, r.beneath) for r in pack.replaced} == {
        ("parameter", "aid.cap", "city", "mini"),
        ("clause", "trip", "city", "mini"),
        ("source", "law", "city", "mini"),
        ("field", "care", "city", "mini"),
    }


def test_a_replaced_parameter_is_checked_against_the_cases_beneath(tmp_path: Path) -> None:
    problems = mini.found(layer(tmp_path, {"parameters/aid.yaml": CAP}))
    assert any("amount should be 4500.00, is 4000.00" in problem.what.en for problem in problems)


def test_tiers_are_replaced_all_together(tmp_path: Path) -> None:
    pack = read_pack(
        layer(tmp_path, {"points/tiers.yaml": "- {id: gold, zh: 金, en: Gold, from: points.silver}\n"})
    )
    assert [tier.value.id for tier in pack.tiers] == ["gold"]
    assert ("tiers", "tiers") in {(r.kind, r.id) for r in pack.replaced}


def test_the_hash_covers_every_layer_but_not_what_decides_nothing(tmp_path: Path) -> None:
    city = layer(tmp_path, {})
    before = read_pack(city).hash
    (tmp_path / "pack" / "notes.md").write_text("nothing", encoding="utf-8")
    assert read_pack(city).hash == before
    cases = tmp_path / "pack" / "parameters" / "aid.yaml"
    cases.write_text(cases.read_text(encoding="utf-8") + "# a comment\n", encoding="utf-8")
    assert read_pack(city).hash != before


def test_a_contract_beneath_may_not_lose_the_column_it_refers_to(tmp_path: Path) -> None:
    person = (mini.PACK / "contracts" / "person.yaml").read_text(encoding="utf-8")
    renamed = person.replace("name: person_id", "name: citizen_id")
    problems = mini.found(layer(tmp_path, {"contracts/person.yaml": renamed}))
    assert any("refers to person.person_id, which is no longer there" in p.what.en for p in problems)


def test_a_number_may_not_come_twice_across_layers(tmp_path: Path) -> None:
    person = (mini.PACK / "contracts" / "person.yaml").read_text(encoding="utf-8")
    other = person.replace("- name: person\n", "- name: other\n").replace(
        "businessName: 人员", "businessName: 其他"
    )
    problems = mini.found(layer(tmp_path, {"contracts/other.yaml": other}))
    assert any("is already that of" in p.what.en for p in problems)


def _refused(folder: Path) -> JigongError:
    with pytest.raises(JigongError) as caught:
        read_pack(folder)
    return caught.value


def test_extends_in_a_circle_is_refused(tmp_path: Path) -> None:
    city = layer(tmp_path, {})
    (tmp_path / "pack" / "pack.yaml").write_text(
        CITY.replace("extends: pack", "extends: city"), encoding="utf-8"
    )
    (problem,) = _refused(city).problems
    assert "in a circle" in problem.what.en
    assert problem.place is not None
    assert problem.remedy is not None


def test_extends_of_nothing_says_which_line_asked(tmp_path: Path) -> None:
    city = layer(tmp_path, {"pack.yaml": CITY.replace("extends: pack", "extends: province")})
    (problem,) = _refused(city).problems
    assert "province is not a pack" in problem.what.en
    assert problem.place is not None
    assert problem.place.source == "extends: province"


def test_two_layers_of_one_name_are_refused_once(tmp_path: Path) -> None:
    city = layer(tmp_path, {"pack.yaml": CITY.replace("name: city", "name: mini")})
    (problem,) = _refused(city).problems
    assert "is called mini too" in problem.what.en


def test_an_id_given_twice_in_one_layer_is_refused(tmp_path: Path) -> None:
    twice = "- {id: a, zh: 甲, en: A, fact: age, days: 1}\n" * 2
    (problem,) = _refused(layer(tmp_path, {"actions.yaml": twice})).problems
    assert problem.what.en == "action a is given twice"
    assert problem.place is not None
    assert problem.place.line == 2


def test_a_pack_is_found_from_inside_its_own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(layer(tmp_path, {}))
    assert len(read_pack(Path()).layers) == 2
    monkeypatch.chdir(tmp_path / "pack" / "clauses")
    assert os.fspath(read_pack(Path("..")).layers[0]) == ".."


def test_a_folder_that_is_no_pack_is_refused(tmp_path: Path) -> None:
    (problem,) = _refused(tmp_path).problems
    assert "it has no pack.yaml" in problem.what.en
    assert problem.remedy is not None
