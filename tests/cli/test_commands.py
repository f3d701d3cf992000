"""Every other command on the small district: pure JSON for programs, words for people, statuses, clear errors."""

import json
import os
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest
from commands import Jigong

import mini
from jigong.lake.snapshot import Snapshot

NEW_YEAR = ("--as-of", "2023-01-01")


def of(data: Path, *more: object) -> list[object]:
    return ["--pack", mini.PACK, "--data", data, *more]


READERS: dict[str, list[object]] = {
    "snapshot list": [],
    "quality": [],
    "quarantine": [],
    "decide": [*NEW_YEAR, "--verify"],
    "explain P3": [*NEW_YEAR],
    "paths": [*NEW_YEAR],
    "paths P3": [*NEW_YEAR],
    "diff": [*NEW_YEAR, "--other-known-on", "2023-01-01"],
    "missing": [*NEW_YEAR],
    "indicators": [*NEW_YEAR],
    "indicators --by town": [*NEW_YEAR],
    "indicators --months 3": [*NEW_YEAR],
}


@pytest.mark.parametrize("command", READERS)
def test_json_is_all_there_is_on_the_output_stream(jigong: Jigong, data: Path, command: str) -> None:
    ran = jigong(*command.split(), *of(data, *READERS[command]), "--json")
    assert ran.status == 0, ran.err
    assert ran.json is not None


@pytest.mark.parametrize("command", READERS)
@pytest.mark.parametrize("language", ["zh", "en"])
def test_people_read_their_language(jigong: Jigong, data: Path, command: str, language: str) -> None:
    ran = jigong("--lang", language, *command.split(), *of(data, *READERS[command]))
    assert ran.status == 0, ran.err
    assert ran.out.strip() or command == "quarantine"
    assert "Text(" not in ran.out
    assert "None" not in ran.out


def test_decide_says_what_it_decided(jigong: Jigong, data: Path) -> None:
    found = jigong("decide", *of(data, *NEW_YEAR), "--verify", "--json").json
    assert (found["as_of"], found["known_on"], found["workers"], found["verified"]) == (
        "2023-01-01",
        "2023-02-01",
        8,
        23,
    )
    grant = found["clauses"][0]
    assert (grant["clause"], grant["yes"], grant["due"], grant["fund"]) == (
        "grant",
        3,
        "7500.00",
        "education",
    )
    assert (Path(found["folder"]) / "study.parquet").is_file()


def test_decide_writes_a_file_a_clause_for_who_wants_one(jigong: Jigong, data: Path, tmp_path: Path) -> None:
    said = jigong("decide", *of(data, *NEW_YEAR), "--by-clause", str(tmp_path / "clauses")).out
    assert str(tmp_path / "clauses") in said
    rows = duckdb.execute(
        f"SELECT subject, due FROM '{tmp_path}/clauses/grant.parquet' WHERE due > 0"
    ).fetchall()
    assert rows == [("E1", 4500), ("E6", 3000)]
    points = duckdb.execute(f"SELECT count(*), min(points_total) FROM '{tmp_path}/clauses/points.parquet'")
    assert points.fetchall()[0][0] == 8


def test_another_date_and_older_knowledge_are_one_option_away(jigong: Jigong, data: Path) -> None:
    now = jigong("decide", *of(data, *NEW_YEAR), "--json").json
    then = jigong("decide", *of(data, *NEW_YEAR), "--known-on", "2023-01-01", "--json").json
    earlier = jigong("decide", *of(data, "--as-of", "2022-11-01"), "--json").json
    assert [found["clauses"][0]["due"] for found in (now, then, earlier)] == ["7500.00", "4500.00", "7500.00"]
    assert len({found["id"] for found in (now, then, earlier)}) == 3


def test_the_date_is_that_of_the_data_unless_given(jigong: Jigong, data: Path) -> None:
    assert jigong("decide", *of(data), "--json").json["as_of"] == "2023-02-01"


def test_explain_gives_every_clause_or_one(jigong: Jigong, data: Path) -> None:
    whole = jigong("explain", "P3", *of(data, *NEW_YEAR), "--json").json
    assert [entry["clause"]["id"] for entry in whole["clauses"]] == ["grant", "allowance", "trip"]
    (grant,) = jigong("explain", "P3", "--clause", "grant", *of(data, *NEW_YEAR), "--json").json["clauses"]
    assert grant == whole["clauses"][0]
    assert grant["conditions"][1]["facts"][0]["evidence"][0]["file"] == "contribution.csv"
    assert grant["way"]["worth"] == "5000.00"
    assert whole["points"]["tier"] == "silver"


