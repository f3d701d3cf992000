"""Notices: written with what causes them, once; read on the server; withdrawn when moot; the red dot tells no lies."""

import re
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from types import SimpleNamespace

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from tests.web.office_site import Site, account_for, proposals, site, waiting_for

from jigong.accounts.actions import add_bank_account
from jigong.accounts.models import Organisation, Person
from jigong.accounts.unmask import unmask
from jigong.accounts.workers import worker_account
from jigong.delivery.actions import confirm, decline, locked, move
from jigong.delivery.approval import approve
from jigong.delivery.holds import lift, put_on
from jigong.delivery.models import Entitlement
from jigong.delivery.payments.actions import confirm_returns, make_batch, mark_sent, release, take_return
from jigong.delivery.payments.models import ReturnLine
from jigong.delivery.signals import stepped
from jigong.delivery.states import Cause, State
from jigong.services.invitations.actions import accept, invite, withdraw_of_leavers
from jigong.services.invitations.enums import Purpose
from jigong.services.invitations.models import Invitation
from jigong.services.notices.actions import Told, tell, withdraw
from jigong.services.notices.enums import Kind, Place
from jigong.services.notices.models import Notice
from jigong.services.notices.queries import has_unread, inbox_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def office() -> Site:
    return site()


@pytest.fixture
def one() -> Entitlement:
    """Money that waits for a worker."""
    return next(one for one in proposals(amount__gt=0, office="union") if one.organisation_id is None)


def told(addressee: Person | Organisation, kind: Kind) -> list[Notice]:
    return [notice for notice in inbox_of(addressee) if notice.kind == kind]


def browser_of(person: Person) -> Client:
    client = Client()
    client.force_login(worker_account(person))
    return client


class TestTold:
    def test_what_a_night_proposes_is_asked_with_its_sum_and_leads_to_its_clause(
        self, one: Entitlement
    ) -> None:
        asks = [n for n in told(one.person, Kind.ASK) if n.about_id == one.pk]
        assert len(asks) == 1
        assert "等您确认" in asks[0].text.zh
        assert "please confirm" in asks[0].text.en
        assert (asks[0].place, asks[0].argument) == (Place.CLAUSE, one.clause)
        assert one.person.name.encode() not in bytes(asks[0].body)

    def test_everything_proposed_to_somebody_known_was_told_once(self) -> None:
        waiting = Entitlement.objects.filter(state=State.PROPOSED)
        asked = Notice.objects.filter(kind=Kind.ASK, withdrawn_at=None)
        assert sorted(waiting.values_list("pk", flat=True)) == sorted(
            asked.values_list("about_id", flat=True)
        )

    def test_a_rerun_tells_nothing_twice(self, one: Entitlement) -> None:
        before = Notice.objects.count()
        steps = list(one.steps.values_list("pk", flat=True))
        stepped.send(sender=Entitlement, steps=steps, at=timezone.now())
        assert Notice.objects.count() == before

    def test_an_ask_is_moot_once_it_is_answered(self, one: Entitlement) -> None:
        at = timezone.now()
        confirm(
            entitlement=one.pk, by=worker_account(one.person), at=at, bank_account=account_for(one.person)
        )
        assert not [n for n in told(one.person, Kind.ASK) if n.about_id == one.pk]

    def test_what_did_not_happen_was_not_told(self, one: Entitlement) -> None:
        before = Notice.objects.count()
        with transaction.atomic():
            move(locked(one.pk), "lapse", by=None, at=timezone.now())
            assert Notice.objects.count() > before
            transaction.set_rollback(True)
        assert Notice.objects.count() == before
        assert [n for n in told(one.person, Kind.ASK) if n.about_id == one.pk]

    def test_what_lapsed_is_told_and_asked_no_more(self, one: Entitlement) -> None:
        with transaction.atomic():
            move(locked(one.pk), "lapse", by=None, at=timezone.now(), reason="示例理由")
        newest = inbox_of(one.person)[0]
        assert ("不再符合" in newest.text.zh, newest.said) == (True, "示例理由")
        assert not [n for n in told(one.person, Kind.ASK) if n.about_id == one.pk]

    def test_a_hold_is_moot_when_it_is_lifted(self, one: Entitlement) -> None:
        put_on(one, Cause.FINDING, at=timezone.now())
        assert len(told(one.person, Kind.HOLD)) == 1
        lift(one, at=timezone.now() + timedelta(hours=1))
        assert ["不再暂缓" in n.text.zh for n in told(one.person, Kind.HOLD)] == [True]

    def test_what_a_firm_is_due_is_told_to_the_firm(self) -> None:
        due = Entitlement.objects.filter(state=State.PROPOSED).exclude(organisation=None).first()
        assert due is not None
        mine = [n for n in told(due.organisation, Kind.ASK) if n.about_id == due.pk]
        assert [(n.place, n.argument) for n in mine] == [(Place.DUE, str(due.pk))]

    def test_a_look_at_what_is_masked(self, office: Site, one: Entitlement) -> None:
        by = office.who["demo-officer-union"]
        unmask(person=one.person, what="number", reason="核对身份", by=by, at=timezone.now())
        assert [n.said for n in told(one.person, Kind.LOOK)] == ["核对身份"]


