"""Of overlapping awards the highest: what is kept, what could still outbid it, and the law of less data between clauses."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.law.tally import tally

import mini
from jigong.decisions.exclusion import Claim, Outbid, contest, exclusion_sql, remaining
from jigong.decisions.verify import disagreements
from jigong.insight.explain import explain_clause
from jigong.insight.held import hold
from jigong.insight.law import law_of
from jigong.insight.words import outbid_words
from jigong.packs.reader import read_pack

_LAW = tally("exclusion groups")
_CLAUSES = [files.clause.value for files in read_pack(mini.PACK).clauses.values()][:2]
_ROW = st.tuples(
    st.integers(0, 1),
    st.sampled_from(["yes", "open", "undecided", "no"]),
    st.integers(0, 4),
    st.integers(0, 3) | st.none(),
    st.integers(0, 3),
    st.booleans(),
)
_ROWS = st.lists(_ROW, min_size=1, max_size=6)


def _known(rows: list[Any]) -> list[Claim]:
    """What is known of each clause: rows that are settled, rows that are not with the most they can give."""
    claims = []
    for clause in _CLAUSES:
        sure, most, endless = Decimal(0), Decimal(0), False
        for which, verdict, amount, more, _, _ in rows:
            if _CLAUSES[which] is not clause or verdict == "no":
                continue
            sure += amount if verdict == "yes" else 0
            most += amount + (0 if verdict == "yes" else more or 0)
            endless |= verdict != "yes" and more is None
        claims.append(Claim(clause.number, clause.id, sure, None if endless else most))
    return claims


def _truth(rows: list[Any]) -> list[Claim]:
    """The same once everything is known: an open amount is one its bounds allow, an undecided row a yes or a no."""
    claims = []
    for clause in _CLAUSES:
        total = Decimal(0)
        for which, verdict, amount, more, extra, entitled in rows:
            if _CLAUSES[which] is not clause or verdict == "no" or (verdict == "undecided" and not entitled):
                continue
            total += amount if verdict == "yes" else amount + (extra if more is None else min(extra, more))
        claims.append(Claim(clause.number, clause.id, total, total))
    return claims


@given(_ROWS)
def test_what_nobody_can_outbid_is_kept_whatever_data_still_come(rows: list[Any]) -> None:
    kept, higher = contest(_known(rows))
    winner, nobody = contest(_truth(rows))
    assert nobody == ()
    if kept is not None and kept != winner:
        assert winner in {other.clause for other in higher}
    _LAW.subjects["none kept" if kept is None else "could be outbid" if higher else "kept"] += 1
    for _, verdict, _, more, _, _ in rows:
        if verdict in ("open", "undecided"):
            _LAW.spoiled[f"{verdict}, {'no limit' if more is None else 'a limit'}"] += 1


@given(_ROWS)
def test_the_columnar_engine_keeps_the_same(rows: list[Any]) -> None:
    connection = duckdb.connect()
    for place, clause in enumerate(_CLAUSES):
        connection.execute(
            f"CREATE TABLE {clause.id} (worker VARCHAR, verdict VARCHAR, amount DECIMAL(14,2), most DECIMAL(14,2), in_quota BOOLEAN)"
        )
        table = [
            ("P", "yes" if v == "open" else v, a if v == "yes" else None, a if v == "yes" else None if more is None else a + more, None)
            for which, v, a, more, _, _ in rows
            if which == place
        ]  # fmt: skip
        if table:
            connection.executemany(f"INSERT INTO {clause.id} VALUES (?, ?, ?, ?, ?)", table)
    found = connection.execute(exclusion_sql(_CLAUSES, {c.id: c.id for c in _CLAUSES}, {}, {})).fetchall()
    claims = {claim.clause: claim for claim in _known(rows)}
    kept, higher = contest(claims.values())
    expected = {
        (name, kept, None) for name, claim in claims.items() if kept and name != kept and claim.sure > 0
    }
    if higher:
        expected.add((kept, None, higher))
    said = {
        (clause, excluded_by, tuple(Outbid(**other) for other in outbid_by) if outbid_by else None)
        for clause, _, excluded_by, outbid_by in found
    }
    assert said == expected


def test_an_open_amount_that_could_be_higher_outbids(corrected: mini.Built) -> None:
    """E6's tuition is not known at New Year: the grant could give up to its cap of 5,000, and the allowance is 1,000."""
    before = corrected.on(mini.NEW_YEAR, known_on=mini.NEW_YEAR)
    assert before.column("allowance", "due")["P6"] == 1000
    assert before.column("allowance", "outbid_by")["P6"] == [{"clause": "grant", "most": Decimal("5000.00")}]
    assert before.column("allowance", "outbid_by")["P3"] is None
    after = corrected.on(mini.NEW_YEAR)
    assert after.column("allowance", "excluded_by")["P6"] == "grant"
    assert (after.column("grant", "due")["E6"], after.column("grant", "outbid_by")["E6"]) == (3000, None)
    for built in (before, after):
        assert disagreements(built.run, built.facts, built.pack, built.rulebook, built.values) > 20


def test_a_list_that_never_came_could_hold_anything(tmp_path: Path) -> None:
    source = mini.edited(mini.DISTRICT, tmp_path / "files", {"enrolment.csv": None})
    built = mini.build(tmp_path / "data", deliveries=((source, mini.NEW_YEAR),))
    assert built.column("allowance", "outbid_by")["P1"] == [{"clause": "grant", "most": None}]
    assert disagreements(built.run, built.facts, built.pack, built.rulebook, built.values)


def test_the_explanation_says_who_could_outbid(corrected: mini.Built) -> None:
    built = corrected.on(mini.NEW_YEAR, known_on=mini.NEW_YEAR)
    law = law_of(built.facts, built.pack, built.rulebook, built.values)
    (found,) = explain_clause(hold("P6", built.facts, law, built.run), law, "allowance")
    assert found.standing is not None
    (other,) = found.standing.outbid_by
    said = outbid_words(other, built.pack)
    assert said.en == "Degree grant is not decided yet and could give more, up to 5,000.00 yuan"
    assert "至多 5,000.00 元" in said.zh


@pytest.mark.parametrize(
    ("dues", "given", "left"),
    [([8000], 5000, [3000]), ([3000, 5000], 5000, [0, 3000]), ([3000], 5000, [0]), ([3000], 0, [3000])],
)
def test_of_what_a_group_has_given_the_difference_is_due(
    dues: list[int], given: int, left: list[int]
) -> None:
    assert remaining([Decimal(due) for due in dues], Decimal(given)) == left


def test_an_award_of_a_group_says_the_most_it_can_give(tmp_path: Path) -> None:
    """Where its amount has a limit nobody need say it; where it has none somebody must."""
    clause = "clauses/grant/clause.yaml"
    none = mini.edited(
        mini.PACK, tmp_path / "none", {clause: ("amount: tuition, most: aid.most_tuition", "amount: tuition")}
    )
    two = mini.edited(
        mini.PACK,
        tmp_path / "two",
        {clause: ("aid.share * tuition, aid.cap)'", "aid.share * tuition, aid.cap)', most: aid.cap")},
    )
    read = mini.edited(mini.PACK, tmp_path / "read", {clause: ("most: aid.most_tuition", "most: age")})
    for folder, said in (
        (none, "the amount of branch full has no limit"),
        (two, "the amount of branch partial has a limit, so it needs no most"),
        (read, "most is of parameters and numbers, not of facts"),
    ):
        assert any(said in problem.what.en for problem in mini.found(folder)), [
            p.what.en for p in mini.found(folder)
        ]
