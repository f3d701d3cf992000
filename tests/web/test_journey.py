"""The whole way in a real browser: from why to paid, with everybody who has a part in it, and nothing twice."""

import csv
import io
import json
import os
import subprocess
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright
from served_site import COMMAND, Served, serving, variables

from jigong.lake.intake import take_in
from jigong.lake.lake import Lake
from jigong.lake.sources import FolderSource
from jigong.packs.reader import read_pack
from jigong.synthetic.district import make_district

PACK = Path(__file__).parents[2] / "packs" / "qiantang"
CHROMIUM = Path("/usr/bin/chromium")
CARD = "6222020000000001586"
PHONE, DESKTOP = {"width": 390, "height": 844}, {"width": 1280, "height": 900}
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip

pytestmark = pytest.mark.skipif(
    not CHROMIUM.is_file(), reason="needs Chromium (Debian: apt install chromium fonts-noto-cjk)"
)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A site for 2,000 made-up workers: enough for one whose grant reaches the cap."""
    folder = tmp_path_factory.mktemp("district")
    pack = read_pack(PACK)
    make_district(PACK, pack.contracts, folder / "files", workers=2000, seed=1)
    day = json.loads((folder / "files" / "manifest.json").read_text(encoding="utf-8"))["as_of"]
    take_in(
        Lake(folder / "lake", pack.contracts),
        [FolderSource(folder / "files")],
        known_on=date.fromisoformat(day),
    )
    with serving(folder) as site:
        yield site


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
        yield started
        started.close()


@pytest.fixture
def faults(served: Served) -> Iterator[list[str]]:
    """What browsers complained of, in any of the journey's windows: must stay empty."""
    found: list[str] = []
    yield found
    assert found == []


def window(browser: Browser, faults: list[str], *, phone: bool = False) -> Page:
    page = browser.new_context(viewport=PHONE if phone else DESKTOP).new_page()
    page.on(
        "console", lambda said: faults.append(f"{page.url}: {said.text}") if said.type == "error" else None
    )
    page.on("pageerror", lambda error: faults.append(f"{page.url}: {error}"))
    return page


def signed_in(browser: Browser, site: Served, who: str, faults: list[str], *, nth: int = 0) -> Page:
    """A window of somebody on the demonstration's list."""
    page = window(browser, faults)
    page.goto(f"{site.address}/demo")
    page.get_by_role("button").filter(has_text=who).nth(nth).click()
    page.wait_for_url(lambda url: "/demo" not in url)
    return page


def by_phone(browser: Browser, site: Served, name: str, faults: list[str]) -> Page:
    """The worker's own way in: phone number, and the code that a demonstration shows on the screen."""
    contracts = read_pack(PACK).contracts
    with Lake(site.data / "lake", contracts).snapshot().connect() as lake:
        ((mobile,),) = lake.execute("SELECT mobile FROM person WHERE name = ?", [name]).fetchall()
    page = window(browser, faults, phone=True)
    page.goto(f"{site.address}/sign-in")
    page.locator("input[name=mobile]").fill(mobile)
    page.locator("main form button").first.click()
    code = page.locator("#shown-code").inner_text().strip()
    page.locator("input[name=code]").fill(code.replace(" ", ""))
    page.locator("main form").filter(has=page.locator("input[name=code]")).locator("button").first.click()
    page.wait_for_url("**/worker/**")
    return page


def accept_dialogs(page: Page) -> None:
    """Say yes in the page's own dialog, where one asks."""
    asked = page.locator("dialog[open] button").first
    if asked.is_visible():
        asked.click()


def counts(site: Served) -> dict[str, int]:
    """How many rows each table has that a decision or a payment writes to."""
    with site.database() as database:
        names = database.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
            " AND (tablename ~ '^(delivery|ledger|payments|lottery|replay)_' OR tablename = 'accounts_person')"
        ).fetchall()
        return {
            name: database.execute(f'SELECT count(*) FROM "{name}"').fetchall()[0][0] for (name,) in names
        }


