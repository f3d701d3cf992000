"""My data: what is held and where it came from, who looked, who may look, what is wrong, and a copy to take away."""

import io
import json
import re
import zipfile

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from jigong.accounts.actions import add_bank_account, give_consent
from jigong.accounts.cipher import seal_text
from jigong.accounts.enums import CONSENT_PURPOSES, OrganisationKind, Role
from jigong.accounts.models import Account, Consent, Membership, Organisation, Person
from jigong.accounts.unmask import unmask
from jigong.accounts.workers import worker_account
from jigong.audit.models import Entry
from jigong.credentials.actions import revoke
from jigong.credentials.issue import issue
from jigong.credentials.models import Credential
from jigong.delivery.actions import confirm, decline
from jigong.delivery.models import Entitlement
from jigong.delivery.replay.models import Adjustment, Direction
from jigong.delivery.replay.queries import BODY
from jigong.delivery.signals import adjusted
from jigong.delivery.states import State
from jigong.dossiers.law import current_run, held_of, law_of_run
from jigong.dossiers.models import Dossier
from jigong.lake.lake import Lake
from jigong.portals.worker.looks import what_of
from jigong.portals.worker.situation import reference_of, situation_of
from jigong.services.cases.models import Case
from jigong.services.invitations.actions import invite
from jigong.services.invitations.models import Invitation

pytestmark = pytest.mark.django_db
NOW = timezone.now()


@pytest.fixture
def person() -> Person:
    """Somebody with a child, so that another person's number is among their data."""
    for dossier in Dossier.objects.select_related("run", "person__employer").order_by("person_id"):
        if dossier.person.employer and held_of(dossier).subjects.get("child"):
            return dossier.person
    raise AssertionError("the district has a worker with a child")


@pytest.fixture
def me(person: Person) -> Account:
    return worker_account(person)


@pytest.fixture
def worker(me: Account) -> Client:
    client = Client()
    client.force_login(me)
    return client


@pytest.fixture
def officer() -> Account:
    account = Account.objects.create(username="an-officer")
    bureau = Organisation.objects.filter(kind=OrganisationKind.BUREAU).order_by("id").first()
    Membership.objects.create(account=account, organisation=bureau, role=Role.OFFICER)
    return account


def records_of(data_class: str, person: Person) -> int:
    """How many records of a class the lake holds about somebody."""
    snapshot = Lake(settings.JIGONG.data / "lake", law_of_run(current_run()).pack.contracts).snapshot()
    sql = f"SELECT count(*) FROM {data_class} WHERE person_id = ?"
    return snapshot.connect().execute(sql, [person.open_number()]).fetchone()[0]


def page(client: Client, name: str, *args: object, **query: str) -> str:
    answer = client.get(reverse(f"worker:{name}", args=args), query)
    assert answer.status_code == 200
    return answer.content.decode()


class TestHeld:
    def test_everything_is_listed_by_department_and_no_number_stands_open(self, worker, me, person):
        text = page(worker, "data")
        held = situation_of(me).held
        assert "公安分局" in text
        assert "人口基本信息" in text
        numbers = [person.open_number(), *(row["child"] for row in held.subjects["child"])]
        assert not [number for number in numbers if number in text]

    def test_the_records_of_a_class_mask_other_people(self, worker, me):
        child = situation_of(me).held.subjects["child"][0]["child"]
        text = page(worker, "evidence", "child_age", of=reference_of(child))
        assert "第" in text
        assert child not in text
        assert child[-4:] in text

    def test_another_persons_reference_finds_nothing(self, worker):
        assert (
            worker.get("/worker/evidence/child_age", {"of": reference_of("320000201001012222")}).status_code
            == 404
        )

    def test_ones_own_number_is_shown_on_demand(self, worker, person):
        assert person.open_number() not in page(worker, "me")
        assert worker.get(reverse("worker:own_number")).status_code == 405
        assert person.open_number() in worker.post(reverse("worker:own_number")).content.decode()


class TestLooks:
    def test_who_looked_and_why_in_plain_words(self, worker, me, person, officer):
        bureau = officer.active_memberships[0].organisation
        assert "没有人看过" in page(worker, "looks")
        unmask(person=person, what="number", reason="核对<b>材料</b>", by=officer, at=NOW)
        text = page(worker, "looks")
        assert f"{bureau.zh}经办" in text
        assert "查看了您的完整信息" in text
        assert "核对&lt;b&gt;材料" in text
        assert "saw your details in full" in in_english(me, "looks")

    def test_looking_at_somebody_else_is_not_shown(self, worker, person, officer):
        other = Person.objects.exclude(pk=person.pk).first()
        unmask(person=other, what="number", reason="核对材料", by=officer, at=NOW)
        assert "没有人看过" in page(worker, "looks")

    def test_ones_own_doings_are_there_when_asked_for(self, worker, person, me):
        give_consent(person=person, organisation=person.employer, purpose="skills", by=me, at=NOW)
        assert "给出了一项授权" not in page(worker, "looks")
        assert "给出了一项授权" in page(worker, "looks", all="1")


