"""What an enterprise reports: a template to fill, a check that changes nothing, and the taking in."""

import io
from pathlib import Path
from typing import Any

import pytest
from api_made import Firm, firm
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from openpyxl import Workbook, load_workbook

from jigong.accounts.enums import Role
from jigong.accounts.models import Account, Membership, Person
from jigong.dossiers.law import current_run, law_of_run
from jigong.dossiers.models import Dossier
from jigong.lake.lake import Lake
from jigong.services.reporting import intake
from jigong.services.reporting.models import Report

pytestmark = pytest.mark.django_db
FORM = "/enterprise/reports/training_record/form"
HEADERS = ["公民身份号码", "培训记录号", "课程", "培训机构", "学时", "结业日期", "免费课程"]


@pytest.fixture
def mine() -> Firm:
    return firm(0)


@pytest.fixture
def hr(mine: Firm, client: Client) -> Client:
    client.force_login(mine.hr)
    return client


def lake() -> Lake:
    return Lake(Path(settings.JIGONG.data) / "lake", law_of_run(current_run()).pack.contracts)


def rows_of(*people: str, number: str = "PX-1", hours: Any = 8, course: str = "设备点检") -> list[list[Any]]:
    return [
        [who, f"{number}-{place}", course, "本单位", hours, "2022-12-20", "是"]
        for place, who in enumerate(people)
    ]


def xlsx(rows: list[list[Any]], headers: list[str] = HEADERS) -> SimpleUploadedFile:
    book = Workbook()
    book.active.append(headers)
    for row in rows:
        book.active.append(row)
    file = io.BytesIO()
    book.save(file)
    return SimpleUploadedFile("报送.xlsx", file.getvalue())


def upload(client: Client, file: SimpleUploadedFile) -> Report:
    response = client.post(FORM, {"file": file})
    assert response.status_code == 302, response.content.decode()
    return Report.objects.get(pk=int(response["Location"].rstrip("/").rsplit("/", 1)[-1]))


def code(person: Person) -> str:
    return f"P-{person.pk}"


def test_the_template_names_people_by_code_only(hr: Client, mine: Firm):
    content = b"".join(hr.get("/enterprise/reports/training_record/template.xlsx").streaming_content)
    rows = [[cell.value for cell in row] for row in load_workbook(io.BytesIO(content)).active.iter_rows()]
    assert {row[0] for row in rows[2:]} == {code(person) for person in mine.people}
    everything = str(rows)
    assert not any(person.open_number() in everything or person.name in everything for person in mine.people)


def test_the_filled_template_is_taken(own_town: Path, hr: Client, mine: Firm):
    content = b"".join(hr.get("/enterprise/reports/training_record/template.xlsx").streaming_content)
    book = load_workbook(io.BytesIO(content))
    sheet = book.active
    heads = {str(cell.value).rstrip("*"): cell.column for cell in sheet[2]}
    sheet.delete_rows(5, sheet.max_row)
    for line in (3, 4):
        for header, value in zip(
            HEADERS[1:], [f"PX-T-{line}", "点检", "本单位", 8, "2022-12-20", "是"], strict=True
        ):
            sheet.cell(line, heads[header], value)
    file = io.BytesIO()
    book.save(file)
    report = upload(hr, SimpleUploadedFile("x.xlsx", file.getvalue()))
    assert (report.accepted, report.refused) == (2, 0)


def test_checking_changes_nothing_and_confirming_once_is_enough(
    own_town: Path, hr: Client, mine: Firm, django_capture_on_commit_callbacks: Any
):
    before = lake().batches()
    people = mine.people
    report = upload(hr, xlsx(rows_of(code(people[0]), people[1].open_number())))
    assert (report.rows_in, report.accepted, report.refused) == (2, 2, 0)
    assert lake().batches() == before
    assert people[1].open_number().encode() not in bytes(report.rows)
    dossiers = dict(Dossier.objects.values_list("person", "refreshed_at"))
    with django_capture_on_commit_callbacks(execute=True):
        for _ in range(2):
            hr.post(f"/enterprise/reports/{report.pk}/confirm")
        # Deciding anew takes seconds, in which nobody else could write in the record.
        assert dict(Dossier.objects.values_list("person", "refreshed_at")) == dossiers
    assert len(lake().batches()) == len(before) + 1
    report.refresh_from_db()
    assert (report.state, report.rows) == ("taken", None)
    with lake().snapshot().connect() as con:
        found = con.execute(
            "SELECT person_id, _file FROM training_record WHERE record_no LIKE 'PX-1-%'"
        ).fetchall()
    assert {number for number, _ in found} == {people[0].open_number(), people[1].open_number()}
    assert all(mine.organisation.code in file for _, file in found)
    fresh = dict(Dossier.objects.values_list("person", "refreshed_at"))
    changed = {person for person, at in fresh.items() if at != dossiers[person]}
    assert changed == {people[0].pk, people[1].pk}


