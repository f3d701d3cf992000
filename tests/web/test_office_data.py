"""Quarantine, deliveries and quality: a department sees its own, mends it at the source, delivers it again."""

import csv
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from python_calamine import CalamineWorkbook
from tests.web.lake_words import records
from tests.web.office_site import Site, site

from jigong.accounts.enums import OrganisationKind, Role
from jigong.accounts.models import Account, Membership, Organisation
from jigong.audit.models import Entry
from jigong.dossiers.law import current_run, law_of_run
from jigong.packs.contract import Contract
from jigong.portals.kit.clock import today
from jigong.portals.office.quarantined import lake_of, wrong_rows

pytestmark = pytest.mark.django_db


@pytest.fixture
def office() -> Site:
    """The people of the demonstration, and an officer of a department that decides nothing."""
    found = site()
    pack = law_of_run(current_run()).pack
    police = next(c for c in pack.contracts.values() if c.name == "person").department.zh
    account = Account.objects.create(username="police")
    bureau = Organisation.objects.get(kind=OrganisationKind.BUREAU, zh=police)
    Membership.objects.create(account=account, organisation=bureau, role=Role.OFFICER)
    found.who["police"] = account
    return found


def _classes(page: Any) -> set[str]:
    return {one.contract.name for _, ones, _ in page.context["departments"] for one in ones}


def test_a_department_sees_its_own_classes_only(office: Site) -> None:
    address = reverse("office:quarantine")
    union = _classes(office.browser("demo-officer-union").get(address))
    police = _classes(office.browser("police").get(address))
    assert "honour" in union
    assert "person" in police
    assert not union & police
    assert _classes(office.browser("demo-auditor").get(address)) == set(
        law_of_run(current_run()).pack.contracts
    )
    assert _classes(office.browser("demo-officer-town").get(address)) == set()
    for name in ("export_quarantine", "redeliver"):
        answer = office.browser("police").post(reverse(f"office:{name}", args=["honour"]), {"as": "csv"})
        assert answer.status_code == 404
    assert office.browser("police").get(reverse("office:quarantined", args=["honour"])).status_code == 404


def test_values_show_to_the_department_they_came_from_alone(office: Site) -> None:
    pack = law_of_run(current_run()).pack
    name, value = next(
        (one, fault.value)
        for one in pack.contracts
        if pack.contracts[one].department.zh == "总工会"
        for row in wrong_rows(lake_of(pack), one)
        for fault in row.faults
        if len(fault.value) > 12
    )
    address = reverse("office:quarantined", args=[name])
    assert value in office.browser("demo-officer-union").get(address).content.decode()
    assert value not in office.browser("demo-auditor").get(address).content.decode()
    assert value not in office.browser("demo-operator").get(address).content.decode()
    export = reverse("office:export_quarantine", args=[name])
    assert office.browser("demo-auditor").post(export, {"as": "csv"}).status_code == 404


def test_the_download_holds_every_row_and_why(office: Site) -> None:
    pack = law_of_run(current_run()).pack
    browser = office.browser("demo-officer-union")
    answer = browser.post(reverse("office:export_quarantine", args=["honour"]), {"as": "csv"})
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    expected = wrong_rows(lake_of(pack), "honour")
    assert len(rows) == len(expected) + 1
    assert rows[0][0] == pack.contracts["honour"].columns[0].label.zh
    assert any(row[-4].startswith("荣誉编号：") for row in rows[1:])
    assert all(row[-4] for row in rows[1:])
    assert "attachment" in answer.headers["Content-Disposition"]
    workbook = browser.post(reverse("office:export_quarantine", args=["honour"]), {"as": "xlsx"}).getvalue()
    sheet = CalamineWorkbook.from_filelike(io.BytesIO(workbook)).get_sheet_by_index(0).to_python()
    assert len(sheet) == len(rows)
    assert Entry.objects.filter(action="lake.export_quarantine", object_id="honour").count() == 2


