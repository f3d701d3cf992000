"""An application: what the departments know is filled in, only what is missing is asked."""

import json
import zlib
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from jigong.accounts.cipher import seal, unseal
from jigong.accounts.workers import worker_account
from jigong.delivery.models import Entitlement
from jigong.delivery.queries import latest_basis
from jigong.delivery.states import State
from jigong.dossiers.law import held_of
from jigong.dossiers.models import Dossier
from jigong.portals.worker.situation import reference_of
from jigong.rules.nodes import fact_of

pytestmark = pytest.mark.django_db
CLAUSE = "degree-associate"
BANK = {"number": "6222021234567890128", "bank": "示例银行"}
HOLDS: dict[str, Any] = {
    "degree_level": "associate",
    "designated_school": True,
    "paid_before": "0.00",
    "graduated": False,
    "union_member": True,
    "insured_streak_months": 12,
    "age": 30,
    "industrial_worker": True,
    "certificate_rank": 1,
}


def know(dossier: Dossier, **facts: Any) -> None:
    """Make a dossier say this of the worker and of their first enrolment, without other bounds."""
    data = json.loads(zlib.decompress(unseal(dossier.body, "dossier.body")))
    enrolment = data["subjects"]["degree_enrolment"][0]
    for part in (data["facts"], enrolment["own"], enrolment["at"] or {}):
        part.update({name: facts[fact_of(name)] for name in part if fact_of(name) in facts})
    dossier.body = seal(zlib.compress(json.dumps(data).encode()), "dossier.body")
    dossier.save()


@pytest.fixture
def dossier() -> Dossier:
    """Somebody enrolled, to whom nothing was proposed, and who would be due a grant were the tuition known."""
    for found in Dossier.objects.select_related("run", "person").order_by("person_id"):
        enrolments = held_of(found).subjects["degree_enrolment"]
        if (
            len(enrolments) == 1
            and not Entitlement.objects.filter(person=found.person, clause__startswith="degree").exists()
        ):
            know(found, **HOLDS, discounted_tuition=None)
            return found
    raise AssertionError("the district has such a worker")


@pytest.fixture
def worker(dossier: Dossier) -> Client:
    client = Client()
    client.force_login(worker_account(dossier.person))
    return client


@pytest.fixture
def address(dossier: Dossier) -> str:
    key = held_of(dossier).subjects["degree_enrolment"][0]["degree_enrolment"]
    return reverse("worker:apply", args=[CLAUSE, reference_of(key)])


def test_the_clause_says_what_is_missing_and_leads_there(worker, address):
    assert "还缺：优惠后学费" in worker.get(reverse("worker:clauses")).content.decode()
    assert address in worker.get(reverse("worker:clause", args=[CLAUSE])).content.decode()


def test_only_the_missing_is_asked(worker, address):
    text = worker.get(address).content.decode()
    assert 'name="discounted_tuition"' in text
    assert 'name="union_member"' not in text
    assert "连续参保月数" in text


def test_it_is_sent_once_and_an_officer_reviews_it(worker, address, dossier):
    for _ in range(2):
        assert worker.post(address, {"discounted_tuition": "6000", **BANK}).status_code in (302, 404)
    (found,) = Entitlement.objects.filter(person=dossier.person, clause=CLAUSE)
    assert (found.state, found.amount) == (State.CONFIRMED, Decimal("4500.00"))
    assert latest_basis(found) is not None
    assert "办理中" in worker.get(reverse("worker:clauses")).content.decode()


@pytest.mark.parametrize("given", ["", "abc", "1e9999", "NaN", "Infinity", "-6000", "-", "6000元"])
def test_what_cannot_be_read_is_said_and_nothing_is_sent(worker, address, dossier, given):
    answer = worker.post(address, {"discounted_tuition": given, **BANK})
    assert answer.status_code == 422
    assert "优惠后学费" in answer.content.decode()
    assert not Entitlement.objects.filter(person=dossier.person, clause=CLAUSE).exists()


def test_what_a_department_says_cannot_be_claimed_otherwise(worker, address, dossier):
    know(dossier, union_member=False)
    answer = worker.post(address, {"discounted_tuition": "6000", "union_member": "yes", **BANK})
    assert answer.status_code == 422
    assert not Entitlement.objects.filter(person=dossier.person, clause=CLAUSE).exists()


def test_another_workers_enrolment_does_not_exist(address, dossier):
    others = Dossier.objects.select_related("run", "person").exclude(pk=dossier.pk).order_by("person_id")
    other = next(found for found in others if held_of(found).subjects["degree_enrolment"])
    client = Client()
    client.force_login(worker_account(other.person))
    assert client.get(address).status_code == 404
    assert client.post(address, {"discounted_tuition": "6000", **BANK}).status_code == 404


def test_what_is_missing_elsewhere_can_be_told_to_its_department(worker, dossier):
    """A clause that is drawn or ranked takes no application: the way is to tell the department."""
    talents = ("nominated_craftsman", "gold_worker", "high_level_talent", "owns_shared_home")
    know(dossier, **dict.fromkeys(talents, False), contract_active=True, craftsman_level=None)
    page = worker.get("/worker/clauses/shared-ownership").content.decode()
    assert "补充：工匠级别" in page
    assert "/worker/wrong/craftsman_level" in page
    know(dossier, craftsman_level=0)
    assert "补充：" not in worker.get("/worker/clauses/shared-ownership").content.decode()
