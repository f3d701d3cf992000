"""People and organisations for tests of accounts, and a service that stands in for somebody else's."""

import json
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from jigong.accounts.cipher import lookup, seal_text
from jigong.accounts.humans import set_number
from jigong.accounts.models import Account, Membership, Organisation, Person

AT = datetime(2023, 1, 1, 9, tzinfo=UTC)
Answer = Callable[[str, dict[str, str], bytes], tuple[Any, ...]]
"""Path, headers and body of a request; to the status, the body, and further headers if any."""


def make_person(
    number: str, *, mobile: str = "", employer: Organisation | None = None, **more: Any
) -> Person:
    """A person; ``number`` need not be valid."""
    return Person.objects.create(
        number_hash=lookup(number, "person.number"), number=seal_text(number, "person.number"),
        name=more.pop("name", f"工人{number[-4:]}"), employer=employer,
        mobile_hash=lookup(mobile, "person.mobile") if mobile else "",
        mobile=seal_text(mobile, "person.mobile") if mobile else None, **more,
    )  # fmt: skip


def make_organisation(kind: str, code: str, **more: Any) -> Organisation:
    """An organisation that no pack has."""
    return Organisation.objects.create(kind=kind, code=f"x-{code}", zh=more.pop("zh", code), **more)


def make_member(username: str, role: str, organisation: Organisation) -> Account:
    """Staff with one role."""
    account = Account.objects.create(username=username)
    set_number(account, username)
    Membership.objects.create(account=account, organisation=organisation, role=role)
    return account


class Service:
    """Somebody else's HTTP service: answers as ``answer`` says, and remembers what it was asked."""

    def __init__(self, answer: Answer) -> None:
        self.asked: list[tuple[str, dict[str, str], bytes]] = []
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.do_POST()

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                headers = {name.lower(): value for name, value in self.headers.items()}
                service.asked.append((self.path, headers, body))
                status, said, *more = answer(self.path, headers, body)
                data = said if isinstance(said, bytes) else json.dumps(said).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                for name, value in more[0].items() if more else ():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *args: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._server.handle_error = lambda *args: None  # type: ignore[method-assign]
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self) -> None:
        """Stop answering."""
        self._server.shutdown()
        self._server.server_close()
