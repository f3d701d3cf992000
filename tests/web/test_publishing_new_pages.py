"""The pages of a new clause: begun, written, approved, shown to a worker, ended; and who may do what."""

from html import unescape
from io import BytesIO
from zipfile import ZipFile

import pytest
from django.test import Client
from tests.web.law_made import (
    AT,
    HOME,
    NEW,
    TODAY,
    begun,
    browser,
    checked,
    ordered,
    published,
    rolled_back,
    staff,
)
from tests.web.office_site import account_for

from jigong.accounts.enums import Role
from jigong.accounts.models import Account
from jigong.accounts.workers import worker_account
from jigong.delivery.actions import confirm, decline
from jigong.delivery.models import Entitlement
from jigong.delivery.states import State
from jigong.kernel.problems import JigongError
from jigong.services.publishing import drafting
from jigong.services.publishing.enums import CheckState, EditKind, VersionState
from jigong.services.publishing.models import Draft, Version

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_once", "remembered")]


@pytest.fixture
def officer(run) -> Account:
    return staff("new-officer", "union", Role.OFFICER)


@pytest.fixture
def approver(run) -> Account:
    return staff("new-approver", "union", Role.APPROVER)


def test_a_draft_on_a_clause_that_ended_is_shown_and_refused(data, officer, approver):
    published(ordered(begun(officer), officer), officer, approver)
    late = drafting.create_draft(clause=NEW, by=officer, at=AT, on=TODAY)
    late = drafting.set_value(
        draft=late.pk, edition=late.edition, name="night_transit.amount", text="70", from_=TODAY, note="",
        by=officer, at=AT,
    )  # fmt: skip
    rolled_back(officer, approver)
    assert browser(officer).get(f"{HOME}drafts/{late.pk}").status_code == 200
    assert browser(officer).get(f"{HOME}drafts/{late.pk}/text/clause").status_code == 200
    with pytest.raises(JigongError, match="the law has no clause"):
        drafting.set_text(
            draft=late.pk, edition=late.edition, kind=EditKind.CLAUSE, text="x", by=officer, at=AT
        )
    assert checked(late, officer).state == CheckState.REFUSED


