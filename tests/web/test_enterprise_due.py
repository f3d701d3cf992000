"""One thing due to a firm: why, how far it is, what must come back; of a person no more than the firm may see."""

import pytest
from api_made import staff
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from tests.web.office_site import site

from jigong.accounts.actions import give_consent
from jigong.accounts.cipher import seal_text
from jigong.accounts.enums import Role
from jigong.accounts.masking import mask_name
from jigong.accounts.workers import worker_account
from jigong.delivery.models import Entitlement
from jigong.delivery.replay.models import Adjustment, AdjustmentState, Direction
from jigong.delivery.replay.queries import BODY
from jigong.delivery.states import State
from jigong.dossiers.law import current_run, law_of_run

pytestmark = pytest.mark.django_db


def hr_of(entitlement: Entitlement) -> Client:
    client = Client()
    client.force_login(staff(entitlement.organisation, Role.HR))
    return client


@pytest.fixture
def support() -> Entitlement:
    """Something a firm itself is due."""
    return Entitlement.objects.filter(organisation__isnull=False, person=None).order_by("id")[0]


@pytest.fixture
def subsidy() -> Entitlement:
    """Something a firm is due for one of its people."""
    return Entitlement.objects.filter(organisation__isnull=False, person__isnull=False).order_by("id")[0]


def conditions(entitlement: Entitlement) -> list[str]:
    clause = law_of_run(current_run()).pack.clauses[entitlement.clause].clause.value
    return [condition.label.zh for condition in clause.conditions]


def test_the_firm_reads_why_with_its_own_values(support: Entitlement):
    browser = hr_of(support)
    page = browser.get(reverse("enterprise:due", args=[support.pk])).content.decode()
    assert "系统判定符合，等待确认" in page
    part = browser.get(reverse("enterprise:reasons", args=[support.pk])).content.decode()
    assert all(label in part for label in conditions(support))
    assert "is-no" not in part
    assert "登记以来月数" in part


def test_about_a_person_only_that_the_conditions_hold(subsidy: Entitlement):
    browser = hr_of(subsidy)
    page = browser.get(reverse("enterprise:due", args=[subsidy.pk])).content.decode()
    assert mask_name(subsidy.person.name) in page
    assert subsidy.person.name not in page
    part = browser.get(reverse("enterprise:reasons", args=[subsidy.pk]))
    assert all(label in part.content.decode() for label in conditions(subsidy))
    read = {fact.label.zh for entry in part.context["explained"].conditions for fact in entry.facts}
    assert read
    assert not any(f"{label}：" in part.content.decode() for label in read)
    give_consent(
        person=subsidy.person,
        organisation=subsidy.organisation,
        purpose="benefits",
        by=None,
        at=timezone.now(),
    )
    assert subsidy.person.name in browser.get(reverse("enterprise:due", args=[subsidy.pk])).content.decode()


def test_another_firms_and_a_persons_own_do_not_exist(support: Entitlement, subsidy: Entitlement):
    browser = hr_of(support)
    own = Entitlement.objects.filter(person__employer=support.organisation, organisation=None)[0]
    for pk in (subsidy.pk, own.pk):
        assert browser.get(reverse("enterprise:due", args=[pk])).status_code == 404
        assert browser.get(reverse("enterprise:reasons", args=[pk])).status_code == 404


def test_what_must_come_back_is_told_until_it_is_back(support: Entitlement):
    made = Adjustment.objects.create(
        entitlement=support, direction=Direction.RECOVERY, amount=1234, body=seal_text('{"changes": []}', BODY), key="k", reason="欠薪未结清",
        state=AdjustmentState.ACCEPTED,
        created_at=timezone.now(), decided_at=timezone.now(),
    )  # fmt: skip
    browser, address = hr_of(support), reverse("enterprise:due", args=[support.pk])
    page = browser.get(address).content.decode()
    assert "须退回" in page
    assert "1,234" in page
    assert "欠薪未结清" in page
    Adjustment.objects.filter(pk=made.pk).update(state=AdjustmentState.SETTLED)
    assert "已退清" in browser.get(address).content.decode()


def test_a_clause_that_ended_leaves_the_page_standing(support: Entitlement):
    Entitlement.objects.filter(pk=support.pk).update(clause="no-such-clause")
    browser = hr_of(support)
    assert browser.get(reverse("enterprise:due", args=[support.pk])).status_code == 200
    assert "已没有这一项" in browser.get(reverse("enterprise:reasons", args=[support.pk])).content.decode()


def test_the_office_reads_the_same_reasons_and_the_records_behind_them(support: Entitlement):
    browser = site().browser("demo-auditor")
    page = browser.get(reverse("office:entitlement", args=[support.pk]))
    assert [part.label.zh for part in page.context["page"].explained.conditions] == conditions(support)
    fact = page.context["page"].explained.conditions[0].facts[0].name
    records = browser.get(reverse("office:evidence", args=[support.pk, fact])).content.decode()
    assert support.organisation.code in records


def test_the_worker_is_not_told_it_is_theirs(subsidy: Entitlement):
    worker = Client()
    worker.force_login(worker_account(subsidy.person))
    clause = law_of_run(current_run()).pack.clauses[subsidy.clause].clause.value
    Entitlement.objects.filter(pk=subsidy.pk).update(state=State.CONFIRMED)
    home = worker.get(reverse("worker:home"))
    assert subsidy.clause not in {one.clause for one, _ in home.context["going"]}
    assert clause.label.zh not in worker.get(reverse("worker:messages")).content.decode()
    # What is decided about them is on the clause's page all the same.
    assert worker.get(reverse("worker:clause", args=[subsidy.clause])).status_code == 200
