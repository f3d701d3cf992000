"""What waits for a second person stands first on their home, and not on that of whoever proposed it."""

import ast
from datetime import timedelta
from pathlib import Path

import pytest
from django.urls import reverse
from django.utils import timezone
from tests.web.office_site import Site, site, waiting_for

import jigong
from jigong.accounts.enums import Role
from jigong.accounts.humans import set_number
from jigong.accounts.models import Account, FactorReset, Membership
from jigong.delivery.approval import approve
from jigong.delivery.payments.actions import make_batch
from jigong.delivery.sampling.actions import conclude
from jigong.delivery.sampling.answering import disagree
from jigong.delivery.sampling.enums import Finding, Why
from jigong.delivery.sampling.models import Audit
from jigong.delivery.states import State
from jigong.portals.office.seconds import SECONDS

ROOT = Path(jigong.__file__).parent
QUEUES_OF_THEIR_OWN = {
    "delivery.sampling.actions": "audits are a number of their own: any auditor takes them"
}


def test_every_rule_of_a_second_person_has_its_line() -> None:
    """Whoever adds such a rule says on whose home its things wait."""
    rules = set()
    for file in ROOT.rglob("*.py"):
        calls = (
            node
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
            if isinstance(node, ast.Call)
        )
        if any(isinstance(call.func, ast.Name) and call.func.id == "refuse_same_human" for call in calls):
            rules.add(".".join(file.relative_to(ROOT).with_suffix("").parts))
    assert rules == {one.rule for one in SECONDS} | QUEUES_OF_THEIR_OWN.keys()


@pytest.fixture
def office() -> Site:
    return site()


def shown(office: Site, who: str) -> str:
    page: str = office.browser(who).get(reverse("office:home")).content.decode()
    before, _, rest = page.partition("office-seconds")
    assert not rest or "office-numbers" not in before, "it stands first"
    return rest.partition("</section>")[0]


@pytest.mark.django_db
def test_a_batch_waits_for_the_other_in_finance(office: Site) -> None:
    found = waiting_for(State.PASSED, "union")[0]
    approve(entitlement=found.pk, by=office.who["demo-approver-union"], at=timezone.now())
    batch = make_batch(fund=found.fund, by=office.who["demo-finance"], at=timezone.now())
    for who, waits in (
        ("demo-finance-second", True),
        ("demo-finance", False),
        ("demo-approver-union", False),
    ):
        assert (reverse("office:batch", args=[batch.pk]) in shown(office, who)) is waits


@pytest.mark.django_db
def test_a_finding_waits_for_the_office_and_a_disagreement_for_nobody_who_had_a_hand_in_it(
    office: Site,
) -> None:
    at = timezone.now()
    due = waiting_for(State.PASSED, "union")[0]
    approve(entitlement=due.pk, by=office.who["demo-approver-union"], at=at)
    audit = Audit.objects.create(
        step=due.steps.get(move="approve"), entitlement=due, why=Why.RISK, risk=50, deadline=at.date(), opened_at=at
    )  # fmt: skip
    assert "查出有误" not in shown(office, "demo-officer-union")
    conclude(audit=audit.pk, finding=Finding.WRONG, note="重复计算", by=office.who["demo-auditor"], at=at)
    for who, waits in (("demo-officer-union", True), ("demo-auditor", False), ("demo-finance", False)):
        assert ("查出有误的待答复" in shown(office, who)) is waits, who
    disagree(audit=audit.pk, reason="没有重复", by=office.who["demo-officer-union"], at=at)
    for who in ("demo-officer-union", "demo-auditor"):
        assert shown(office, who) == "", who


@pytest.mark.django_db
def test_a_reset_waits_for_another_operator(office: Site) -> None:
    here, about = office.who["demo-operator"], office.who["demo-finance"]
    other = Account.objects.create(username="another-operator")
    set_number(other, "330000199001010000")
    Membership.objects.create(
        account=other, organisation=here.active_memberships[0].organisation, role=Role.OPERATOR
    )
    at = timezone.now()
    reset = FactorReset.objects.create(
        account=about, asked_by=other, asked_at=at, expires_at=at + timedelta(1)
    )
    assert reverse("access:account", args=[about.pk]) in shown(office, "demo-operator")
    assert "清除二次验证待确认" not in shown(office, "demo-auditor")
    FactorReset.objects.filter(pk=reset.pk).update(asked_by=here)
    assert "清除二次验证待确认" not in shown(office, "demo-operator"), "what one asked for oneself"


@pytest.mark.django_db
@pytest.mark.parametrize("who", ["demo-finance", "demo-approver-union", "demo-officer-union", "demo-auditor"])
def test_a_home_where_nothing_waits_says_nothing_of_it(office: Site, who: str) -> None:
    assert shown(office, who) == ""
