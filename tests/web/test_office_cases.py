"""Answering corrections and appeals in the office's pages."""

from datetime import date
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from tests.web.office_site import Site, confirmed, proposals, site

from jigong.accounts.workers import worker_account
from jigong.delivery.states import State
from jigong.services.cases.actions import appeal, report_wrong
from jigong.services.cases.models import Case, CaseState

pytestmark = pytest.mark.django_db


@pytest.fixture
def office() -> Site:
    """The people of the demonstration."""
    return site()


def _appealed() -> Case:
    found = proposals(office="union", amount__gt=0)[0]
    assert found.person is not None
    return appeal(
        entitlement=found.pk, text="金额少算了<b>", by=worker_account(found.person), at=timezone.now()
    )


def test_an_appeal_is_upheld_with_an_exception(office: Site) -> None:
    case = _appealed()
    browser = office.browser("demo-officer-union")
    assert case.pk in {one.pk for one, *_ in browser.get(reverse("office:cases")).context["lines"]}
    page = browser.get(reverse("office:case", args=[case.pk]))
    assert b"<b>" not in page.content.split("金额少算了".encode())[1][:20]
    address = reverse("office:answer", args=[case.pk])
    given = {"answer": "uphold", "version": case.version, "reason": "漏算一项", "amount": "1234.50"}
    refused = browser.post(address, given)
    assert refused.status_code == 422
    assert 'value="1234.50"' in refused.content.decode(), "what was typed is kept"
    given["exception"] = "会议纪要第七号"
    assert browser.post(address, given).status_code == 302
    case.refresh_from_db()
    assert case.state == CaseState.UPHELD
    assert case.entitlement is not None
    case.entitlement.refresh_from_db()
    assert case.entitlement.state == State.CORRECTED
    assert str(case.entitlement.amount) == "1234.50"
    assert browser.post(address, given).status_code == 422  # answered already
    done = confirmed(case.entitlement)
    kind = "approve" if done.state == State.PASSED else "review"
    page = browser.get(reverse("office:entitlement", args=[done.pk])).content.decode()
    assert page.index("会议纪要第七号") < page.index("现在会得出："), "in red above the arithmetic"
    assert "例外" in browser.get(reverse("office:queue", args=[kind])).content.decode()


def test_dismissing_needs_a_reason(office: Site) -> None:
    case = _appealed()
    browser = office.browser("demo-officer-union")
    address = reverse("office:answer", args=[case.pk])
    assert browser.post(address, {"answer": "dismiss", "version": case.version}).status_code == 422
    assert (
        browser.post(
            address, {"answer": "dismiss", "version": case.version, "reason": "依据充分"}
        ).status_code
        == 302
    )
    case.refresh_from_db()
    assert case.state == CaseState.DISMISSED
    assert browser.get(reverse("office:cases"), {"answered": "1"}).context["lines"]


def test_anothers_case_does_not_exist(office: Site) -> None:
    case = _appealed()
    for name in ("demo-officer-housing", "demo-approver-human_resources"):
        assert office.browser(name).get(reverse("office:case", args=[case.pk])).status_code == 404
        address = reverse("office:answer", args=[case.pk])
        given = {"answer": "dismiss", "version": case.version, "reason": "理由"}
        assert office.browser(name).post(address, given).status_code == 404


def test_an_upheld_correction_reaches_the_lake_and_the_person(office: Site, own_town: Path) -> None:
    person = proposals(office="union")[0].person
    assert person is not None
    case = report_wrong(
        person=person, fact="union_member", text="我早已入会", claimed="是", by=worker_account(person), at=timezone.now()
    )  # fmt: skip
    browser = office.browser("demo-officer-union")
    page = browser.get(reverse("office:case", args=[case.pk]))
    ((_, columns),) = page.context["records"][:1]
    column, value = next((c, v) for c, v in columns if c.kind == "date" and v)
    earlier = date.fromisoformat(value)
    earlier = earlier.replace(year=earlier.year - 1)
    given = {
        "answer": "uphold",
        "version": case.version,
        "reason": "已核实",
        "record": "0",
        "shown": page.context["shown"],
        f"0.{column.name}": str(earlier),
    }
    assert browser.post(reverse("office:answer", args=[case.pk]), given).status_code == 302
    case.refresh_from_db()
    assert case.state == CaseState.UPHELD
    assert case.batch


