"""A certificate that was paid for proves false: it is withdrawn, its payee is heard, and the money comes back in parts."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.conf import settings
from django.utils import timezone
from playwright.sync_api import expect
from tests.web.lake_words import lake
from tests.web.law_made import staff
from tests.web.office_site import confirmed, proposals, site
from tests.web.windows import NEEDED, PHONE

from jigong.accounts.enums import Role
from jigong.accounts.workers import worker_account
from jigong.delivery.approval import approve
from jigong.delivery.models import Entitlement
from jigong.delivery.payments.actions import make_batch, mark_sent, release, take_return
from jigong.delivery.replay.looking import look_again
from jigong.delivery.states import State
from jigong.insight.shown import yuan

CLAUSE, OFFICE = "certificate-reward", "human_resources"
MINE = f"/worker/clauses/{CLAUSE}"

pytestmark = [pytest.mark.django_db, NEEDED]


def test_what_was_paid_for_a_false_certificate_comes_back(own_town, windows, monkeypatch):
    accounts = site().who
    finance, approver = accounts["demo-finance"], staff("recovery-approver", OFFICE, Role.APPROVER)
    one = _paid(approver, finance, accounts["demo-finance-second"])
    day = lake().snapshot().known_on + timedelta(days=1)
    monkeypatch.setattr(settings, "JIGONG", replace(settings.JIGONG, today=day))

    # The office withdraws the certificate and says why; the next second look asks the money back.
    office = windows(approver, "/office/data/quarantine/skill_certificate")
    told = f"证书编号,撤回原因\n{one.open_subject()},查实为假证\n".encode()
    office.locator("input[type=file]").set_input_files(
        {"name": "技能等级证书-撤回.csv", "mimeType": "text/csv", "buffer": told}
    )
    office.get_by_role("button", name="报送", exact=True).click()
    office.wait_for_url("**/delivered")
    expect(office.locator("main")).to_contain_text("撤回了 1 条记录")
    assert look_again(only=[one.pk], by=None, at=timezone.now()).proposed == 1

    # Before anybody decides, the payee reads why, and is heard.
    office.goto("/office/adjustments/")
    expect(office.get_by_text("查实为假证")).to_be_visible()
    expect(office.get_by_text("事实没有变")).to_have_count(0)
    expect(office.get_by_role("button", name="同意")).to_have_count(0)
    worker = windows(worker_account(one.person), MINE, PHONE)
    why = worker.get_by_text("技能等级证书已由", exact=False)
    expect(why).to_contain_text(f"{day.year}年{day.month}月{day.day}日撤回：查实为假证")
    worker.get_by_label("决定前您可以说明一次").fill("证书是培训机构代办的，我愿意退")
    worker.get_by_role("button", name="提交说明").click()
    expect(worker.get_by_text("您的说明")).to_be_visible()
    assert worker.evaluate("document.documentElement.scrollWidth") == PHONE[0]

    # The office reads it and agrees; the payee sees what to pay, and by when.
    office.reload()
    expect(office.get_by_text("证书是培训机构代办的")).to_be_visible()
    office.get_by_label("理由").fill("证书已撤回，应予退回")
    office.get_by_role("button", name="同意").click()
    expect(office.get_by_text("移入“待收回”")).to_be_visible()
    worker.goto(MINE)
    left = worker.locator("div", has=worker.locator("> dt", has_text="还需退回")).last
    expect(left).to_contain_text(yuan(one.amount))
    expect(worker.get_by_text("退回期限")).to_be_visible()
    worker.goto("/worker/")
    expect(worker.get_by_text(f"还需退回 {yuan(one.amount)} 元")).to_be_visible()

    # Finance books it as it comes, in two parts; then it is settled for all of them.
    cashier = windows(finance, "/office/adjustments/?show=owed")
    for reference, amount, answer in (("L-1", "300", "还剩"), ("L-2", "", "已结清")):
        cashier.get_by_label("银行流水号").fill(reference)
        if amount:
            cashier.get_by_label("收回金额").fill(amount)
        cashier.get_by_label("说明").fill("本人退回")
        cashier.get_by_role("button", name="登记收回").click()
        expect(cashier.get_by_text(answer).first).to_be_visible()
    expect(cashier.get_by_text("没有等待收回的款项")).to_be_visible()
    office.goto("/office/adjustments/?show=done")
    expect(office.get_by_text("已结清")).to_be_visible()
    expect(office.get_by_text("L-2")).to_be_visible()
    worker.goto(MINE)
    expect(left).to_contain_text("0元")
    expect(worker.get_by_text("多发的部分已退回")).to_be_visible()
    expect(worker.get_by_text("退回期限")).to_have_count(0)


def _paid(approver, finance, second) -> Entitlement:
    """A reward for a certificate that the bank has paid."""
    one = next(due for due in proposals(clause=CLAUSE, amount__gt=300, held=False))
    one = confirmed(one)
    approve(entitlement=one.pk, by=approver, at=timezone.now())
    batch = make_batch(fund=one.fund, by=finance, at=timezone.now())
    release(batch=batch.pk, by=second, at=timezone.now())
    mark_sent(batch=batch.pk, by=finance, at=timezone.now())
    lines = [f"{payment.end_to_end_id},{payment.amount},paid" for payment in batch.payments.all()]
    answer = "\n".join(["end_to_end_id,amount,result", *lines]).encode()
    take_return(content=answer, filename="r.csv", by=finance, at=timezone.now())
    one.refresh_from_db()
    assert one.state == State.PAID
    return one
