"""What must hold for any delivery, however messy."""

import tempfile
from datetime import date
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lake_made import (
    CONTRACTS,
    IDS,
    PENSION_HEADER,
    PERSON_HEADER,
    RESIDENCE_HEADER,
    citizen,
    pension,
    people,
    records,
)

from jigong.lake import FileSource, IntakeReport, Lake, take_in

DAY = date(2024, 1, 31)
EVERYTHING = {
    name: f"SELECT * EXCLUDE (_file, _line, _batch, _known_on) FROM {name} ORDER BY ALL" for name in CONTRACTS
}

cells = st.sampled_from(
    [*IDS, citizen(77), "", " ", "2023-01", "2023年2月", "2023-01-05", "20230106", "44950", "4000.00", "4,000", "-1",
     "１２", "640.005", "1", "是", "x", '"', '""', '"a\nb"', '"a,b"', "男", "未知", "R1", "R2", "\ufffd", "示例"]
)  # fmt: skip
messy_rows = st.lists(st.lists(cells, min_size=0, max_size=8).map(",".join), max_size=12)
headers = st.sampled_from([PERSON_HEADER, PENSION_HEADER, RESIDENCE_HEADER])
quick = settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))


def take(lake: Lake, **files: str | bytes) -> IntakeReport:
    with tempfile.TemporaryDirectory() as folder:
        sources = []
        for name, content in files.items():
            path = Path(folder) / f"{name}.csv"
            path.write_bytes(content.encode() if isinstance(content, str) else content)
            sources.append(FileSource(path, name.partition("__")[0]))
        return take_in(lake, sources, known_on=DAY)


@quick
@given(rows=messy_rows, header=headers, end=st.sampled_from(["\n", "\r\n"]), last=st.booleans())
def test_no_row_is_lost_and_repetition_changes_nothing(
    rows: list[str], header: str, end: str, last: bool
) -> None:
    content = (header + "\n".join(rows) + ("\n" if last else "")).replace("\n", end)
    name = {
        PERSON_HEADER: "person",
        PENSION_HEADER: "pension_contribution",
        RESIDENCE_HEADER: "residence_registration",
    }
    with tempfile.TemporaryDirectory() as folder:
        lake = Lake(Path(folder), CONTRACTS)
        take(lake, person=people())
        report = take(lake, **{f"{name[header]}__x": content})
        assert report.rows_in == report.accepted + report.quarantined + report.duplicates
        # Quoted line breaks aside, every line with text is a row.
        if '"' not in content:
            assert report.rows_in == sum(bool(line) for line in rows)
        again = take(lake, **{f"{name[header]}__y": content})
        assert (again.batch, again.snapshot) == (None, report.snapshot)


rights = st.lists(
    st.builds(
        pension,
        st.sampled_from(IDS),
        st.sampled_from(["2023-01", "2023年1月", "202302", "2023/3"]),
        st.just("4000.00"),
        st.just("640.00"),
    ),
    max_size=15,
)


@quick
@given(rows=rights, cut=st.integers(0, 15), again=st.integers(0, 15))
def test_splitting_a_delivery_gives_the_same_records(rows: list[str], cut: int, again: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        whole, split = Lake(Path(folder) / "a", CONTRACTS), Lake(Path(folder) / "b", CONTRACTS)
        take(whole, person=people(), pension_contribution=PENSION_HEADER + "".join(rows))
        take(split, person=people(), pension_contribution=PENSION_HEADER + "".join(rows[:cut]))
        take(split, pension_contribution=PENSION_HEADER + "".join(rows[min(cut, again) :]))
        for query in EVERYTHING.values():
            assert records(whole, query) == records(split, query)


@quick
@given(
    deliveries=st.lists(
        st.dictionaries(st.sampled_from(IDS), st.integers(1, 3), min_size=1, max_size=4),
        min_size=1,
        max_size=4,
    )
)
def test_the_newest_word_on_each_key_holds_and_the_past_reads_back(deliveries: list[dict[str, int]]) -> None:
    query = "SELECT person_id, (base / 1000)::INT FROM pension_contribution ORDER BY ALL"
    with tempfile.TemporaryDirectory() as folder:
        lake = Lake(Path(folder), CONTRACTS)
        take(lake, person=people())
        known: dict[str, int] = {}
        expected = [(lake.snapshot().id, dict(known))]
        for said in deliveries:
            rows = "".join(pension(person, base=f"{base}000.00") for person, base in said.items())
            # The same bytes once more are a repetition, not news.
            if take(lake, pension_contribution=PENSION_HEADER + rows).batch:
                known |= said
            expected.append((lake.snapshot().id, dict(known)))
        for identity, then in expected:
            with lake.snapshot_of(identity).connect() as con:
                assert dict(con.execute(query).fetchall()) == then
