"""The first texts of a new clause, its files, and a layer that holds it."""

from datetime import date
from pathlib import Path

import pytest

from jigong.decisions.check import check_pack
from jigong.kernel.problems import JigongError
from jigong.kernel.text import Text
from jigong.packs.reader import read_pack
from jigong.rules.rulebook import read_rulebook
from jigong.services.publishing.beginnings import Beginning, Texts, blank, copied
from jigong.services.publishing.drafted import values_in
from jigong.services.publishing.enums import EditKind
from jigong.services.publishing.files import checked_id, file_of
from jigong.services.publishing.layer import NOTHING, Basis, before_hash, build_layer
from jigong.services.publishing.models import Edit
from jigong.services.publishing.reach import readers
from jigong.services.publishing.values import NewValue, parameter_yaml, with_value

HEAD = Path(__file__).parents[2] / "packs" / "qiantang"
DAY = date(2023, 3, 1)
NEW = Beginning("night-school", "夜校：补贴", 'Night "school"', "union", "draft-7", DAY, DAY)
BASIS = Basis("draft-7", Text("通知", "Notice"), None, DAY)


@pytest.fixture(scope="module")
def pack():
    return read_pack(HEAD)


def edits(texts: Texts) -> list[Edit]:
    return [Edit(kind=kind, target=NEW.id, body=body, before=NOTHING) for kind, body in texts.items()]


@pytest.mark.parametrize("like", ["degree-bachelor", "child-schooling", "craftsman-honour"])
def test_a_copy_passes_the_check_as_it_is_and_has_values_of_its_own(pack, tmp_path, like):
    texts = copied(NEW, like, pack, read_rulebook(pack))
    after = read_pack(build_layer(HEAD, edits(texts), BASIS, tmp_path / "out"))
    assert [problem.render("en") for problem in check_pack(after, DAY)] == []
    clause = after.clauses[NEW.id].clause.value
    assert (clause.zh, clause.en, clause.delivery.office) == (NEW.zh, NEW.en, "union")
    assert clause.number > max(files.clause.value.number for files in pack.clauses.values())
    assert clause.in_force.from_ == DAY
    own = {name for name in after.parameters if name.startswith("night_school.")}
    assert own == set(values_in(texts[EditKind.VALUES], NEW.id))
    assert set(after.parameters) - own == set(pack.parameters)
    assert {dated.source_of("value") for name in own for dated in after.parameters[name].value.values} == {
        "draft-7"
    }


def test_what_facts_read_too_stays_one_for_all(pack, monkeypatch):
    rules = read_rulebook(pack)
    read = {**readers(pack, rules), "degree.max_age": frozenset({"union", ""})}
    monkeypatch.setattr("jigong.services.publishing.beginnings.readers", lambda *_: read)
    texts = copied(NEW, "degree-associate", pack, rules)
    assert "age BETWEEN night_school.min_age AND degree.max_age" in texts[EditKind.CLAUSE]
    assert "max_age" not in texts[EditKind.VALUES]


def test_a_form_says_of_every_gap_where_it_is(pack, tmp_path):
    with pytest.raises(JigongError) as bad:
        read_pack(build_layer(HEAD, edits(blank(NEW, pack)), BASIS, tmp_path / "out"))
    found = [(Path(p.place.file).name, p.what.en) for p in bad.value.problems if p.place]
    assert ("clause.yaml", "“field” needs a text") in found
    assert ("clause.yaml", "“conditions.0.when” needs a text") in found
    assert ("cases.yaml", "“cases.1.zh” needs a text") in found
    assert {file for file, _ in found} == {"clause.yaml", "cases.yaml", "night_school.yaml"}
    assert not any("must not be empty" in what for _, what in found), "what has items is not empty"


def test_without_values_of_its_own_there_is_no_file_of_values(pack, tmp_path):
    texts = {**copied(NEW, "degree-bachelor", pack, read_rulebook(pack)), EditKind.VALUES: "# none\n"}
    top = build_layer(HEAD, edits(texts), BASIS, tmp_path / "out")
    assert not (top / "parameters").exists()


