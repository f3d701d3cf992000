"""What lies in a folder or a ZIP archive: every entry, the ones nobody reads included."""

import os
import stat
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import IO

from jigong.kernel.text import Text
from jigong.lake.errors import Refused

ARCHIVE = ".zip"
MOST_ENTRIES = 1_000
"""Files in one ZIP archive."""
MOST_BYTES = 4 << 30
"""That the files of one archive come to when they are unpacked."""
_ENCRYPTED = 0x1
_UTF8 = 0x800
_PACKED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing in a folder or archive: ``name`` relative to it, as people read it.

    ``path`` is the file, or the archive it is in as number ``member``. ``refusal`` says why it cannot be read,
    ``why`` why it is nothing to read.
    """

    name: str
    path: Path
    member: int | None = None
    refusal: Refused | None = None
    why: Text | None = None


def readable_name(name: str) -> str:
    """A file's name as text. Names that are not UTF-8 come from old archives, and are mostly in GB18030."""
    raw = os.fsencode(name)
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return raw.decode("utf-8", "replace")


def unreadable(path: Path) -> Refused | None:
    """Why a path cannot be read as a file, without opening it: a pipe or a device would never end."""
    try:
        mode = path.stat().st_mode
    except OSError as bad:
        if path.is_symlink():
            return _unreadable("链接所指的文件不存在", "the link leads to no file")
        return _unreadable(f"{bad.strerror}", f"{bad.strerror}")
    if not stat.S_ISREG(mode):
        return _unreadable(
            "不是普通文件(是管道、设备之类)", "no ordinary file but a pipe, a device or the like"
        )
    return None


def entries_of_folder(folder: Path) -> Iterator[Entry]:
    """Everything in a folder and the folders in it, in a stable order. Links to folders are not followed."""
    below: list[Entry] = []
    closed: list[OSError] = []
    for place, folders, files in os.walk(folder, onerror=closed.append):
        root = Path(place)
        linked = [name for name in folders if (root / name).is_symlink()]
        below += [
            Entry(_within(folder, root / name), root / name, why=_LINKED) for name in linked
        ]  # fmt: skip
        below += [_entry(_within(folder, root / name), root / name) for name in files]
    for bad in closed:
        path = Path(os.fsdecode(bad.filename))
        detail = _unreadable(f"文件夹打不开：{bad.strerror}", f"the folder cannot be opened: {bad.strerror}")
        below.append(Entry(_within(folder, path), path, refusal=detail))
    yield from sorted(below, key=lambda entry: entry.name)


def entries_of_archive(archive: Path) -> list[Entry]:
    """The files in a ZIP archive, by their names; nothing is unpacked.

    Raises:
        Refused: it is damaged, or holds too many files or too large ones.
    """
    if refusal := unreadable(archive):
        raise refusal
    try:
        with zipfile.ZipFile(archive) as opened:
            members = [(n, member) for n, member in enumerate(opened.infolist()) if not member.is_dir()]
    except (zipfile.BadZipFile, OSError, NotImplementedError, ValueError) as bad:
        raise _broken(f"不是完整的 ZIP 压缩包：{bad}", f"not a whole ZIP archive: {bad}") from bad
    size = sum(member.file_size for _, member in members)
    if len(members) > MOST_ENTRIES or size > MOST_BYTES:
        raise _broken(
            f"压缩包里有 {len(members)} 个文件、{size >> 20} MB，最多 {MOST_ENTRIES} 个、{MOST_BYTES >> 20} MB",
            f"the archive holds {len(members)} files of {size >> 20} MB; at most {MOST_ENTRIES} of {MOST_BYTES >> 20} MB",
        )
    return sorted(
        (_member(archive, number, member) for number, member in members), key=lambda entry: entry.name
    )


@contextmanager
def opened(path: Path, member: int | None) -> Iterator[IO[bytes]]:
    """The bytes of a file, or of a file in an archive; no more of them than the archive says.

    Raises:
        Refused: the archive is damaged there.
    """
    if member is None:
        with path.open("rb") as stream:
            yield stream
        return
    try:
        with zipfile.ZipFile(path) as archive, archive.open(archive.infolist()[member]) as stream:
            yield stream
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as bad:
        raise _broken(f"压缩包已损坏：{bad}", f"the archive is damaged: {bad}") from bad


_LINKED = Text("指向文件夹的链接，不跟进去", "a link to a folder is not followed")
_HIDDEN = Text("系统或软件的临时文件", "a temporary file of a system or program")
_NESTED = Text("压缩包里的压缩包不打开", "an archive within an archive is not opened")


def _entry(name: str, path: Path) -> Entry:
    if _is_hidden(name):
        return Entry(name, path, why=_HIDDEN)
    return Entry(name, path, refusal=unreadable(path))


def _member(archive: Path, number: int, member: zipfile.ZipInfo) -> Entry:
    name = member.filename
    if not member.flag_bits & _UTF8:
        # An archive that does not say so has its names in the code page of the machine it was made on.
        raw = name.encode("cp437", "replace")
        name = readable_name(os.fsdecode(raw))
    refusal = None
    if _leads_out(name):
        refusal = _broken("文件名指向压缩包以外", "its name leads out of the archive")
    elif stat.S_ISLNK(member.external_attr >> 16):
        refusal = _broken("是链接，不是文件", "a link and not a file")
    elif member.flag_bits & _ENCRYPTED:
        refusal = _broken("有密码", "it has a password")
    elif member.compress_type not in _PACKED:
        refusal = _broken("压缩方式不认识", "it is packed in an unknown way")
    if refusal is None and _is_hidden(name):
        return Entry(name, archive, number, why=_HIDDEN)
    if refusal is None and name.lower().endswith(ARCHIVE):
        return Entry(name, archive, number, why=_NESTED)
    return Entry(name, archive, number, refusal=refusal)


def _is_hidden(name: str) -> bool:
    """Whether a file is one that systems and programs leave beside those people make."""
    parts = PurePosixPath(name).parts
    return any(part.startswith(".") or part == "__MACOSX" for part in parts) or parts[-1].startswith("~$") or (
        parts[-1].lower() in ("thumbs.db", "desktop.ini")
    )  # fmt: skip


def _leads_out(name: str) -> bool:
    windows = PureWindowsPath(name)
    return bool(windows.drive or windows.root) or ".." in windows.parts


def _within(folder: Path, path: Path) -> str:
    return readable_name(path.relative_to(folder).as_posix())


def _unreadable(zh: str, en: str) -> Refused:
    return Refused("file:unreadable", Text(zh, en))


def _broken(zh: str, en: str) -> Refused:
    return Refused("file:format", Text(zh, en))
