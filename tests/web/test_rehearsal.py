"""A demonstration has something to do for everybody who comes to look, and its books are whole."""

import pytest
from django.utils import timezone

from jigong.accounts.demo import demo_account, demo_accounts, make_demo_accounts
from jigong.accounts.enums import Permission
from jigong.accounts.models import Consent
from jigong.delivery.ledger.queries import check, fund_years
from jigong.delivery.lottery import sampler
from jigong.delivery.lottery.enums import Stage
from jigong.delivery.lottery.models import Draw
from jigong.delivery.lottery.queries import view
from jigong.delivery.models import Entitlement, Step
from jigong.delivery.payments.demo import make_demo_paying_accounts
from jigong.delivery.payments.models import Payment
from jigong.delivery.payments.reconcile import reconcile
from jigong.delivery.states import State
from jigong.services.cases.models import Case, CaseState, Kind
from jigong.services.rehearsal import rehearse

pytestmark = pytest.mark.django_db


@pytest.fixture
def listed():
    listed = make_demo_accounts(at=timezone.now())
    finance = next(one.account for one in listed if one.account.may(Permission.PAY))
    make_demo_paying_accounts(by=finance, at=timezone.now())
    return listed


def test_every_step_has_somebody_on_it_and_the_workers_of_the_list_are_left_alone(listed):
    before = {
        one.account.person_id: [
            (e.pk, e.state) for e in Entitlement.objects.filter(person=one.account.person)
        ]
        for one in listed
        if one.account.person_id is not None
    }
    found = rehearse(at=timezone.now())
    assert found is not None
    states = set(Entitlement.objects.values_list("state", flat=True))
    assert states >= {
        State.PROPOSED, State.CONFIRMED, State.PASSED, State.APPROVED, State.PAID, State.APPEALED,
    }  # fmt: skip
    for person, matters in before.items():
        assert [(e.pk, e.state) for e in Entitlement.objects.filter(person=person)] == matters
    assert found.confirmed == Step.objects.filter(move="confirm").count()
    assert found.paid == Step.objects.filter(move="pay").count() > 0
    assert found.cases == Case.objects.filter(state=CaseState.OPEN).count()
    assert set(Case.objects.values_list("kind", flat=True)) == {Kind.CORRECTION, Kind.APPEAL}
    assert Consent.objects.filter(withdrawn_at=None).exists()
    assert Payment.objects.filter(state="failed").exists()


def test_its_books_are_whole(listed):
    found = rehearse(at=timezone.now())
    assert check().ok
    assert reconcile().ok
    assert sum(year.paid for year in fund_years(2023)) > 0
    assert found.approved > found.paid


def test_a_draw_is_public_and_can_be_checked(listed, client):
    rehearse(at=timezone.now())
    drawn = view(Draw.objects.get())
    assert drawn.stage == Stage.PUBLISHED
    roster = client.get(f"/lottery/{drawn.draw.pk}/roster.txt").content
    results = client.get(f"/lottery/{drawn.draw.pk}/results.csv").content
    assert sampler.run(roster, drawn.seed).results == results
    entrant = demo_account("demo-worker-draw")
    assert drawn.draw.entrant_set.filter(person=entrant.person).exists()
    assert entrant in [one.account for one in demo_accounts()]
    assert entrant.person not in [one.account.person for one in listed]
    client.force_login(entrant)
    assert f"/lottery/{drawn.draw.pk}" in client.get(f"/worker/clauses/{drawn.draw.clause}").content.decode()


def test_it_is_played_once_and_never_where_somebody_has_begun(listed):
    assert rehearse(at=timezone.now()) is not None
    steps = Step.objects.count()
    assert rehearse(at=timezone.now()) is None
    assert Step.objects.count() == steps


def test_without_a_list_nobody_decides_and_nobody_pays():
    found = rehearse(at=timezone.now())
    assert found.confirmed > 0
    assert (found.approved, found.paid, found.cases) == (0, 0, 0)


def test_the_leader_reads_from_the_books_what_was_paid_however_few_got_it(listed, client):
    rehearse(at=timezone.now())
    client.force_login(demo_account("demo-leader"))
    total = client.get("/cockpit/").context["total"]
    assert total["paid"] == sum(year.paid for year in fund_years(2023)) > 0
    assert total["approved"] > total["paid"]
