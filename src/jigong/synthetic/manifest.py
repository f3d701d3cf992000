"""What was made: files, rows, and where every wrong row stands."""

import json
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path


@dataclass(frozen=True, slots=True)
class File:
    """One file: its rows, right and wrong, and how it is written."""

    file: str
    rows: int
    format: str
    encoding: str | None


@dataclass(frozen=True, slots=True)
class Error:
    """A wrong row of class ``cls``, or with ``line`` None a whole file that must be refused.

    ``line`` counts as the reader sees it: the line of a CSV (its header is 1), the row of a sheet, the row of a
    Parquet file plus 1. ``kind`` is the reason intake gives.
    """

    cls: str
    file: str
    line: int | None
    kind: str
    column: str | None
    value: str | None


@dataclass(frozen=True, slots=True)
class Duplicate:
    """A good row that is sent a second time."""

    cls: str
    file: str
    line: int


@dataclass(slots=True)
class ClassCount:
    """Rows of one class: ``rows`` = ``good`` + ``wrong`` + ``duplicates``, without files refused as a whole."""

    good: int = 0
    wrong: int = 0
    duplicates: int = 0
    files: list[File] = field(default_factory=list)

    @property
    def rows(self) -> int:
        """All rows written."""
        return self.good + self.wrong + self.duplicates


@dataclass(slots=True)
class Manifest:
    """Everything a synthetic district consists of."""

    seed: int
    workers: int
    as_of: date
    classes: dict[str, ClassCount] = field(default_factory=dict)
    errors: list[Error] = field(default_factory=list)
    duplicates: list[Duplicate] = field(default_factory=list)

    def of(self, cls: str) -> ClassCount:
        """The count of ``cls``."""
        return self.classes.setdefault(cls, ClassCount())

    def write(self, file: Path) -> None:
        """Write it as JSON; the same district gives the same bytes."""
        classes = {
            name: {"rows": count.rows, **asdict(count)} for name, count in sorted(self.classes.items())
        }
        data = {
            "seed": self.seed,
            "workers": self.workers,
            "as_of": self.as_of.isoformat(),
            "classes": classes,
            "errors": [_renamed(asdict(error)) for error in self.errors],
            "duplicates": [_renamed(asdict(duplicate)) for duplicate in self.duplicates],
        }
        file.write_text(json.dumps(data, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def _renamed(entry: dict[str, object]) -> dict[str, object]:
    return {"class" if name == "cls" else name: value for name, value in entry.items()}
