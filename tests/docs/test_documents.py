"""What the documents point at is there: links, files, commands and the glossary's identifiers."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
import typer.main

from jigong.cli.main import app

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
READMES = ("README.md", "README.zh.md")
_LINK = re.compile(r"\]\((?!https?:)(?P<path>[^)#]*)(?:#(?P<heading>[^)]+))?\)")
_CODE = re.compile(r"`([^`]+)`")
_BLOCK = re.compile(r"^```.*?^```$", re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_leads_somewhere(document: Path) -> None:
    for link in _LINK.finditer(_BLOCK.sub("", document.read_text(encoding="utf-8"))):
        target = (document.parent / link["path"]).resolve() if link["path"] else document
        assert target.exists(), f"{document.name} links to {link['path']}"
        if link["heading"]:
            assert link["heading"] in _headings(target), f"{target.name} has no heading #{link['heading']}"


def _headings(document: Path) -> set[str]:
    """The anchors of a document's headings, as web pages of repositories make them."""
    titles = re.findall(r"^#+ (.+)$", _BLOCK.sub("", document.read_text(encoding="utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("name", READMES)
def test_the_readmes_list_every_command(name: str) -> None:
    listed = set(
        re.findall(r"^\| `jigong ([a-z ]+)` \|", (ROOT / name).read_text(encoding="utf-8"), re.MULTILINE)
    )
    assert listed == set(_commands(typer.main.get_command(app)))


def _commands(command: object, before: str = "") -> Iterator[str]:
    for name, inner in getattr(command, "commands", {}).items():
        if hasattr(inner, "commands"):
            yield from _commands(inner, f"{before}{name} ")
        else:
            yield before + name


def test_the_glossary_names_what_the_code_and_the_pack_call_it() -> None:
    rows = [line.split(" | ") for line in (ROOT / "GLOSSARY.md").read_text(encoding="utf-8").splitlines()]
    identifiers = [name for row in rows if len(row) == 5 for name in _CODE.findall(row[1])]
    assert len(identifiers) > 100
    words = [word for name in identifiers for word in re.findall(r"[A-Za-z_][\w-]*[\w]", name)]
    unknown = sorted({word for word in words if word not in _everything()} - {"topic", "class", "jigong"})
    assert not unknown


@cache
def _everything() -> frozenset[str]:
    """Every word of the program and of Qiantang's pack, file names included."""
    files = [*(ROOT / "src").rglob("*.py"), *(ROOT / "packs" / "qiantang").rglob("*.*")]
    texts = (
        file.read_text(encoding="utf-8") + str(file.relative_to(ROOT)) for file in files if file.is_file()
    )
    return frozenset(word for text in texts for word in re.findall(r"[A-Za-z_][\w-]*", text))
