"""`jigong judge`: given facts in, verdicts out, on any pack; and two clauses against the text they come from."""

import io
import json
from collections.abc import Mapping
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import pytest
from commands import Jigong
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import mini
from jigong.packs.reader import read_pack
from jigong.rules.given import coerce_given
from jigong.rules.judge import judge
from jigong.rules.rulebook import read_rulebook, values_on

QIANTANG = Path(__file__).parents[2] / "packs" / "qiantang"
GOOD = {"union_member": True, "insured_months": 6, "age": 30, "degree": "associate", "tuition": 6000}


def judged(
    jigong: Jigong, tmp_path: Path, facts: object, *more: str, clause: str = "grant", pack: Path = mini.PACK
) -> Any:
    file = tmp_path / "given.json"
    file.write_text(facts if isinstance(facts, str) else json.dumps(facts), encoding="utf-8")
    ran = jigong("judge", clause, "--pack", pack, "--given", file, "--as-of", "2023-01-01", "--json", *more)
    assert ran.status == 0, ran.err
    return ran.json


@pytest.mark.parametrize("engine", ["row", "duckdb"])
def test_one_object_gives_one_result(jigong: Jigong, tmp_path: Path, engine: str) -> None:
    assert judged(jigong, tmp_path, GOOD, "--engine", engine) == {
        "verdict": "yes",
        "amount": "4500.00",
        "branch": "partial",
        "conditions": {"member": True, "insured": True, "age": True},
        "missing": [],
    }


@pytest.mark.parametrize("engine", ["row", "duckdb"])
def test_a_list_gives_a_list_in_order(jigong: Jigong, tmp_path: Path, engine: str) -> None:
    people = [GOOD, GOOD | {"age": 46}, GOOD | {"degree": "bachelor"}]
    results = judged(jigong, tmp_path, people, "--engine", engine)
    assert [(r["verdict"], r["amount"], r["branch"]) for r in results] == [
        ("yes", "4500.00", "partial"),
        ("no", "0.00", None),
        ("yes", "6000.00", "full"),
    ]
    assert judged(jigong, tmp_path, [], "--engine", engine) == []


@pytest.mark.parametrize("engine", ["row", "duckdb"])
@pytest.mark.parametrize("absent", [{}, {"union_member": None}])
def test_absent_and_null_are_missing(
    jigong: Jigong, tmp_path: Path, engine: str, absent: dict[str, None]
) -> None:
    facts = {name: value for name, value in GOOD.items() if name != "union_member"} | absent
    result = judged(jigong, tmp_path, facts, "--engine", engine)
    assert (result["verdict"], result["amount"], result["missing"]) == ("undecided", None, ["union_member"])
    assert result["conditions"]["member"] is None


@pytest.mark.parametrize("engine", ["row", "duckdb"])
@pytest.mark.parametrize(
    ("known", "verdict", "missing"),
    [
        ({"least": 7}, "yes", []),
        ({"least": 5, "most": 9}, "undecided", ["insured_months"]),
        ({"least": None, "most": 5}, "no", []),
        ({"least": 6, "most": 6}, "yes", []),
    ],
)
def test_a_number_may_be_given_by_its_bounds(
    jigong: Jigong, tmp_path: Path, engine: str, known: object, verdict: str, missing: list[str]
) -> None:
    result = judged(
        jigong, tmp_path, GOOD | {"insured_months": known}, "--engine", engine, pack=ranged(tmp_path)
    )
    assert (result["verdict"], result["missing"]) == (verdict, missing)


def ranged(tmp_path: Path) -> Path:
    """The small pack, in which the months insured may be known within bounds."""
    edit = ("type: integer,", "type: integer, range: true,")
    return mini.edited(mini.PACK, tmp_path / "ranged", {"facts/insurance.sql": edit})


@pytest.mark.parametrize("bounds", [{}, {"least": 9, "most": 7}, {"least": "six"}, {"from": 6}, [6, 7]])
def test_bounds_that_are_none_are_explained(jigong: Jigong, tmp_path: Path, bounds: object) -> None:
    file = tmp_path / "given.json"
    file.write_text(json.dumps({"insured_months": bounds}), encoding="utf-8")
    ran = jigong("judge", "grant", "--pack", ranged(tmp_path), "--given", file, "--as-of", "2023-01-01")
    assert ran.status == 1
    assert (
        "insured_months needs a whole number of at most 32 bits, or {least: 7, most: 9}"
        in ran.err.replace("\n", " ")
    )


def test_what_a_false_condition_settles_is_not_missing(jigong: Jigong, tmp_path: Path) -> None:
    result = judged(jigong, tmp_path, {"age": 46})
    assert (result["verdict"], result["amount"], result["missing"]) == ("no", "0.00", [])


