"""Every pack the site has ever decided by, kept as it was, so that any old decision can be decided again.

``packs/<hash>/`` under the data folder holds the layers of one pack side by side, with the files a
decision may depend on and nothing else. What is there never changes.
"""

import os
import shutil
from pathlib import Path

from django.conf import settings

from jigong.kernel.problems import error
from jigong.packs.pack import deciding_files
from jigong.packs.reader import read_pack

_TOP = "top.txt"
"""Names the layer that extends the others."""


def packs_folder() -> Path:
    """Where packs are kept."""
    folder: Path = settings.JIGONG.data / "packs"
    return folder


def pack_folder(pack_hash: str) -> Path | None:
    """The kept pack with this hash, ready to be read; None if it was never kept."""
    home = packs_folder() / pack_hash
    top = home / _TOP
    return home / top.read_text(encoding="utf-8") if pack_hash and top.is_file() else None


def archive(folder: Path) -> Path:
    """Keep the pack in ``folder`` with all its layers; returns the kept copy. Doing it again changes nothing.

    Raises:
        JigongError: the pack cannot be read, or its files changed while they were copied.
    """
    pack = read_pack(folder)
    kept = pack_folder(pack.hash)
    if kept is not None:
        return kept
    home = packs_folder() / pack.hash
    aside = home.with_name(f"{pack.hash}.{os.getpid()}.tmp")
    shutil.rmtree(aside, ignore_errors=True)
    try:
        for layer in pack.layers:
            copy_layer(layer, aside / layer.resolve().name)
        top = pack.layers[-1].resolve().name
        if read_pack(aside / top).hash != pack.hash:
            raise error(
                f"{folder} 在存档时被改动",
                f"{folder} was changed while it was being kept",
                remedy=("再试一次", "try again"),
            )
        (aside / _TOP).write_text(top, encoding="utf-8")
        try:
            os.replace(aside, home)
        except OSError:
            # Another process kept the same pack in the meantime.
            if not (home / _TOP).is_file():
                raise
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return home / top


def copy_layer(layer: Path, target: Path) -> None:
    """Copy the files of one layer that a decision may depend on."""
    for file in deciding_files(layer):
        copied = target / file.relative_to(layer)
        copied.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, copied)
