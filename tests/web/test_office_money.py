"""From approval to paid in the office's pages: two people, one file, one return; budgets; nothing twice."""

import csv
import io
from datetime import date
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from tests.web.office_site import Site, site, waiting_for

from jigong.accounts.cipher import seal_text
from jigong.accounts.enums import OrganisationKind, Role
from jigong.accounts.models import Account, Membership, Organisation
from jigong.audit.models import Entry
from jigong.delivery.approval import approve
from jigong.delivery.ledger.models import BudgetChange
from jigong.delivery.ledger.queries import fund_year, fund_years
from jigong.delivery.models import Entitlement
from jigong.delivery.payments.enums import BatchState, PaymentState
from jigong.delivery.payments.models import Batch, Payment, ReturnLine
from jigong.delivery.replay.models import Adjustment, AdjustmentState, Direction
from jigong.delivery.replay.queries import BODY
from jigong.delivery.states import State

pytestmark = pytest.mark.django_db


@pytest.fixture
def office() -> Site:
    """The people of the demonstration."""
    return site()


@pytest.fixture
def approved(office: Site) -> Entitlement:
    """One approved entitlement of the union."""
    found = waiting_for(State.PASSED, "union")[0]
    return approve(entitlement=found.pk, by=office.who["demo-approver-union"], at=timezone.now())


def _made(office: Site, fund: str) -> Batch:
    answer = office.browser("demo-finance").post(reverse("office:make_batch"), {"fund": fund})
    assert answer.status_code == 302
    return Batch.objects.latest("id")


def _act(office: Site, name: str, batch: Batch, act: str, **more: str) -> int:
    address = reverse("office:act_on_batch", args=[batch.pk])
    return office.browser(name).post(address, {"act": act, **more}).status_code


def test_from_approval_to_paid(office: Site, approved: Entitlement) -> None:
    batch = _made(office, approved.fund)
    assert _act(office, "demo-finance", batch, "release") == 422  # whoever made it cannot let it go
    assert _act(office, "demo-finance-second", batch, "release") == 302
    assert _act(office, "demo-finance-second", batch, "release") == 302  # a double click
    finance = office.browser("demo-finance")
    file = finance.post(reverse("office:batch_file", args=[batch.pk]), {"as": "csv"})
    rows = list(csv.DictReader(io.StringIO(file.content.decode("utf-8-sig"))))
    assert [Decimal(row["金额"]) for row in rows] == [approved.amount]
    assert Entry.objects.filter(action="payments.download", object_id=str(batch.pk)).count() == 1
    assert _act(office, "demo-finance", batch, "sent") == 302
    out = f"端到端编号,金额,结果\n{rows[0]['端到端编号']},{rows[0]['金额']},成功\n".encode()
    for _ in range(2):  # the same return twice
        answer = finance.post(reverse("office:take_return"), {"file": SimpleUploadedFile("回单.csv", out)})
        assert answer.status_code == 302
        page = finance.get(answer["Location"])
        assert page.status_code == 200
    approved.refresh_from_db()
    assert approved.state == State.PAID
    assert Payment.objects.get(entitlement=approved).state == PaymentState.PAID
    assert sum(year.paid for year in fund_years(2023)) == approved.amount


