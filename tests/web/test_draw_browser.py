"""A home is drawn for among people some of whom are undecided: a place waits, passes on, and anybody checks the record."""

import csv
import hashlib
import subprocess
import sys
from dataclasses import replace
from datetime import date, timedelta

import lottery_made as made
import pytest
from django.conf import settings
from playwright.sync_api import expect
from tests.web.windows import NEEDED, PHONE

from jigong.accounts.workers import worker_account
from jigong.delivery.lottery import changes
from jigong.delivery.lottery.deciding import Decided
from jigong.delivery.lottery.enums import DocumentKind
from jigong.delivery.lottery.models import Entrant
from jigong.delivery.lottery.prizes import Terms
from jigong.delivery.lottery.queries import document, placed, view, winners
from jigong.delivery.lottery.verifier import draw as verifier

ENTRANTS, UNDECIDED, PLACES = 40, 20, 5
UNTIL = date(2023, 1, 31)
MINE = f"/worker/clauses/{made.HOMES}"

pytestmark = [pytest.mark.django_db, NEEDED]


def test_a_place_waits_passes_on_and_the_published_record_holds(town, run, tmp_path, windows, monkeypatch):
    source = made.source_with(town, run, tmp_path / "run", ENTRANTS, undecided=UNDECIDED)
    found = made.published(source, made.pair(), seed=_somebody_undecided_first)
    first = next(one for one in winners(found) if one.state == "waits").entrant
    worker = windows(worker_account(first.person), MINE, PHONE)
    expect(worker.get_by_text("名额留着")).to_be_visible()
    expect(worker.get_by_text("您中签了，资格还没定，名额为您保留到2023年1月31日")).to_be_visible()
    public = windows(None, f"/lottery/{found.draw.pk}")
    expect(public.get_by_text("个名额正等数据，最晚到2023年1月31日")).to_be_visible()
    expect(public.locator("main")).not_to_contain_text(first.person.name)

    # No data come by the end of the published day: the place is the next one's.
    monkeypatch.setattr(changes, "decide_conditional", _nobody_knows)
    monkeypatch.setattr(settings, "JIGONG", replace(settings.JIGONG, today=UNTIL))
    assert changes.settle_all(at=made.LATER) == 0
    monkeypatch.setattr(settings, "JIGONG", replace(settings.JIGONG, today=UNTIL + timedelta(days=1)))
    assert changes.settle_all(at=made.LATER) > 0
    worker.reload()
    expect(worker.get_by_text("名额已递补")).to_be_visible()
    last = winners(view(found.draw))[-1]
    assert last.state == "promoted"
    next_one = windows(worker_account(last.entrant.person), MINE, PHONE)
    expect(next_one.get_by_text("中签", exact=True)).to_be_visible()

    # Anybody: the published program on the published roster gives the published results, to the byte.
    public.reload()
    for what in ("roster.txt", "draw.py", "results.csv"):
        answer = public.request.get(f"/lottery/{found.draw.pk}/{what}")
        (tmp_path / what).write_bytes(answer.body())
    command = [sys.executable, "-I", tmp_path / "draw.py", tmp_path / "roster.txt", found.seed]
    mine = subprocess.run(command, capture_output=True, check=True).stdout
    assert mine == (tmp_path / "results.csv").read_bytes()
    expect(public.locator("main")).to_contain_text(hashlib.sha256(mine).hexdigest())
    # What came after follows from that order and the published events alone.
    order = [row["code"] for row in csv.DictReader(mine.decode().splitlines())]
    assert order == [one.entrant.code for one in placed(found, 1, ENTRANTS)]
    open_ = set(Entrant.objects.filter(draw=found.draw, conditional=True).values_list("code", flat=True))
    holders = [code for code in order if code not in open_][:PLACES]
    expect(public.locator(".lot-codes code")).to_have_text(holders)
    public.get_by_label("我的编号").fill(first.code)
    public.get_by_role("button", name="自己算一遍").click()
    expect(public.get_by_text("与公布的结果文件一字不差")).to_be_visible()


def _somebody_undecided_first(found):
    """A seed by which somebody undecided is drawn first."""
    roster = bytes(document(found.draw.pk, DocumentKind.ROSTER).body)
    open_ = set(Entrant.objects.filter(draw=found.draw, conditional=True).values_list("code", flat=True))
    seeds = (f"3089.{n:02}" for n in range(100))
    return next(seed for seed in seeds if verifier.order(roster, seed)[0][1] in open_)


def _nobody_knows(found):
    """What the rules say while no data come."""
    entered = Entrant.objects.filter(draw=found.draw, conditional=True)
    return {one.line: Decided("undecided", Terms("", None)) for one in entered}