class TestConsent:
    @pytest.fixture
    def worker(self) -> Person:
        found = Person.objects.exclude(employer=None).filter(dossier__isnull=False).first()
        assert found is not None
        return found

    def ask(self, office: Site, worker: Person, days: int = 0) -> Invitation:
        assert worker.employer is not None
        invite(
            organisation=worker.employer, people=[worker.pk], purposes=[Purpose.SKILLS],
            by=office.who["demo-auditor"], at=timezone.now() + timedelta(days=days),
        )  # fmt: skip
        return Invitation.objects.get(person=worker, purpose=Purpose.SKILLS)

    def test_it_enters_the_inbox_and_leaves_it_with_the_answer(self, office: Site, worker: Person) -> None:
        asked = self.ask(office, worker)
        assert worker.employer.zh in told(worker, Kind.CONSENT)[0].text.zh
        page = browser_of(worker).get(reverse("worker:messages")).content.decode()
        assert reverse("worker:consents") in page
        accept(invitation=asked.pk, person=worker, by=worker_account(worker), at=timezone.now())
        assert told(worker, Kind.CONSENT) == []

    def test_a_reminder_takes_the_place_of_what_it_reminds_of(self, office: Site, worker: Person) -> None:
        self.ask(office, worker)
        self.ask(office, worker, days=8)
        assert len(told(worker, Kind.CONSENT)) == 1
        assert Notice.objects.filter(kind=Kind.CONSENT).count() == 2

    def test_nobody_is_asked_by_a_firm_they_have_left(self, office: Site, worker: Person) -> None:
        self.ask(office, worker)
        Person.objects.filter(pk=worker.pk).update(employer=None)
        withdraw_of_leavers(at=timezone.now())
        assert told(worker, Kind.CONSENT) == []


class TestUnpaid:
    def failed(self, office: Site, result: str = "failed") -> Entitlement:
        """An entitlement whose payment failed, by a return file a second person confirmed."""
        found, at = waiting_for(State.PASSED, "union")[0], timezone.now()
        finance, second = office.who["demo-finance"], office.who["demo-finance-second"]
        approve(entitlement=found.pk, by=office.who["demo-approver-union"], at=at)
        batch = make_batch(fund=found.fund, by=finance, at=at)
        payment = release(batch=batch.pk, by=second, at=at).payments.get()
        mark_sent(batch=batch.pk, by=finance, at=at)
        row = f"{payment.end_to_end_id},{payment.amount},failed,户名不符"
        content = f"end_to_end_id,amount,result,reason\n{row}".encode()
        take_return(content=content, filename="r.csv", by=finance, at=at)
        assert told(found.person, Kind.UNPAID) == [], "the bank's word alone tells nobody"
        lines = ReturnLine.objects.values_list("pk", flat=True)
        confirm_returns(lines=list(lines), by=second, at=at)
        return found

    def test_the_payee_learns_why_and_where_to_give_another_account(self, office: Site) -> None:
        found = self.failed(office)
        page = browser_of(found.person).get(reverse("worker:messages")).content.decode()
        assert "户名不符" in page
        assert "没有付成" in page
        assert f'href="{reverse("worker:bank_account")}"' in page

    def test_another_account_answers_it(self, office: Site) -> None:
        found = self.failed(office)
        account_for(found.person, "81000000000001")
        assert told(found.person, Kind.UNPAID) == []

    def test_a_firm_learns_it_too(self, office: Site) -> None:
        due = Entitlement.objects.filter(amount__gt=0).exclude(organisation=None).first()
        assert due is not None
        from jigong.delivery.signals import unpaid

        payment = SimpleNamespace(pk=1, amount=Decimal(100), reason="户名不符")
        unpaid.send(sender=None, payment=payment, entitlement=due, at=timezone.now())
        assert [n.said for n in told(due.organisation, Kind.UNPAID)] == ["户名不符"]
        add_bank_account(
            organisation=due.organisation, number="81000000000002", holder=due.organisation.zh, bank="示例银行",
            by=None, at=timezone.now(),
        )  # fmt: skip
        assert told(due.organisation, Kind.UNPAID) == []


