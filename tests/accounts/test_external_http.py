"""Asking somebody else's service: in time, over HTTPS, and not again while it is away."""

import socket
import threading
import time
from collections.abc import Iterator

import pytest

from jigong.accounts.external import http
from jigong.accounts.external.http import OutsideError, is_safe, post_json


@pytest.fixture(autouse=True)
def rested(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody rests for what another test did."""
    monkeypatch.setattr(http, "_resting", {})


@pytest.fixture
def dribbling() -> Iterator[tuple[str, list[int]]]:
    """Somebody who answers a byte at a time, each soon enough; and the statuses to answer with."""
    statuses: list[int] = []
    server = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                taken, _ = server.accept()
            except OSError:
                return
            threading.Thread(target=answer, args=(taken,), daemon=True).start()

    def answer(taken: socket.socket) -> None:
        with taken:
            taken.recv(65536)
            status = statuses[-1] if statuses else 200
            taken.sendall(f"HTTP/1.1 {status} X\r\nContent-Length: 1000\r\n\r\n".encode())
            for _ in range(200):
                try:
                    taken.sendall(b" ")
                except OSError:
                    return
                time.sleep(0.05)

    threading.Thread(target=serve, daemon=True).start()
    yield f"http://127.0.0.1:{server.getsockname()[1]}/", statuses
    server.close()


@pytest.mark.parametrize("status", [200, 401])
def test_who_dribbles_an_answer_is_left_at_the_deadline(dribbling, status):
    url, statuses = dribbling
    statuses.append(status)
    finished = threading.Event()
    kinds = []

    def ask() -> None:
        with pytest.raises(OutsideError) as left:
            post_json(url, {}, headers={}, timeout=0.3)
        kinds.append(left.value.kind)
        finished.set()

    threading.Thread(target=ask, daemon=True).start()
    assert finished.wait(5), "still waiting for a byte at a time"
    assert kinds == ["unreachable"]


def test_who_is_away_is_not_asked_again_by_those_who_wait(serve, monkeypatch):
    service = serve(lambda path, headers, body: (200, {"ok": True}))
    place = service.url + "/"
    assert post_json(place, {}, headers={}, rest=60) == {"ok": True}
    opened = http._opener.open
    monkeypatch.setattr(http._opener, "open", lambda *args, **given: (_ for _ in ()).throw(TimeoutError()))
    with pytest.raises(OutsideError):
        post_json(place, {}, headers={}, rest=60)
    monkeypatch.setattr(http._opener, "open", opened)
    asked = len(service.asked)
    with pytest.raises(OutsideError) as resting:
        post_json(place, {}, headers={}, rest=60)
    assert resting.value.kind == "unreachable"
    assert len(service.asked) == asked
    # Once rested, it is asked again.
    monkeypatch.setattr(http, "_resting", dict.fromkeys(http._resting, time.monotonic() - 1))
    assert post_json(place, {}, headers={}, rest=60) == {"ok": True}


def test_a_refusal_is_no_absence(serve):
    service = serve(lambda path, headers, body: (401, {"no": 1}))
    for _ in range(2):
        with pytest.raises(OutsideError) as refused:
            post_json(service.url + "/", {}, headers={}, rest=60)
        assert (refused.value.kind, refused.value.status) == ("refused", 401)
    assert len(service.asked) == 2


@pytest.mark.parametrize(
    ("url", "safe"),
    [
        ("https://sso.example/x", True),
        ("http://127.0.0.1:80/x", True),
        ("http://localhost/x", True),
        ("http://sso.example/x", False),
        ("http://localhost.evil.example/x", False),
        ("http://127.0.0.1.evil.example/x", False),
        ("https:///x", False),
        ("file:///etc/passwd", False),
        ("http://[", False),
        ("", False),
    ],
)
def test_secrets_go_over_https_or_stay_here(url, safe):
    assert is_safe(url) is safe
    if not safe:
        with pytest.raises(ValueError, match="HTTPS"):
            post_json(url, {}, headers={})
