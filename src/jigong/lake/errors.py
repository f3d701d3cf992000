"""Errors inside intake: a file that cannot be taken, and a machine that cannot go on."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import duckdb

from jigong.kernel.problems import error
from jigong.kernel.text import Text

_FULL_CODES = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_FULL_WORDS = (
    "no space left",
    "disk quota",
    "file too large",
    "max_temp_directory_size",
    "could not write all",
)


class Refused(Exception):  # noqa: N818  (a verdict about a file, not a failure of the program)
    """The whole file or sheet cannot be taken: ``reason`` is one of ``file:…``, ``detail`` says what was found.

    ``sheets`` are the sheets of a workbook of which none could be read.
    """

    def __init__(self, reason: str, detail: Text, sheets: "tuple[Left, ...]" = ()) -> None:
        super().__init__(f"{reason}: {detail.en}")
        self.reason = reason
        self.detail = detail
        self.sheets = sheets


@dataclass(frozen=True, slots=True)
class Left:
    """A sheet that was not read. ``refusal`` where it may hold records, else ``why`` says why nobody misses it."""

    name: str
    why: Text
    refusal: Refused | None = None


@dataclass(frozen=True, slots=True)
class NotTaken:
    """A file, or a ``sheet`` of one, that is passed over and not missed, and why."""

    name: str
    why: Text
    sheet: str | None = None


@contextmanager
def explain_full_disk(where: object) -> Iterator[None]:
    """Turn a full disk into an error that says so, and that nothing was changed.

    Raises:
        JigongError: the disk at ``where`` is full, or memory ran out.
    """
    try:
        yield
    except OSError as bad:
        if bad.errno not in _FULL_CODES:
            raise
        raise _disk_full(where) from bad
    except duckdb.OutOfMemoryException as bad:
        raise _disk_full(where) if _is_full(bad) else _memory_full() from bad
    except duckdb.Error as bad:
        if not _is_full(bad):
            raise
        raise _disk_full(where) from bad


def _is_full(bad: Exception) -> bool:
    return any(word in str(bad).lower() for word in _FULL_WORDS)


def _disk_full(where: object) -> Exception:
    return error(
        f"磁盘已满，这一批没有接入：{where}。原有快照完好",
        f"the disk is full, this delivery was not taken in: {where}. The previous snapshot is whole",
        remedy=("腾出空间后重新执行同一命令", "free some space and run the same command again"),
    )


def _memory_full() -> Exception:
    return error(
        "内存不足，这一批没有接入。原有快照完好",
        "out of memory, this delivery was not taken in. The previous snapshot is whole",
        remedy=(
            "分几次报送，或换内存更大的机器",
            "deliver in several parts, or use a machine with more memory",
        ),
    )
