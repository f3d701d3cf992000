"""The content of a synthetic folder: every figure is read, and mistakes are told with their place."""

import re
import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest

from jigong.kernel.problems import JigongError
from jigong.packs.contract import Contract
from jigong.synthetic.calibration import read_calibration
from jigong.synthetic.district import make_district
from jigong.synthetic.recipes import read_recipes

from .conftest import PACK, SEED

# What the program itself reads.
_PROGRAM = {
    *("as_of", "dirty_share", "wrong_share", "wrong_most", "duplicate_share", "duplicate_most"),
    *("stranger_provinces", "credit_division_stranger", "broken_file"),
}


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    """A copy of the pack's synthetic folder to spoil."""
    shutil.copytree(PACK / "synthetic", tmp_path / "pack" / "synthetic")
    return tmp_path / "pack"


def test_every_figure_and_table_is_read() -> None:
    calibration = read_calibration(PACK / "synthetic")
    sql = "\n".join(file.read_text(encoding="utf-8") for file in (PACK / "synthetic").rglob("*.sql"))
    read = set(re.findall(r"\bcal\.(?:pick_)?(\w+)", sql)) | _PROGRAM
    assert {name for name in calibration.figures if name not in read} == set()
    assert {name for name in calibration.tables if not any(word.startswith(name) for word in read)} == set()


def test_a_figure_without_a_source_is_refused(tmp_path: Path) -> None:
    (tmp_path / "calibration.yaml").write_text("figures:\n  towns: {value: 7, en: towns}\n", encoding="utf-8")
    with pytest.raises(JigongError, match="figure towns needs value, source and en") as raised:
        read_calibration(tmp_path)
    place = raised.value.problems[0].place
    assert place is not None
    assert place.line == 2


def test_a_figure_given_twice_is_refused(tmp_path: Path) -> None:
    for name in ("a.yaml", "b.yaml"):
        text = "figures:\n  towns: {value: 7, source: S0, en: towns}\n"
        (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(JigongError, match="figure towns is given twice"):
        read_calibration(tmp_path)


def test_a_row_of_the_wrong_width_is_refused(tmp_path: Path) -> None:
    text = "tables:\n  town:\n    source: S0\n    columns: [code, weight]\n    rows: [[a, 1], [b]]\n"
    (tmp_path / "calibration.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(JigongError, match="this row of table town should have 2 values"):
        read_calibration(tmp_path)


def test_a_folder_without_figures_is_refused(tmp_path: Path) -> None:
    with pytest.raises(JigongError, match="no figures to make a district from"):
        read_calibration(tmp_path)


def test_a_missing_figure_is_named(pack: Path, contracts: Mapping[str, Contract], tmp_path: Path) -> None:
    file = pack / "synthetic" / "calibration.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace("  as_of:", "  as_for:"), encoding="utf-8")
    with pytest.raises(JigongError, match="no figure as_of"):
        make_district(pack, contracts, tmp_path / "out", workers=100, seed=SEED)


def test_a_class_without_a_select_is_named(pack: Path, contracts: Mapping[str, Contract]) -> None:
    (pack / "synthetic" / "classes" / "shard" / "patent.sql").unlink()
    with pytest.raises(JigongError, match="class patent has no SELECT"):
        read_recipes(pack / "synthetic", contracts)


def test_a_select_for_no_class_is_named(pack: Path, contracts: Mapping[str, Contract]) -> None:
    (pack / "synthetic" / "classes" / "shard" / "patents.sql").write_text("SELECT 1", encoding="utf-8")
    with pytest.raises(JigongError, match="no contract for the class patents") as raised:
        read_recipes(pack / "synthetic", contracts)
    assert "did you mean patent?" in str(raised.value)


def test_a_select_duckdb_refuses_is_named(
    pack: Path, contracts: Mapping[str, Contract], tmp_path: Path
) -> None:
    file = pack / "synthetic" / "tables" / "once" / "10-industry_base.sql"
    file.write_text("SELECT cal.no_such_figure()", encoding="utf-8")
    with pytest.raises(JigongError, match="no_such_figure") as raised:
        make_district(pack, contracts, tmp_path / "out", workers=100, seed=SEED)
    place = raised.value.problems[0].place
    assert place is not None
    assert place.file == str(file)


def test_a_broken_file_of_an_unknown_kind_is_named(
    pack: Path, contracts: Mapping[str, Contract], tmp_path: Path
) -> None:
    file = pack / "synthetic" / "calibration.yaml"
    text = file.read_text(encoding="utf-8").replace('[vehicle, "file:encoding"]', '[vehicle, "file:smell"]')
    file.write_text(text, encoding="utf-8")
    with pytest.raises(JigongError, match="kind file:smell of vehicle is not known"):
        make_district(pack, contracts, tmp_path / "out", workers=100, seed=SEED)
