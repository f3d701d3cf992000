"""A district as a whole: the same every time, of every class, in shards when it is large."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from jigong.kernel.problems import JigongError
from jigong.packs.contract import Contract
from jigong.synthetic import district as district_module
from jigong.synthetic.district import make_district

from .conftest import PACK, SEED, District


def _hashes(folder: Path) -> dict[str, str]:
    return {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in folder.iterdir()}


def test_same_seed_same_bytes(contracts: Mapping[str, Contract], small: District, tmp_path: Path) -> None:
    make_district(PACK, contracts, tmp_path, workers=150, seed=SEED)
    assert _hashes(tmp_path) == _hashes(small.folder)


def test_another_seed_gives_other_people(
    contracts: Mapping[str, Contract], small: District, tmp_path: Path
) -> None:
    make_district(PACK, contracts, tmp_path, workers=150, seed=SEED + 1, errors=False)
    assert (tmp_path / "person.csv").read_bytes() != (small.folder / "person.csv").read_bytes()


def test_every_class_has_rows_and_the_manifest_counts_them(
    contracts: Mapping[str, Contract], clean: District
) -> None:
    written = json.loads((clean.folder / "manifest.json").read_text(encoding="utf-8"))
    assert set(written["classes"]) == set(contracts)
    empty = {name for name, count in written["classes"].items() if count["rows"] == 0}
    assert empty <= {"innovation_studio", "operation_method"}, "only what one worker in two thousand has"
    assert written["classes"]["person"]["rows"] == written["workers"] == 2_000
    assert (written["seed"], written["as_of"]) == (SEED, "2023-01-01")
    assert written["errors"] == written["duplicates"] == []


def test_a_large_district_is_made_in_shards_of_the_same_people(
    contracts: Mapping[str, Contract], small: District, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(district_module, "_SHARD", 80)
    seen: list[tuple[str, int, int]] = []
    manifest = make_district(
        PACK,
        contracts,
        tmp_path,
        workers=150,
        seed=SEED,
        errors=False,
        progress=lambda *done: seen.append(done),
    )
    parts = sorted(tmp_path.glob("person-*.csv"))
    assert [part.name for part in parts] == ["person-001.csv", "person-002.csv"]
    names = {line.split(",")[1] for part in parts for line in part.read_text("gb18030").splitlines()[1:]}
    assert names == {f"工人{i:06d}" for i in range(1, 151)}
    assert manifest.classes["person"].good == 150
    good = small.manifest.classes["wage_payment"].good
    assert abs(manifest.classes["wage_payment"].good - good) < 0.05 * good
    assert seen[-1][1:] == (seen[-1][2], len(seen))


def test_too_small_a_district_is_refused(contracts: Mapping[str, Contract], tmp_path: Path) -> None:
    with pytest.raises(JigongError, match="at least 100 workers"):
        make_district(PACK, contracts, tmp_path, workers=99, seed=SEED)


def test_a_folder_in_use_is_refused(contracts: Mapping[str, Contract], tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("")
    with pytest.raises(JigongError, match="not empty"):
        make_district(PACK, contracts, tmp_path, workers=150, seed=SEED)