def test_a_recovery_is_settled_when_its_money_is_back(office: Site, approved: Entitlement) -> None:
    batch = _made(office, approved.fund)
    _act(office, "demo-finance-second", batch, "release")
    _act(office, "demo-finance", batch, "sent")
    finance = office.browser("demo-finance")
    payment = Payment.objects.get(entitlement=approved)
    out = f"端到端编号,金额,结果\n{payment.end_to_end_id},{payment.amount},成功\n".encode()
    finance.post(reverse("office:take_return"), {"file": SimpleUploadedFile("回单.csv", out)})
    found = Adjustment.objects.create(
        entitlement=approved, direction=Direction.RECOVERY, amount=Decimal(100), key="a" * 64,
        body=seal_text('{"changes": [["discounted_tuition", "9540.00", "9400.00"]]}', BODY), created_at=timezone.now(),
        hear_until=date(2022, 12, 31),
    )  # fmt: skip
    address, given = (
        reverse("office:settle_recovery", args=[found.pk]),
        {"reference": "B-7", "amount": "60.00", "reason": "本人转回"},
    )
    of_one_office = Account.objects.create(username="finance-of-one-office")
    union = Organisation.objects.get(kind=OrganisationKind.BUREAU, code="union")
    Membership.objects.create(account=of_one_office, organisation=union, role=Role.FINANCE)
    browser = Client()
    browser.force_login(of_one_office)
    assert browser.post(address, given).status_code == 404, "the funds are the whole district's"
    assert finance.post(address, given).status_code == 422, "nobody has agreed yet"
    page = reverse("office:adjustments")
    approver = office.browser("demo-approver-union")
    shown = approver.get(page).content.decode()
    assert "9,540 元" in shown
    assert "9,400 元" in shown
    assert (
        approver.post(
            reverse("office:adjust", args=[found.pk]), {"answer": "accept", "reason": "属实"}
        ).status_code
        == 302
    )
    assert approver.post(address, given).status_code == 403, "who decides does not book money"
    assert address in finance.get(f"{page}?show=owed").content.decode()
    assert finance.post(address, given | {"reference": " "}).status_code == 422
    assert finance.post(address, given).status_code == 302
    assert finance.post(address, given).status_code == 422, "a reference is booked once"
    found.refresh_from_db()
    assert (found.state, found.left) == (AdjustmentState.ACCEPTED, Decimal(40))
    rest = {"reference": "B-8", "reason": "本人转回"}
    for wrong in ("40.01", "0", "-1", "many"):
        assert finance.post(address, rest | {"amount": wrong}).status_code == 422
    assert finance.post(address, rest).status_code == 302, "without an amount it is the rest"
    found.refresh_from_db()
    assert (found.state, found.left) == (AdjustmentState.SETTLED, Decimal(0))
    assert sum(year.recovered for year in fund_years(2023)) == Decimal(100)
    assert Entry.objects.filter(action="replay.settle", object_id=str(found.pk)).count() == 2
    assert finance.post(address, rest | {"reference": "B-9"}).status_code == 422
    assert address not in finance.get(f"{page}?show=owed").content.decode()


def test_a_discarded_batch_needs_a_reason_and_frees_its_payments(office: Site, approved: Entitlement) -> None:
    batch = _made(office, approved.fund)
    assert _act(office, "demo-finance", batch, "discard") == 422
    assert _act(office, "demo-finance", batch, "discard", reason="账户有误") == 302
    batch.refresh_from_db()
    assert batch.state == BatchState.DISCARDED
    assert _act(office, "demo-finance-second", batch, "release") == 409
    assert _made(office, approved.fund).count == 1


def test_no_file_before_the_release(office: Site, approved: Entitlement) -> None:
    batch = _made(office, approved.fund)
    answer = office.browser("demo-finance").post(reverse("office:batch_file", args=[batch.pk]), {"as": "csv"})
    assert answer.status_code == 422


def test_payees_and_accounts_are_masked_on_the_page(office: Site, approved: Entitlement) -> None:
    batch = _made(office, approved.fund)
    page = office.browser("demo-finance").get(reverse("office:batch", args=[batch.pk])).content.decode()
    assert approved.person is not None
    assert approved.person.name not in page
    account = approved.bank_account
    assert account is not None
    assert account.open_number() not in page
    assert account.last4 in page


@pytest.mark.parametrize("name", ["demo-officer-union", "demo-approver-union", "demo-auditor", "demo-leader"])
def test_only_finance_pays(office: Site, approved: Entitlement, name: str) -> None:
    browser = office.browser(name)
    assert browser.get(reverse("office:payments")).status_code == 403
    assert browser.post(reverse("office:make_batch"), {"fund": approved.fund}).status_code == 403
    assert not Batch.objects.exists()


def test_a_return_that_is_no_return_is_refused(office: Site) -> None:
    file = SimpleUploadedFile("x.csv", b"\x00\x01nothing")
    answer = office.browser("demo-finance").post(reverse("office:take_return"), {"file": file})
    assert answer.status_code == 422


