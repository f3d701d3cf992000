"""A department says something else than the platform has recorded: one case for its office, and nothing is lost in silence."""

from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import Error, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from tests.web.lake_words import Row, lake, records, said, value
from tests.web.office_site import Site, site

from jigong.accounts.enums import OrganisationKind, Role
from jigong.accounts.models import Account, Membership, Organisation
from jigong.audit.models import Entry
from jigong.dossiers.law import current_run, law_of_run
from jigong.lake.claims import Claim
from jigong.services.bring import bring
from jigong.services.cases.actions import report_wrong
from jigong.services.cases.differences import note_differences
from jigong.services.cases.models import Case, CaseState, Kind, Said

pytestmark = pytest.mark.django_db


@pytest.fixture
def office(own_town: Path) -> Site:
    """The people of the demonstration, and an officer of another department, with data and a case of its own."""
    found = site()
    pack = law_of_run(current_run()).pack
    police = Account.objects.create(username="police")
    bureau = Organisation.objects.get(kind=OrganisationKind.BUREAU, zh=pack.contracts["person"].department.zh)
    Membership.objects.create(account=police, organisation=bureau, role=Role.OFFICER)
    found.who["police"] = Account.objects.get(pk=police.pk)
    person = found.who["demo-worker"].person
    assert person is not None
    other = report_wrong(
        person=person, fact="birth_date", text="不对", by=found.who["demo-worker"], at=timezone.now()
    )
    assert other.office == bureau.code
    return found


def honour() -> Row:
    return records("honour", "level = '区'")[0]


def corrected(row: Row) -> Row:
    """The platform records that the level is another, as an upheld correction does."""
    right = row | {"level": "省"}
    said("honour", right, origin="platform:case-1", file="-case-1")
    return right


def noted() -> list[Case]:
    """What the nightly run does with what came by the command line."""
    pack = law_of_run(current_run()).pack
    note_differences(lake().snapshot(), pack, at=timezone.now())
    return list(Case.objects.filter(kind=Kind.DIFFERENCE).order_by("pk"))


def settle(client: Client, case: Case, answer: str, reason: str = "已核对档案") -> int:
    case.refresh_from_db()
    given = {"answer": answer, "reason": reason, "version": case.version}
    return client.post(reverse("office:answer", args=[case.pk]), given).status_code


def test_the_old_word_comes_back_and_one_case_is_opened(office: Site) -> None:
    row = honour()
    corrected(row)
    other = records("honour", f"honour_no <> '{row['honour_no']}'")
    for place in range(2):
        said("honour", row, other[place] | {"awarded_on": "2020-02-02"}, file=f"-{place}")
        (case,) = noted()
    assert noted() == [case]
    assert [one.kept for one in Said.objects.order_by("pk")] == ["platform", "platform"]
    assert value("honour", row["honour_no"], "level") == "省"
    assert (case.office, case.person, case.opened_by, case.state) == ("union", None, None, CaseState.OPEN)
    assert Entry.objects.filter(action="cases.difference", object_id=str(case.pk), actor=None).count() == 1
    page = office.browser("demo-officer-union").get(reverse("office:case", args=[case.pk]))
    assert page.context["dispute"].holds == "platform"
    text = page.content.decode()
    assert "荣誉级别" in text
    assert row["person_id"] not in text
    listed = office.browser("demo-officer-union").get(reverse("office:cases")).content.decode()
    assert "平台比对" in listed
    with pytest.raises(Error), transaction.atomic():
        Said.objects.update(kept="owner")


def test_a_record_the_department_does_not_have_is_a_case_about_the_whole_record(office: Site) -> None:
    row = honour()
    corrected(row)
    others = records("honour", f"honour_no <> '{row['honour_no']}'")
    said("honour", *others, claim=Claim(whole=True))
    (case,) = noted()
    browser = office.browser("demo-officer-union")
    page = browser.get(reverse("office:case", args=[case.pk]))
    assert (page.context["dispute"].whole, page.context["dispute"].holds) == (True, "platform")
    assert "整条记录" in page.content.decode()
    # The next whole delivery lacks it, too: it is the same case.
    said("honour", *reversed(others), claim=Claim(whole=True), file="-2")
    assert noted() == [case]
    assert settle(browser, case, "owner") == 302
    assert records("honour", f"honour_no = '{row['honour_no']}'") == []
    assert len(records("honour")) == len(others)
    case.refresh_from_db()
    assert (case.state, case.batch) == (CaseState.UPHELD, lake().batches()[-1].name)
    page = browser.get(reverse("office:case", args=[case.pk]))
    assert (page.status_code, page.context["dispute"].holds) == (200, "owner")


def test_the_department_is_right_and_its_word_stands_as_its_own(office: Site) -> None:
    row = honour()
    corrected(row)
    said("honour", row)
    (case,) = noted()
    browser = office.browser("demo-officer-union")
    assert settle(browser, case, "owner", reason=" ") == 422
    assert settle(browser, case, "owner") == 302
    case.refresh_from_db()
    assert (case.state, case.batch) == (CaseState.UPHELD, lake().batches()[-1].name)
    assert value("honour", row["honour_no"], "level") == "区"
    (file,) = [f for f in lake().batches()[-1].files if f.class_name == "honour"]
    assert (file.origin, file.accepted) == ("department", 1)
    entry = Entry.objects.get(action="cases.department_right")
    assert (entry.object_id, entry.reason) == (str(case.pk), "已核对档案")
    assert settle(browser, case, "platform") == 422
    # The very same delivery again opens nothing: the record says what was found right.
    said("honour", row, file="-again")
    assert noted() == [case]
    assert "部门的对" in browser.get(reverse("office:case", args=[case.pk])).content.decode()


