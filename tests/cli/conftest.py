"""Running commands as a person would: arguments in; exit status, output and errors out."""

from pathlib import Path

import pytest
from commands import Jigong, Ran

import mini
from jigong.cli import main


@pytest.fixture
def jigong(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Jigong:
    """Runs a command in this process, in English unless told otherwise."""
    monkeypatch.setenv("JIGONG_LANG", "en")
    monkeypatch.setenv("COLUMNS", "200")

    def run(*arguments: object) -> Ran:
        monkeypatch.setattr("sys.argv", ["jigong", *map(str, arguments)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as left:
            main()
        captured = capsys.readouterr()
        return Ran(int(left.value.code or 0), captured.out, captured.err)

    return run


@pytest.fixture(scope="session")
def data(corrected: mini.Built) -> Path:
    """A data folder with both deliveries of the small district."""
    return corrected.folder
