"""A worker whose contract waits in quarantine sees why their money is held, and goes on when the office delivers again."""

import csv
import io
from dataclasses import replace
from datetime import timedelta

import pytest
from django.conf import settings
from django.utils import timezone
from playwright.sync_api import expect
from tests.web.lake_words import lake, records, said
from tests.web.law_made import staff
from tests.web.office_site import account_for
from tests.web.windows import NEEDED, PHONE

from jigong.accounts.cipher import lookup
from jigong.accounts.enums import Role
from jigong.accounts.workers import worker_account
from jigong.delivery.models import Entitlement
from jigong.delivery.states import State
from jigong.services.bring import refresh

CLAUSE, CLASS = "transit", "labour_contract"
MINE = f"/worker/clauses/{CLAUSE}"

pytestmark = [pytest.mark.django_db, NEEDED]


def test_a_contract_that_waits_holds_the_money_until_it_is_delivered_again(own_town, windows, monkeypatch):
    proposed = Entitlement.objects.filter(clause=CLAUSE, state=State.PROPOSED).select_related("person")
    by_number = {one.person.number_hash: one for one in proposed}
    row, one = next(
        (row, by_number[hashed])
        for row in records(CLASS)
        if (hashed := lookup(row["person_id"], "person.number")) in by_number
    )
    account_for(one.person)
    day = lake().snapshot().known_on
    said(CLASS, {**row, "valid_from": "某年某月"}, file="-changed", day=day)
    refresh([one.person.open_number()], settings.JIGONG.data, at=timezone.now())

    # On the phone: on hold, why, and what ends it; there is nothing to press.
    worker = windows(worker_account(one.person), MINE, PHONE)
    expect(worker.get_by_text("暂缓办理").first).to_be_visible()
    expect(worker.get_by_text("有记录等着改正")).to_be_visible()
    expect(worker.get_by_text("自动解除")).to_be_visible()
    expect(worker.get_by_role("button", name="确认领取")).to_have_count(0)
    assert worker.evaluate("document.documentElement.scrollWidth") == PHONE[0]
    one.refresh_from_db()
    assert (one.state, one.held, one.deadline) == (State.PROPOSED, True, None)

    # The office sees the same, and delivers the row again, right.
    officer = windows(staff("hold-officer", "human_resources", Role.OFFICER), "/office/queue/held")
    expect(officer.get_by_text(f"#{one.pk}")).to_be_visible()
    officer.goto(f"/office/entitlements/{one.pk}")
    expect(officer.get_by_text("产业工人").first).to_be_visible()
    expect(officer.get_by_text("自动解除")).to_be_visible()
    monkeypatch.setattr(settings, "JIGONG", replace(settings.JIGONG, today=day + timedelta(days=1)))
    officer.goto(f"/office/data/quarantine/{CLASS}")
    raised = {**row, "monthly_wage": f"{float(row['monthly_wage']) + 100:.2f}"}
    officer.locator("input[type=file]").set_input_files(_file("劳动合同-改正.csv", raised))
    officer.get_by_role("button", name="报送", exact=True).click()
    officer.wait_for_url("**/delivered")
    numbers = officer.locator(".office-number-card .h1")
    expect(numbers).to_have_text(["1", "1", "0", "0"])

    # The hold is over; the worker goes on with one tap.
    worker.goto(MINE)
    expect(worker.get_by_text("自动解除")).to_have_count(0)
    worker.get_by_role("button", name="确认领取").click()
    expect(worker.locator("main")).to_contain_text("已确认")
    one.refresh_from_db()
    assert (one.held, one.state in (State.CONFIRMED, State.PASSED)) == (False, True)


def _file(name: str, *rows: dict[str, str]) -> dict[str, object]:
    """A CSV file as a form sends it."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return {"name": name, "mimeType": "text/csv", "buffer": text.getvalue().encode()}