def test_the_platform_is_right_and_its_value_stands_again(office: Site) -> None:
    row = honour()
    corrected(row)
    # Not the word that was corrected but a new one: the department's holds until somebody has looked.
    said("honour", row | {"level": "市", "awarded_on": "2020-02-02"})
    (case,) = noted()
    assert Said.objects.get().kept == "owner"
    assert value("honour", row["honour_no"], "level") == "市"
    browser = office.browser("demo-officer-union")
    assert settle(browser, case, "platform") == 302
    assert value("honour", row["honour_no"], "level") == "省"
    assert value("honour", row["honour_no"], "awarded_on") == "2020-02-02"
    case.refresh_from_db()
    assert (case.state, case.decided_by) == (CaseState.DISMISSED, office.who["demo-officer-union"])
    assert Entry.objects.get(action="cases.platform_right").reason == "已核对档案"
    said("honour", row | {"level": "市", "awarded_on": "2020-02-02"}, file="-again")
    assert noted() == [case]
    # New values are a new case. Those that were found wrong stay out, whatever else the row says.
    said("honour", row | {"awarded_on": "2020-02-02", "level": "国家"}, file="-new")
    assert len(noted()) == 2
    assert settle(browser, noted()[1], "platform") == 302
    said("honour", row | {"level": "市", "awarded_on": "2021-03-03"}, file="-newer")
    assert [one.state for one in noted()] == ["dismissed", "dismissed"]
    assert value("honour", row["honour_no"], "level") == "省"
    assert value("honour", row["honour_no"], "awarded_on") == "2021-03-03"


def test_another_correction_in_the_same_record_keeps_its_protection(office: Site) -> None:
    row = honour()
    said(
        "honour",
        row | {"level": "省", "awarded_on": "2019-09-09"},
        origin="platform:case-1",
        file="-case-1",
    )
    said("honour", row)
    level, awarded = sorted(noted(), key=lambda case: case.said.get().column, reverse=True)
    browser = office.browser("demo-officer-union")
    assert settle(browser, level, "owner") == 302
    (file,) = lake().batches()[-1].files
    assert file.origin == "department"
    assert settle(browser, awarded, "platform") == 302
    # The department still sends what it always sent: the correction of the day is not lost.
    said("honour", row, file="-again")
    assert len(noted()) == 2
    assert value("honour", row["honour_no"], "level") == "区"
    assert value("honour", row["honour_no"], "awarded_on") == "2019-09-09"


def test_an_office_delivery_opens_its_cases_at_once_and_bringing_those_of_the_command_line(
    office: Site, own_town: Path
) -> None:
    first, second = records("honour", "level = '区'")[:2]
    for row in (first, second):
        said(
            "honour",
            row | {"level": "省"},
            origin=f"platform:case-{row['honour_no']}",
            file="-" + row["honour_no"],
        )
    browser = office.browser("demo-officer-union")
    text = ",".join(first) + "\n" + ",".join(first.values()) + "\n"
    file = SimpleUploadedFile("honour.csv", text.encode())
    page = browser.post(reverse("office:redeliver", args=["honour"]), {"file": file}, follow=True)
    (case,) = Case.objects.filter(kind=Kind.DIFFERENCE)
    assert reverse("office:case", args=[case.pk]) in page.content.decode()
    assert page.context["done"]["outdated"] == 1
    said("honour", second, file="-by-hand")
    bring(Path(current_run().pack_folder), own_town, None, at=timezone.now())
    assert Case.objects.filter(kind=Kind.DIFFERENCE).count() == 2


def test_only_the_classs_office_answers(office: Site) -> None:
    row = honour()
    corrected(row)
    said("honour", row)
    (case,) = noted()
    address = reverse("office:case", args=[case.pk])
    for name in ("police", "demo-officer-housing", "demo-officer-district"):
        assert office.browser(name).get(address).status_code == 404
        assert settle(office.browser(name), case, "owner") == 404
    for name in ("demo-auditor", "demo-operator", "demo-worker"):
        assert settle(office.browser(name), case, "owner") == 403
    case.refresh_from_db()
    assert case.state == CaseState.OPEN
    browser = office.browser("demo-officer-union")
    assert settle(browser, case, "uphold") == 404
    # Objections are answered as ever, and not as differences.
    other = Case.objects.get(kind=Kind.CORRECTION)
    assert settle(office.browser("police"), other, "owner") == 404


def test_a_column_of_the_platforms_stays_the_platforms(office: Site) -> None:
    """The outcome of a draw: a department's file does not change it, and the district answers for who is not here."""
    row = records("degree_enrolment", "lottery_won IS NULL OR NOT lottery_won")[0]
    said("degree_enrolment", row | {"lottery_won": "true"}, origin="platform:draw-1", file="-draw-1")
    # Also where the record is the department's again by now.
    for school in ("另一所", "第三所"):
        said("degree_enrolment", row | {"lottery_won": "false", "school": school}, file=f"-{school}")
    (case,) = noted()
    assert case.said.count() == 2
    assert value("degree_enrolment", row["enrolment_no"], "school") == "第三所"
    assert value("degree_enrolment", row["enrolment_no"], "lottery_won") == "True"
    browser = office.browser("demo-officer-district")
    assert "现在按这个" in browser.get(reverse("office:case", args=[case.pk])).content.decode()
    assert settle(browser, case, "owner") == 302
    assert value("degree_enrolment", row["enrolment_no"], "lottery_won") == "False"
    (file,) = lake().batches()[-1].files
    assert file.origin == f"platform:case-{case.pk}"