def test_a_corrected_row_is_delivered_again_and_accepted(office: Site, own_town: Path) -> None:
    pack = law_of_run(current_run()).pack
    contract = pack.contracts["honour"]
    before = lake_of(pack).snapshot()
    wrong = next(
        row for row in wrong_rows(lake_of(pack), "honour")
        if {fault.why.zh for fault in row.faults} == {"不是约定的选项"}
    )  # fmt: skip
    column = contract.column(wrong.faults[0].column)
    values = {**wrong.values, column.name: column.values[0].value}
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([*(c.label.zh for c in contract.columns), "原因"])
    writer.writerow([*(values.get(c.name, "") for c in contract.columns), "已改正"])
    browser = office.browser("demo-officer-union")
    file = SimpleUploadedFile("../改正 <b>.csv", out.getvalue().encode("utf-8-sig"))
    answer = browser.post(reverse("office:redeliver", args=["honour"]), {"file": file})
    assert answer.status_code == 302
    page = browser.get(answer["Location"])
    done = page.context["done"]
    assert (done["rows_in"], done["accepted"], done["quarantined"]) == (1, 1, 0)
    assert done["ignored"] == ["原因"]
    assert done["fresh"] == 1
    waits = browser.get(reverse("office:quarantined", args=["honour"]))
    listed = {(row.file, row.line) for row, *_ in waits.context["rows"]}
    assert listed
    assert (wrong.file, wrong.line) not in listed
    after = lake_of(pack).snapshot()
    assert after.id != before.id
    assert after.batches[-1].files[0].name == "改正_b_.csv"
    assert Entry.objects.filter(action="lake.deliver", object_id="honour").count() == 1
    again = SimpleUploadedFile("again.csv", out.getvalue().encode("utf-8-sig"))
    browser.post(reverse("office:redeliver", args=["honour"]), {"file": again})
    repeated = browser.get(reverse("office:delivered", args=["honour"])).context["done"]
    assert repeated["batch"] is None
    assert repeated["repeated"]
    assert lake_of(pack).snapshot().id == after.id


def test_a_file_is_the_whole_only_where_its_sender_says_so(office: Site, own_town: Path) -> None:
    pack = law_of_run(current_run()).pack
    contract, browser = pack.contracts["honour"], office.browser("demo-officer-union")
    address = reverse("office:redeliver", args=["honour"])
    form = browser.get(reverse("office:quarantined", args=["honour"])).content.decode()
    assert 'name="whole" value="yes">' in form
    row = {**records("honour", "level IS NOT NULL")[0], "level": "?"}
    page = browser.post(address, {"file": _sheet(contract, list(row.values()))}, follow=True)
    assert "按几条记录收下" in page.content.decode()
    done = page.context["done"]
    assert (done["whole"], done["lost_cells"]) == (False, 1)
    claim = lake_of(pack).batches()[-1].files[0].claim
    assert (claim[2], claim[5]) == (False, True)


def _all_but_one_gone(browser: Client) -> int:
    """Deliver one record of many as the whole; gives how many there are."""
    many = records("union_membership")
    sheet = _sheet(
        lake_of(law_of_run(current_run()).pack).contracts["union_membership"], list(many[0].values())
    )
    browser.post(reverse("office:redeliver", args=["union_membership"]), {"file": sheet, "whole": "yes"})
    return len(many)


def test_a_whole_that_leaves_out_too_much_waits_for_a_person(office: Site, own_town: Path) -> None:
    pack = law_of_run(current_run()).pack
    browser = office.browser("demo-officer-union")
    before = lake_of(pack).snapshot()
    many = _all_but_one_gone(browser)
    page = browser.get(reverse("office:delivered", args=["union_membership"]))
    assert "等人确认" in page.content.decode()
    assert lake_of(pack).snapshot().id == before.id
    listed = reverse("office:quarantined", args=["union_membership"])
    page = browser.get(listed)
    ((held, examples),) = page.context["held"]
    assert (held.lacking, held.of) == (many - 1, many)
    assert f"缺 {many - 1:,} 条" in page.content.decode()
    assert examples[0] in page.content.decode()
    assert examples[0] not in office.browser("demo-auditor").get(listed).content.decode()
    answer = reverse("office:answer_held", args=["union_membership", held.id])
    assert office.browser("police").post(answer, {"answer": "confirm"}).status_code == 404
    page = browser.post(answer, {"answer": "confirm"}, follow=True)
    assert f"撤回了 {many - 1:,} 条记录" in page.content.decode()
    assert page.context["done"]["withdrawn"] == many - 1
    assert len(records("union_membership")) == 1
    assert browser.get(listed).context["held"] == []
    said = Entry.objects.filter(action="lake.deliver", object_id="union_membership")
    assert sorted(json.loads(entry.detail)["withdrawn"] for entry in said) == [0, many - 1]