def test_a_benefit_in_kind_has_no_amount(jigong: Jigong, tmp_path: Path) -> None:
    result = judged(jigong, tmp_path, {"union_member": True}, clause="trip")
    assert (result["verdict"], result["amount"], result["branch"]) == ("yes", None, "place")


def test_the_law_is_that_of_the_date(jigong: Jigong, tmp_path: Path) -> None:
    assert judged(jigong, tmp_path, GOOD | {"age": 50})["verdict"] == "no"
    assert judged(jigong, tmp_path, GOOD | {"age": 50}, "--as-of", "2024-01-01")["verdict"] == "yes"


def test_numbers_may_be_written_as_text_or_with_a_point(jigong: Jigong, tmp_path: Path) -> None:
    assert judged(jigong, tmp_path, GOOD | {"tuition": "6000.00", "age": 30.0})["amount"] == "4500.00"
    assert (
        judged(
            jigong,
            tmp_path,
            '{"tuition": 0.1, "union_member": true, "insured_months": 6, "age": 30, "degree": "bachelor"}',
        )["amount"]
        == "0.10"
    )


def test_standard_input_and_a_byte_order_mark(
    jigong: Jigong, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(json.dumps(GOOD)))
    ran = jigong("judge", "grant", "--pack", mini.PACK, "--given", "-", "--as-of", "2023-01-01", "--json")
    assert ran.json["verdict"] == "yes"
    assert judged(jigong, tmp_path, "\ufeff" + json.dumps(GOOD))["verdict"] == "yes"


def test_for_people_it_is_words(jigong: Jigong, tmp_path: Path) -> None:
    file = tmp_path / "given.json"
    file.write_text(json.dumps({"union_member": True, "age": 51}), encoding="utf-8")
    english = jigong("judge", "grant", "--pack", mini.PACK, "--given", file)
    assert "✓ A member" in english.out
    assert "✗ Young enough" in english.out
    chinese = jigong("--lang", "zh", "judge", "grant", "--pack", mini.PACK, "--given", file)
    assert "✗ 年龄合规" in chinese.out


@pytest.mark.parametrize("engine", ["row", "duckdb"])
def test_the_smallest_whole_number_is_one(jigong: Jigong, tmp_path: Path, engine: str) -> None:
    assert judged(jigong, tmp_path, GOOD | {"age": -2147483648}, "--engine", engine)["verdict"] == "yes"


@pytest.mark.parametrize(
    ("text", "clause", "day", "words"),
    [
        ('{"age": 30', "grant", "2023-01-01", "is not JSON"),
        ('{"age": ' + "9" * 5000 + "}", "grant", "2023-01-01", "is not JSON"),
        ("[" * 100_000, "grant", "2023-01-01", "is not JSON"),
        ("[1]", "grant", "2023-01-01", "item 1 is not an object"),
        ('{"age": "old"}', "grant", "2023-01-01", "age needs a whole number of at most 32 bits, got 'old'"),
        ('{"age": 30.5}', "grant", "2023-01-01", "age needs a whole number of at most 32 bits, got 30.5"),
        ('{"agee": 3}', "grant", "2023-01-01", "there is no fact agee"),
        ('{"age": 2147483648}', "grant", "2023-01-01", "age needs a whole number of at most 32 bits"),
        ('{"age": -2147483649}', "grant", "2023-01-01", "age needs a whole number of at most 32 bits"),
        ('{"tuition": "１２.５"}', "grant", "2023-01-01", "at most two decimals"),
        ('{"tuition": "1_000"}', "grant", "2023-01-01", "at most two decimals"),
        ('{"tuition": "1e3"}', "grant", "2023-01-01", "at most two decimals"),
        ('{"tuition": " 12"}', "grant", "2023-01-01", "at most two decimals"),
        ('{"birth_date": "2004-W09-7"}', "grant", "2023-01-01", "needs a date like 2022-05-01"),
        ('{"birth_date": "20040229"}', "grant", "2023-01-01", "needs a date like 2022-05-01"),
        ('{"age": true}', "grant", "2023-01-01", "age needs a whole number"),
        ('{"age": NaN}', "grant", "2023-01-01", "age needs a whole number"),
        ('{"tuition": 0.001}', "grant", "2023-01-01", "at most two decimals"),
        ('{"tuition": 1e300}', "grant", "2023-01-01", "below 10^10"),
        ('{"union_member": 1}', "grant", "2023-01-01", "needs true or false"),
        ('{"degree": "a\\u0000"}', "grant", "2023-01-01", "degree needs a text"),
        ('{"degree": "\\ud800"}', "grant", "2023-01-01", "degree needs a text"),
        ("{}", "grand", "2023-01-01", "did you mean grant?"),
        ("{}", "grant", "2020-01-01", "clause grant is not in force on 2020-01-01"),
        ("{}", "grant", "1 May", "write 2022-12-31"),
    ],
)
def test_what_cannot_be_judged_is_explained(
    jigong: Jigong, tmp_path: Path, text: str, clause: str, day: str, words: str
) -> None:
    file = tmp_path / "given.json"
    file.write_text(text, encoding="utf-8")
    ran = jigong("judge", clause, "--pack", mini.PACK, "--given", file, "--as-of", day, "--json")
    assert ran.status == 1
    assert ran.out == ""
    assert words in ran.err
    assert "Traceback" not in ran.err


