"""Second looks: risks by the pack's rules, a draw nobody can repeat until it suits, what was found."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from tests.web.office_site import Site, account_for, confirmed, proposals, site, waiting_for

from jigong.accounts.models import BankAccount
from jigong.audit.actions import record
from jigong.delivery.approval import approve
from jigong.delivery.models import Entitlement
from jigong.delivery.sampling import actions, signals
from jigong.delivery.sampling.enums import Finding, Why
from jigong.delivery.sampling.models import Audit, Listed
from jigong.delivery.sampling.queries import found_by_clause, repeat
from jigong.delivery.states import State
from jigong.kernel.problems import JigongError

pytestmark = pytest.mark.django_db


@pytest.fixture
def office() -> Site:
    """The people of the demonstration."""
    return site()


def _approved(office: Site, count: int) -> list[Entitlement]:
    by = office.who["demo-approver-union"]
    return [
        approve(entitlement=one.pk, by=by, at=timezone.now())
        for one in waiting_for(State.PASSED, "union", count)
    ]


def _risk(entitlement: Entitlement) -> int:
    signals.assess([entitlement.pk])
    entitlement.refresh_from_db()
    return entitlement.risk


def _weight(signal: str) -> int:
    plan = signals.plan_of_sampling()
    assert plan is not None
    return min(rule.weight for rule in plan.rules if rule.signal == signal)


def test_nothing_suspicious_has_no_risk() -> None:
    rows = proposals(amount__gt=0)
    low = min(rows, key=lambda row: (row.amount or Decimal(0), row.pk))
    assert _risk(confirmed(low)) == 0
    assert signals.reasons(low.pk) == []


def test_several_people_with_one_account_raise_the_risk() -> None:
    first, second = proposals(mode="proactive", amount__gt=0)[:2]
    assert first.person_id != second.person_id
    before = _risk(confirmed(first))
    assert first.person is not None
    assert second.person is not None
    number = account_for(first.person).open_number()
    account_for(second.person, number)
    assert _risk(Entitlement.objects.get(pk=first.pk)) == before + _weight("shared_account")
    assert _risk(confirmed(second)) >= _weight("shared_account")
    assert "shared_account" in {rule.id for rule in signals.reasons(second.pk)}


def test_confirming_weighs_it_and_whoever_shares_the_account(django_capture_on_commit_callbacks: Any) -> None:
    first, second = proposals(mode="proactive", amount__gt=0)[:2]
    assert first.person is not None
    assert second.person is not None
    confirmed(first)
    account_for(second.person, account_for(first.person).open_number())
    with django_capture_on_commit_callbacks(execute=True):
        confirmed(second)
    for one in (first, second):
        one.refresh_from_db()
        assert one.risk >= _weight("shared_account")


def test_an_account_changed_just_before_confirming_raises_the_risk() -> None:
    first = proposals(mode="proactive", amount__gt=0)[0]
    assert first.person is not None
    old = account_for(first.person)
    BankAccount.objects.filter(pk=old.pk).update(created_at=timezone.now() - timedelta(days=400))
    account_for(first.person, "9" + old.open_number()[1:])
    with_change = _risk(confirmed(first))
    BankAccount.objects.filter(person=first.person).update(created_at=timezone.now() - timedelta(days=399))
    assert with_change == _risk(first) + _weight("changed_account")


def test_stated_facts_and_upheld_corrections_raise_the_risk() -> None:
    found = confirmed(proposals(mode="application", amount__gt=0)[0])
    before = _risk(found)
    record(
        "delivery.apply", by=None, at=timezone.now(), object_kind="entitlement", object_id=found.pk,
        person=found.person_id, detail={"clause": found.clause, "claimed": ["union_member"]},
    )  # fmt: skip
    stated = _risk(found)
    assert stated == before + _weight_of(signals.plan_of_sampling(), "claimed_facts")  # and not that for many
    last = found.steps.filter(move="confirm").get().at
    for kind, at in (("appeal", last), ("correction", last + timedelta(days=1))):
        record("cases.upheld", by=None, at=at, person=found.person_id, detail={"kind": kind})
    assert _risk(found) == stated  # an appeal is no correction, and later ones do not count
    record(
        "cases.upheld",
        by=None,
        at=last - timedelta(days=1),
        person=found.person_id,
        detail={"kind": "correction"},
    )
    assert _risk(found) == stated + _weight("recent_correction")


def test_an_amount_stands_out_only_among_different_ones() -> None:
    found = confirmed(proposals(amount__gt=0)[0])
    before = _risk(found)
    rows = Entitlement.objects.filter(clause=found.clause)
    rows.update(amount=Decimal("1000.00"))
    signals.assess()
    assert "large_amount" not in {rule.id for rule in signals.reasons(found.pk)}
    rows.filter(pk=found.pk).update(amount=Decimal("9000.00"))
    signals.assess()
    assert "large_amount" in {rule.id for rule in signals.reasons(found.pk)}
    assert _risk(found) >= before


def test_a_risk_changes_no_version() -> None:
    found = confirmed(proposals(amount__gt=0)[0])
    version = found.version
    Entitlement.objects.filter(clause=found.clause).exclude(pk=found.pk).update(amount=Decimal("1.00"))
    signals.assess()
    found.refresh_from_db()
    assert found.risk > 0
    assert found.version == version


def test_a_draw_can_be_repeated_by_anybody_but_not_drawn_again(office: Site) -> None:
    approved = _approved(office, 6)
    made = actions.draw(by=office.who["demo-auditor"], at=timezone.now())
    assert made.population == 6
    assert made.size == 5
    assert repeat(made).same
    picked = set(Audit.objects.filter(draw=made).values_list("entitlement_id", flat=True))
    assert len(picked) == 5
    assert picked < {one.pk for one in approved}
    with pytest.raises(JigongError):
        actions.draw(by=office.who["demo-auditor"], at=timezone.now())
    more = _approved(office, 1)[0]
    again = actions.draw(by=office.who["demo-auditor"], at=timezone.now())
    assert list(Listed.objects.filter(draw=again).values_list("step__entitlement", flat=True)) == [more.pk]


def test_a_draw_that_was_tampered_with_is_noticed(office: Site) -> None:
    _approved(office, 6)
    made = actions.draw(by=office.who["demo-auditor"], at=timezone.now())
    first, last = Listed.objects.filter(draw=made, place__in=(1, 6)).order_by("place")
    Listed.objects.filter(pk=first.pk).update(place=6)
    Listed.objects.filter(pk=last.pk).update(place=1)
    assert not repeat(made).order_same
    made.seed = "0" * 64
    assert not repeat(made).seed_same


def test_risky_approvals_are_picked_once(office: Site) -> None:
    approved = _approved(office, 2)
    plan = signals.plan_of_sampling()
    assert plan is not None
    number = "80990000000000"
    for one in approved:
        assert one.person is not None
        account = account_for(one.person, number)
        Entitlement.objects.filter(pk=one.pk).update(bank_account=account)
    record(
        "cases.upheld", by=None, at=approved[0].steps.filter(move="confirm").get().at, person=approved[0].person_id,
        detail={"kind": "correction"},
    )  # fmt: skip
    auditor = office.who["demo-auditor"]
    assert actions.pick_risky(by=auditor, at=timezone.now()) == 1
    assert actions.pick_risky(by=auditor, at=timezone.now()) == 0
    picked = Audit.objects.get()
    assert picked.entitlement_id == approved[0].pk
    assert picked.why == Why.RISK
    assert picked.risk >= plan.risk_from


def test_an_audit_says_what_raised_the_risk(office: Site) -> None:
    approved = _approved(office, 2)
    for one in approved:
        assert one.person is not None
        account = account_for(one.person, "80990000000001")
        Entitlement.objects.filter(pk=one.pk).update(bank_account=account)
    actions.draw(by=None, at=timezone.now())
    signals.assess()
    plan: Any = signals.plan_of_sampling()
    rule = next(rule for rule in plan.rules if rule.id == "shared_account")
    page = office.browser("demo-auditor").get(reverse("office:audit", args=[Audit.objects.earliest("id").pk]))
    assert rule.zh in page.content.decode()


def test_whoever_decided_it_cannot_audit_it(office: Site) -> None:
    _approved(office, 1)
    actions.draw(by=None, at=timezone.now())
    with pytest.raises(JigongError):
        actions.conclude(
            audit=Audit.objects.get().pk, finding=Finding.RIGHT, note="", by=office.who["demo-approver-union"], at=timezone.now(),
        )  # fmt: skip


def test_findings_by_clause_with_an_interval(office: Site) -> None:
    approved = _approved(office, 5)
    actions.draw(by=None, at=timezone.now())
    browser = office.browser("demo-auditor")
    audits = list(Audit.objects.order_by("id"))
    for place, audit in enumerate(audits):
        wrong = place == 0
        data = {"finding": "wrong", "note": "重复计算", "should_be": "100"} if wrong else {"finding": "right"}
        assert browser.post(reverse("office:conclude", args=[audit.pk]), data).status_code == 302
    *_, whole = found_by_clause(Q(), Decimal("0.95"))
    assert (whole.random, whole.random_wrong, whole.open) == (5, 1, 0)
    assert whole.low is not None
    assert whole.high is not None
    assert whole.low < 0.2 < whole.high
    assert whole.difference == (audits[0].entitlement.amount or Decimal(0)) - 100
    page = browser.get(reverse("office:audits"), {"done": "1"})
    assert len(page.context["lines"]) == len(approved)


def test_a_wrong_finding_says_what_is_wrong(office: Site) -> None:
    _approved(office, 1)
    actions.draw(by=None, at=timezone.now())
    audit = Audit.objects.get()
    browser = office.browser("demo-auditor")
    address = reverse("office:conclude", args=[audit.pk])
    assert browser.post(address, {"finding": "wrong"}).status_code == 422
    typed = browser.post(address, {"finding": "right", "note": "见附件", "should_be": "100"})
    assert typed.status_code == 422, "Enter in the amount must not say it is right"
    assert 'value="100"' in typed.content.decode()
    assert "见附件" in typed.content.decode()
    assert browser.post(address, {"finding": "wrong", "note": "错", "should_be": "abc"}).status_code == 422
    assert browser.post(address, {"finding": "perhaps"}).status_code == 404
    audit.refresh_from_db()
    assert audit.finding == Finding.OPEN


def test_only_the_districts_auditor_draws(office: Site) -> None:
    _approved(office, 1)
    address = reverse("office:draw_sample")
    assert office.browser("demo-approver-union").post(address).status_code == 403
    answer = office.browser("demo-auditor").post(address)
    assert answer.status_code == 302
    page = office.browser("demo-auditor").get(answer["Location"])
    assert page.context["again"].same
    listed = office.browser("demo-auditor").get(reverse("office:draw_list", args=[page.context["draw"].pk]))
    assert listed.content.decode().split() == [str(row.step_id) for row in Listed.objects.order_by("place")]


def test_a_pack_without_rules_samples_nothing(office: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    found = confirmed(proposals(amount__gt=0)[0])
    Entitlement.objects.filter(pk=found.pk).update(risk=40)
    monkeypatch.setattr(signals, "plan_of_sampling", lambda: None)
    monkeypatch.setattr(actions, "plan_of_sampling", lambda: None)
    assert signals.assess([found.pk]) == 1
    found.refresh_from_db()
    assert found.risk == 0
    with pytest.raises(JigongError):
        actions.draw(by=None, at=timezone.now())


def test_the_weights_are_the_packs(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = proposals(mode="proactive", amount__gt=0)[:2]
    confirmed(first)
    assert first.person is not None
    assert second.person is not None
    account_for(second.person, account_for(first.person).open_number())
    plan: Any = signals.plan_of_sampling()
    rules = tuple(
        rule.model_copy(update={"weight": 7 if rule.id == "shared_account" else rule.weight})
        for rule in plan.rules
    )
    before = _risk(first)
    monkeypatch.setattr(signals, "plan_of_sampling", lambda: plan.model_copy(update={"rules": rules}))
    assert _risk(first) == before - _weight_of(plan, "shared_account") + 7


def _weight_of(plan: Any, rule: str) -> int:
    return next(one.weight for one in plan.rules if one.id == rule)
