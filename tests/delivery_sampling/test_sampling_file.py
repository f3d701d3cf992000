"""``sampling.yaml``: read with the pack, refused with file and line, part of the pack's hash."""

import shutil
from pathlib import Path

import pytest

from jigong.kernel.problems import JigongError
from jigong.packs.reader import read_pack

PACK = Path(__file__).parents[2] / "packs" / "qiantang"


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A pack that may be edited."""
    return Path(shutil.copytree(PACK, tmp_path / "qiantang", ignore=shutil.ignore_patterns("synthetic")))


def test_the_pack_says_how_to_sample() -> None:
    placed = read_pack(PACK, contracts=False).sampling
    assert placed is not None
    assert 0 < placed.value.share <= 1
    assert len({rule.id for rule in placed.value.rules}) == len(placed.value.rules)
    assert all(rule.zh and rule.en for rule in placed.value.rules)


def test_a_pack_without_the_file_has_no_sampling(copy: Path) -> None:
    (copy / "sampling.yaml").unlink()
    assert read_pack(copy, contracts=False).sampling is None


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("signal: upheld_appeal", "signal: hunch", "hunch"),
        ("share: 0.05", "share: 1.05", "share"),
        ("weight: 35", "weight: 350", "weight"),
        ("days: 20", "dayz: 20", "dayz"),
    ],
)
def test_what_makes_no_sense_is_refused_with_its_place(copy: Path, old: str, new: str, said: str) -> None:
    file = copy / "sampling.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace(old, new, 1), encoding="utf-8")
    with pytest.raises(JigongError) as refused:
        read_pack(copy, contracts=False)
    problems = [problem for problem in refused.value.problems if problem.place is not None]
    assert any("sampling.yaml" in str(problem.place) and said in problem.render("en") for problem in problems)


def test_it_is_part_of_the_packs_hash(copy: Path) -> None:
    before = read_pack(copy, contracts=False).hash
    file = copy / "sampling.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace("at_least: 5", "at_least: 6"), encoding="utf-8")
    assert read_pack(copy, contracts=False).hash != before
