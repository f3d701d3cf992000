"""The law changes while a matter is under way: the page says which law it stands under, and offers what today's gives."""

import shutil
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect
from tests.web.conftest import PACK
from tests.web.office_site import Site, confirmed, site
from tests.web.windows import DESK, NEEDED, PHONE

from jigong.accounts.workers import worker_account
from jigong.delivery.actions import review
from jigong.delivery.approval import approve, approve_many
from jigong.delivery.models import Entitlement
from jigong.delivery.queries import latest_basis
from jigong.delivery.replay.newer_law import newer_result, take_newer
from jigong.delivery.states import State
from jigong.dossiers.law import current_run
from jigong.kernel.problems import JigongError
from jigong.services.bring import bring

pytestmark = pytest.mark.django_db
NOW = timezone.now()
SHARE, LESS, MORE = (
    "value: 5000.00, source: {value: S0",
    "value: 500.00, source: {value: S0",
    "value: 9000.00, source: {value: S0",
)


def _law(folder: Path, new: str) -> Path:
    """The pack with another cap of the associate grant."""
    shutil.copytree(PACK, folder / "qiantang")
    file = folder / "qiantang" / "parameters" / "degree.yaml"
    before, cap, after = file.read_text(encoding="utf-8").partition("associate_cap:")
    file.write_text(before + cap + after.replace(SHARE, new, 1), encoding="utf-8")
    return folder / "qiantang"


def _passed(office: Site) -> list[Entitlement]:
    """Associate grants that wait for their approval."""
    rows = Entitlement.objects.filter(clause="degree-associate", branch="partial", state=State.PROPOSED)
    found = [confirmed(row) for row in rows.select_related("person").order_by("amount")[:2]]
    officer = office.who["demo-officer-union"]
    return [
        review(entitlement=one.pk, by=officer, at=NOW) if one.state == State.CONFIRMED else one
        for one in found
    ]


def test_todays_law_is_shown_and_taken_by_one_who_does_not_approve(own_town: Path, tmp_path: Path) -> None:
    office = site()
    due, *_ = _passed(office)
    assert newer_result(due) is None
    before = due.amount
    bring(_law(tmp_path, LESS), own_town, None, at=NOW)
    newer = newer_result(due)
    assert newer is not None
    assert newer.amount == 500
    approver = office.who["demo-approver-union"]
    page = (
        office.browser("demo-approver-union")
        .get(reverse("office:entitlement", args=[due.pk]))
        .context["page"]
    )
    assert page.law.then.pack_hash != page.law.now.pack_hash == current_run().pack_hash
    assert f"{before:,.2f}".removesuffix(".00") in page.law.sum[-1]
    assert "500" in page.sum[-1]
    assert "adopt" in {action.move for action in page.actions}
    (result,) = approve_many(entitlements=[due.pk], by=approver, at=NOW)
    assert not result.ok
    assert result.problem is not None
    assert "规定改了" in result.problem.what.zh
    queue = office.browser("demo-approver-union").post(
        reverse("office:bulk", args=["approve"]),
        {"move": "approve", "item": f"{due.pk}:{due.version}"},
        follow=True,
    )
    assert "规定改了" in queue.content.decode()
    taken = take_newer(entitlement=due.pk, by=approver, at=NOW, version=due.version)
    assert (taken.state, taken.amount) == (State.CORRECTED, 500)
    again = confirmed(taken)
    basis = latest_basis(again)
    assert basis is not None
    assert basis.pack_hash == current_run().pack_hash, "from here on it stands under today's law"
    assert newer_result(again) is None
    if again.state == State.CONFIRMED:
        review(entitlement=again.pk, by=office.who["demo-officer-union"], at=NOW)
    with pytest.raises(JigongError, match="whoever reviewed it or set its amount"):
        approve(entitlement=due.pk, by=approver, at=NOW)


def test_by_itself_it_goes_on_under_its_own_law(own_town: Path, tmp_path: Path) -> None:
    office = site()
    due, *_ = _passed(office)
    bring(_law(tmp_path, LESS), own_town, None, at=NOW)
    done = approve(entitlement=due.pk, by=office.who["demo-approver-union"], at=NOW)
    assert (done.state, done.amount) == (State.APPROVED, due.amount)


@NEEDED
def test_both_results_stand_under_their_own_headings(windows, own_town: Path, tmp_path: Path) -> None:
    office = site()
    due, *_ = _passed(office)
    before = due.amount or Decimal(0)
    bring(_law(tmp_path, LESS), own_town, date(2023, 1, 2), at=NOW)
    for size in (PHONE, DESK):
        page = windows(office.who["demo-approver-union"], f"/office/entitlements/{due.pk}", size)
        expect(page.locator("#law")).to_contain_text("2023年1月2日起的规定")
        expect(page.locator("#sum-then h2")).to_contain_text(f"{before:,.2f}".removesuffix(".00"))
        expect(page.locator("#sum-now h2")).to_contain_text("500")
        assert page.evaluate("document.documentElement.scrollWidth") == size[0]
        worker = windows(worker_account(due.person), f"/worker/clauses/{due.clause}", size)
        expect(worker.get_by_text("按您确认时的规定办理")).to_be_visible()
        expect(worker.get_by_text("按现行规定会是 500")).to_be_visible()