def test_rows_about_others_and_wrong_rows_are_told_apart(own_town: Path, hr: Client, mine: Firm):
    stranger = firm(1).people[0]
    rows = rows_of(
        code(mine.people[0]), code(stranger), stranger.open_number(), "P-99999999999999999999", "", "abc"
    )
    rows += rows_of(code(mine.people[1]), number="PX-2", hours=0) + rows_of(
        code(mine.people[2]), number="PX-3", hours="很多"
    )
    report = upload(hr, xlsx(rows))
    assert (report.rows_in, report.accepted, report.refused) == (8, 1, 7)
    page = hr.get(f"/enterprise/reports/{report.pk}/")
    lines = [fault.line for fault, _ in page.context["faults"]]
    assert lines == [3, 4, 5, 6, 7, 8, 9]
    assert stranger.open_number() not in page.content.decode()
    content = b"".join(hr.get(f"/enterprise/reports/{report.pk}/faults.xlsx").streaming_content)
    assert load_workbook(io.BytesIO(content)).active.max_row == 8


def test_nobody_replaces_a_record_of_somebody_else(own_town: Path, hr: Client, mine: Firm):
    with lake().snapshot().connect() as con:
        (key,) = con.execute(
            "SELECT record_no FROM training_record ORDER BY record_no LIMIT 1"
        ).fetchone() or ("",)
    row = rows_of(code(mine.people[0]))[0]
    wide = key.translate(str.maketrans({chr(n): chr(n + 0xFEE0) for n in range(0x21, 0x7F)}))
    report = upload(hr, xlsx([[row[0], key, *row[2:]]]))
    assert (report.accepted, report.refused) == (0, 1)
    assert upload(hr, xlsx([[row[0], wide, *row[2:]]])).accepted == 0
    assert hr.post(f"/enterprise/reports/{report.pk}/confirm").status_code == 422
    first = upload(hr, xlsx(rows_of(code(mine.people[0]))))
    hr.post(f"/enterprise/reports/{first.pk}/confirm")
    own = upload(hr, xlsx(rows_of(code(mine.people[0]), hours=16)))
    assert (own.accepted, own.corrected) == (1, 1)


def test_the_firm_is_filled_in_and_no_other_may_be_named(own_town: Path, hr: Client, mine: Firm):
    headers = ["公民身份号码", "津贴编号", "月津贴", "起始日期", "终止日期", "统一社会信用代码"]
    rows = [[code(mine.people[0]), "JT-1", "500.00", "2019-01-01", "2019-12-31", ""],
            [code(mine.people[1]), "JT-2", "500.00", "2019-01-01", "2019-12-31", firm(1).organisation.code]]  # fmt: skip
    for sent in (xlsx(rows, headers), xlsx([row[:-1] for row in rows], headers[:-1])):
        assert hr.post("/enterprise/reports/skill_allowance/form", {"file": sent}).status_code == 302
    # A file without the column for the firm's code, such as the template, is complete as well.
    first, second = Report.objects.order_by("pk")
    assert (first.accepted, first.refused) == (1, 1)
    assert (second.accepted, second.refused) == (2, 0)


def test_whoever_left_meanwhile_is_left_out(own_town: Path, hr: Client, mine: Firm):
    report = upload(hr, xlsx(rows_of(code(mine.people[0]), code(mine.people[1]))))
    gone = mine.people[1]
    Person.objects.filter(pk=gone.pk).update(employer=firm(1).organisation)
    hr.post(f"/enterprise/reports/{report.pk}/confirm")
    report.refresh_from_db()
    assert (report.accepted, report.refused) == (1, 1)
    with lake().snapshot().connect() as con:
        found = con.execute(
            "SELECT count(*) FROM training_record WHERE person_id = ? AND record_no LIKE 'PX-1%'",
            [gone.open_number()],
        )
        assert found.fetchone() == (0,)


def test_a_report_belongs_to_its_firm(own_town: Path, hr: Client, mine: Firm, client: Client):
    report = upload(hr, xlsx(rows_of(code(mine.people[0]))))
    there = Client()
    there.force_login(firm(1).hr)
    assert there.get(f"/enterprise/reports/{report.pk}/").status_code == 404
    for verb in ("confirm", "discard"):
        assert there.post(f"/enterprise/reports/{report.pk}/{verb}").status_code == 404
    hr.post(f"/enterprise/reports/{report.pk}/discard")
    report.refresh_from_db()
    assert (report.state, report.rows) == ("discarded", None)
    assert hr.post(f"/enterprise/reports/{report.pk}/confirm").status_code == 422


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("x.xlsx", b"not a workbook"), ("x.exe", b"MZ"), ("x.csv", b""), ("x.csv", b"a,b\n1,2\n"),
        ("x.csv", ",".join(HEADERS).encode()), ("x.xlsx", b"PK\x03\x04 and nothing more"),
    ],
)  # fmt: skip
def test_a_wrong_file_is_refused_with_a_reason(hr: Client, name: str, content: bytes):
    response = hr.post(FORM, {"file": SimpleUploadedFile(name, content)})
    assert response.status_code == 422
    assert not Report.objects.exists()
    assert "alert-danger" in response.content.decode()