def test_a_later_change_keeps_the_new_clause_in_the_one_layer(pack, tmp_path):
    texts = copied(NEW, "degree-associate", pack, read_rulebook(pack))
    first = build_layer(HEAD, edits(texts), BASIS, tmp_path / "a")
    name = "night_school.associate_cap"
    before = read_pack(first)
    new = NewValue(date(2023, 6, 1), "6000", "")
    change = Edit(
        kind=EditKind.PARAMETER,
        target=name,
        body=new.body(),
        before=before_hash(before, EditKind.PARAMETER, name),
    )
    after = read_pack(build_layer(first, [change], BASIS, tmp_path / "b"))
    assert not check_pack(after, date(2023, 6, 1))
    assert [layer.name for layer in after.layers] == ["qiantang", "qiantang-amended"]
    assert [str(d.value) for d in after.parameters[name].value.values] == ["5000.00", "6000.00"]
    assert after.clauses[NEW.id].clause.value == before.clauses[NEW.id].clause.value


def test_an_id_or_topic_that_the_law_has_meanwhile_is_refused(pack, tmp_path):
    texts = copied(NEW, "degree-bachelor", pack, read_rulebook(pack))
    first = build_layer(HEAD, edits(texts), BASIS, tmp_path / "a")
    with pytest.raises(JigongError, match="night-school is in use already"):
        build_layer(first, edits(texts), BASIS, tmp_path / "b")


@pytest.mark.parametrize(
    "text", ["", "A", "../x", "a/b", "a--b", "-a", "a-", "1a", "a b", "夜校", "a.b", "a\n", "x" * 41]
)
def test_what_is_no_id_is_refused(text):
    with pytest.raises(JigongError, match="cannot be an id"):
        checked_id(text)


@pytest.mark.parametrize("clause", ["../../etc", "a/b", "", ".", "..", "a\\b"])
def test_no_file_lies_outside_the_layer(clause):
    for kind in (EditKind.CLAUSE, EditKind.CASES, EditKind.VALUES):
        with pytest.raises(ValueError, match="not the name of a clause"):
            file_of(kind, clause)


@pytest.mark.parametrize("body", ["a: &a [*a]\n", "[" * 20_000, "x: [1,\n", "a: b: c\n", "\x07"])
def test_hostile_yaml_is_a_problem_and_no_crash(pack, tmp_path, body):
    texts = {**copied(NEW, "degree-bachelor", pack, read_rulebook(pack)), EditKind.VALUES: body}
    with pytest.raises(JigongError) as bad:
        read_pack(build_layer(HEAD, edits(texts), BASIS, tmp_path / "out"))
    assert any(p.place and p.place.file.endswith("parameters/night_school.yaml") for p in bad.value.problems)


def test_a_layer_an_operator_added_stays_as_it_is(pack, tmp_path):
    (tmp_path / "packs").mkdir()
    (tmp_path / "packs" / "qiantang").symlink_to(HEAD)
    local = tmp_path / "packs" / "qiantang-amended"
    local.mkdir()
    (local / "pack.yaml").write_text(
        "name: local\nzh: 本地\nen: Local\nextends: qiantang\namends: true\nlanguages: [zh, en]\nsources: {}\n",
        encoding="utf-8",
    )
    (local / "deadlines.yaml").write_text("confirm: {days: 7, zh: 确认, en: Confirm}\n", encoding="utf-8")
    texts = copied(NEW, "degree-bachelor", pack, read_rulebook(pack))
    after = read_pack(build_layer(local, edits(texts), BASIS, tmp_path / "out"))
    assert [layer.name for layer in after.layers] == [
        "qiantang",
        "qiantang-amended",
        "qiantang-amended-amended",
    ]
    assert after.days_for("confirm") == 7


def test_a_list_of_words_can_be_given_a_new_value(pack):
    name, entry = next(
        (name, placed.value)
        for name, placed in pack.parameters.items()
        if placed.value.type == "list of string"
    )
    after = with_value(entry, NewValue(DAY, "甲\n乙", ""), "draft-7", DAY)
    assert after.values[-1].value == ("甲", "乙")
    assert 'value: ["甲", "乙"]' in parameter_yaml(name, after)