def test_the_funds_page_shows_what_was_reserved(office: Site, approved: Entitlement) -> None:
    page = office.browser("demo-leader").get(reverse("office:funds"), {"year": "2023"})
    assert page.status_code == 200
    assert sum(fund.reserved for fund, _ in page.context["funds"]) == approved.amount
    assert page.context["total"]["reserved"] == approved.amount
    lines = office.browser("demo-leader").get(reverse("office:fund", args=[approved.fund, 2023]))
    assert any(line.entitlement == approved.pk for line in lines.context["lines"].lines)
    assert (
        office.browser("demo-leader").get(reverse("office:fund", args=["nothing", 2023])).status_code == 404
    )
    assert office.browser("demo-leader").get(reverse("office:check_books")).context["check"].ok


def test_a_budget_is_changed_by_two_people_on_the_page(office: Site) -> None:
    before = fund_year("care", 2023).budget
    page, address = (
        reverse("office:fund", args=["care", 2023]),
        reverse("office:propose_budget", args=["care", 2023]),
    )
    finance, second = office.browser("demo-finance"), office.browser("demo-finance-second")
    paper = {"amount": "100,000", "reference": "财〔2023〕1号", "reason": "年中追加"}
    for _ in range(2):
        assert finance.post(address, paper).status_code == 302
    assert fund_year("care", 2023).budget == before
    change = BudgetChange.objects.get()
    answer = reverse("office:answer_budget", args=["care", 2023, change.pk])
    assert 'value="confirm"' not in finance.get(page).content.decode()
    shown = second.get(page).content.decode()
    assert "关爱基金 2023 年，按 财〔2023〕1号 调整 100,000 元，预算变为 12,100,000 元" in shown
    assert page in second.get(reverse("office:home")).content.decode()
    assert finance.post(answer, {"answer": "confirm"}).status_code == 422, "who proposed does not confirm"
    for _ in range(2):
        assert second.post(answer, {"answer": "confirm"}).status_code == 302
    assert fund_year("care", 2023).budget == before + 100_000
    assert finance.post(answer, {"answer": "decline", "text": "晚了"}).status_code == 422
    for wrong in ({"amount": "many"}, {"amount": "99999999", "reference": "2"}, {"reference": ""}):
        assert finance.post(address, {**paper, **wrong}).status_code == 422
    assert office.browser("demo-leader").post(address, paper).status_code == 403


def test_a_failure_is_confirmed_by_another_person_on_the_page(office: Site, approved: Entitlement) -> None:
    batch = _made(office, approved.fund)
    _act(office, "demo-finance-second", batch, "release")
    payment = Payment.objects.get(entitlement=approved)
    out = f"端到端编号,金额,结果,原因\n{payment.end_to_end_id},{payment.amount},失败,户名不符\n".encode()
    finance, second = office.browser("demo-finance"), office.browser("demo-finance-second")
    page = finance.post(reverse("office:take_return"), {"file": SimpleUploadedFile("回单.csv", out)})[
        "Location"
    ]
    line = ReturnLine.objects.get()
    address, given = f"{page}/answer", {"line": line.pk, "answer": "confirm"}
    assert 'value="confirm"' not in finance.get(page).content.decode()
    assert 'value="confirm"' in second.get(page).content.decode()
    assert page in second.get(reverse("office:home")).content.decode()
    assert finance.post(address, given).status_code == 422, "who took it in does not confirm"
    assert second.post(address, {"answer": "confirm"}).status_code == 422, "nothing is ticked"
    assert second.post(address, {**given, "answer": "decline"}).status_code == 422, "no reason"
    for _ in range(2):
        assert second.post(address, given).status_code == 302
    payment.refresh_from_db()
    assert payment.state == PaymentState.FAILED
    assert "第二人已确认" in second.get(page).content.decode()


def test_what_is_held_up_has_a_page_and_the_batch_says_what_it_left_out(
    office: Site, approved: Entitlement
) -> None:
    assert approved.person is not None
    approved.person.bank_accounts.update(active=False)
    finance = office.browser("demo-finance")
    page = reverse("office:held_up")
    assert page in finance.get(reverse("office:home")).content.decode()
    shown = finance.get(page).content.decode()
    assert f"#{approved.pk}" in shown
    assert "没有收款账户" in shown
    assert "请收款人登记收款账户" in shown
    assert finance.post(reverse("office:make_batch"), {"fund": approved.fund}).status_code == 422
    assert office.browser("demo-leader").get(page).status_code == 403
