"""A whole site on this machine: its database, its web server, its background worker, watched over until stopped."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from jigong.config.environment import local_environment, read_environment
from jigong.config.postgres import embedded
from jigong.kernel.problems import error

_PATIENCE = 20
"""Seconds a process has to end by itself."""


@contextmanager
def environment(pack: Path, data: Path, given: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """The variables of the site: those given; where no database is, one of the site's own, with secrets beside the data.

    Raises:
        JigongError: something is missing or wrong.
    """
    if given.get("DATABASE_URL"):
        found = {"JIGONG_PACK": str(pack), "JIGONG_DATA": str(data), **given}
        read_environment(found)
        yield found
        return
    with embedded(data / "postgres") as url:
        found = {**given, **local_environment(pack, data, url)}
        found.setdefault("JIGONG_HTTPS", "0")
        found.setdefault("JIGONG_HOSTS", "localhost,127.0.0.1")
        read_environment(found)
        try:
            yield found
        finally:
            _let_go()


def _let_go() -> None:
    """Close this process's connections: the database waits for them before it stops."""
    from django.conf import settings
    from django.db import connections

    if settings.configured:
        for connection in connections.all(initialized_only=True):
            connection.close()
            close_pool = getattr(connection, "close_pool", None)
            if close_pool is not None:
                close_pool()


def set_up(variables: Mapping[str, str]) -> None:
    """Let this process be Django's, with its database ready for this version of the program.

    Raises:
        JigongError: the keys are not those of this database.
    """
    os.environ.update(variables)
    os.environ["DJANGO_SETTINGS_MODULE"] = "jigong.config.settings"
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)
    # Models can only be imported once Django is set up.
    from jigong.accounts.queries import check_keys

    check_keys()


def free_port(wanted: int) -> int:
    """``wanted``, or the next port of this machine that nobody listens on."""
    for port in range(wanted, wanted + 100):
        with socket.socket() as tried:
            tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                tried.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise error(
        f"端口 {wanted} 起的 100 个端口都被占用", f"100 ports from {wanted} on are all in use",
        remedy=("用 --port 另选一个", "choose another with --port"),
    )  # fmt: skip


@dataclass
class _Process:
    """One process that must run: begun again when it ends by itself."""

    name: str
    command: list[str]
    variables: Mapping[str, str]
    child: subprocess.Popen[bytes] | None = None
    ended: int = 0

    def begin(self) -> None:
        self.child = subprocess.Popen(self.command, env=dict(self.variables))

    def alive(self) -> bool:
        return self.child is not None and self.child.poll() is None

    def end(self) -> None:
        if self.child is not None and self.alive():
            self.child.terminate()

    def wait(self) -> None:
        if self.child is not None:
            try:
                self.child.wait(_PATIENCE)
            except subprocess.TimeoutExpired:
                self.child.kill()


def serve(variables: Mapping[str, str], *, host: str, port: int, workers: int, threads: int) -> None:
    """Run web server and background worker until the process is told to stop.

    Raises:
        JigongError: one of them keeps ending by itself (its own message is above).
    """
    counts = Path(tempfile.mkdtemp(prefix="jigong-metrics-"))
    shared = {
        **os.environ, **variables, "DJANGO_SETTINGS_MODULE": "jigong.config.settings", "PROMETHEUS_MULTIPROC_DIR": str(counts),
    }  # fmt: skip
    python = [sys.executable, "-m"]
    # People who wait for a page come first.
    background = ["nice", "-n", "10", *python, "django", "procrastinate", "worker"]
    processes = [
        _Process(
            "web",
            [
                *python, "granian", "--interface", "wsgi", "--host", host, "--port", str(port), "--workers", str(workers),
                "--blocking-threads", str(threads), "--no-ws", "--respawn-failed-workers", "--log-level", "warning",
                "jigong.config.wsgi:application",
            ],
            shared,
        ),
        _Process("background", [*background, "--queues", "default"], shared),
        # A check of everybody takes minutes: it holds up neither the night nor what came just now.
        _Process("checks", [*background, "--queues", "checks"], shared),
    ]  # fmt: skip
    stopping: list[int] = []

    def stop(number: int, frame: FrameType | None) -> None:
        stopping.append(number)

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        for process in processes:
            process.begin()
        while not stopping:
            time.sleep(0.5)
            for process in processes:
                if not process.alive() and not stopping:
                    _again(process)
    finally:
        for process in processes:
            process.end()
        for process in processes:
            process.wait()
        for number, handler in before.items():
            signal.signal(number, handler)
        shutil.rmtree(counts, ignore_errors=True)


def _again(process: _Process) -> None:
    process.ended += 1
    if process.ended > 5:
        raise error(
            f"{process.name} 进程反复退出", f"the {process.name} process keeps ending",
            remedy=("看上面它自己的报错", "see its own message above"),
        )  # fmt: skip
    time.sleep(min(2**process.ended, 10))
    process.begin()
