"""What deliveries cover: declared by contract and delivery, never guessed from the dates in a file."""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from lake_made import (
    CONTRACTS,
    IDS,
    PENSION,
    PENSION_HEADER,
    PERSON_HEADER,
    RESIDENCE,
    RESIDENCE_HEADER,
    Deliver,
    citizen,
    pension,
    people,
    records,
)

from jigong.kernel.problems import JigongError
from jigong.kernel.text import Text
from jigong.lake import FileSource, FolderSource, Lake, TableSource, arrivals, take_in
from jigong.lake.claims import Claim, claim_of_name, read_months
from jigong.lake.coverage import ClassCoverage
from jigong.lake.errors import Refused
from jigong.packs.contract import Covers

A, B, C, D, E, F = IDS
JANUARY, FEBRUARY, MARCH = date(2024, 1, 31), date(2024, 2, 29), date(2024, 3, 31)
CHANGES = {**CONTRACTS, "residence_registration": replace(RESIDENCE, covers=Covers("changes"))}


def months(lake: Lake) -> list[str]:
    return [f"{month:%Y-%m}" for month in of(lake, "pension_contribution").months]


def of(lake: Lake, name: str) -> ClassCoverage:
    return lake.snapshot().coverage.classes[name]


def paid(*rows: tuple[str, str]) -> str:
    return PENSION_HEADER + "".join(pension(person, month) for person, month in rows)


def lives(number: str, person: str, since: str = "2022-01-01") -> str:
    return f"{number},{person},{since},,是\n"


def test_a_file_covers_the_months_its_name_says(lake: Lake, deliver: Deliver) -> None:
    deliver({"person.csv": people()}, known_on=JANUARY)
    rows = [(A, "2023-10"), (A, "2023-11"), (A, "2023-12")]
    deliver({"pension_contribution-2023-11_2023-12.csv": paid(*rows)}, known_on=JANUARY)
    assert months(lake) == ["2023-11", "2023-12"]
    assert records(lake, "SELECT count(*) FROM pension_contribution") == [(3,)]


def test_a_month_that_has_not_ended_is_not_covered(lake: Lake, deliver: Deliver) -> None:
    rows = [(A, "2023-12"), (A, "2024-01"), (A, "2024-06")]
    deliver({"person.csv": people(), "pension_contribution.csv": paid(*rows)}, known_on=JANUARY)
    assert months(lake) == ["2023-12"]
    assert of(lake, "pension_contribution").relied_until == date(2023, 12, 31) + timedelta(62)


def test_a_month_in_which_nothing_came_is_a_hole(lake: Lake, deliver: Deliver) -> None:
    rows = [(p, f"2023-{m:02d}") for p in (A, B) for m in (1, 2, 4, 5)]
    deliver({"person.csv": people(), "pension_contribution-2023.csv": paid(*rows)}, known_on=JANUARY)
    assert months(lake) == ["2023-01", "2023-02", "2023-04", "2023-05"]
    assert of(lake, "pension_contribution").holes == (date(2023, 3, 1),)


def test_a_few_back_payments_do_not_cover_their_months(lake: Lake, deliver: Deliver) -> None:
    rows = [(p, "2023-12") for p in IDS] + [(A, "2023-06")]
    report = deliver({"person.csv": people(), "pension_contribution.csv": paid(*rows)}, known_on=JANUARY)
    assert months(lake) == ["2023-12"]
    assert [(thin.month, thin.rows) for thin in report.thin] == [(date(2023, 6, 1), 1)]


def test_a_few_back_payments_of_a_new_month_do_not_cover_it(lake: Lake, deliver: Deliver) -> None:
    full = [(p, "2023-12") for p in IDS]
    prepaid = [(p, "2024-01") for p in (A, B)]
    deliver({"person.csv": people(), "pension_contribution.csv": paid(*full, *prepaid)}, known_on=JANUARY)
    # What came early counts for the month no more than what comes late, however often it comes.
    for person in (C, D):
        report = deliver({"pension_contribution.csv": paid((person, "2024-01"))}, known_on=FEBRUARY)
        assert [(t.month, t.rows, t.of, t.like) for t in report.thin] == [
            (date(2024, 1, 1), 1, 6, date(2023, 12, 1))
        ]
    assert months(lake) == ["2023-12"]
    deliver({"pension_contribution-2024-01.csv": paid((E, "2024-01"), (F, "2024-01"))}, known_on=FEBRUARY)
    assert months(lake) == ["2023-12", "2024-01"]


