"""The site's tests: a made-up district, decided once for all processes, loaded into each one's database."""

import fcntl
import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone
from playwright.sync_api import Browser
from tests.web.windows import Windows, chromium, opening

from jigong.decisions.run import Run
from jigong.lake.intake import set_aside, take_in
from jigong.lake.lake import Lake
from jigong.lake.sources import FolderSource
from jigong.packs.reader import read_pack
from jigong.services.bring import bring
from jigong.services.publishing import checks
from jigong.services.publishing import tasks as background
from jigong.synthetic.district import make_district

PACK = Path(__file__).parents[2] / "packs" / "qiantang"
WORKERS = 600
SETTLED = ("accreditation", "collective_agreement", "skill_allowance")


@pytest.fixture(scope="session")
def town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with the lake of a small made-up district. Read only: tests that add data copy it."""
    shared = tmp_path_factory.getbasetemp()
    if tmp_path_factory.getbasetemp().name.startswith("popen-"):
        shared = shared.parent
    folder = shared / "town"
    with (shared / "town.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "made").is_file():
            pack = read_pack(PACK)
            files = folder / "files"
            make_district(PACK, pack.contracts, files, workers=WORKERS, seed=1)
            known_on = json.loads((files / "manifest.json").read_text(encoding="utf-8"))["as_of"]
            lake = Lake(folder / "lake", pack.contracts)
            take_in(lake, [FolderSource(files)], known_on=date.fromisoformat(known_on))
            # In so small a place what waits keeps open all that its only start-up, and the only firm that certifies
            # and pays an allowance, are due. Their offices have looked into it.
            waiting = lake.snapshot().waiting
            settled = [r for r in waiting.of("labour_contract") if "person_id" in r.unreadable]
            settled += [r for name in SETTLED for r in waiting.of(name)]
            set_aside(lake, settled, reason="示例：查无此人", known_on=date.fromisoformat(known_on))
            (folder / "made").touch()
    return folder


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any, town: Path) -> None:
    """The test database, with the district brought to its people."""
    settings.JIGONG = replace(settings.JIGONG, data=town)
    with django_db_blocker.unblock():
        bring(PACK, town, None, at=timezone.now())


@pytest.fixture
def own_town(town: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the data folder that a test may change, as the site's own while the test runs."""
    copy = tmp_path / "town"
    for part in ("lake", "runs", "packs"):
        shutil.copytree(town / part, copy / part)
    monkeypatch.setattr(settings, "JIGONG", replace(settings.JIGONG, data=copy))
    return copy


@pytest.fixture(scope="session")
def run(town: Path, django_db_setup: None, django_db_blocker: Any) -> Run:
    """The run the portals show."""
    with django_db_blocker.unblock():
        return bring(PACK, town, None, at=timezone.now()).run


@pytest.fixture(scope="module")
def browser(run: Run) -> Iterator[Browser]:
    """Chromium, started when the district is there and before the transaction of the first test."""
    with chromium() as started:
        yield started


@pytest.fixture
def windows(browser: Browser, db: None) -> Iterator[Windows]:
    """Opens windows of people of the district."""
    with opening(browser) as open_:
        yield open_


@pytest.fixture
def data(town: Path, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder of one's own on the district's lake, where drafts are written and everybody is decided anew."""
    (tmp_path / "lake").symlink_to(town / "lake")
    for part in ("facts", "runs"):
        shutil.copytree(town / part, tmp_path / part)
    monkeypatch.setattr(settings, "JIGONG", replace(settings.JIGONG, data=tmp_path))
    return tmp_path


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """What publishing leaves to the background is done where it is asked for, and looks one month ahead."""
    monkeypatch.setattr(checks, "MONTHS", 1)
    monkeypatch.setattr(background.check_draft, "defer", lambda check_id: background.check_draft(check_id))
    monkeypatch.setattr(background.take_effect, "defer", lambda **given: background.take_effect(**given))
