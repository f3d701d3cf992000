"""The sampler in force: the very file that is published is what the server runs."""

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from jigong.delivery.lottery.verifier import draw as published

VERSION = "1"
"""Raised with any change of the published file; a test pins the hash of each version."""
FOLDER = Path(published.__file__).parent
SOURCE = Path(published.__file__).read_bytes()
SOURCE_SHA256 = hashlib.sha256(SOURCE).hexdigest()
OTHERS = {"draw.py": "text/x-python", "draw.js": "text/javascript", "Draw.java": "text/x-java"}
"""The published programs by file name, with their types; each reproduces the results to the byte."""

SEED = re.compile(r"[0-9A-Za-z](?:[0-9A-Za-z .,:+/-]{0,198}[0-9A-Za-z])?")
"""A seed is plain letters, digits and a few marks, so that it reads the same everywhere, in a shell too."""


def sha256(body: bytes) -> str:
    """SHA-256, in hex."""
    return hashlib.sha256(body).hexdigest()


@dataclass(frozen=True, slots=True)
class Drawn:
    """A draw that was run: the results file, and the roster's lines (from 1) in order of rank."""

    results: bytes
    sha256: str
    lines: tuple[int, ...]


def run(roster: bytes, seed: str) -> Drawn:
    """Draw with the published sampler."""
    _, codes = published.read(roster)
    line_of = {code: line for line, code in enumerate(codes, 1)}
    results = published.results(roster, seed)
    rows = results.decode("ascii").split("\n")[1:-1]
    lines = tuple(line_of[row.split(",", 2)[1]] for row in rows)
    return Drawn(results, sha256(results), lines)


def ticket(seed: str, roster_sha256: str, code: str) -> str:
    """The number by which one entrant is ordered, in hex."""
    return hashlib.sha256(f"{seed}|{roster_sha256}|{code}".encode()).hexdigest()
