"""A worker whose payment failed: a red dot, the message, another account; and the dot is gone for good."""

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect
from tests.web.office_site import proposals
from tests.web.windows import NEEDED, PHONE

from jigong.accounts.workers import worker_account
from jigong.dossiers.law import current_run, law_of_run
from jigong.services.notices.actions import Told, tell
from jigong.services.notices.enums import Kind, Place
from jigong.services.notices.models import Notice
from jigong.services.notices.queries import has_unread
from jigong.services.notices.words import OTHER_ACCOUNT, unpaid_words

pytestmark = [pytest.mark.django_db, NEEDED]


def test_from_the_dot_to_another_account(windows):
    one = next(one for one in proposals(amount__gt=0) if one.organisation_id is None)
    label = law_of_run(current_run()).pack.clauses[one.clause].clause.value.label
    told = Told(
        "payment:1", Kind.UNPAID, ("entitlement", one.pk), unpaid_words(label, one.amount), Place.BANK_ACCOUNT,
        person=one.person_id, more=OTHER_ACCOUNT, said="户名不符",
    )  # fmt: skip
    tell([told], at=timezone.now())
    worker = windows(worker_account(one.person), reverse("worker:home"), PHONE)
    expect(worker.locator(".w-bell .w-dot")).to_have_count(1)
    worker.locator(".w-bell").click()
    newest = worker.locator(".kit-messages li").first
    expect(newest).to_contain_text("没有付成")
    expect(newest).to_contain_text("户名不符")
    expect(newest.locator(".kit-dot")).to_be_visible()
    expect(worker.locator("#read")).to_have_count(0)
    assert worker.evaluate("document.documentElement.scrollWidth") == PHONE[0]
    assert not has_unread(one.person), "the page said by itself that it was shown"
    newest.locator("a").click()
    worker.locator("[name=number]").fill("6222021234567890128")
    worker.locator("[name=bank]").fill("示例银行")
    worker.locator("main form button.btn-primary").click()
    expect(worker.locator("main")).to_contain_text("收款账户已更新")
    assert Notice.objects.get(key="payment:1").withdrawn_at is not None
    worker.goto(reverse("worker:home"))
    expect(worker.locator(".w-bell .w-dot")).to_have_count(0)
