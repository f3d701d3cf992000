"""A site as it is run, for tests: its own data folder, its own database, its own processes."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

from jigong.config.site import free_port

ENVIRONMENT = {"JIGONG_DEMO": "1", "JIGONG_TODAY": "2023-01-01", "JIGONG_LOG_LEVEL": "INFO"}
COMMAND = [sys.executable, "-m", "jigong"]


def variables() -> dict[str, str]:
    """The environment of a demonstration, with nothing of the tests' own site in it."""
    found = {**os.environ, **ENVIRONMENT}
    for name in (
        "DATABASE_URL",
        "DJANGO_SETTINGS_MODULE",
        "JIGONG_SECRET_KEY",
        "JIGONG_DATA_KEY",
        "JIGONG_LOOKUP_KEY",
        "JIGONG_PACK",
    ):
        found.pop(name, None)
    return found


@dataclass
class Served:
    """A running site."""

    data: Path
    port: int
    process: subprocess.Popen[bytes]
    log: Path

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def get(self, path: str) -> tuple[int, str]:
        try:
            with urllib.request.urlopen(f"{self.address}{path}", timeout=15) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as refused:
            return refused.code, refused.read().decode()

    def health(self) -> dict[str, str]:
        found: dict[str, str] = json.loads(self.get("/healthz")[1])
        return found

    def children(self, what: str) -> list[int]:
        """Processes of the site whose command has ``what`` in it."""
        found = subprocess.run(
            ["ps", "-e", "-o", "pid,ppid,args"], capture_output=True, text=True, check=True
        )
        rows = [line.split(None, 2) for line in found.stdout.splitlines()[1:]]
        mine = {self.process.pid}
        for _ in range(3):
            mine |= {int(pid) for pid, parent, _ in rows if int(parent) in mine}
        return [int(pid) for pid, _, args in rows if int(pid) in mine - {self.process.pid} and what in args]

    def database(self) -> psycopg.Connection:
        url = f"postgresql://postgres@/jigong?host={self.data / 'postgres'}"
        return psycopg.connect(url, autocommit=True)


def until(what: Callable[[], bool], seconds: float = 60) -> bool:
    """Whether ``what`` comes true in so many seconds; being away for a moment is not yet a no."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            if what():
                return True
        except (OSError, ValueError, KeyError, psycopg.Error):
            pass
        time.sleep(0.3)
    return False


@contextmanager
def serving(town: Path) -> Iterator[Served]:
    """Bring the lake of ``town`` to an empty site and serve it; afterwards it has stopped, and cleanly."""
    # Not below pytest's own folder, which the database's user cannot enter.
    data = Path(tempfile.mkdtemp(prefix="jigong-served-"))
    data.chmod(0o755)
    try:
        shutil.copytree(town / "lake", data / "lake")
        subprocess.run(
            [*COMMAND, "bring", "--data", str(data)], env=variables(), check=True, capture_output=True
        )
        with _running(data) as site:
            yield site
    finally:
        shutil.rmtree(data, ignore_errors=True)


@contextmanager
def _running(data: Path) -> Iterator[Served]:
    port, log = free_port(8400 + os.getpid() % 300), data / "site.log"
    with log.open("wb") as stream:
        process = subprocess.Popen(
            [*COMMAND, "serve", "--data", str(data), "--port", str(port)], env=variables(), stdout=stream, stderr=stream
        )  # fmt: skip
    site = Served(data, port, process, log)
    try:
        assert until(lambda: site.health()["background"] == "ok"), log.read_text()
        yield site
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(40)
    assert process.returncode == 0
    assert not until(lambda: site.get("/healthz")[0] > 0, 0.5)


def links(page: str) -> list[str]:
    """The static files a page names."""
    return re.findall(r'(?:href|src)="(/static/[^"]+)"', page)