def test_a_file_of_rows_that_are_nobodys_covers_nothing(lake: Lake, deliver: Deliver) -> None:
    deliver(
        {"person.csv": people(), "pension_contribution-2023-11.csv": paid(*[(p, "2023-11") for p in IDS])}
    )
    spoilt = paid((A, "2023-12"), *[("3.8E+17", "2023-12")] * 7)
    report = deliver({"pension_contribution-2023-12.csv": spoilt}, known_on=JANUARY)
    assert [(thin.why, thin.rows, thin.of) for thin in report.thin] == [("unread", 7, 8)]
    assert months(lake) == ["2023-11"]
    register = people() + "3.8E+17,甲,男,1990-03-07,\n" * 7
    assert [t.why for t in deliver({"person.csv": register}, known_on=JANUARY).thin] == ["unread"]
    assert of(lake, "person").until == date(2024, 1, 1)


def test_changes_with_rows_that_are_nobodys_leave_a_gap(lake: Lake, deliver: Deliver) -> None:
    into = Lake(lake.root, CHANGES)
    sent = {"person.csv": people(), "residence_registration.csv": RESIDENCE_HEADER + lives("R1", A)}
    deliver(sent, known_on=JANUARY, into=into)
    rows = lives("R2", B) + lives("", C) * 7
    report = deliver({"residence_registration-2.csv": RESIDENCE_HEADER + rows}, known_on=FEBRUARY, into=into)
    assert [(gap.since, gap.until) for gap in report.gaps] == [(date(2024, 2, 1), FEBRUARY)]
    found = into.snapshot().coverage.classes["residence_registration"]
    assert (found.until, found.broken) == (JANUARY, True)


def test_after_a_refused_first_register_a_few_rows_are_not_the_whole(lake: Lake, deliver: Deliver) -> None:
    deliver({"person-1.csv": "姓名\n甲\n"}, known_on=JANUARY)
    report = deliver({"person-2.csv": people(A, B, C)}, known_on=FEBRUARY)
    assert ([t.why for t in report.thin], of(lake, "person").until) == (["after"], None)
    assert [gap.file for gap in report.still_open] == ["person-1.csv"]
    deliver({"person-1.csv": people()}, known_on=FEBRUARY)
    assert (of(lake, "person").until, of(lake, "person").broken) == (FEBRUARY, False)


def test_a_few_corrected_rows_are_no_new_register(lake: Lake, deliver: Deliver) -> None:
    deliver({"person.csv": people() + f"{citizen(50)},甲,未知,1990-03-07,\n"}, known_on=JANUARY)
    report = deliver({"person.csv": people(A).replace("示例甲", "示例乙")}, known_on=FEBRUARY)
    assert of(lake, "person").until == JANUARY
    assert [(thin.rows, thin.of) for thin in report.thin] == [(1, 7)]
    assert len(lake.snapshot().waiting.rows) == 1


def test_a_register_that_says_it_is_whole_is(lake: Lake, deliver: Deliver, tmp_path: Path) -> None:
    deliver({"person.csv": people() + f"{citizen(50)},甲,未知,1990-03-07,\n"}, known_on=JANUARY)
    file = tmp_path / "person.csv"
    file.write_text(people(A), encoding="utf-8")
    take_in(lake, [FileSource(file)], known_on=FEBRUARY, claim=Claim(whole=True))
    assert of(lake, "person").until == FEBRUARY
    # The register came anew, and the row that waited is not in it.
    assert lake.snapshot().waiting.rows == ()


def test_what_the_platform_writes_moves_no_coverage(lake: Lake, deliver: Deliver, tmp_path: Path) -> None:
    deliver({"person.csv": people()}, known_on=JANUARY)
    file = tmp_path / "person-case-1.csv"
    file.write_text(people(A).replace("示例甲", "示例乙"), encoding="utf-8")
    take_in(lake, [FileSource(file)], known_on=MARCH, origin="platform:case-1")
    assert records(lake, f"SELECT name FROM person WHERE person_id = '{A}'") == [("示例乙",)]
    assert of(lake, "person").until == JANUARY


def test_beside_a_refused_file_the_others_are_not_the_whole(lake: Lake, deliver: Deliver) -> None:
    report = deliver({"person-a.csv": people(A), "person-b.csv": "姓名\n甲\n"}, known_on=JANUARY)
    assert report.incomplete == ("person",)
    assert of(lake, "person").until is None
    assert records(lake, "SELECT count(*) FROM person") == [(1,)]


