"""What pages say of holds: the office's queue of them, a batch with one, the worker's home, messages and progress."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.conf import settings
from django.db.models import Q
from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone
from tests.web.office_site import Site, account_for, proposals, site, waiting_for

from jigong.accounts.models import Person
from jigong.accounts.workers import worker_account
from jigong.delivery import holds
from jigong.delivery.actions import confirm, withdraw
from jigong.delivery.approval import approve
from jigong.delivery.holds import WaitsFor, put_on
from jigong.delivery.models import Entitlement
from jigong.delivery.on_hold import groups, held_page
from jigong.delivery.payments.actions import make_batch
from jigong.delivery.queries import Cursor, Wanted
from jigong.delivery.states import CAUSE_LABELS, ONLY_AMOUNT, Cause, State
from jigong.delivery.timeline import timeline_of
from jigong.dossiers.law import current_run, law_of_run
from jigong.portals.office.queues import held_filters_of
from jigong.services.notices.queries import inbox_of

pytestmark = pytest.mark.django_db
EVERYTHING = Q(pk__gt=0)


@pytest.fixture
def office() -> Site:
    return site()


def waiting_class() -> str:
    """A class of the pack, whichever."""
    return next(iter(law_of_run(current_run()).pack.contracts))


class TestQueue:
    def test_it_says_why_for_what_and_who_has_to_deliver(self, office: Site) -> None:
        contract = law_of_run(current_run()).pack.contracts[waiting_class()]
        first, second = proposals(office="union", amount__gt=0)[:2]
        put_on(first, Cause.UNDECIDED, WaitsFor("", (), (contract.name,), True), at=timezone.now())
        put_on(second, Cause.FINDING, at=timezone.now())
        browser, page = office.browser("demo-officer-union"), reverse("office:queue", args=["held"])
        shown = browser.get(page).content.decode()
        assert f"一条{contract.label.zh}记录等待改正（{contract.department.zh}）" in shown
        assert ONLY_AMOUNT.zh in shown
        assert "待本人确认" in shown
        assert f"件等着{contract.department.zh}的{contract.label.zh}" in shown
        for query, here, away in (
            (f"class={contract.name}", first, second),
            (f"office={contract.office}", first, second),
            ("cause=finding", second, first),
        ):
            shown = browser.get(f"{page}?{query}").content.decode()
            assert f"#{here.pk}<" in shown
            assert f"#{away.pk}<" not in shown

    def test_a_class_is_forgotten_when_an_office_is_chosen_that_does_not_deliver_it(self) -> None:
        contracts = law_of_run(current_run()).pack.contracts
        first = contracts[waiting_class()]
        other = next(one for one in contracts.values() if one.office not in ("", first.office))
        own = held_filters_of(QueryDict(f"class={first.name}&office={first.office}"), contracts)
        assert (own.wanted.classes, own.values["office"]) == ((first.name,), first.office)
        others = held_filters_of(QueryDict(f"class={first.name}&office={other.office}"), contracts)
        assert other.name in (others.wanted.classes or ())
        assert "class" not in others.values

    def test_the_department_that_delivers_is_led_to_the_rows(self, office: Site) -> None:
        contracts = law_of_run(current_run()).pack.contracts.values()
        own = next(contract for contract in contracts if contract.office == "union")
        other = next(contract for contract in contracts if contract.office not in ("", "union"))
        one = proposals(office="union", amount__gt=0)[0]
        put_on(one, Cause.UNDECIDED, WaitsFor("", (), (own.name, other.name)), at=timezone.now())
        browser, page = office.browser("demo-officer-union"), reverse("office:queue", args=["held"])
        for contract, led in ((own, True), (other, False)):
            shown = browser.get(f"{page}?class={contract.name}").content.decode()
            assert (reverse("office:quarantined", args=[contract.name]) in shown) is led

    def test_many_that_wait_for_one_delivery_stand_together(self) -> None:
        some, at = proposals(office="union", amount__gt=0)[:4], timezone.now()
        for one in some[:2]:
            put_on(one, Cause.UNDECIDED, WaitsFor("x", ("a",)), at=at)
        put_on(some[2], Cause.UNDECIDED, WaitsFor("x,y", ("a", "b"), ("a",)), at=at)
        put_on(some[3], Cause.FINDING, at=at)
        found = {
            (group.cause, group.data_class): (group.count, group.records) for group in groups(EVERYTHING)
        }
        assert found[Cause.UNDECIDED, "a"] == (3, 1)
        assert found[Cause.UNDECIDED, "b"] == (1, 0)
        assert found[Cause.FINDING, ""] == (1, 0)

    def test_the_nearest_deadline_of_a_hold_comes_first_page_by_page(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(settings, "JIGONG", replace(settings.JIGONG, today=None))
        some, at = proposals(office="union", amount__gt=0)[:3], timezone.now()
        for days, one in enumerate(some):
            put_on(one, Cause.FINDING, at=at - timedelta(days=days))
        wanted = Wanted(held=True, cause=Cause.FINDING)
        page = held_page(EVERYTHING, wanted, size=2)
        assert [line.pk for line in page.lines] == [some[2].pk, some[1].pk]
        rest = held_page(EVERYTHING, wanted, Cursor.read(str(page.after)), size=2)
        assert [line.pk for line in rest.lines] == [some[0].pk]
        assert rest.after is None


def test_a_batch_with_something_on_hold_says_so_and_offers_to_make_it_anew(office: Site) -> None:
    found = waiting_for(State.PASSED, "union")[0]
    approve(entitlement=found.pk, by=office.who["demo-approver-union"], at=timezone.now())
    batch = make_batch(fund=found.fund, by=office.who["demo-finance"], at=timezone.now())
    second, page = office.browser("demo-finance-second"), reverse("office:batch", args=[batch.pk])
    assert 'value="release"' in second.get(page).content.decode()
    put_on(Entitlement.objects.get(pk=found.pk), Cause.FINDING, at=timezone.now())
    shown = second.get(page).content.decode()
    assert 'value="release"' not in shown
    assert "这一批现在不能放行：其中 1 件暂缓办理" in shown
    assert CAUSE_LABELS[Cause.FINDING].zh in shown
    assert 'value="其中 1 件暂缓办理，重新编制"' in shown


class TestWorker:
    @pytest.fixture
    def one(self) -> Entitlement:
        """The only thing that waits for a worker, and it is money."""
        for one in proposals(amount__gt=0):
            mine = Entitlement.objects.filter(person=one.person, organisation=None)
            if mine.count() == 1 and one.organisation_id is None:
                account_for(one.person)
                return one
        raise AssertionError("nobody has just one thing")

    def told(self, person: Person) -> list[str]:
        return [notice.text.zh for notice in inbox_of(person)]

    def test_home_says_one_thing_about_what_is_on_hold(self, client, one: Entitlement) -> None:
        contract = law_of_run(current_run()).pack.contracts[waiting_class()]
        put_on(one, Cause.UNDECIDED, WaitsFor("", (contract.name,)), at=timezone.now())
        client.force_login(worker_account(one.person))
        shown = client.get(reverse("worker:home")).content.decode()
        assert "有 1 项暂缓办理" in shown
        assert f"等{contract.department.zh}报送{contract.label.zh}" in shown
        assert "目前没有待领的钱" not in shown
        assert "待您确认" not in shown

    def test_a_hold_is_told_when_it_is_put_on_and_when_it_is_lifted(self, client, one: Entitlement) -> None:
        at = timezone.now()
        put_on(one, Cause.FINDING, at=at)
        assert any("暂缓办理：抽查认为有误" in text for text in self.told(one.person))
        holds.lift(one, at=at + timedelta(hours=1))
        told = self.told(one.person)
        assert any("不再暂缓（抽查认为有误）" in text for text in told)
        assert not any("暂缓办理" in text for text in told), "what is moot is not told any more"
        assert [step.move for step in timeline_of(one)][-2:] == ["hold", "hold"]
        client.force_login(worker_account(one.person))
        shown = client.get(reverse("worker:clause", args=[one.clause])).content.decode()
        assert "暂缓办理：抽查认为有误" in shown
        assert "不再暂缓（抽查认为有误）" in shown

    def test_what_a_step_tells_is_not_told_twice(self, one: Entitlement) -> None:
        confirm(
            entitlement=one.pk,
            by=worker_account(one.person),
            at=timezone.now(),
            bank_account=account_for(one.person),
        )
        one.refresh_from_db()
        put_on(one, Cause.FINDING, at=timezone.now())
        withdraw(entitlement=one.pk, by=worker_account(one.person), at=timezone.now())
        moves = [step.move for step in timeline_of(one)]
        assert moves.count("hold") == 1
        assert moves[-1] == "withdraw"

    def test_confirming_everything_says_what_was_not_confirmed_and_why(
        self, client, one: Entitlement
    ) -> None:
        put_on(one, Cause.FINDING, at=timezone.now())
        client.force_login(worker_account(one.person))
        given = {"entitlement": f"{one.pk}:{one.version}"}
        shown = client.post(reverse("worker:confirm_all"), given, follow=True).content.decode()
        assert "暂缓办理，没有确认：抽查认为有误" in shown
