"""The site's tests: a made-up district, decided once for all processes, loaded into each one's database."""

import fcntl
import json
import re
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
from jigong.kernel.hashing import content_hash
from jigong.kernel.problems import Problem
from jigong.lake.intake import set_aside, take_in
from jigong.lake.lake import Lake
from jigong.lake.sources import FolderSource
from jigong.packs.document import read_text
from jigong.packs.pack import Pack, deciding_files
from jigong.packs.reader import read_pack
from jigong.services.bring import bring
from jigong.services.publishing import checks, comparing
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
    monkeypatch.setattr(background, "begin", lambda check: checks.run_check(check.pk))
    monkeypatch.setattr(background.take_effect, "defer", lambda **given: background.take_effect(**given))


_KNOWN: dict[tuple[Any, ...], Any] = {}
"""What checks of the shared district found, by what they depend on."""


@pytest.fixture
def remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a check found about the shared district and a law is not found again by the next test that asks the same.

    For tests that are not about the comparison itself. What differs between them are only the numbers of drafts.
    """
    everybody, pack_check = comparing.Comparison.everybody, checks.check_pack

    def compared(self: Any, before: Pack, after: Pack) -> dict[str, Any]:
        check = self._check
        key = (check.base_meaning, check.meaning, check.snapshot, check.day, check.in_force_on, checks.MONTHS)
        if key not in _KNOWN:
            _KNOWN[key] = everybody(self, before, after)
        return dict(_KNOWN[key])

    def problems(pack: Pack, day: date) -> list[Problem]:
        texts = (read_text(file) for layer in pack.layers for file in deciding_files(layer))
        key = (content_hash([re.sub(r"draft-\d+", "draft", text) for text in texts]), day)
        if key not in _KNOWN:
            found = pack_check(pack, day)
            if found:
                return found
            _KNOWN[key] = []
        return []

    monkeypatch.setattr(comparing.Comparison, "everybody", compared)
    monkeypatch.setattr(checks, "check_pack", problems)
