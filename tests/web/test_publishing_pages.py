"""The pages of the law: the whole path through forms, who may open what, old pages, and another office's drafts."""

from datetime import UTC, date, datetime
from html import unescape

import pytest
from django.test import Client

from jigong.accounts.enums import Role
from jigong.accounts.humans import set_number
from jigong.accounts.models import Account, Membership, Organisation
from jigong.accounts.workers import worker_account
from jigong.delivery.models import Entitlement
from jigong.dossiers.law import current_run
from jigong.services.publishing import drafting
from jigong.services.publishing import tasks as background
from jigong.services.publishing.enums import DraftState, VersionState
from jigong.services.publishing.models import Check, Draft, Move, Version

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_once", "remembered")]

AT = datetime(2023, 1, 1, 9, tzinfo=UTC)
TODAY = date(2023, 1, 1)
HOME = "/office/publishing/"


def browser(name: str, office: str, role: Role) -> Client:
    account = Account.objects.create(username=name)
    set_number(account, name)
    Membership.objects.create(account=account, organisation=Organisation.objects.get(code=office), role=role)
    client = Client()
    client.force_login(account)
    return client


@pytest.fixture
def officer(run) -> Client:
    return browser("law-officer", "union", Role.OFFICER)


@pytest.fixture
def approver(run) -> Client:
    return browser("law-approver", "union", Role.APPROVER)


def post(client: Client, path: str, **given: object) -> int:
    return client.post(f"{HOME}{path}", given).status_code


def text(client: Client, path: str) -> str:
    answer = client.get(f"{HOME}{path}")
    assert answer.status_code == 200
    return unescape(answer.content.decode())


def begun(client: Client) -> Draft:
    assert post(client, "clauses/degree-associate/begin") == 302
    return Draft.objects.latest("id")


def written(client: Client) -> Draft:
    draft = begun(client)
    post(
        client, f"drafts/{draft.pk}/settle", edition=draft.edition, in_force_on="2023-01-01",
        source_zh="关于调整上限的通知", source_on="2022-12-20",
    )  # fmt: skip
    draft.refresh_from_db()
    given = {"edition": draft.edition, "name": "degree.associate_cap", "value": "4000", "from": "2023-01-01"}
    assert post(client, f"drafts/{draft.pk}/value", **given) == 302
    draft.refresh_from_db()
    return draft


def test_the_whole_path_through_forms(data, officer, approver):
    first = current_run().pack_hash
    draft = written(officer)
    page = f"drafts/{draft.pk}"
    assert '5,000 元</span> → <strong class="law-new num">4,000 元' in " ".join(text(officer, page).split())
    assert post(officer, f"{page}/check", edition=draft.edition) == 302
    shown = text(officer, page)
    assert "两个引擎对" in shown
    assert "人减少" in shown
    assert post(officer, f"{page}/submit", edition=draft.edition) == 302
    assert post(officer, f"{page}/approve", edition=draft.edition) == 422, "not by its drafter"
    assert post(approver, f"{page}/approve", edition=draft.edition) == 302
    version = Version.objects.get(state=VersionState.IN_FORCE)
    assert current_run().pack_hash == version.pack_hash != first
    assert "与第 1 版相比" in text(officer, f"versions/{version.number}")
    cut = Entitlement.objects.filter(clause="degree-associate", amount=4000, run=current_run()).earliest("id")
    assert cut.person is not None
    worker = Client()
    worker.force_login(worker_account(cut.person))
    assert "应得有变化，等待确认" in worker.get("/worker/clauses/degree-associate").content.decode()
    assert post(officer, "versions/1/restore", reason="误发") == 302
    back = Draft.objects.latest("id")
    assert "人增加" in text(approver, f"drafts/{back.pk}"), "whom it changes"
    assert post(approver, f"drafts/{back.pk}/approve", edition=back.edition) == 409, "not before it was sent"
    assert post(officer, f"drafts/{back.pk}/submit", edition=back.edition) == 302
    assert post(officer, f"drafts/{back.pk}/approve", edition=back.edition) == 422
    assert post(approver, f"drafts/{back.pk}/approve", edition=back.edition) == 302
    assert current_run().pack_hash == first
    text(officer, "")


def test_a_stale_page_changes_nothing_and_says_so(data, officer):
    draft = written(officer)
    given = {"edition": draft.edition - 1, "name": "degree.associate_cap", "value": "9", "from": "2023-01-01"}
    assert post(officer, f"drafts/{draft.pk}/value", **given) == 409
    assert post(officer, f"drafts/{draft.pk}/check", edition="") == 409
    assert Draft.objects.get(pk=draft.pk).edition == draft.edition
    assert not Check.objects.exists()