def test_explain_tells_people_the_line_a_value_came_from(jigong: Jigong, data: Path) -> None:
    out = jigong("explain", "P1", *of(data, *NEW_YEAR)).out
    assert "Consecutive insured months = 12 months" in out
    assert "contribution.csv:13 (2022-12-01)" in out
    assert "the higher counts: Degree grant is paid instead" in out
    assert "the quota" in out


def test_explain_of_one_clause_says_how_its_text_was_read(jigong: Jigong, data: Path) -> None:
    out = jigong("explain", "P1", "--clause", "grant", *of(data, *NEW_YEAR)).out
    assert "reading (since 2022-05-01) Age is in completed years" in out
    assert "reading (" not in jigong("explain", "P1", *of(data, *NEW_YEAR)).out


def test_the_way_in_one_sentence(jigong: Jigong, data: Path) -> None:
    known = (*NEW_YEAR, "--known-on", "2023-01-01")
    out = jigong("paths", "P3", *of(data, *known)).out
    assert "shortest way: Stay insured (2 more months) → 5,000.00 yuan from 2023-03-01" in out
    out = jigong("--lang", "zh", "paths", "P3", *of(data, *known)).out
    assert "最短路径：继续参保(再 2 个月) → 2023-03-01 起5,000.00 元" in out


def test_diff_compares_with_another_pack(jigong: Jigong, data: Path, tmp_path: Path) -> None:
    other = mini.edited(mini.PACK, tmp_path / "other", {"parameters/aid.yaml": ("value: 6,", "value: 4,")})
    found = jigong("diff", "--other-pack", other, *of(data, *NEW_YEAR), "--json").json
    assert {entry["clause"]: (entry["gain"], entry["lose"]) for entry in found} == {
        "grant": (2, 0),
        "allowance": (0, 2),
    }


def test_indicators_over_months(jigong: Jigong, data: Path) -> None:
    series = jigong("indicators", "--months", 3, *of(data, *NEW_YEAR), "--json").json
    assert [point["as_of"] for point in series] == ["2022-11-01", "2022-12-01", "2023-01-01"]
    means = [point["values"][0]["value"] for point in series]
    assert means == ["6.7500", "7.6250", "8.5000"]


def test_intake_counts_what_came_and_gives_the_snapshot(jigong: Jigong, tmp_path: Path) -> None:
    took = jigong("intake", mini.DISTRICT, "--known-on", "2023-01-01", *of(tmp_path / "data"), "--json")
    assert took.status == 0
    assert took.json["known_on"] == "2023-01-01"
    (listed,) = jigong("snapshot", "list", *of(tmp_path / "data"), "--json").json
    assert listed["id"] == took.json["snapshot"]
    again = jigong("intake", mini.DISTRICT, "--known-on", "2023-01-01", *of(tmp_path / "data"), "--json")
    assert (again.status, len(again.json["repeated"])) == (0, 4)