def test_a_correction_that_changes_nothing_is_refused(office: Site, own_town: Path) -> None:
    person = proposals(office="union")[0].person
    assert person is not None
    case = report_wrong(
        person=person, fact="union_member", text="不对", by=worker_account(person), at=timezone.now()
    )
    given = {"answer": "uphold", "version": case.version, "reason": "已核实", "record": "0"}
    browser = office.browser("demo-officer-union")
    page = browser.get(reverse("office:case", args=[case.pk]))
    assert f'name="shown" value="{page.context["shown"]}"' in page.content.decode()
    answer = browser.post(reverse("office:answer", args=[case.pk]), {**given, "shown": page.context["shown"]})
    assert answer.status_code == 422
    case.refresh_from_db()
    assert case.state == CaseState.OPEN


def test_a_page_that_shows_older_records_puts_nothing_right(office: Site, own_town: Path) -> None:
    """The place of a record on the page, and what it said, must be what the officer saw."""
    person = proposals(office="union")[0].person
    assert person is not None
    case = report_wrong(
        person=person, fact="union_member", text="不对", by=worker_account(person), at=timezone.now()
    )
    given = {"answer": "uphold", "version": case.version, "reason": "已核实", "record": "0", "shown": "older"}
    answer = office.browser("demo-officer-union").post(reverse("office:answer", args=[case.pk]), given)
    assert answer.status_code == 409
    case.refresh_from_db()
    assert case.state == CaseState.OPEN


def test_a_refused_correction_names_the_column_and_keeps_what_was_typed(office: Site, own_town: Path) -> None:
    enrolment = next(e for e in proposals(clause="degree-associate") if e.person is not None)
    assert enrolment.person is not None
    case = report_wrong(
        person=enrolment.person, fact="discounted_tuition", subject=enrolment.open_subject(), text="不对",
        by=worker_account(enrolment.person), at=timezone.now(),
    )  # fmt: skip
    browser = office.browser("demo-officer-district")
    page = browser.get(reverse("office:case", args=[case.pk]))
    assert '<option value="True" selected>是</option>' in page.content.decode()  # a designated school
    given = {
        "answer": "uphold", "version": case.version, "reason": "已核实", "record": "0",
        "shown": page.context["shown"], "0.discounted_tuition": "-5",
    }  # fmt: skip
    answer = browser.post(reverse("office:answer", args=[case.pk]), given)
    assert answer.status_code == 422
    said = answer.content.decode()
    assert "优惠后学费：" in said
    assert 'value="-5"' in said
    # Older records than there are now: what was typed for them is not shown beside the new ones.
    answer = browser.post(reverse("office:answer", args=[case.pk]), {**given, "shown": "older"})
    assert answer.status_code == 409
    assert 'value="-5"' not in answer.content.decode()


def test_the_worker_reads_who_answered(office: Site) -> None:
    person = proposals(office="union")[0].person
    assert person is not None
    worker, at = worker_account(person), timezone.now()
    for fact, name in (("union_member", "demo-officer-union"), ("birth_date", "demo-officer-district")):
        case = report_wrong(person=person, fact=fact, text="不对", by=worker, at=at)
        given = {"answer": "dismiss", "version": case.version, "reason": "依据充分"}
        assert office.browser(name).post(reverse("office:answer", args=[case.pk]), given).status_code == 302
    client = Client()
    client.force_login(worker)
    page = client.get(reverse("worker:cases")).content.decode()
    assert "总工会答复：依据充分" in page
    assert "区里代公安分局答复：依据充分" in page
