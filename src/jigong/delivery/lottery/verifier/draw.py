"""Draws a lottery again: python3 draw.py roster.txt SEED > results.csv (Python 3.9 or later, nothing else).

The order is by ticket, ascending; ticket = SHA-256 of "SEED|SHA-256 of the roster file|entrant's code".
The first so many, as the roster's line "places:" says, win; the rest wait in this order.
"""

import hashlib
import sys


def read(roster: bytes) -> tuple[dict[str, str], list[str]]:
    """The roster's "name: value" lines, and the entrants' codes after the empty line."""
    head, _, body = roster.decode("utf-8").partition("\n\n")
    return dict(line.split(": ", 1) for line in head.split("\n")), body.split()


def order(roster: bytes, seed: str) -> list[tuple[str, str]]:
    """Everybody's ticket and code, best first; equal tickets by code."""
    start = hashlib.sha256((seed + "|" + hashlib.sha256(roster).hexdigest() + "|").encode())
    tickets = []
    for code in read(roster)[1]:
        ticket = start.copy()
        ticket.update(code.encode())
        tickets.append((ticket.hexdigest(), code))
    return sorted(tickets)


def results(roster: bytes, seed: str) -> bytes:
    """The results file, to the byte."""
    places = int(read(roster)[0]["places"])
    lines = ["rank,code,ticket,outcome"]
    for rank, (ticket, code) in enumerate(order(roster, seed), 1):
        lines.append(f"{rank},{code},{ticket},{'won' if rank <= places else 'waitlist'}")
    return ("\n".join(lines) + "\n").encode()


if __name__ == "__main__":
    with open(sys.argv[1], "rb") as file:
        sys.stdout.buffer.write(results(file.read(), sys.argv[2]))
