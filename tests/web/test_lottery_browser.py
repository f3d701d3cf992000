"""One's own rank worked out by a real browser from the public files: on a secure page, and where WebCrypto is missing."""

from collections.abc import Iterator
from pathlib import Path

import lottery_made as made
import pytest
from django.contrib.staticfiles import finders
from django.db import connections
from django.test import Client
from playwright.sync_api import Browser, Page, Route, expect, sync_playwright

from jigong.delivery.lottery import changes, sampler
from jigong.delivery.lottery.queries import placed, view, winners

CHROMIUM = Path("/usr/bin/chromium")
SECURE, PLAIN = "http://localhost", "http://jigong.example"
_TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(
        not CHROMIUM.is_file(), reason="needs Chromium (Debian: apt install chromium fonts-noto-cjk)"
    ),
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    # Playwright keeps an event loop in this thread; Django is to work in it all the same.
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        started = playwright.chromium.launch(
            executable_path=str(CHROMIUM),
            args=["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"],
        )
        yield started
        started.close()
        # Under an event loop Django has a connection of its own, which nobody finds afterwards.
        connections.close_all()


@pytest.fixture
def source(town, run, tmp_path):
    return made.source_with(town, run, tmp_path / "run", 40)


@pytest.fixture
def by():
    return made.pair()


@pytest.fixture
def opened(browser):
    """Opens the page of a draw, which answers without a network; nothing may be complained of."""
    faults, pages = [], []

    def open_(origin: str, draw: int, code: str = "", roster: bytes | None = None) -> Page:
        # Asked for here: what Playwright calls runs in a context that has another database connection.
        paths = (f"/lottery/{draw}", f"/lottery/{draw}/roster.txt")
        said = {path: Client().get(path, headers={"host": "localhost"}) for path in paths}

        def answer(route: Route) -> None:
            path = "/" + route.request.url.split("/", 3)[3].split("#")[0]
            if path in said:
                body = roster if roster and path.endswith(".txt") else said[path].content
                headers = dict(said[path].items())
                if origin == PLAIN:
                    # Browsers complain that they heed it on secure pages only.
                    del headers["Cross-Origin-Opener-Policy"]
                route.fulfill(status=said[path].status_code, body=body, headers=headers)
            else:
                file = Path(finders.find(path.removeprefix("/static/")))
                route.fulfill(body=file.read_bytes(), content_type=_TYPES[file.suffix])

        page = browser.new_context(viewport={"width": 390, "height": 844}).new_page()
        page.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.route("**/*", answer)
        page.goto(f"{origin}{paths[0]}{'#' + code if code else ''}")
        pages.append(page)
        return page

    yield open_
    for page in pages:
        page.context.close()
    assert faults == []


def _ask(page: Page, code: str) -> None:
    page.get_by_label("我的编号").fill(code)
    page.get_by_role("button", name="自己算一遍").click()


@pytest.mark.parametrize("origin", [SECURE, PLAIN])
def test_a_winner_and_one_who_waits_see_their_rank(source, by, opened, origin):
    found = made.published(source, by)
    page = opened(origin, found.draw.pk)
    assert page.evaluate("Boolean(globalThis.crypto?.subtle)") == (origin == SECURE)
    for one in (placed(found, 3, 1)[0], placed(found, 12, 1)[0]):
        _ask(page, one.entrant.code.lower().replace("-", " "))
        box = page.locator("[data-lottery-result]")
        expect(box.get_by_text("中签" if one.rank <= 5 else "候补", exact=True)).to_be_visible()
        expect(page.locator("[data-slot=rank]:visible").first).to_have_text(str(one.rank))
        expect(page.locator("[data-slot=ticket]")).to_have_text(
            sampler.ticket(made.SEED, found.draw.roster_sha256, one.entrant.code)
        )
        expect(box.get_by_text("与封存时公布的一致")).to_be_visible()
        expect(box.get_by_text("与公布的结果文件一字不差")).to_be_visible()
        assert box.get_by_text("浏览器自带的 SHA-256 复核").is_visible() == (origin == SECURE)
        assert page.evaluate("document.documentElement.scrollWidth") == 390


def test_whoever_follows_sees_that_the_place_is_theirs(source, by, opened):
    found = made.published(source, by)
    code = winners(found)[1].entrant.code
    changes.give_up(draw=found.draw.pk, code=code, by=by.first, at=made.LATER, reason="x")
    follower = winners(view(found.draw))[-1].entrant.code
    page = opened(SECURE, found.draw.pk, follower)
    expect(page.get_by_text("递补中签", exact=True)).to_be_visible()
    _ask(page, code)
    expect(page.get_by_text("已放弃", exact=True)).to_be_visible()


def test_a_winner_who_is_undecided_sees_until_when_the_place_waits(town, run, tmp_path, by, opened):
    found = made.published(made.source_with(town, run, tmp_path / "run", 40, undecided=40), by)
    page = opened(SECURE, found.draw.pk, winners(found)[0].entrant.code)
    expect(page.get_by_text("中签，名额为您留着", exact=True)).to_be_visible()
    expect(page.get_by_text("名额保留到2023年1月31日", exact=False).first).to_be_visible()
    expect(page.get_by_text("与公布的结果文件一字不差")).to_be_visible()


def test_a_roster_that_is_not_the_sealed_one_is_noticed(source, by, opened):
    found = made.published(source, by)
    lines = Client().get(f"/lottery/{found.draw.pk}/roster.txt").content.split(b"\n")
    shorter = b"\n".join([*lines[:-3], *lines[-2:]])
    page = opened(SECURE, found.draw.pk, roster=shorter)
    _ask(page, lines[-2].decode())
    expect(page.get_by_text("与封存时公布的不一致")).to_be_visible()
    expect(page.get_by_text("重新排出的结果与公布的不一致")).to_be_visible()


def test_before_the_seed_one_sees_that_one_is_listed(source, by, opened):
    found = made.sealed(source, by)
    code = made.Entrant.objects.filter(draw=found.draw, line=7).get().code
    page = opened(SECURE, found.draw.pk)
    _ask(page, code)
    expect(page.locator("[data-when=waiting]").get_by_text("在名单上")).to_be_visible()
    expect(page.locator("[data-when=waiting] [data-slot=line]")).to_have_text("7")
    _ask(page, "0000-0000-0000")
    expect(page.get_by_text("名单上没有这个编号")).to_be_visible()
    _ask(page, "wrong")
    expect(page.get_by_text("编号是 12 位数字和字母")).to_be_visible()
