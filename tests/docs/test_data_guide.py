"""The data guide does what it says, in both languages: its commands run word for word, its table is the contracts'.

The steps are read and compared as those of the tutorials. Starting ``jigong`` and reading the pack take far longer than
the guide's small files do, so here the command is a stand-in that hands its arguments to one process which has both
ready and forks for each.
"""

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

import pytest
from tests.docs.test_tutorial import ROOT, run, steps, unseen

from jigong.lake.reasons import FILE, ROW
from jigong.packs.contract import Contract
from jigong.packs.reader import read_pack

GUIDES = {"en": "data.md", "zh": "data.zh.md"}
KINDS = {
    "en": {"register": "register", "changes": "changes", "months": "months"},
    "zh": {"register": "整册", "changes": "增量", "months": "按月"},
}

_SERVER = """
import json, os, socket, sys
from pathlib import Path
import pyarrow.dataset, rich.live, rich.table
from jigong.cli import workspace
from jigong.cli.main import main

pack = workspace.read_pack(Path(sys.argv[2]))
rulebook = workspace.read_rulebook(pack)
workspace.read_pack, workspace.read_rulebook = lambda folder: pack, lambda pack: rulebook
with socket.socket(socket.AF_UNIX) as listener:
    listener.bind(sys.argv[1])
    listener.listen()
    print("ready", flush=True)
    while True:
        client, _ = listener.accept()
        text, files, _, _ = socket.recv_fds(client, 1 << 16, 2)
        child = os.fork()
        if not child:
            folder, language, sys.argv = json.loads(text)
            os.chdir(folder)
            os.environ["JIGONG_LANG"] = language
            for place, file in enumerate(files, 1):
                os.dup2(file, place)
            code = 0
            try:
                main()
            except SystemExit as left:
                code = left.code or 0
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)
        for file in files:
            os.close(file)
        client.sendall(bytes([os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) & 255]))
        client.close()
"""
_COMMAND = """#!{python} -IS
import json, os, socket, sys
with socket.socket(socket.AF_UNIX) as server:
    server.connect({address!r})
    request = [os.getcwd(), os.environ.get("JIGONG_LANG", "zh"), ["jigong", *sys.argv[1:]]]
    socket.send_fds(server, [json.dumps(request).encode()], [1, 2])
    sys.exit(server.recv(1)[0])
"""


@pytest.fixture(scope="module")
def command() -> Iterator[Path]:
    """A ``jigong`` that starts at once."""
    # Not pytest's folder: the address of a socket has to be short.
    with tempfile.TemporaryDirectory(prefix="guide-") as folder:
        address = Path(folder) / "s"
        environment = {name: value for name, value in os.environ.items() if not name.startswith("JIGONG_")}
        server = subprocess.Popen(
            [sys.executable, "-c", _SERVER, address, ROOT / "packs" / "qiantang"],
            stdout=subprocess.PIPE,
            text=True,
            env=environment | {"PYTHONUTF8": "1"},
        )
        with server:
            try:
                assert server.stdout is not None
                assert server.stdout.readline() == "ready\n"
                file = Path(folder) / "jigong"
                file.write_text(
                    _COMMAND.format(python=sys.executable, address=str(address)), encoding="utf-8"
                )
                file.chmod(0o755)
                yield file
            finally:
                server.terminate()


@pytest.fixture
def fresh(tmp_path: Path, command: Path) -> Path:
    """A folder as ``script/setup`` leaves it."""
    (tmp_path / ".venv" / "env" / "bin").mkdir(parents=True)
    (tmp_path / ".venv" / "env" / "bin" / "jigong").symlink_to(command)
    (tmp_path / "packs").symlink_to(ROOT / "packs")
    return tmp_path


@pytest.mark.parametrize("language", GUIDES)
def test_the_guide_does_what_it_says(language: str, fresh: Path) -> None:
    found = steps(_guide(language))
    for step, printed in zip(found, run(found, fresh), strict=False):
        missing = list(unseen(step.shows, printed))
        assert not missing, f"{GUIDES[language]}, line {step.line}: not printed: {missing}\n{printed}"


def test_both_guides_run_the_same_commands() -> None:
    chinese, english = (
        [
            re.sub(r"^export JIGONG_LANG=.*\n", "", step.script, flags=re.MULTILINE)
            for step in steps(_guide(language))
        ]
        for language in ("zh", "en")
    )
    assert chinese == english


@pytest.mark.parametrize("language", GUIDES)
def test_the_list_of_classes_is_the_packs(language: str) -> None:
    wanted = class_table(language)
    listed = [line for line in _guide(language).splitlines() if re.match(r"\| [^|]+ \| \d+ \|", line)]
    assert listed == wanted, "it should be:\n" + "\n".join(wanted)


@pytest.mark.parametrize("language", GUIDES)
def test_what_one_sees_is_what_the_program_says(language: str) -> None:
    """What stands between quotation marks in the table of things to do is part of a message."""
    said = [message.in_(language) for message in (*ROW.values(), *FILE.values())]
    said += [
        (ROOT / "src" / "jigong" / "cli" / file).read_text(encoding="utf-8")
        for file in ("data.py", "show_intake.py")
    ]
    last = _guide(language).split("\n## ")[-2]
    quoted = [
        text
        for line in last.splitlines()
        if line.startswith("| ")
        for text in re.findall("“(.+?)”", line.split(" | ")[0])
    ]
    assert len(quoted) > 10
    assert not [text for text in quoted if not any(text in message for message in said)]


def class_table(language: str) -> list[str]:
    """The lines of the guide's list: department by department, class by class."""
    first: dict[str, int] = {}
    for contract in _contracts().values():
        first.setdefault(contract.department.zh, contract.number)
    ordered = sorted(_contracts().values(), key=lambda c: (first[c.department.zh], c.number))
    lines = []
    for contract in ordered:
        cells = [contract.department.in_(language), str(contract.number), contract.label.in_(language)]
        if language == "en":
            cells.append(f"`{contract.name}`, {contract.label.zh}")
        cells.append(KINDS[language][contract.covers.kind])
        cells.append(f"{contract.latency_days} days" if language == "en" else f"{contract.latency_days} 天")
        lines.append(f"| {' | '.join(cells)} |")
    return lines


@cache
def _contracts() -> Mapping[str, Contract]:
    contracts = read_pack(ROOT / "packs" / "qiantang").contracts
    return dict(sorted(contracts.items(), key=lambda item: item[1].number))


def _guide(language: str) -> str:
    return (ROOT / "docs" / GUIDES[language]).read_text(encoding="utf-8")


if __name__ == "__main__":
    for each in GUIDES:
        print(*class_table(each), sep="\n")