def in_english(account: Account, name: str) -> str:
    client = Client()
    client.force_login(account)
    client.cookies["language"] = "en"
    return page(client, name)


class TestConsents:
    def test_given_and_taken_back(self, worker, person):
        address = reverse("worker:consents")
        for _ in range(2):
            worker.post(address, {"give": "benefits"})
        (consent,) = Consent.objects.filter(person=person, withdrawn_at=None)
        assert consent.organisation == person.employer
        for _ in range(2):
            worker.post(address, {"withdraw": consent.pk})
        assert not Consent.objects.filter(person=person, withdrawn_at=None).exists()
        assert page(worker, "consents").count('name="give"') == len(CONSENT_PURPOSES)

    def test_nobody_elses(self, worker, person):
        other = Person.objects.exclude(pk=person.pk).filter(employer__isnull=False).first()
        theirs = give_consent(person=other, organisation=other.employer, purpose="skills", by=None, at=NOW)
        assert worker.post(reverse("worker:consents"), {"withdraw": theirs.pk}).status_code == 404
        theirs.refresh_from_db()
        assert theirs.withdrawn_at is None

    @pytest.mark.parametrize("given", [{"give": "everything"}, {"withdraw": "9" * 40}, {"withdraw": "x"}, {}])
    def test_what_does_not_exist_changes_nothing(self, worker, person, given):
        assert worker.post(reverse("worker:consents"), given).status_code in (302, 404, 422)
        assert not Consent.objects.filter(person=person).exists()


class TestInvitations:
    @pytest.fixture
    def invited(self, person: Person) -> Invitation:
        hr = Account.objects.create(username="an-hr")
        Membership.objects.create(account=hr, organisation=person.employer, role=Role.HR)
        invite(organisation=person.employer, people=[person.pk], purposes=["benefits"], by=hr, at=NOW)
        return Invitation.objects.get(person=person)

    def test_it_is_told_with_what_they_would_see(self, worker, invited):
        assert "单位请您授权" in page(worker, "home")
        assert "您可享受哪些政策、金额、办理进度和下一步" in page(worker, "consents")

    @pytest.mark.parametrize(("answer", "consents"), [("accept", 1), ("decline", 0)])
    def test_answered_once_however_often_it_is_sent(self, worker, person, invited, answer, consents):
        for _ in range(2):
            assert worker.post(reverse("worker:consents"), {answer: invited.pk}).status_code == 302
        assert Consent.objects.filter(person=person, withdrawn_at=None).count() == consents
        assert "单位请您授权" not in page(worker, "home")

    def test_nobody_answers_for_another(self, invited, person):
        other = Person.objects.exclude(pk=person.pk).filter(dossier__isnull=False).first()
        client = Client()
        client.force_login(worker_account(other))
        assert client.post(reverse("worker:consents"), {"accept": invited.pk}).status_code == 422
        assert not Consent.objects.filter(person__in=(person, other)).exists()


class TestWrong:
    def test_it_goes_to_the_department_once(self, worker, person):
        address = reverse("worker:wrong", args=["insured_streak_months"])
        assert (
            "哪个部门" in worker.get(address).content.decode() or "·" in worker.get(address).content.decode()
        )
        for _ in range(2):
            answer = worker.post(address, {"text": "少算了<i>两个月</i>", "claimed": "8"})
            assert answer.status_code == 302
        (case,) = Case.objects.filter(person=person)
        assert case.open_claimed() == "8"
        text = page(worker, "cases")
        assert "少算了&lt;i&gt;两个月" in text
        assert "还有" in text

    def test_about_a_subject_of_ones_own_only(self, worker, me):
        child = situation_of(me).held.subjects["child"][0]["child"]
        address = reverse("worker:wrong", args=["child_age"])
        assert worker.get(address, {"of": reference_of(child)}).status_code == 200
        assert worker.post(address, {"of": "0" * 16, "text": "不对"}).status_code == 404
        assert not Case.objects.filter(fact="child_age").exists()

    def test_nothing_said_is_refused_where_it_was_written(self, worker, person):
        answer = worker.post(reverse("worker:wrong", args=["age"]), {"text": " "})
        assert answer.status_code == 422
        assert not Case.objects.filter(person=person).exists()

    def test_no_such_fact(self, worker):
        assert worker.get(reverse("worker:wrong", args=["salary_of_the_boss"])).status_code == 404


class TestExport:
    def test_everything_in_one_file_and_the_export_is_on_record(self, worker, me, person):
        add_bank_account(
            person=person, number="6222021234567890128", holder=person.name, bank="示例银行", by=me, at=NOW
        )
        answer = worker.post(reverse("worker:export"))
        archive = zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content)))
        data = json.loads(archive.read("my-data.json"))
        held = situation_of(me).held
        assert data["person"]["number"] == person.open_number()
        assert data["facts"].keys() == held.facts.keys()
        assert len(data["subjects"]["child"]) == len(held.subjects["child"])
        assert data["bank_accounts"][0]["number"] == "6222021234567890128"
        assert len(data["entitlements"]) == Entitlement.objects.filter(person=person).count()
        assert {"class", "department", "values", "file", "line", "batch", "known_on"} == data["records"][
            0
        ].keys()
        months = [r for r in data["records"] if r["class"]["en"] == "Pension contributions"]
        assert len(months) == records_of("pension_contribution", person)
        assert person.name in archive.read("my-data.html").decode()
        assert Entry.objects.filter(action="worker.export", person=person.pk, actor=me.pk).count() == 1

    def test_reading_exports_nothing(self, worker):
        assert worker.get(reverse("worker:export")).status_code == 405


