"""YAML that ended the process: PyYAML composes in C, and recurses there. Each is read in a process of its own."""

import subprocess
import sys
from pathlib import Path

import pytest

from jigong.kernel.problems import JigongError
from jigong.packs.document import parse_document
from jigong.packs.yaml_bounds import DEEPEST, LONGEST

MANY = 45_000
DEEP = {
    "dashes": "- " * MANY,
    "brackets": "[" * MANY,
    "closed brackets": "[" * MANY + "]" * MANY,
    "braces": "{a: " * MANY,
    "questions": "? " * MANY,
    "anchored": "- &a " * MANY,
    "tagged": "- !t " * MANY,
    "tagged brackets": "!t [" * MANY,
    "indented": "".join(f"{' ' * level}a:\n" for level in range(1_300)),
    "indented dashes": "".join(f"{' ' * level}-\n" for level in range(1_300)),
    "hidden by closing brackets": "'" + "]" * MANY + "': " + "[" * MANY,
    "hidden by a comment": ("[ # ]\n") * MANY,
    "quoted": "- 'a': [" * MANY,
    "long": "a: " + "b" * LONGEST,
    "aliases of aliases": "a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 12)),
}  # fmt: skip
READ = """
import sys
from pathlib import Path
from jigong.kernel.problems import JigongError
from jigong.packs.document import parse_document
try:
    parse_document(sys.stdin.read(), Path("file.yaml"))
except JigongError as bad:
    sys.exit(7 if bad.problems[0].place and bad.problems[0].remedy else 8)
"""


@pytest.mark.parametrize("kind", DEEP)
def test_it_is_refused_with_a_place_and_a_remedy(kind: str) -> None:
    ran = subprocess.run([sys.executable, "-c", READ], input=DEEP[kind], text=True, check=False, timeout=120)
    assert ran.returncode == 7


def test_what_people_write_is_read() -> None:
    levels = DEEPEST - 1
    for text in ("[" * levels + "]" * levels, "- " * levels + "a", "a: '" + "[" * 500 + "'", "".join(f"{'  ' * n}a:\n" for n in range(levels))):  # fmt: skip
        parse_document(text, Path("file.yaml"))
    with pytest.raises(JigongError, match="nested too deep"):
        parse_document("- " * (DEEPEST + 1) + "a", Path("file.yaml"))
