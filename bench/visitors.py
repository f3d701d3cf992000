"""Many users of a site at once, from one thread that costs the machine little: it is the site that is measured."""

import selectors
import socket
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

HOST = "127.0.0.1"
_END_OF_HEAD = b"\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Visits:
    """Pages a second, and the median and the 99th percentile of their seconds."""

    rate: float
    median: float
    p99: float


@dataclass
class _Visitor:
    """One user with one connection: asks again as soon as they are answered."""

    socket: socket.socket
    place: int
    asked: float = 0.0
    answer: bytearray = field(default_factory=bytearray)
    length: int | None = None
    """Bytes of the whole answer, once its head has come."""

    def ask(self, request: bytes) -> None:
        self.answer.clear()
        self.length = None
        self.asked = time.perf_counter()
        self.socket.sendall(request)

    def hear(self) -> bool:
        """Take in what has come; whether the answer is whole.

        Raises:
            RuntimeError: the page was not served.
        """
        came = self.socket.recv(1 << 18)
        self.answer += came
        end = self.answer.find(_END_OF_HEAD) if self.length is None else -1
        if end >= 0:
            head = bytes(self.answer[:end]).lower()
            if not head.startswith(b"http/1.1 200"):
                raise RuntimeError(f"a page was not served: {head.splitlines()[0].decode()}")
            said = next(line for line in head.split(b"\r\n") if line.startswith(b"content-length:"))
            self.length = end + len(_END_OF_HEAD) + int(said.partition(b":")[2])
        if not came:
            raise RuntimeError("the site closed the connection")
        return self.length is not None and len(self.answer) >= self.length


def visit(port: int, pages: Sequence[tuple[str, str]], *, users: int, warm: float, seconds: float) -> Visits:
    """Let ``users`` ask for ``pages`` (session, path) in turn; the first ``warm`` seconds are not counted."""
    requests = [
        f"GET {path} HTTP/1.1\r\nHost: {HOST}:{port}\r\nCookie: sessionid={session}\r\n\r\n".encode()
        for session, path in pages
    ]
    selector = selectors.DefaultSelector()
    for place in range(users):
        visitor = _Visitor(socket.create_connection((HOST, port)), place)
        selector.register(visitor.socket, selectors.EVENT_READ, visitor)
        visitor.ask(requests[place % len(requests)])
    begin = time.perf_counter() + warm
    times: list[float] = []
    while time.perf_counter() < begin + seconds:
        for key, _ in selector.select(1):
            visitor = key.data
            if visitor.hear():
                if visitor.asked >= begin:
                    times.append(time.perf_counter() - visitor.asked)
                visitor.place = (visitor.place + users) % len(requests)
                visitor.ask(requests[visitor.place])
    for key in list(selector.get_map().values()):
        key.data.socket.close()
    cuts = statistics.quantiles(times, n=100)
    return Visits(len(times) / seconds, cuts[49], cuts[98])