def test_a_held_delivery_can_be_dismissed(office: Site, own_town: Path) -> None:
    pack = law_of_run(current_run()).pack
    browser = office.browser("demo-officer-union")
    before = lake_of(pack).snapshot()
    _all_but_one_gone(browser)
    ((held, _),) = browser.get(reverse("office:quarantined", args=["union_membership"])).context["held"]
    page = browser.post(
        reverse("office:answer_held", args=["union_membership", held.id]), {"answer": "dismiss"}, follow=True
    )
    assert page.context["held"] == []
    assert lake_of(pack).snapshot().id == before.id
    assert Entry.objects.filter(action="lake.dismiss_held", object_id="union_membership").count() == 1


def test_records_are_withdrawn_by_their_keys_and_their_people_decided_anew(
    office: Site, own_town: Path
) -> None:
    browser = office.browser("demo-officer-union")
    row = records("honour")[0]
    text = f"荣誉编号,撤回原因\n{row['honour_no']},查实为误报\n"
    file = SimpleUploadedFile("荣誉-撤回.csv", text.encode())
    page = browser.post(reverse("office:redeliver", args=["honour"]), {"file": file}, follow=True)
    done = page.context["done"]
    assert (done["withdrawn"], done["accepted"], done["fresh"]) == (1, 1, 1)
    assert records("honour", f"honour_no = '{row['honour_no']}'") == []


def _sheet(contract: Contract, *rows: Sequence[Any]) -> SimpleUploadedFile:
    out = io.StringIO()
    csv.writer(out).writerows([[c.label.zh for c in contract.columns], *rows])
    return SimpleUploadedFile(f"{contract.name}.csv", out.getvalue().encode())


def test_a_month_is_complete_only_where_its_sender_says_so(office: Site, own_town: Path) -> None:
    pack = law_of_run(current_run()).pack
    contract = pack.contracts["vacancy"]
    account = Account.objects.create(username="employment")
    bureau = Organisation.objects.get(kind=OrganisationKind.BUREAU, zh=contract.department.zh)
    Membership.objects.create(account=account, organisation=bureau, role=Role.OFFICER)
    office.who["employment"] = account
    browser = office.browser("employment")
    form = browser.get(reverse("office:quarantined", args=["vacancy"])).content.decode()
    assert "不勾选，这些行也算数，但这个月不算报全" in form
    rows = records("vacancy")
    newest = max(row["month"] for row in rows)
    sent = [row | {"month": "2001-01-01"} for row in rows if row["month"] == newest]
    out = io.StringIO()
    writer = csv.DictWriter(out, list(sent[0]))
    writer.writeheader()
    writer.writerows(sent)
    for given, said, months in (
        ({}, "这些行已经算数，但 2001-01 还不算报全", []),
        ({"whole": "yes"}, "2001-01 报全了", ["2001-01"]),
        ({}, "按几条记录收下", []),
    ):
        file = SimpleUploadedFile("vacancy.csv", out.getvalue().encode())
        page = browser.post(
            reverse("office:redeliver", args=["vacancy"]), {"file": file, **given}, follow=True
        )
        assert said in page.content.decode()
        assert page.context["done"]["months"] == months
    running = out.getvalue().replace("2001-01", str(today())[:7])
    address = reverse("office:redeliver", args=["vacancy"])
    for name, said in (
        ("vacancy.csv", "里面没有已经过完的月份"),
        (f"vacancy-{today():%Y-%m}.csv", "这个月还没有过完"),
    ):
        file = SimpleUploadedFile(name, running.encode())
        page = browser.post(address, {"file": file, "whole": "yes"}, follow=True)
        assert said in page.content.decode()