def text(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, path
    return " ".join(unescape(answer.content.decode()).split())


def test_the_way_through_the_pages(data, officer, approver):
    drafter, second = browser(officer), browser(approver)
    given = {
        "id": NEW,
        "zh": "夜校交通补贴",
        "en": "Night school travel",
        "office": "union",
        "like": "transit",
    }
    assert "夜校" not in text(drafter, f"{HOME}new")
    assert drafter.post(f"{HOME}new", {**given, "id": "hardship"}).status_code == 422
    answer = drafter.post(f"{HOME}new", given)
    draft = Draft.objects.get()
    assert answer["Location"] == f"{HOME}drafts/{draft.pk}/text/clause"
    for kind in ("clause", "values", "cases"):
        assert f"{draft.edits.get(kind=kind).body.splitlines()[0]}" in text(
            drafter, f"{HOME}drafts/{draft.pk}/text/{kind}"
        )
    values = draft.edits.get(kind="values").body
    page = f"{HOME}drafts/{draft.pk}"
    drafter.post(f"{page}/text/values", {"edition": 1, "text": values.replace("value: 50.00", "value: many")})
    shown = text(drafter, f"{page}/text/clause")
    line = next(n for n, text_ in enumerate(values.splitlines(), 1) if "value: 50.00" in text_)
    assert f'{page}/text/values#{line}"' in shown, "the place in the other text"
    drafter.post(f"{page}/text/values", {"edition": 2, "text": values})
    drafter.post(f"{page}/settle", {"edition": 3, "source_zh": "通知", "in_force_on": "2023-01-01"})
    drafter.post(f"{page}/check", {"edition": 4})
    shown = text(second, page)
    assert "新增什么" in shown
    assert '<strong>每月补贴</strong> <strong class="law-new num">50 元</strong>' in shown
    assert "夜校交通补贴</h3>" in shown, "the report calls it by its name"
    drafter.post(f"{page}/submit", {"edition": 4})
    assert drafter.post(f"{page}/approve", {"edition": 4}).status_code == 422
    worker = Entitlement.objects.filter(clause="transit", state=State.PROPOSED).earliest("id").person
    assert worker is not None
    home = browser(worker_account(worker))
    assert home.get(f"/worker/clauses/{NEW}").status_code == 404
    assert second.post(f"{page}/approve", {"edition": 4}).status_code == 302
    assert "确认领取" in text(home, f"/worker/clauses/{NEW}")
    assert "夜校交通补贴" in text(home, "/worker/")
    version = Version.objects.get(state=VersionState.IN_FORCE)
    assert "条款：<strong>夜校交通补贴" in text(second, f"{HOME}versions/{version.number}")

    drafter.post(f"{HOME}versions/1/restore", {"reason": "误发"})
    back = Draft.objects.latest("id")
    count = Entitlement.objects.filter(clause=NEW, state=State.PROPOSED).count()
    assert f"{count} 件待确认的失效" in text(second, f"{HOME}drafts/{back.pk}")
    drafter.post(f"{HOME}drafts/{back.pk}/submit", {"edition": back.edition})
    second.post(f"{HOME}drafts/{back.pk}/approve", {"edition": back.edition})
    assert "这项政策已停止" in text(home, f"/worker/clauses/{NEW}")
    assert "夜校交通补贴" not in text(home, "/worker/")
    assert "这项政策已停止" in text(home, "/worker/me/messages")
    stranger = Entitlement.objects.exclude(person__entitlements__clause=NEW).filter(person__isnull=False)
    assert (
        browser(worker_account(stranger.earliest("id").person)).get(f"/worker/clauses/{NEW}").status_code
        == 404
    )
    assert "新增什么" in text(second, page), "what a published draft added is still told"


def test_who_may_begin_and_read_a_new_clause(data, officer, approver):
    draft = begun(officer)
    assert browser(approver).get(f"{HOME}new").status_code == 403
    assert f"{HOME}new" not in text(browser(approver), HOME)
    assert f"{HOME}new" in text(browser(officer), HOME)
    outsider = browser(staff("new-housing", "housing", Role.OFFICER))
    own = begun(staff("new-housing", "housing", Role.OFFICER), clause="night-rent", office="housing")
    assert outsider.get(f"{HOME}drafts/{own.pk}/text/values").status_code == 200
    for kind in ("clause", "values", "cases"):
        assert outsider.get(f"{HOME}drafts/{draft.pk}/text/{kind}").status_code == 404
        assert (
            outsider.post(f"{HOME}drafts/{draft.pk}/text/{kind}", {"edition": 1, "text": "x"}).status_code
            == 404
        )
    assert (
        outsider.post(f"{HOME}new", {"id": "a", "zh": "甲", "en": "A", "office": "union"}).status_code == 422
    )
    assert browser(officer).get(f"{HOME}drafts/{draft.pk}/text/parameter").status_code == 404
    change = drafting.create_draft(clause="hardship", by=officer, at=AT, on=TODAY)
    assert browser(officer).get(f"{HOME}drafts/{change.pk}/text/values").status_code == 404


def test_what_people_have_under_an_ended_clause_keeps_its_name(data, officer, approver):
    published(ordered(begun(officer), officer), officer, approver)
    one = Entitlement.objects.filter(clause=NEW).select_related("person").earliest("id")
    assert one.person is not None
    worker = worker_account(one.person)
    confirm(entitlement=one.pk, by=worker, at=AT, bank_account=account_for(one.person))
    rolled_back(officer, approver)
    home = browser(worker)
    assert "夜校交通补贴" in text(home, "/worker/"), "money on its way is not hidden"
    assert "放弃" in text(home, f"/worker/clauses/{NEW}")
    shown = text(browser(approver), f"/office/entitlements/{one.pk}")
    assert "夜校交通补贴" in shown
    assert "这一条已停止，按确认时的规定办理" in shown
    assert "夜校交通补贴" in text(browser(approver), "/office/queue/approve")
    decline(entitlement=one.pk, by=approver, at=AT, reason="重复")
    assert "夜校交通补贴" in text(home, f"/worker/entitlements/{one.pk}/appeal")
    answer = home.post("/worker/data/export")
    with ZipFile(BytesIO(b"".join(answer.streaming_content))) as archive:
        assert "夜校交通补贴" in archive.read("my-data.json").decode()
    answer.close()