def test_what_another_office_drafts_is_not_there(data, officer):
    draft = written(officer)
    outsider = browser("housing-officer", "housing", Role.OFFICER)
    post(outsider, "clauses/rental-discount/begin")
    own = Draft.objects.latest("id")
    assert own != draft
    assert outsider.get(f"{HOME}drafts/{own.pk}").status_code == 200
    assert outsider.get(f"{HOME}clauses/degree-associate").status_code == 404
    assert post(outsider, "clauses/degree-associate/begin") == 404
    for path in (f"drafts/{draft.pk}", f"drafts/{draft.pk}/text/clause", f"drafts/{draft.pk}/progress"):
        assert outsider.get(f"{HOME}{path}").status_code == 404
    moves = Move.objects.filter(draft=draft).count()
    for path in ("value", "settle", "remove", "check", "submit", "approve", "return", "drop", "text/clause"):
        assert post(outsider, f"drafts/{draft.pk}/{path}", edition=draft.edition) == 404
    assert Move.objects.filter(draft=draft).count() == moves
    town = browser("town-officer", "xiasha", Role.OFFICER)
    assert town.get(f"{HOME}drafts/{draft.pk}").status_code == 404
    finance = browser("law-finance", "union", Role.FINANCE)
    assert finance.get(HOME).status_code == 403


def test_an_approver_may_not_edit(data, officer, approver):
    draft = written(officer)
    given = {"edition": draft.edition, "name": "degree.associate_cap", "value": "9", "from": "2023-01-01"}
    assert post(approver, f"drafts/{draft.pk}/value", **given) == 403
    assert "law-value" not in text(approver, f"drafts/{draft.pk}")


def test_the_editor_shows_what_is_wrong_at_its_line(data, officer):
    draft = begun(officer)
    page = f"drafts/{draft.pk}/text/clause"
    body = officer.get(f"{HOME}{page}").context["text"]
    wrong = body.replace("when: union_member", "when: union_membr")
    assert post(officer, page, edition=draft.edition, text=wrong) == 302
    shown = text(officer, page)
    line = wrong.splitlines().index("    when: union_membr") + 1
    assert f'data-line="{line}"' in shown
    assert "union_member?" in shown
    assert "          ^^^^^^^^^^^" in shown
    draft.refresh_from_db()
    assert post(officer, page, edition=draft.edition, text=body) == 302
    assert not draft.edits.exists(), "the text as it is now is no change"


def test_a_clause_keeps_its_office_and_number(data, officer):
    draft = begun(officer)
    page = f"drafts/{draft.pk}/text/clause"
    body = officer.get(f"{HOME}{page}").context["text"]
    post(officer, page, edition=draft.edition, text=body.replace("office: union", "office: housing"))
    assert "office 不能从 union 改为 housing" in text(officer, page)


def test_a_check_that_was_killed_is_told_and_can_be_run_again(data, officer, monkeypatch):
    draft = written(officer)
    monkeypatch.setattr(background, "begin", lambda check: None)
    post(officer, f"drafts/{draft.pk}/check", edition=draft.edition)
    page = f"drafts/{draft.pk}"
    assert 'id="law-progress"' in text(officer, page)
    post(officer, f"{page}/check", edition=draft.edition)
    assert Check.objects.count() == 1, "one runs already"
    Check.objects.update(beat_at=datetime(2022, 1, 1, tzinfo=UTC))
    assert "排队等待" in text(officer, page), "it waits for its turn"
    Check.objects.update(step="engines")
    assert "检查中断了" in text(officer, page)
    post(officer, f"{page}/check", edition=draft.edition)
    assert 'id="law-progress"' in text(officer, page)
    assert Check.objects.count() == 1, "it is done again, not a second one"


def test_html_in_a_document_s_name_is_shown_as_text(data, officer):
    draft = begun(officer)
    evil = "<script>alert(1)</script>{{7*7}}"
    post(
        officer, f"drafts/{draft.pk}/settle", edition=draft.edition, source_zh=evil, in_force_on="2023-01-01"
    )
    shown = officer.get(f"{HOME}drafts/{draft.pk}").content.decode()
    assert "<script>alert" not in shown
    assert "&lt;script&gt;alert(1)&lt;/script&gt;{{7*7}}" in shown


def test_names_in_the_report_are_masked(data, officer):
    draft = written(officer)
    post(officer, f"drafts/{draft.pk}/check", edition=draft.edition)
    check = Check.objects.get()
    people = [example["person"] for clause in check.report["clauses"] for example in clause["examples"]]
    assert people
    shown = text(officer, f"drafts/{draft.pk}")
    from jigong.accounts.models import Person

    for person in Person.objects.filter(pk__in=people):
        assert person.name not in shown
        assert person.open_number() not in shown


def test_dropping_a_draft_keeps_its_history(data, officer):
    draft = written(officer)
    assert post(officer, f"drafts/{draft.pk}/drop", edition=draft.edition) == 302
    draft.refresh_from_db()
    assert draft.state == DraftState.DROPPED
    assert list(Move.objects.filter(draft=draft).values_list("move", flat=True))[-1] == "drop"
    assert "撤销" in text(officer, f"drafts/{draft.pk}")


def test_each_step_is_on_the_record(data, officer):
    from jigong.audit.models import Entry

    draft = written(officer)
    drafting.drop(draft=draft.pk, edition=draft.edition, by=draft.created_by, at=AT)
    actions = list(
        Entry.objects.filter(object_kind="draft", object_id=str(draft.pk))
        .order_by("id")
        .values_list("action", flat=True)
    )
    assert actions == ["publishing.create", "publishing.settle", "publishing.edit", "publishing.drop"]