def test_a_delivery_may_say_what_its_files_are(lake: Lake, tmp_path: Path) -> None:
    folder = tmp_path / "sent"
    folder.mkdir()
    (folder / "person-a.csv").write_text(people(), encoding="utf-8")
    (folder / "person-b.csv").write_text("姓名\n甲\n", encoding="utf-8")
    (folder / "pension_contribution.csv").write_text(paid((A, "2023-11"), (A, "2023-12")), encoding="utf-8")
    (folder / "delivery.yaml").write_text(
        "person-a.csv: {whole: true}\npension_contribution.csv: {months: 2023-12}\n", encoding="utf-8"
    )
    take_in(lake, [FolderSource(folder)], known_on=JANUARY)
    assert of(lake, "person").until == JANUARY
    assert months(lake) == ["2023-12"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("person-c.csv: {whole: true}", "there is no file person-c.csv beside it; is it person-a.csv?"),
        ("person-a.csv: {month: 2023-12}", "it may say months"),
        ("person-a.csv: {since: gestern}", "since must be a day"),
        ("person-a.csv: {months: 2023-12}", "not delivered by months"),
        ("person-a.csv: {since: 2023-12-01}", "not delivered as changes"),
        ("person-a.csv: {scope: somewhere}", "has no scope"),
        ("- person-a.csv", "is not a list of"),
    ],
)
def test_a_delivery_that_says_nonsense_is_refused(lake: Lake, tmp_path: Path, text: str, says: str) -> None:
    folder = tmp_path / "sent"
    folder.mkdir()
    (folder / "person-a.csv").write_text(people(), encoding="utf-8")
    (folder / "delivery.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(JigongError, match=says):
        take_in(lake, [FolderSource(folder)], known_on=JANUARY)
    assert lake.batches() == ()


def test_changes_follow_one_another_and_a_gap_breaks_them(
    lake: Lake, deliver: Deliver, tmp_path: Path
) -> None:
    into = Lake(lake.root, CHANGES)

    def send(rows: str, day: date, claim: Claim | None = None) -> ClassCoverage:
        file = tmp_path / f"residence_registration-{day}.csv"
        file.write_text(rows if "\x00" in rows else RESIDENCE_HEADER + rows, encoding="utf-8")
        take_in(into, [FileSource(file)], known_on=day, claim=claim)
        return into.snapshot().coverage.classes["residence_registration"]

    deliver({"person.csv": people()}, known_on=JANUARY, into=into)
    assert send(lives("R1", A), JANUARY).until == JANUARY
    assert send(lives("R2", B), FEBRUARY).until == FEBRUARY
    # Nothing is known of the week before: from the end of February on the class is not relied on.
    gap = send(lives("R3", C), MARCH, Claim(since=date(2024, 3, 8)))
    assert (gap.until, gap.broken, gap.relied_until) == (FEBRUARY, True, FEBRUARY)
    later = send(lives("R4", D), date(2024, 4, 30))
    assert (later.until, later.broken) == (FEBRUARY, True)
    closed = send(lives("R5", E), date(2024, 5, 31), Claim(since=date(2024, 3, 1)))
    assert (closed.until, closed.broken) == (date(2024, 5, 31), False)
    assert records(into, "SELECT count(*) FROM residence_registration") == [(5,)]


def test_refused_changes_are_a_gap_until_they_come(lake: Lake, deliver: Deliver, tmp_path: Path) -> None:
    into = Lake(lake.root, CHANGES)
    deliver(
        {"person.csv": people(), "residence_registration.csv": RESIDENCE_HEADER + lives("R1", A)}, into=into
    )
    report = deliver({"residence_registration-2.csv": "编号\nR2\n"}, known_on=FEBRUARY, into=into)
    assert [refused.reason for refused in report.refused] == ["file:columns"]
    found = into.snapshot().coverage.classes["residence_registration"]
    assert (found.until, found.broken) == (date(2024, 1, 1), True)
    # Another file of that day is not the one that is missing; the same file a second time changes nothing.
    other = deliver(
        {"residence_registration-3.csv": RESIDENCE_HEADER + lives("R2", B)}, known_on=FEBRUARY, into=into
    )
    assert [(one.file, one.since) for one in other.still_open] == [
        ("residence_registration-2.csv", date(2024, 1, 2))
    ]
    assert deliver({"residence_registration-2.csv": "编号\nR2\n"}, known_on=FEBRUARY, into=into).batch is None
    found = into.snapshot().coverage.classes["residence_registration"]
    assert (found.until, found.broken) == (date(2024, 1, 1), True)
    mended = deliver(
        {"residence_registration-2.csv": RESIDENCE_HEADER + lives("R3", C)}, known_on=FEBRUARY, into=into
    )
    found = into.snapshot().coverage.classes["residence_registration"]
    assert (found.until, found.broken, mended.still_open) == (FEBRUARY, False, ())


def test_each_refused_file_leaves_a_gap_of_its_own(lake: Lake, deliver: Deliver, tmp_path: Path) -> None:
    into = Lake(lake.root, CHANGES)
    sent = {"person.csv": people(), "residence_registration.csv": RESIDENCE_HEADER + lives("R1", A)}
    deliver(sent, known_on=JANUARY, into=into)
    deliver({"residence_registration-2.csv": "编号\nR2\n"}, known_on=FEBRUARY, into=into)
    second = deliver({"residence_registration-3.csv": "编号\nR3\n"}, known_on=MARCH, into=into)
    assert [(gap.since, gap.until) for gap in second.gaps] == [(date(2024, 3, 1), MARCH)]
    assert [gap.file for gap in second.still_open] == ["residence_registration-2.csv"]
    file = tmp_path / "residence_registration-2.csv"
    file.write_text(RESIDENCE_HEADER + lives("R2", B), encoding="utf-8")
    take_in(into, [FileSource(file)], known_on=MARCH, claim=Claim(since=date(2024, 2, 1), stated_on=FEBRUARY))
    deliver({"residence_registration-4.csv": RESIDENCE_HEADER + lives("R4", D)}, known_on=MARCH, into=into)
    found = into.snapshot().coverage.classes["residence_registration"]
    assert (found.until, found.broken, [gap.since for gap in found.gaps]) == (
        FEBRUARY,
        True,
        [date(2024, 3, 1)],
    )


def test_changes_whose_first_file_was_refused_are_not_the_whole(lake: Lake, deliver: Deliver) -> None:
    into = Lake(lake.root, CHANGES)

    def send(
        rows: str, day: date, name: str = "residence_registration.csv", since: date | None = None
    ) -> ClassCoverage:
        text = RESIDENCE_HEADER + rows if rows else "编号\nR0\n"
        report = deliver({name: text}, known_on=day, into=into)
        assert [row.since for row in report.gaps] == ([since] if not rows else [])
        return into.snapshot().coverage.classes["residence_registration"]

    deliver({"person.csv": people()}, known_on=JANUARY, into=into)
    refused = send("", JANUARY, "residence_registration-first.csv")
    assert (refused.until, refused.broken) == (None, True)
    # What comes next are changes to something nobody has seen.
    assert send(lives("R2", B), FEBRUARY).until is None
    assert send("", FEBRUARY, since=date(2024, 2, 1)).until is None
    file = into.root / "residence_registration-all.csv"
    file.write_text(RESIDENCE_HEADER + lives("R1", A) + lives("R2", B), encoding="utf-8")
    take_in(into, [FileSource(file)], known_on=MARCH, claim=Claim(whole=True))
    found = into.snapshot().coverage.classes["residence_registration"]
    assert (found.until, found.broken) == (MARCH, False)


def test_a_first_file_that_is_mended_the_same_day_is_the_whole(lake: Lake, deliver: Deliver) -> None:
    into = Lake(lake.root, CHANGES)
    deliver(
        {"person.csv": people(), "residence_registration-1.csv": "编号\nR1\n"}, known_on=JANUARY, into=into
    )
    deliver({"residence_registration-1.csv": RESIDENCE_HEADER + lives("R1", A)}, known_on=JANUARY, into=into)
    found = into.snapshot().coverage.classes["residence_registration"]
    assert (found.until, found.broken) == (JANUARY, False)


def test_older_changes_do_not_close_a_gap_they_do_not_reach(
    lake: Lake, deliver: Deliver, tmp_path: Path
) -> None:
    into = Lake(lake.root, CHANGES)
    sent = {"person.csv": people(), "residence_registration.csv": RESIDENCE_HEADER + lives("R1", A)}
    deliver(sent, known_on=JANUARY, into=into)
    report = deliver({"residence_registration-2.csv": "编号\nR2\n"}, known_on=MARCH, into=into)
    assert [(gap.since, gap.until) for gap in report.gaps] == [(date(2024, 2, 1), MARCH)]
    file = tmp_path / "residence_registration-3.csv"
    file.write_text(RESIDENCE_HEADER + lives("R3", C), encoding="utf-8")
    for stated, whole, expected in (
        (date(2024, 2, 15), False, (date(2024, 2, 15), True)),
        (FEBRUARY, True, (FEBRUARY, True)),
        (MARCH, True, (MARCH, False)),
    ):
        since = None if whole else date(2024, 2, 1)
        take_in(
            into, [FileSource(file)], known_on=MARCH, claim=Claim(since=since, whole=whole, stated_on=stated)
        )
        found = into.snapshot().coverage.classes["residence_registration"]
        assert (found.until, found.broken) == expected


def test_the_class_the_operator_names_gets_the_gap(lake: Lake, deliver: Deliver, tmp_path: Path) -> None:
    into = Lake(lake.root, CHANGES)
    sent = {"person.csv": people(), "residence_registration.csv": RESIDENCE_HEADER + lives("R1", A)}
    deliver(sent, known_on=JANUARY, into=into)
    (tmp_path / "附件").mkdir()
    file = tmp_path / "附件" / "1.csv"
    file.write_text("编号\nR2\n", encoding="utf-8")
    # A name that tells no class leaves no gap anywhere, and the report says so.
    untold = take_in(into, [FileSource(file)], known_on=FEBRUARY)
    assert (untold.untold, untold.gaps, untold.batch) == (("1.csv",), (), None)
    with pytest.raises(JigongError, match="no class “residence”"):
        take_in(into, [FileSource(file, "residence")], known_on=FEBRUARY)
    named = take_in(into, [FolderSource(file.parent, "residence_registration")], known_on=FEBRUARY)
    assert (named.untold, [gap.file for gap in named.gaps]) == ((), ["1.csv"])
    assert into.snapshot().coverage.classes["residence_registration"].broken


def test_a_table_that_lacks_a_column_leaves_its_gap(
    lake: Lake, deliver: Deliver, monkeypatch: pytest.MonkeyPatch
) -> None:
    into = Lake(lake.root, CHANGES)
    sent = {"person.csv": people(), "residence_registration.csv": RESIDENCE_HEADER + lives("R1", A)}
    deliver(sent, known_on=JANUARY, into=into)

    def lacking(*_: object) -> None:
        raise Refused("file:columns", Text("缺", "lacks"))

    monkeypatch.setattr(arrivals, "fetch_table", lacking)
    table = TableSource("postgresql://x", "public.lives", "residence_registration")
    report = take_in(into, [table], known_on=FEBRUARY)
    assert [gap.class_name for gap in report.gaps] == ["residence_registration"]


def test_scopes_are_covered_together(lake: Lake, tmp_path: Path) -> None:
    by_place = {
        **CONTRACTS,
        "person": replace(CONTRACTS["person"], covers=Covers("register", "sex", ("男", "女"))),
    }
    into = Lake(lake.root, by_place)
    file = tmp_path / "person-男.csv"
    file.write_text(people(), encoding="utf-8")
    take_in(into, [FileSource(file)], known_on=JANUARY)
    found = into.snapshot().coverage.classes["person"]
    assert (found.until, found.missing_scopes) == (None, ("女",))
    other = tmp_path / "person-女.csv"
    other.write_text(PERSON_HEADER + f"{citizen(60)},示例丙,女,1990-03-07,\n", encoding="utf-8")
    take_in(into, [FileSource(other)], known_on=FEBRUARY)
    found = into.snapshot().coverage.classes["person"]
    assert (found.until, found.missing_scopes) == (JANUARY, ())


def test_a_file_covers_only_the_scopes_it_has_rows_of(lake: Lake, deliver: Deliver) -> None:
    by_sex = replace(CONTRACTS["person"], covers=Covers("register", "sex", ("男", "女")))
    into = Lake(lake.root, {**CONTRACTS, "person": by_sex})

    def send(name: str, text: str, day: date) -> tuple[list[tuple[str, str | None]], tuple[str, ...]]:
        report = deliver({name: text}, known_on=day, into=into)
        found = into.snapshot().coverage.classes["person"]
        return [(thin.why, thin.scope) for thin in report.thin], found.missing_scopes

    woman = f"{citizen(60)},示例丙,女,1990-03-07,\n"
    # The name says 女, the rows say 男: those of 女 are still missing, and those of 男 were not meant to be all.
    assert send("person-女.csv", people(), JANUARY) == ([("outside", "女"), ("empty", "女")], ("男", "女"))
    assert send("person.csv", people(), JANUARY) == ([("empty", "女")], ("女",))
    assert send("person-女.csv", people(A) + woman, FEBRUARY) == ([("outside", "女")], ())
    assert into.snapshot().coverage.classes["person"].until == JANUARY


def test_an_older_word_replaces_no_newer_one_unless_told_to(
    lake: Lake, deliver: Deliver, tmp_path: Path
) -> None:
    deliver({"person.csv": people(), "pension_contribution.csv": paid((A, "2023-12"))}, known_on=FEBRUARY)
    file = tmp_path / "pension_contribution-2023-12.csv"
    file.write_text(
        PENSION_HEADER + pension(A, "2023-12", base="9999.00") + pension(B, "2023-12"), encoding="utf-8"
    )
    source, bases = [FileSource(file)], "SELECT person_id, base::INT FROM pension_contribution ORDER BY 1"
    with pytest.raises(JigongError, match="before the newest delivery"):
        take_in(lake, source, known_on=JANUARY)
    report = take_in(lake, source, known_on=FEBRUARY, claim=Claim(stated_on=JANUARY))
    assert (report.accepted, report.outdated, report.rows_in) == (1, 1, 2)
    assert records(lake, bases) == [(A, 4000), (B, 4000)]
    told = take_in(lake, source, known_on=FEBRUARY, claim=Claim(stated_on=JANUARY, supersedes=True))
    assert (told.accepted, told.outdated) == (1, 0)
    assert records(lake, bases) == [(A, 9999), (B, 4000)]


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2022-11", (2022, 11), (2022, 11)),
        ("2022-01_2022-11", (2022, 1), (2022, 11)),
        ("2022-01..2022-11", (2022, 1), (2022, 11)),
        ("2022年1月至2022年11月", (2022, 1), (2022, 11)),
        ("2022年9月至11月", (2022, 9), (2022, 11)),
        ("2022.11", (2022, 11), (2022, 11)),
        ("202211", (2022, 11), (2022, 11)),
        ("2022", (2022, 1), (2022, 12)),
    ],
)
def test_months_as_people_write_them(text: str, first: tuple[int, int], last: tuple[int, int]) -> None:
    assert read_months(text) == (date(*first, 1), date(*last, 1))
    named = claim_of_name(f"pension_contribution-{text}.csv", PENSION, Claim())
    assert named.months == (date(*first, 1), date(*last, 1))