def test_from_why_to_paid(served: Served, browser: Browser, faults: list[str]) -> None:
    with window(browser, faults).context as context:
        page = context.pages[0]
        page.goto(f"{served.address}/demo")
        line = page.get_by_role("button").filter(has_text="有补助可以申请的职工").inner_text()
    name = next(word for word in line.replace("·", " ").split() if word.startswith("工人"))

    # The worker signs in by phone and sees why 5,000 yuan are due.
    worker = by_phone(browser, served, name, faults)
    expect(worker.locator("main")).to_contain_text("5,000")
    worker.get_by_role("link").filter(has_text="专科学历资助").first.click()
    main = worker.locator("main")
    for reason in ("是钱塘区工会会员", "连续缴纳社会保险达到规定月数", "年龄在规定范围内", "就读指定学校"):
        expect(main).to_contain_text(reason)
    expect(main).to_contain_text("7,155")
    worker.locator("input[name=number]").fill(CARD)
    worker.locator("input[name=bank]").fill("示例银行")
    worker.get_by_role("button", name="确认领取").click()
    expect(main).to_contain_text("已确认")
    worker.goto(f"{served.address}/worker/data/consents")
    worker.locator("button[name=give][value=benefits]").click()

    # An officer reviews, another approves; the fund is debited.
    reviewer = signed_in(browser, served, "总工会 · 经办", faults)
    reviewer.goto(f"{served.address}/office/queue/review")
    reviewer.locator("a[href*='/office/entitlements/']").first.click()
    due = reviewer.url
    reviewer.get_by_role("button", name="复核通过").click()
    officer = signed_in(browser, served, "总工会 · 审批", faults)
    officer.goto(due)
    officer.get_by_role("button", name="批准").click()
    accept_dialogs(officer)
    expect(officer.locator("main")).to_contain_text("待发放")
    officer.goto(f"{served.address}/office/funds/")
    expect(officer.locator("main")).to_contain_text("14,995,000")

    # Finance makes the bank's file, a second person releases it, and the return is matched.
    finance = signed_in(browser, served, "财务", faults)
    finance.goto(f"{served.address}/office/payments/")
    fund = finance.locator("section.card").filter(has_text="教育基金").first
    fund.locator("summary").click()
    for field, text in (("holder", "示例专户"), ("number", "330100000000000017"), ("bank", "示例银行")):
        fund.locator(f"input[name={field}]").fill(text)
    fund.get_by_role("button", name="登记", exact=True).click()
    finance.get_by_role("button", name="编制批次").click()
    batch = finance.url
    second = signed_in(browser, served, "财务", faults, nth=1)
    second.goto(batch)
    second.get_by_role("button", name="复核放行").click()
    accept_dialogs(second)
    with second.expect_download() as downloading:
        second.get_by_role("button", name="CSV (UTF-8)").click()
    sent = Path(downloading.value.path()).read_bytes()
    with second.expect_download() as downloading:
        second.get_by_role("button", name="pain.001").click()
    assert b"5000.00" in Path(downloading.value.path()).read_bytes()
    second.get_by_role("button", name="登记已交银行").click()
    (row,) = csv.DictReader(io.StringIO(sent.decode("utf-8-sig")))
    (number,) = [value for column, value in row.items() if "end_to_end" in column or "端到端" in column]
    answer = f"end_to_end_id,amount,result,reason\n{number},5000.00,paid,\n".encode()
    for _ in range(2):
        second.goto(f"{served.address}/office/payments/")
        second.locator("input[type=file]").set_input_files(
            {"name": "return.csv", "mimeType": "text/csv", "buffer": answer}
        )
        second.get_by_role("button", name="上传并匹配").click()
        second.wait_for_url("**/returns/*")

    # The worker sees it paid; HR sees the status; the leader's page shows the money.
    worker.goto(f"{served.address}/worker/clauses/degree-associate")
    expect(main).to_contain_text("已兑现")
    hr = signed_in(browser, served, "企业人事", faults)
    hr.goto(f"{served.address}/enterprise/benefits/")
    expect(hr.locator("main")).to_contain_text("专科学历资助")
    expect(hr.locator("main")).to_contain_text("已兑现")
    leader = signed_in(browser, served, "领导", faults)
    leader.goto(f"{served.address}/cockpit/budget")
    expect(leader.locator("main")).to_contain_text("5,000")

    # A second run of everything changes nothing.
    before = counts(served)
    with served.database() as database:
        (job,) = database.execute(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, args) VALUES ('default', 'jigong.bring_now', '{}') RETURNING id"
        ).fetchall()[0]
        for _ in range(360):
            ((status,),) = database.execute(
                "SELECT status::text FROM procrastinate_jobs WHERE id = %s", [job]
            ).fetchall()
            if status not in ("todo", "doing"):
                break
            worker.wait_for_timeout(500)
    assert status == "succeeded"
    assert counts(served) == before
    checked = subprocess.run(
        [*COMMAND, "ledger", "check", "--data", str(served.data)], env=variables(), capture_output=True, text=True, check=False
    )  # fmt: skip
    assert checked.returncode == 0, checked.stdout + checked.stderr