class TestMessages:
    def test_a_refusal_is_a_message_until_it_was_seen(self, officer):
        grant = Entitlement.objects.filter(
            clause="degree-associate", state=State.PROPOSED, amount__gt=0
        ).first()
        account = worker_account(grant.person)
        client = Client()
        client.force_login(account)
        shown = re.search(r'name="shown" value="([\d,]+)"', page(client, "messages"))
        client.post(reverse("worker:messages_read"), {"shown": shown[1]})
        assert "有新消息" not in page(client, "home")
        bank = add_bank_account(person=grant.person, number="6222021234567890128", holder=grant.person.name, bank="示例银行", by=account, at=NOW)  # fmt: skip
        later = timezone.now() + timezone.timedelta(minutes=1)
        confirm(entitlement=grant.pk, by=account, at=later, bank_account=bank)
        assert "有新消息" not in page(client, "home")
        decline(entitlement=grant.pk, by=officer, at=later, reason="学籍不在<b>本校</b>")
        assert "有新消息" in page(client, "home")
        text = page(client, "messages")
        assert "学籍不在&lt;b&gt;本校" in text
        assert re.search(r'class="is-new"', text)
        assert "未批准" in page(client, "clauses")


class TestBankAccount:
    def test_it_goes_on_to_pages_of_this_site_only(self, worker):
        address, given = reverse("worker:bank_account"), {"number": "6222021234567890128", "bank": "示例银行"}
        assert worker.post(address, {**given, "next": "/worker/"}).url == "/worker/"
        assert worker.post(address, {**given, "next": "https://evil.example/"}).url == address
        assert "0128" in page(worker, "bank_account")
        assert "6222021234567890128" not in page(worker, "bank_account")


class TestCredentials:
    def test_ones_own_to_take_away_and_nobody_elses(self):
        law = law_of_run(current_run())
        issue(Lake(settings.JIGONG.data / "lake", law.pack.contracts).snapshot(), law, at=NOW)
        first, second = (
            Credential.objects.select_related("person")
            .filter(revoked_at=None)
            .order_by("person_id", "id")[::40][:2]
        )
        assert first.person != second.person
        client = Client()
        client.force_login(worker_account(first.person))
        assert first.zh in page(client, "credentials")
        for ending, start in (("svg", b"<"), ("json", b"{"), ("jwt", b"ey")):
            own = client.get(reverse("worker:credential_file", args=[first.pk, ending]))
            assert own.content.startswith(start)
            assert own.headers["Content-Disposition"].startswith("attachment")
            theirs = client.get(reverse("worker:credential_file", args=[second.pk, ending]))
            assert theirs.status_code == 404
        assert client.get(reverse("worker:credential_file", args=[first.pk, "exe"])).status_code == 404
        revoke(credential=first.pk, reason="证书已注销", by=Account.objects.get(person=first.person), at=NOW)
        shown = page(client, "credentials")
        assert "证书已注销" in shown
        assert str(first.pk) not in shown, "nothing to download"
        assert client.get(reverse("worker:credential_file", args=[first.pk, "svg"])).status_code == 404


class TestAdjustments:
    def test_told_with_the_changed_facts_in_words(self):
        found = Entitlement.objects.filter(person__isnull=False, amount__gt=0).order_by("id").first()
        assert found is not None
        person, worker = found.person, Client()
        worker.force_login(worker_account(person))
        made = Adjustment.objects.create(
            entitlement=found, direction=Direction.RECOVERY, amount=200, key="b" * 64, created_at=NOW,
            body=seal_text('{"changes": [["education_rank", 3, 2]]}', BODY), hear_until=NOW.date(),
        )  # fmt: skip
        adjusted.send(sender=Adjustment, adjustment=made, at=NOW)
        for shown in (page(worker, "clause", found.clause), page(worker, "messages")):
            assert "本科 → " in shown.replace("<strong>", "")
            assert "专科" in shown
            assert "200" in shown
        other = Person.objects.exclude(pk=person.pk).filter(dossier__isnull=False).order_by("id").first()
        client = Client()
        client.force_login(worker_account(other))
        assert "本科 → " not in page(client, "messages")


def test_what_an_employer_saw_is_told_as_a_look():
    assert what_of("enterprise.see_benefits").en == "saw your benefits and how far they are"
    assert what_of("enterprise.see_anything").en == "saw what you let it see"
    assert what_of("invitations.accepted").en == "agreed to let the employer see something"
