"""Windows of Chromium on the site of this process: real forms, answered within the test's own transaction."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock, Thread
from typing import Any

import pytest
from django.conf import settings
from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.core.handlers.wsgi import WSGIHandler
from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler
from django.db import connections
from django.test import Client
from playwright.sync_api import Browser, ConsoleMessage, Page, expect, sync_playwright

from jigong.accounts.models import Account

CHROMIUM = Path("/usr/bin/chromium")
PHONE, DESK = (390, 844), (1280, 900)
PATIENCE = 240_000
"""Milliseconds a busy machine is given; a page that decides people anew takes seconds on an idle one."""
NEEDED = pytest.mark.skipif(
    not CHROMIUM.is_file(), reason="needs Chromium (Debian: apt install chromium fonts-noto-cjk)"
)
_ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]

Windows = Callable[..., Page]
"""Opens a path in a window of its own: ``windows(account, path, size)``."""


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser. Playwright keeps an event loop in this thread, and Django has a connection of its own under it: so the
    database is to be used by a test in one of the two only."""
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        started = playwright.chromium.launch(executable_path=str(CHROMIUM), args=_ARGUMENTS)
        yield started
        started.close()
        connections.close_all()


def is_fault(said: ConsoleMessage) -> bool:
    """Whether what a page says in the console is a fault; that a form was refused is none."""
    return said.type == "error" and "status of 422" not in said.text


@contextmanager
def opening(browser: Browser) -> Iterator[Windows]:
    """Windows on the site. At the end no page may have complained of anything."""
    faults: list[str] = []
    contexts = []
    expect.set_options(timeout=PATIENCE)

    with _serving() as address:

        def open_(account: Account | None, path: str, size: tuple[int, int] = DESK) -> Page:
            context = browser.new_context(
                viewport={"width": size[0], "height": size[1]}, base_url=address, locale="zh-CN"
            )
            contexts.append(context)
            context.set_default_timeout(PATIENCE)
            if account is not None:
                client, name = Client(), settings.SESSION_COOKIE_NAME
                client.force_login(account)
                context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": address}])
            page = context.new_page()
            page.on("console", lambda said: faults.append(said.text) if is_fault(said) else None)
            page.on("pageerror", lambda error: faults.append(str(error)))
            page.goto(path)
            return page

        yield open_
        for context in contexts:
            context.close()
    assert faults == []


@contextmanager
def _serving() -> Iterator[str]:
    """Serve the site on a free port, one request at a time, through the connection that holds the test's transaction."""
    connection, handler, turn = connections["default"], WSGIHandler(), Lock()

    def answer(environ: dict[str, Any], start_response: Any) -> Any:
        with turn:
            return handler(environ, start_response)

    connection.inc_thread_sharing()
    # A request closes what it finds within a transaction; here that is the test's.
    patch = pytest.MonkeyPatch()
    patch.setattr(connection, "close_if_unusable_or_obsolete", lambda: None)
    server = _Server(
        ("localhost", 0), _Quiet, allow_reuse_address=False, connections_override={"default": connection}
    )
    server.set_app(StaticFilesHandler(answer))  # type: ignore[arg-type]
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://localhost:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        patch.undo()
        connection.dec_thread_sharing()


class _Server(ThreadedWSGIServer):
    def _close_connections(self) -> None:
        """The connection is the test's, and stays open."""


class _Quiet(WSGIRequestHandler):
    def log_message(self, *args: Any) -> None:
        """A request is nothing to tell of."""
