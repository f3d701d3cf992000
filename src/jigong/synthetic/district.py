"""Makes the departments' files of a made-up district from a pack's contracts, calibration and SELECTs."""

import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TypeAlias

import duckdb

from jigong.kernel.problems import error
from jigong.packs.contract import Contract
from jigong.synthetic import macros
from jigong.synthetic.calibration import read_calibration
from jigong.synthetic.maker import Maker
from jigong.synthetic.manifest import Manifest
from jigong.synthetic.recipes import read_recipes

Progress: TypeAlias = Callable[[str, int, int], None]

_LEAST = 100
_SHARD = 100_000


def make_district(
    pack_folder: Path,
    contracts: Mapping[str, Contract],
    out: Path,
    *,
    workers: int,
    seed: int,
    errors: bool = True,
    progress: Progress | None = None,
) -> Manifest:
    """Write the files of a district of ``workers`` workers into the folder ``out``, with a ``manifest.json`` of
    what was made and the ``delivery.yaml`` an office would add.

    The same seed, workers and pack give the same bytes. The files are made aside and moved in at the end, so a
    killed run leaves no half district in ``out``. With ``errors`` a known share of rows is wrong, and some
    whole files are; the manifest lists them. ``progress`` is called after each file with its class, the number of
    files done and of all.

    Raises:
        JigongError: the pack's synthetic folder is incomplete or wrong, ``workers`` is below 100, or ``out``
            already holds something.
    """
    folder = pack_folder / "synthetic"
    calibration, recipes = read_calibration(folder), read_recipes(folder, contracts)
    _prepare(out, workers)
    aside = out.with_name(f"{out.name}.tmp")
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(parents=True)
    manifest = Manifest(seed, workers, calibration.day("as_of"))
    ranges = list(_ranges(workers))
    total = len(recipes.classes_once) + len(recipes.classes_shard) * len(ranges)
    with duckdb.connect() as connection:
        connection.execute("SET threads = 2")
        macros.install(connection, calibration, seed=seed, workers=workers)
        maker = Maker(connection, contracts, calibration, recipes, aside, manifest, errors)
        for done, name in enumerate(maker.make(ranges), 1):
            if progress:
                progress(name, done, total)
    manifest.write(aside / "manifest.json")
    _say_whole(manifest, aside / "delivery.yaml")
    os.replace(aside, out)
    return manifest


def _say_whole(manifest: Manifest, file: Path) -> None:
    """Say of each class's own files that they are the whole, although broken ones lie beside some of them."""
    names = sorted(one.file for count in manifest.classes.values() for one in count.files)
    file.write_text("".join(f"{name}: {{whole: true}}\n" for name in names), encoding="utf-8")


def _prepare(out: Path, workers: int) -> None:
    if workers < _LEAST:
        raise error(
            f"至少要 {_LEAST} 名工人，给的是 {workers}",
            f"a district has at least {_LEAST} workers, not {workers}",
            remedy=("把人数调大", "ask for more workers"),
        )
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise error(
            f"文件夹 {out} 不是空的",
            f"the folder {out} is not empty",
            remedy=("换一个空文件夹，或先清空它", "choose an empty folder, or empty this one"),
        )


def _ranges(workers: int) -> Iterator[tuple[int, int]]:
    """Ranges of about equal size, each beginning with an odd number, so that neighbours 1-2, 3-4 … stay together."""
    count = -(-workers // _SHARD)
    size = -(-workers // count)
    size += size % 2
    for first in range(1, workers + 1, size):
        yield first, min(first + size - 1, workers)