def test_a_file_of_fifty_megabytes_is_refused(hr: Client, mine: Firm):
    big = SimpleUploadedFile("x.csv", bytes(50 * 1024 * 1024))
    response = hr.post(FORM, {"file": big})
    assert response.status_code == 413
    assert "5 MB" in response.content.decode()
    assert not Report.objects.exists()
    # And one of the right size still needs the page's own token.
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(mine.hr)
    assert strict.post(FORM, {"file": xlsx([])}).status_code == 403


def test_a_csv_with_formulas_is_text(own_town: Path, hr: Client, mine: Firm):
    rows = rows_of(code(mine.people[0]), course='=cmd|"/c calc"!A1')
    text = "\n".join(
        ",".join(f'"{str(cell).replace(chr(34), chr(34) * 2)}"' for cell in row) for row in [HEADERS, *rows]
    )
    report = upload(hr, SimpleUploadedFile("x.csv", text.encode("gb18030")))
    assert report.accepted == 1
    hr.post(f"/enterprise/reports/{report.pk}/confirm")
    with lake().snapshot().connect() as con:
        found = con.execute("SELECT course FROM training_record WHERE record_no = 'PX-1-0'").fetchone()
    assert found == ('=cmd|"/c calc"!A1',)


def test_rows_of_the_template_nobody_touched_are_no_rows(own_town: Path, hr: Client, mine: Firm):
    content = b"".join(hr.get("/enterprise/reports/training_record/template.xlsx").streaming_content)
    empty = hr.post(FORM, {"file": SimpleUploadedFile("x.xlsx", content)})
    assert empty.status_code == 422
    assert "没有数据行" in empty.content.decode()
    book = load_workbook(io.BytesIO(content))
    for cell, value in zip(
        book.active[3][1:7], ["PX-U-1", "点检", "本单位", "很多", "2022-12-20", "是"], strict=True
    ):
        cell.value = value
    file = io.BytesIO()
    book.save(file)
    report = upload(hr, SimpleUploadedFile("x.xlsx", file.getvalue()))
    assert (report.rows_in, report.accepted, report.refused) == (1, 0, 1)
    faults = b"".join(hr.get(f"/enterprise/reports/{report.pk}/faults.xlsx").streaming_content)
    assert [cell.value for cell in load_workbook(io.BytesIO(faults)).active[2]][:3] == [3, "学时", "很多"]


@pytest.mark.parametrize("line", ["a,b\n", "1,2,3,4,5,6,7\n"])
def test_too_many_rows_are_refused_before_they_fill_the_memory(hr: Client, line: str, monkeypatch: Any):
    def none(*args: Any) -> None:
        raise AssertionError("rows were made")

    monkeypatch.setattr("jigong.services.reporting.reading._rows", none)
    file = SimpleUploadedFile("x.csv", (",".join(HEADERS) + "\n" + line * 50_000).encode())
    answer = hr.post(FORM, {"file": file})
    assert answer.status_code == 422
    assert "20,000" in answer.content.decode()


def test_a_workbook_that_unfolds_to_too_much_is_refused(hr: Client, monkeypatch: Any):
    monkeypatch.setattr("jigong.services.reporting.reading._MAX_XML", 10_000)
    answer = hr.post(FORM, {"file": xlsx(rows_of(*("P-1" for _ in range(500))))})
    assert answer.status_code == 422
    assert "解开后过大" in answer.content.decode()


def test_a_newer_upload_lets_the_one_that_waits_go(own_town: Path, hr: Client, mine: Firm):
    first = upload(hr, xlsx(rows_of(code(mine.people[0]))))
    colleague = Account.objects.create(username="colleague")
    Membership.objects.create(account=colleague, organisation=mine.organisation, role=Role.HR)
    theirs = Client()
    theirs.force_login(colleague)
    other = upload(theirs, xlsx(rows_of(code(mine.people[1]), number="PX-O")))
    upload(hr, xlsx(rows_of(code(mine.people[0]), hours=16)))
    for report, state in ((first, "discarded"), (other, "checked")):
        report.refresh_from_db()
        assert (report.state, report.rows is None) == (state, state == "discarded")


def test_two_who_report_the_same_number_at_once_do_not_replace_each_other(
    own_town: Path, hr: Client, mine: Firm, monkeypatch: Any
):
    """Looking whose a record is and taking one's own in are one step for all who report."""
    asked: list[str] = []
    look = intake.preview

    def looking(*args: Any, **given: Any) -> Any:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()"
                " AND objid = (hashtext('reporting.take')::bigint & 4294967295)::oid"
            )
            asked.append(str(cursor.fetchone()[0]))
        return look(*args, **given)

    report = upload(hr, xlsx(rows_of(code(mine.people[0]))))
    monkeypatch.setattr(intake, "preview", looking)
    hr.post(f"/enterprise/reports/{report.pk}/confirm")
    assert asked == ["1"]