def test_what_is_still_wrong_comes_back_with_its_reason(office: Site, own_town: Path) -> None:
    pack = law_of_run(current_run()).pack
    contract = pack.contracts["honour"]
    out = (
        ",".join(c.label.zh for c in contract.columns)
        + "\n"
        + ",".join("=1+1" for _ in contract.columns)
        + "\n"
    )
    browser = office.browser("demo-officer-union")
    file = SimpleUploadedFile("honour.csv", out.encode())
    browser.post(reverse("office:redeliver", args=["honour"]), {"file": file})
    page = browser.get(reverse("office:delivered", args=["honour"]))
    assert page.context["done"]["quarantined"] == 1
    assert page.context["rows"]
    export = browser.post(reverse("office:export_quarantine", args=["honour"]), {"as": "csv"}).content.decode(
        "utf-8-sig"
    )
    assert "'=1+1" in export
    assert not any(field.startswith("=") for row in csv.reader(io.StringIO(export)) for field in row)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("x.csv", b"\x00\x01\x02\xff\xfe broken"),
        ("x.xlsx", b"not a workbook"),
        ("x.pdf", b"%PDF-1.4"),
        ("x.csv", b"a,b\n1,2\n"),
    ],
)
def test_a_file_that_is_none_is_refused_with_a_remedy(
    office: Site, own_town: Path, name: str, content: bytes
) -> None:
    pack = law_of_run(current_run()).pack
    before = lake_of(pack).snapshot().id
    browser = office.browser("demo-officer-union")
    browser.post(reverse("office:redeliver", args=["honour"]), {"file": SimpleUploadedFile(name, content)})
    page = browser.get(reverse("office:delivered", args=["honour"]))
    done = page.context["done"]
    assert [*done["problems"], *done["refused"]]
    assert lake_of(pack).snapshot().id == before


def test_an_empty_form_says_that_a_file_is_missing(office: Site) -> None:
    browser = office.browser("demo-officer-union")
    browser.post(reverse("office:redeliver", args=["honour"]), {})
    page = browser.get(reverse("office:delivered", args=["honour"]))
    assert page.status_code == 422
    assert "没有选择文件" in page.content.decode()


def test_fifty_megabytes_are_too_many(office: Site, own_town: Path) -> None:
    pack = law_of_run(current_run()).pack
    before = lake_of(pack).snapshot().id
    big = SimpleUploadedFile("honour.csv", b"x" * (50 * 1024 * 1024 + 1))
    answer = office.browser("demo-officer-union").post(
        reverse("office:redeliver", args=["honour"]), {"file": big}
    )
    assert answer.status_code == 413
    assert "50 MB" in answer.content.decode()
    assert lake_of(pack).snapshot().id == before


def test_an_upload_needs_the_token_of_this_browser(office: Site) -> None:
    browser = office.browser("demo-officer-union", enforce_csrf_checks=True)
    file = SimpleUploadedFile("honour.csv", b"a\n1\n")
    assert browser.post(reverse("office:redeliver", args=["honour"]), {"file": file}).status_code == 403


def test_an_auditor_delivers_nothing(office: Site) -> None:
    file = SimpleUploadedFile("honour.csv", b"a\n1\n")
    answer = office.browser("demo-auditor").post(reverse("office:redeliver", args=["honour"]), {"file": file})
    assert answer.status_code == 404


def test_the_league_lists_every_department_and_details_ones_own(office: Site) -> None:
    page = office.browser("demo-officer-union").get(reverse("office:quality"))
    departments = page.context["departments"]
    pack = law_of_run(current_run()).pack
    assert sum(len(one.classes) for one in departments) == len(pack.contracts)
    scores = [one.score for one in departments]
    assert scores == sorted(scores, reverse=True)
    assert all(0 <= score <= 100 for score in scores)
    (mine,) = page.context["mine"]
    assert {one.contract.name for one in mine.classes} == {
        name for name, contract in pack.contracts.items() if contract.department.zh == "总工会"
    }