def test_a_file_nobody_knows_is_refused_with_a_status(jigong: Jigong, tmp_path: Path) -> None:
    (tmp_path / "weather.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    ran = jigong("intake", tmp_path / "weather.csv", *of(tmp_path / "data"), "--json")
    assert ran.status == 1
    assert ran.json["refused"][0]["reason"] == "file:class"


def test_pack_check_of_a_good_pack(jigong: Jigong) -> None:
    ran = jigong("pack", "check", mini.PACK, *NEW_YEAR)
    assert ran.status == 0
    assert "✓ A small pack: 4 classes of data" in ran.out
    assert jigong("pack", "check", mini.PACK, *NEW_YEAR, "--json").json == {"problems": [], "replaced": []}


def test_pack_check_of_a_bad_pack(jigong: Jigong, tmp_path: Path) -> None:
    folder = mini.edited(
        mini.PACK, tmp_path / "bad", {"clauses/grant/clause.yaml": ("aid.max_age", "aid.max_aeg")}
    )
    ran = jigong("pack", "check", folder, *NEW_YEAR)
    assert (ran.status, ran.out) == (1, "")
    assert "there is no parameter named aid.max_aeg" in ran.err
    assert "clause.yaml:16:" in ran.err
    assert "^^^^^^^^^^^" in ran.err
    assert "did you mean aid.max_age?" in ran.err
    found = jigong("pack", "check", folder, *NEW_YEAR, "--json")
    assert found.status == 1
    (problem,) = found.json["problems"]
    assert problem["line"] == 16
    assert set(problem["what"]) == {"zh", "en"}


def test_pack_check_shows_what_a_layer_replaces(jigong: Jigong, tmp_path: Path) -> None:
    mini.edited(mini.PACK, tmp_path / "pack", {})
    (tmp_path / "city" / "parameters").mkdir(parents=True)
    manifest = "name: city\nzh: 市\nen: City\nextends: pack\nlanguages: [zh, en]\nsources: {}\n"
    (tmp_path / "city" / "pack.yaml").write_text(manifest, encoding="utf-8")
    trip = (mini.PACK / "parameters" / "trip.yaml").read_text(encoding="utf-8")
    (tmp_path / "city" / "parameters" / "trip.yaml").write_text(trip, encoding="utf-8")
    ran = jigong("pack", "check", tmp_path / "city", *NEW_YEAR)
    assert ran.status == 0
    assert "city replaces parameter trip.places of mini" in ran.out.replace("\n", "")
    (replaced,) = jigong("pack", "check", tmp_path / "city", *NEW_YEAR, "--json").json["replaced"]
    assert (replaced["kind"], replaced["id"], replaced["beneath"]) == ("parameter", "trip.places", "mini")


ERRORS: dict[str, tuple[list[Any], str]] = {
    "no data": (["decide", "--data", "nowhere"], "deliver data with intake first"),
    "no data known by then": (
        ["decide", "--known-on", "2020-01-01"],
        "the lake has no data as of 2020-01-01",
    ),
    "no date": (["decide", "--as-of", "tomorrow"], "write 2022-12-31"),
    "before the law": (["decide", "--as-of", "2021-01-01"], "has no value on 2021-01-01"),
    "no such worker": (["explain", "P9"], "there is no worker P9"),
    "no such worker's paths": (["paths", "P9"], "there is no worker P9"),
    "no such clause": (["explain", "P1", "--clause", "grand"], "did you mean grant?"),
    "no such breakdown": (["indicators", "--by", "twon"], "did you mean town?"),
    "no breakdown like it": (["indicators", "--by", "x"], "there are: town"),
    "nothing to compare": (["diff"], "add --other-pack, --other-as-of or --other-known-on"),
    "no such pack": (["decide", "--pack", "nowhere"], "nowhere is not a pack"),
    "no such file": (["intake", "nowhere.csv"], "does not exist"),
    "a database without its table": (["intake", "postgresql://nobody@nowhere/x"], "add --table and --class"),
}


@pytest.mark.parametrize("case", ERRORS)
@pytest.mark.parametrize("as_json", [False, True])
def test_an_error_says_what_and_what_to_do(jigong: Jigong, data: Path, case: str, as_json: bool) -> None:
    arguments, words = ERRORS[case]
    options = {"--pack": mini.PACK, "--data": data}
    missing = [
        part for option, value in options.items() if option not in arguments for part in (option, value)
    ]
    ran = jigong(*arguments, *missing, *(["--json"] if as_json else []))
    assert (ran.status, ran.out) == (1, "")
    assert words in ran.err.replace("\n", " ")
    assert "what to do:" in ran.err
    assert "Traceback" not in ran.err


def test_wrong_usage_has_a_status_of_its_own(jigong: Jigong) -> None:
    assert jigong("decide", "--nonsense").status == 2
    assert jigong("judge", "grant").status == 2


def test_what_the_system_refuses_is_no_fault_of_the_program(jigong: Jigong, tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file where a folder should be", encoding="utf-8")
    ran = jigong("intake", mini.DISTRICT, *of(tmp_path / "data"))
    assert ran.status == 1
    assert "the system refuses" in ran.err
    assert "Traceback" not in ran.err


def test_a_fault_of_the_program_says_so(jigong: Jigong, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Snapshot, "waiting", property(lambda self: 1 // 0))
    ran = jigong("quality", *of(data, *NEW_YEAR))
    assert ran.status == 3
    assert "a fault in the program" in ran.err.replace("\n", " ")


def test_the_command_itself(data: Path) -> None:
    """As a program of its own: status, and the two streams apart."""
    environment = {**os.environ, "JIGONG_LANG": "en", "JIGONG_PACK": str(mini.PACK), "JIGONG_DATA": str(data)}
    command = [sys.executable, "-c", "from jigong.cli import main; main()"]
    good = subprocess.run(
        [*command, "decide", "--as-of", "2023-01-01", "--json"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (good.returncode, json.loads(good.stdout)["as_of"]) == (0, str(date(2023, 1, 1)))
    bad = subprocess.run(
        [*command, "explain", "P9"], env=environment, capture_output=True, text=True, check=False
    )
    assert (bad.returncode, bad.stdout) == (1, "")
    assert "there is no worker P9" in bad.stderr
