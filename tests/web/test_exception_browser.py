"""An officer upholds an appeal with an amount of their own: refused without a reason, and red until another approves it."""

import pytest
from django.utils import timezone
from playwright.sync_api import expect
from tests.web.office_site import confirmed, proposals, site
from tests.web.windows import NEEDED, PHONE

from jigong.accounts.workers import worker_account
from jigong.delivery.states import State
from jigong.services.cases.actions import appeal

pytestmark = [pytest.mark.django_db, NEEDED]
WHY = "区里会议纪要第七号"


def test_an_amount_of_ones_own_is_red_until_another_approves_it(windows):
    office = site()
    due = proposals(office="union", amount__gt=0, mode="application")[0]
    case = appeal(entitlement=due.pk, text="少算了", by=worker_account(due.person), at=timezone.now())
    officer = windows(office.who["demo-officer-union"], f"/office/cases/{case.pk}", PHONE)
    officer.get_by_text("例外：另定金额").click()
    officer.locator("input[name=amount]").fill("12.50")
    officer.locator("textarea[name=reason]").first.fill("漏算")
    officer.get_by_role("button", name="成立", exact=True).click()
    expect(officer.get_by_text("须作为例外写明理由")).to_be_visible()
    expect(officer.locator("input[name=amount]")).to_have_value("12.50")
    officer.locator("textarea[name=exception]").fill(WHY)
    officer.get_by_role("button", name="成立", exact=True).click()
    expect(officer.get_by_text("已答复：成立")).to_be_visible()

    due.refresh_from_db()
    done = confirmed(due)
    queue = "approve" if done.state == State.PASSED else "review"
    approver = windows(office.who["demo-approver-union"], f"/office/queue/{queue}")
    expect(approver.get_by_text("例外", exact=True)).to_be_visible()
    for size in (PHONE, (1280, 900)):
        page = windows(office.who["demo-approver-union"], f"/office/entitlements/{due.pk}", size)
        notice = page.locator("#exception")
        expect(notice).to_contain_text(WHY)
        expect(notice).to_contain_text("12.5")
        assert page.evaluate("document.documentElement.scrollWidth") == size[0]
