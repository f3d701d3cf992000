"""An auditor says what is wrong; the office, the approver and finance see it until it is answered, on a phone as on a desk."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone
from playwright.sync_api import expect
from tests.web.office_site import account_for, site, waiting_for
from tests.web.windows import DESK, NEEDED, PHONE

from jigong.accounts.workers import worker_account
from jigong.audit.days import day_of
from jigong.delivery.approval import approve
from jigong.delivery.models import Entitlement
from jigong.delivery.sampling.models import Audit
from jigong.delivery.states import State

pytestmark = [pytest.mark.django_db, NEEDED]


def test_a_finding_is_seen_by_all_and_answered(windows) -> None:
    office, at = site(), timezone.now()
    due, other = waiting_for(State.PASSED, "union", 2)
    approve(entitlement=due.pk, by=office.who["demo-approver-union"], at=at)
    audit = Audit.objects.create(
        step=due.steps.filter(move="approve").get(), entitlement=due, why="risk", risk=50, deadline=day_of(at), opened_at=at
    )  # fmt: skip
    auditor = windows(office.who["demo-auditor"], f"/office/audits/{audit.pk}")
    auditor.locator("textarea[name=note]").fill("同一学期重复计算")
    auditor.locator("input[name=should_be]").fill("12.50")
    auditor.get_by_role("button", name="有误").click()
    expect(auditor.get_by_text("已记录抽查结论")).to_be_visible()
    Audit.objects.update(answer_by=day_of(at) - timedelta(days=1))

    # Another has given the same account, and the first has changed it just now.
    assert due.person is not None
    assert other.person is not None
    account_for(due.person, account_for(other.person).open_number())
    for who, path in (
        ("demo-finance", "/office/payments/held"),
        ("demo-approver-union", "/office/queue/approve"),
        ("demo-officer-union", "/office/findings/"),
        ("demo-approver-union", f"/office/entitlements/{due.pk}"),
    ):
        for size in (PHONE, DESK):
            page = windows(office.who[who], path, size)
            expect(page.get_by_text("逾期").first).to_be_visible()
            assert page.evaluate("document.documentElement.scrollWidth") == size[0], path
    expect(page.locator("#waits")).to_contain_text("账户刚换过")
    expect(page.locator("[data-shared]")).to_contain_text("同一账户还有 1 个")
    worker = windows(worker_account(due.person), "/worker/me/bank-account", PHONE)
    expect(worker.get_by_text("为防冒领")).to_be_visible()

    officer = windows(office.who["demo-officer-union"], f"/office/entitlements/{due.pk}", PHONE)
    officer.get_by_text("采纳，改正").click()
    officer.locator("textarea[name=reason]").first.fill("属实，重复计算")
    expect(officer.locator("input[name=amount]")).to_have_value("12.50")
    officer.locator("textarea[name=exception]").fill("按一个月折算")
    officer.get_by_role("button", name="采纳", exact=True).click()
    expect(officer.get_by_text("已采纳抽查结论并改正")).to_be_visible()
    found = Entitlement.objects.get(pk=due.pk)
    assert (found.state, found.amount, found.held) == (State.CORRECTED, Decimal("12.50"), False)
