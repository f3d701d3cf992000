"""A draft written as a layer over a pack: what it changes, that nothing else does, and that it can be layered again."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

import mini
from jigong.decisions.check import check_pack
from jigong.kernel.problems import JigongError
from jigong.kernel.text import Text
from jigong.packs.pack import value_on
from jigong.packs.reader import read_pack
from jigong.services.publishing.changes import side_by_side, text_changes, value_changes
from jigong.services.publishing.enums import EditKind
from jigong.services.publishing.layer import Basis, before_hash, build_layer, clause_text
from jigong.services.publishing.models import Edit
from jigong.services.publishing.values import NewValue, parse_value, with_value

CAP, AGE = "aid.cap", "aid.max_age"
DAY = date(2023, 3, 1)
BASIS = Basis(
    "draft-1",
    Text("关于“上限”的通知: 试行", 'Notice on the "cap": trial'),
    date(2023, 2, 1),
    date(2023, 2, 2),
)


def edit(pack_folder: Path, kind: EditKind, target: str, body: str) -> Edit:
    return Edit(kind=kind, target=target, body=body, before=before_hash(read_pack(pack_folder), kind, target))


def value(pack_folder: Path, name: str, text: str, from_: date = DAY) -> Edit:
    return edit(pack_folder, EditKind.PARAMETER, name, NewValue(from_, text, "试行").body())


def test_a_new_value_holds_from_its_day_and_nothing_else_changes(tmp_path):
    top = build_layer(mini.PACK, [value(mini.PACK, CAP, "6000")], BASIS, tmp_path / "out")
    before, after = read_pack(mini.PACK), read_pack(top)
    assert not check_pack(after, DAY)
    assert after.manifest.name == before.manifest.name == "mini"
    assert after.manifest.sources["draft-1"].zh == BASIS.label.zh
    entry = after.parameters[CAP].value
    assert value_on(entry, date(2023, 2, 28)) == Decimal("5000.00")
    assert value_on(entry, DAY) == Decimal("6000.00")
    (change,) = value_changes(before, after)
    assert (change.name, change.from_, change.before, change.after) == (
        CAP,
        DAY,
        Decimal(5000),
        Decimal(6000),
    )
    for name in set(before.parameters) - {CAP}:
        assert after.parameters[name].value == before.parameters[name].value
    for id_, files in before.clauses.items():
        assert after.clauses[id_].clause.value == files.clause.value


def test_equal_edits_give_an_equal_hash(tmp_path):
    first = build_layer(mini.PACK, [value(mini.PACK, CAP, "6000")], BASIS, tmp_path / "a")
    again = build_layer(mini.PACK, [value(mini.PACK, CAP, "6000.00")], BASIS, tmp_path / "b")
    assert read_pack(first).hash == read_pack(again).hash != read_pack(mini.PACK).hash


def test_a_second_change_goes_into_the_same_layer(tmp_path):
    first = build_layer(mini.PACK, [value(mini.PACK, CAP, "6000")], BASIS, tmp_path / "a")
    basis = Basis("draft-2", Text("第二个通知", "Second notice"), None, DAY)
    second = build_layer(first, [value(first, AGE, "48", date(2023, 6, 1))], basis, tmp_path / "b")
    pack = read_pack(second)
    assert not check_pack(pack, DAY)
    assert [layer.name for layer in pack.layers] == ["pack-mini", "pack-mini-amended"]
    assert value_on(pack.parameters[CAP].value, DAY) == Decimal(6000)
    ages = [(d.from_, d.value) for d in pack.parameters[AGE].value.values]
    assert ages == [(date(2022, 5, 1), 45), (date(2023, 6, 1), 48), (date(2024, 1, 1), 50)]
    assert {"law", "draft-1", "draft-2"} <= set(pack.manifest.sources)


def test_a_changed_text_is_told_in_words_and_side_by_side(tmp_path):
    pack = read_pack(mini.PACK)
    old = clause_text(pack, "grant", EditKind.CLAUSE)
    new = old.replace("when: age <= aid.max_age", "when: age < aid.max_age")
    top = build_layer(mini.PACK, [edit(mini.PACK, EditKind.CLAUSE, "grant", new)], BASIS, tmp_path / "out")
    after = read_pack(top)
    (change,) = text_changes(pack.clauses["grant"].clause.value, after.clauses["grant"].clause.value)
    assert (change.how, change.label.en) == ("changed", "Young enough")
    assert (change.before, change.after) == ("age <= aid.max_age", "age < aid.max_age")
    changed = [line for line in side_by_side(old, new) if line.how == "changed"]
    assert [(line.old_number, line.new_number) for line in changed] == [(16, 16)]
    problems = check_pack(after, DAY)
    assert any("cases.yaml" in str(problem.place) for problem in problems), "45 may no longer apply"


def test_what_somebody_else_changed_meanwhile_must_be_looked_at_again(tmp_path):
    mine = value(mini.PACK, CAP, "6000")
    theirs = build_layer(mini.PACK, [value(mini.PACK, CAP, "5500")], BASIS, tmp_path / "a")
    with pytest.raises(JigongError, match="somebody else's amendment"):
        build_layer(theirs, [mine], BASIS, tmp_path / "b")
    build_layer(theirs, [value(mini.PACK, AGE, "48")], BASIS, tmp_path / "c")


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [(CAP, "6,000", Decimal("6000.00")), (CAP, "6000.5", Decimal("6000.50")), (AGE, " 48 ", 48)],
)
def test_values_are_read_as_people_type_them(name, text, expected):
    assert parse_value(text, read_pack(mini.PACK).parameters[name].value) == expected


@pytest.mark.parametrize(("name", "text"), [(CAP, "六千"), (CAP, "NaN"), (AGE, "48.5"), (AGE, "")])
def test_what_is_no_value_is_refused_by_name(name, text):
    entry = read_pack(mini.PACK).parameters[name].value
    with pytest.raises(JigongError, match=entry.en):
        parse_value(text, entry)


def test_a_value_of_the_same_day_is_replaced_and_an_end_gives_way():
    entry = read_pack(mini.PACK).parameters[AGE].value
    same = with_value(entry, NewValue(date(2024, 1, 1), "55", ""), "law", DAY)
    assert [d.value for d in same.values] == [45, 55]
    ended = entry.model_copy(
        update={"values": (entry.values[0].model_copy(update={"to": date(2023, 12, 31)}), entry.values[1])}
    )
    cut = with_value(ended, NewValue(DAY, "47", ""), "law", DAY)
    assert [(d.value, d.to) for d in cut.values] == [(45, None), (47, None), (50, None)]