def test_a_file_that_cannot_be_read_is_explained(jigong: Jigong, tmp_path: Path) -> None:
    for file, words in ((tmp_path / "none.json", "does not exist"), (tmp_path, "cannot read")):
        ran = jigong("judge", "grant", "--pack", mini.PACK, "--given", file)
        assert ran.status == 1
        assert words in ran.err.replace("\n", " ")


# The oracle: clauses 2 and 3 as their text says them, in plain Python, sharing nothing with the pack or the engines.

CENT = Decimal("0.01")


def gate(facts: Mapping[str, Any], level: str) -> list[bool | None]:
    """Each requirement: met, not met, or not known."""

    def say(name: str, test: Any) -> bool | None:
        return None if facts.get(name) is None else bool(test(facts[name]))

    return [
        say("degree_level", lambda v: v == level),
        say("union_member", lambda v: v),
        say("insured_streak_months", lambda v: v >= 6),
        say("age", lambda v: 18 <= v <= 45),
        say("industrial_worker", lambda v: v),
        say("designated_school", lambda v: v),
        say("deceased", lambda v: not v),
        say("departed", lambda v: not v),
    ]


def verdict(facts: Mapping[str, Any], level: str) -> str:
    met = gate(facts, level)
    return "no" if False in met else "undecided" if None in met else "yes"


def associate(facts: Mapping[str, Any]) -> Decimal:
    """Clause 2: three quarters up to 5,000; all of it for the highest skill or honours."""
    tuition = Decimal(facts["discounted_tuition"])
    honoured = (
        facts["certificate_rank"] >= 5
        or facts["craftsman_level"] >= 2
        or facts["model_worker_level"] >= 2
        or facts["may1_medal_level"] >= 3
    )
    due = tuition if honoured else min(tuition * 75 / 100, Decimal(5000))
    return max(due - Decimal(facts["paid_before"]), Decimal(0)).quantize(CENT, ROUND_HALF_UP)


def bachelor(facts: Mapping[str, Any]) -> Decimal:
    """Clause 3: 7,700 for winners; at graduation 90 or 100 per cent; the larger, at most the tuition."""
    tuition = Decimal(facts["discounted_tuition"])
    offers = [Decimal(0)]
    if facts["lottery_won"]:
        offers.append(Decimal(7700))
    if facts["graduated"] and facts["certificate_rank"] >= 3:
        offers.append(tuition * 90 / 100)
    if facts["graduated"] and (
        facts["certificate_rank"] >= 5
        or facts["craftsman_level"] >= 2
        or facts["may1_medal_level"] >= 1
        or facts["excellent_party_member_level"] >= 1
        or facts["frontline_service"]
    ):
        offers.append(tuition)
    due = min(max(offers), tuition)
    return max(due - Decimal(facts["paid_before"]), Decimal(0)).quantize(CENT, ROUND_HALF_UP)


CLAUSES = {"degree-associate": ("associate", associate), "degree-bachelor": ("bachelor", bachelor)}

seldom = st.sampled_from([False] * 19 + [True])
money = st.sampled_from(
    [
        "0",
        "0.01",
        "0.02",
        "6666.66",
        "6666.67",
        "6666.68",
        "7699.99",
        "7700",
        "7700.01",
        "8555.55",
        "8555.56",
        "8555.57",
    ]
) | st.integers(0, 3_000_000).map(lambda cents: str(Decimal(cents) / 100))
mostly = st.sampled_from([True, True, True, False])
rank = st.integers(0, 5)
WHOLE = st.fixed_dictionaries(
    {
        "degree_level": st.sampled_from(["associate", "bachelor"]),
        "union_member": mostly,
        "insured_streak_months": st.sampled_from([0, 5, 6, 6, 7, 40]),
        "age": st.sampled_from([17, 18, 30, 30, 45, 46]),
        "industrial_worker": mostly,
        "designated_school": mostly,
        "discounted_tuition": money,
        "paid_before": st.just("0") | money,
        "lottery_won": st.booleans(),
        "graduated": st.booleans(),
        "certificate_rank": rank,
        "craftsman_level": rank,
        "model_worker_level": rank,
        "may1_medal_level": rank,
        "excellent_party_member_level": rank,
        "frontline_service": st.booleans(),
        "deceased": seldom,
        "departed": seldom,
    }
)
EVERY = [
    "degree_level", "union_member", "insured_streak_months", "age", "industrial_worker", "designated_school",
    "discounted_tuition", "paid_before", "lottery_won", "graduated", "certificate_rank", "craftsman_level",
    "model_worker_level", "may1_medal_level", "excellent_party_member_level", "frontline_service",
    "deceased", "departed",
]  # fmt: skip
"""Names of all facts."""
PEOPLE = st.lists(
    st.tuples(WHOLE, st.just([]) | st.lists(st.sampled_from(EVERY), max_size=4)), min_size=1, max_size=60
)


