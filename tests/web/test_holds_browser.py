"""A worker whose contract waits in quarantine sees why their money is held, and it goes on when the office delivers again."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.db import connections
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Browser, Page, Route, expect, sync_playwright
from tests.web.lake_words import lake, records, said
from tests.web.law_made import browser as desk
from tests.web.law_made import staff
from tests.web.office_site import account_for

from jigong.accounts.cipher import lookup
from jigong.accounts.enums import Role
from jigong.accounts.workers import worker_account
from jigong.delivery.models import Entitlement
from jigong.delivery.states import State
from jigong.services.bring import refresh

CHROMIUM = Path("/usr/bin/chromium")
PHONE, DESK = (390, 844), (1280, 900)
CLAUSE = "transit"
_TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(
        not CHROMIUM.is_file(), reason="needs Chromium (Debian: apt install chromium fonts-noto-cjk)"
    ),
]


@pytest.fixture
def browser() -> Iterator[Browser]:
    # Playwright keeps an event loop in this thread; Django is to work in it all the same.
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        started = playwright.chromium.launch(
            executable_path=str(CHROMIUM), args=["--no-sandbox", "--disable-gpu"]
        )
        yield started
        started.close()
        connections.close_all()


Show = Callable[[Client, str, tuple[int, int]], Page]


@pytest.fixture
def show(browser: Browser, tmp_path: Path) -> Show:
    """Opens a page of the site in Chromium, answered without a network."""

    def open_(client: Client, path: str, size: tuple[int, int]) -> Page:
        answer = client.get(path, headers={"host": "localhost"})
        assert answer.status_code == 200

        def respond(route: Route) -> None:
            asked = "/" + route.request.url.split("/", 3)[3].split("?")[0]
            file = finders.find(asked.removeprefix("/static/")) if asked.startswith("/static/") else None
            if asked == path:
                route.fulfill(body=answer.content, content_type="text/html; charset=utf-8")
            elif file is not None:
                route.fulfill(body=Path(file).read_bytes(), content_type=_TYPES.get(Path(file).suffix, ""))
            else:
                route.abort()

        page = browser.new_context(viewport={"width": size[0], "height": size[1]}).new_page()
        page.route("**/*", respond)
        page.goto(f"http://localhost{path}")
        page.screenshot(path=tmp_path / f"{path.strip('/').replace('/', '-')}-{size[0]}.png", full_page=True)
        return page

    return open_


def test_a_contract_that_waits_holds_the_money_until_it_is_delivered_again(own_town, run, show):
    row = next(
        row for row in records("labour_contract")
        if Entitlement.objects.filter(clause=CLAUSE, state=State.PROPOSED, person__number_hash=_hash(row["person_id"])).exists()
    )  # fmt: skip
    one = Entitlement.objects.select_related("person").get(
        clause=CLAUSE, state=State.PROPOSED, person__number_hash=_hash(row["person_id"])
    )
    account_for(one.person)
    worker, officer = Client(), desk(staff("hold-officer", "human_resources", Role.OFFICER))
    worker.force_login(worker_account(one.person))
    day = lake().snapshot().known_on
    said("labour_contract", {**row, "valid_from": "某年某月"}, file="-changed", day=day)
    refresh([one.person.open_number()], settings.JIGONG.data, at=timezone.now())
    page = show(worker, f"/worker/clauses/{CLAUSE}", PHONE)
    expect(page.get_by_text("暂缓办理").first).to_be_visible()
    expect(page.get_by_text("自动解除")).to_be_visible()
    expect(page.get_by_text("有记录等着改正")).to_be_visible()
    assert page.get_by_role("button", name="确认领取").count() == 0
    one.refresh_from_db()
    assert (one.state, one.held, one.deadline) == (State.PROPOSED, True, None)

    page = show(officer, "/office/queue/held", DESK)
    expect(page.locator(f"text=#{one.pk}")).to_be_visible()
    page = show(officer, f"/office/entitlements/{one.pk}", DESK)
    expect(page.get_by_text("产业工人").first).to_be_visible()
    expect(page.get_by_text("自动解除")).to_be_visible()

    raised = {**row, "monthly_wage": f"{float(row['monthly_wage']) + 100:.2f}"}
    said("labour_contract", raised, file="-put-right", day=day + timedelta(days=1))
    refresh([one.person.open_number()], settings.JIGONG.data, at=timezone.now())
    page = show(worker, f"/worker/clauses/{CLAUSE}", PHONE)
    expect(page.get_by_role("button", name="确认领取")).to_be_visible()
    assert page.get_by_text("暂缓办理").count() == 0
    one.refresh_from_db()
    assert (one.held, one.deadline is None) == (False, False)


def _hash(number: str) -> str:
    return lookup(number, "person.number")