class TestRedDot:
    """The dot is there exactly when the page shows an unread message."""

    def law(self, client: Client) -> bool:
        page = client.get(reverse("worker:messages")).content.decode()
        dot = "有新消息" in client.get(reverse("worker:home")).content.decode()
        assert dot == ('class="is-new"' in page), "a dot with nothing behind it, or nothing before it"
        assert dot == ("badge bg-orange-lt" in client.get(reverse("worker:me")).content.decode())
        return dot

    def read(self, client: Client) -> None:
        page = client.get(reverse("worker:messages")).content.decode()
        shown = re.search(r'name="shown" value="([\d,]*)"', page)
        if shown:
            client.post(reverse("worker:messages_read"), {"shown": shown[1]})

    def events(self, office: Site, one: Entitlement) -> Iterator[None]:
        at, me = timezone.now(), worker_account(one.person)
        yield
        put_on(one, Cause.FINDING, at=at)
        yield
        lift(one, at=at + timedelta(seconds=1))
        yield
        confirm(entitlement=one.pk, by=me, at=at, bank_account=account_for(one.person))
        yield
        decline(entitlement=one.pk, by=office.who["demo-officer-union"], at=at, reason="示例")
        yield
        with transaction.atomic():
            move(locked(one.pk), "appeal", by=me, at=at)
        yield

    @pytest.mark.parametrize("reading", [(), (0,), (1, 3), (4,), tuple(range(6))])
    def test_it_holds_after_everything_that_happens(
        self, office: Site, one: Entitlement, reading: tuple[int, ...]
    ) -> None:
        client = browser_of(one.person)
        for number, _ in enumerate(self.events(office, one)):
            self.law(client)
            if number in reading:
                self.read(client)
                assert not self.law(client)

    def test_more_than_a_page_are_read_page_by_page(self, one: Entitlement) -> None:
        Notice.objects.all().delete()
        tell(
            (
                Told(f"t:{n}", Kind.STEP, ("t", n), one.span, Place.CASES, person=one.person_id)
                for n in range(130)
            ),
            at=timezone.now(),
        )
        client, rounds = browser_of(one.person), 0
        while self.law(client):
            self.read(client)
            rounds += 1
        assert rounds == 3

    def test_what_became_moot_takes_its_dot_along(self, one: Entitlement) -> None:
        Notice.objects.all().delete()
        tell([Told("t", Kind.STEP, ("t", 1), one.span, Place.CASES, person=one.person_id)], at=timezone.now())
        client = browser_of(one.person)
        assert self.law(client)
        withdraw("t", [1], Kind.STEP, at=timezone.now())
        assert not self.law(client)

    def test_looking_alone_marks_nothing_and_nobody_reads_for_another(self, one: Entitlement) -> None:
        client = browser_of(one.person)
        client.get(reverse("worker:messages"))
        assert self.law(client)
        other = Person.objects.exclude(pk=one.person_id).filter(dossier__isnull=False).first()
        mine = ",".join(str(n.pk) for n in inbox_of(one.person))
        browser_of(other).post(reverse("worker:messages_read"), {"shown": mine})
        assert self.law(client)
        assert (
            client.post(reverse("worker:messages_read"), {"shown": "x,-1,9999999999999999999999"}).status_code
            == 302
        )

    def test_a_page_of_messages_asks_the_notices_once(
        self, one: Entitlement, django_assert_max_num_queries
    ) -> None:
        client = browser_of(one.person)
        client.get(reverse("worker:messages"))
        with django_assert_max_num_queries(4):
            client.get(reverse("worker:messages"))


def test_a_firm_reads_once_for_all(office: Site) -> None:
    from tests.web.test_enterprise_due import hr_of

    due = Entitlement.objects.filter(state=State.PROPOSED).exclude(organisation=None).first()
    assert due is not None
    browser = hr_of(due)
    home, page = reverse("enterprise:home"), browser.get(reverse("enterprise:messages")).content.decode()
    assert reverse("enterprise:due", args=[due.pk]) in page
    assert "有新消息" in browser.get(home).content.decode()
    while shown := re.search(r'name="shown" value="([\d,]+)"', page):
        browser.post(reverse("enterprise:messages_read"), {"shown": shown[1]})
        page = browser.get(reverse("enterprise:messages")).content.decode()
    assert not has_unread(due.organisation)
    assert "有新消息" not in browser.get(home).content.decode()