@pytest.fixture(scope="module")
def rules() -> dict[str, Any]:
    """Both clauses, bound to a day, and the names they may use."""
    pack = read_pack(QIANTANG, contracts=False)
    book = read_rulebook(pack, clauses=list(CLAUSES))
    values = values_on(pack, date(2022, 12, 16))
    return {"scope": book.scope, **{id_: rule.bound(values) for id_, rule in book.clauses.items()}}


@pytest.mark.parametrize("clause", CLAUSES)
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(people=PEOPLE)
def test_both_engines_agree_with_the_text(clause: str, rules: dict[str, Any], people: list[Any]) -> None:
    level, amount = CLAUSES[clause]
    given_ = [{name: v for name, v in truth.items() if name not in hidden} for truth, hidden in people]
    facts = [coerce_given(one, rules["scope"])[0] for one in given_]
    row, columnar = (judge(rules[clause], facts, date(2022, 12, 16), engine) for engine in ("row", "duckdb"))
    assert row == columnar
    for (truth, hidden), known, outcome in zip(people, given_, row, strict=True):
        assert outcome.verdict == verdict(known, level)
        assert set(outcome.missing) <= set(hidden)
        if outcome.verdict == "undecided":
            assert outcome.amount is None
            assert outcome.missing
        elif outcome.verdict == "no":
            assert outcome.amount == 0
        elif outcome.amount is None:
            assert outcome.missing
        else:
            # Whatever the hidden facts are, what was said of the known ones holds.
            assert outcome.amount == amount(truth)
        if not hidden and outcome.verdict == "yes":
            assert outcome.amount == amount(truth)


@pytest.mark.parametrize("engine", ["row", "duckdb"])
def test_facts_a_clause_does_not_read_may_be_missing(rules: dict[str, Any], engine: Any) -> None:
    """For clause 2 neither the draw nor graduation matters; for clause 3 being a model worker does not."""
    truth: dict[str, Any] = dict.fromkeys(EVERY, 5) | {
        "degree_level": "associate", "union_member": True, "insured_streak_months": 6, "age": 45,
        "industrial_worker": True, "designated_school": True, "discounted_tuition": "8000", "paid_before": "0",
        "deceased": False, "departed": False,
    }  # fmt: skip
    for name in ("lottery_won", "graduated", "frontline_service", "excellent_party_member_level"):
        truth[name] = None
    facts, _ = coerce_given(truth, rules["scope"])
    (outcome,) = judge(rules["degree-associate"], [facts], date(2022, 12, 16), engine)
    assert (outcome.verdict, outcome.amount, outcome.missing) == ("yes", 8000, ())
    facts |= {"degree_level": "bachelor", "graduated": True, "model_worker_level": None}
    (outcome,) = judge(rules["degree-bachelor"], [facts], date(2022, 12, 16), engine)
    assert (outcome.verdict, outcome.amount, outcome.missing) == ("yes", 8000, ())


@pytest.mark.parametrize("engine", ["row", "duckdb"])
def test_the_command_gives_the_same_for_a_pack_of_forty_eight_classes(
    jigong: Jigong, tmp_path: Path, engine: str
) -> None:
    facts = dict.fromkeys(EVERY, 0) | {
        "degree_level": "bachelor", "union_member": True, "insured_streak_months": 6, "age": 18,
        "industrial_worker": True, "designated_school": True, "discounted_tuition": 20000, "paid_before": 7700,
        "lottery_won": True, "graduated": True, "certificate_rank": 3, "frontline_service": False,
        "deceased": False, "departed": False,
    }  # fmt: skip
    file = tmp_path / "given.json"
    file.write_text(json.dumps([facts, {"age": 46}]), encoding="utf-8")
    ran = jigong(
        "judge",
        "degree-bachelor",
        "--pack",
        QIANTANG,
        "--given",
        file,
        "--as-of",
        "2022-12-16",
        "--engine",
        engine,
        "--json",
    )
    first, second = ran.json
    assert (first["verdict"], first["amount"], first["branch"]) == ("yes", "10300.00", "share")
    assert (second["verdict"], second["amount"]) == ("no", "0.00")
