"""Money the bank could not pay: from its return file to the payee's message, another account, and paid after all."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect
from tests.web.office_site import site, waiting_for
from tests.web.windows import DESK, NEEDED, PHONE

from jigong.accounts.models import BankAccount
from jigong.accounts.workers import worker_account
from jigong.delivery.approval import approve
from jigong.delivery.ledger.queries import paid_for
from jigong.delivery.models import Entitlement
from jigong.delivery.payments.models import Payment
from jigong.delivery.states import State

pytestmark = [pytest.mark.django_db, NEEDED]
FAILED, PAID = "户名不符", "成功"


def test_from_a_failed_payment_to_another_account_to_paid(windows):
    office = site()
    due = waiting_for(State.PASSED)[0]
    approve(entitlement=due.pk, by=office.who["demo-approver-union"], at=timezone.now())
    finance = windows(office.who["demo-finance"], reverse("office:payments"))
    second = windows(office.who["demo-finance-second"], reverse("office:payments"))
    worker = windows(worker_account(due.person), reverse("worker:home"), PHONE)

    _to_the_bank(finance, second, due)
    _answer(finance, due, f"失败,{FAILED}")
    expect(finance.locator("main")).to_contain_text("要另一人确认")
    second.goto(finance.url)
    second.get_by_role("checkbox").check()
    second.get_by_role("button", name="确认勾选的各笔").click()
    expect(second.locator("main")).to_contain_text("已确认 1 笔")

    worker.reload()
    worker.locator(".w-bell").click()
    newest = worker.locator(".kit-messages li").first
    expect(newest).to_contain_text(FAILED)
    newest.locator("a").click()
    worker.locator("[name=number]").fill("6222021234567890128")
    worker.locator("[name=bank]").fill("示例银行")
    worker.locator("main form button.btn-primary").click()
    expect(worker.locator("main")).to_contain_text("收款账户已更新")

    finance.goto(reverse("office:held_up"))
    expect(finance.locator("main")).to_contain_text("收款账户刚换过")
    _some_days_pass(due)
    _to_the_bank(finance, second, due, before=FAILED)
    _answer(finance, due, PAID)

    worker.goto(reverse("worker:messages"))
    expect(worker.locator(".kit-messages li").first).to_contain_text("已兑现")
    assert worker.evaluate("document.documentElement.scrollWidth") == PHONE[0]
    assert finance.evaluate("document.documentElement.scrollWidth") == DESK[0]
    due.refresh_from_db()
    assert due.state == State.PAID
    assert paid_for(due.pk) == due.amount
    assert [one.bank_account.last4 for one in due.payments.order_by("pk")][-1] == "0128"


def _to_the_bank(finance: Page, second: Page, due: Entitlement, before: str = "") -> None:
    """One makes a batch of the fund, another releases it, seeing what failed before, and it goes to the bank."""
    finance.goto(reverse("office:payments"))
    finance.locator(f"form:has([name=fund][value={due.fund}])").get_by_role("button", name="编制批次").click()
    expect(finance.locator("main")).to_contain_text("须由另一位财务放行")
    second.goto(finance.url)
    expect(second.locator("main")).to_contain_text(before)
    second.get_by_role("button", name="复核放行").click()
    second.locator("dialog[open] .btn-primary").click()
    second.get_by_role("button", name="登记已交银行").click()
    expect(second.locator("main")).to_contain_text("已登记交付银行")


def _answer(finance: Page, due: Entitlement, said: str) -> None:
    """The bank's answer to the newest payment, as the file that finance uploads."""
    payment = Payment.objects.filter(entitlement=due).latest("pk")
    text = f"端到端编号,金额,结果,原因\n{payment.end_to_end_id},{payment.amount},{said}\n"
    finance.goto(reverse("office:payments"))
    finance.locator("input[type=file]").set_input_files(
        {"name": f"回单{payment.pk}.csv", "mimeType": "text/csv", "buffer": text.encode()}
    )
    finance.get_by_role("button", name="上传并匹配").click()
    finance.wait_for_url("**/returns/**")


def _some_days_pass(due: Entitlement) -> None:
    """As far as the new account is concerned: it was given ten days earlier."""
    newest = BankAccount.objects.filter(person=due.person).latest("pk")
    BankAccount.objects.filter(pk=newest.pk).update(created_at=newest.created_at - timedelta(days=10))