def test_a_day_in_a_name_is_no_month() -> None:
    assert claim_of_name("pension_contribution-2022-12-05.csv", PENSION, Claim()).months is None
    assert claim_of_name("pension_contribution-20221205.csv", PENSION, Claim()).months is None


def test_a_claim_cannot_name_a_day_to_come(lake: Lake, tmp_path: Path) -> None:
    file = tmp_path / "person.csv"
    file.write_text(people(), encoding="utf-8")
    for claim in (Claim(stated_on=MARCH), Claim(whole=True, records_only=True)):
        with pytest.raises(JigongError):
            take_in(lake, [FileSource(file)], known_on=JANUARY, claim=claim)


def test_an_export_of_an_earlier_day_ends_no_row_that_came_since(
    lake: Lake, deliver: Deliver, tmp_path: Path
) -> None:
    deliver({"person.csv": people() + f"{citizen(50)},甲,未知,1990-03-07,\n"}, known_on=FEBRUARY)
    file = tmp_path / "person.csv"
    file.write_text(people(), encoding="utf-8")
    take_in(lake, [FileSource(file)], known_on=MARCH, claim=Claim(stated_on=JANUARY))
    assert len(lake.snapshot().waiting.rows) == 1
    take_in(lake, [FileSource(file)], known_on=MARCH)
    assert lake.snapshot().waiting.rows == ()


@pytest.mark.parametrize("text", ["2022-13", "2022-11_2022-01", "last month", "20221", ""])
def test_what_is_no_month(text: str) -> None:
    with pytest.raises(JigongError, match="is not a month"):
        read_months(text)
