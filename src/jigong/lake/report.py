"""What an intake did, file by file and class by class."""

from collections import Counter
from dataclasses import dataclass
from datetime import date

from jigong.kernel.text import Text
from jigong.lake.batches import Difference, TakenFile
from jigong.lake.coverage import Covered
from jigong.lake.covering import Thin
from jigong.lake.errors import NotTaken
from jigong.lake.held import Held
from jigong.lake.reasons import FILE, FILE_REMEDY


@dataclass(frozen=True, slots=True)
class RefusedFile:
    """A file of which no row was taken, or a ``sheet`` of one that may hold rows and could not be read.

    The file is in the archive under ``sha256`` (None if it could not be read).
    """

    name: str
    class_name: str | None
    sha256: str | None
    reason: str
    detail: Text
    sheet: str | None = None

    @property
    def place(self) -> str:
        """The file, and the sheet if one is meant."""
        return self.name if self.sheet is None else f"{self.name}!{self.sheet}"

    @property
    def what(self) -> Text:
        """Why it was refused."""
        return Text(f"{FILE[self.reason].zh}:{self.detail.zh}", f"{FILE[self.reason].en}: {self.detail.en}")

    @property
    def remedy(self) -> Text:
        """What the department can do."""
        return FILE_REMEDY[self.reason]


@dataclass(frozen=True, slots=True)
class Repeated:
    """A file whose very content was taken in before, for the same class under the same contract.

    ``batch`` is None when it came twice in this delivery.
    """

    name: str
    class_name: str
    sha256: str
    batch: str | None


@dataclass(frozen=True, slots=True)
class ClassCounts:
    """Sums over the files of a class; ``rows_in = accepted + quarantined_rows + duplicates + outdated``."""

    class_name: str
    rows_in: int
    accepted: int
    corrected: int
    duplicates: int
    quarantined_rows: int
    quarantined: dict[str, int]
    outdated: int
    lost_cells: int


@dataclass(frozen=True, slots=True)
class Doubtful:
    """Accepted rows of a file that break a rule which only warns: how many, and the lines of the first few."""

    class_name: str
    name: str
    rule: str
    message: Text
    rows: int
    lines: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Tally:
    """What became of all files, or of all sheets of workbooks: ``came`` is the sum of the others.

    A file counts as taken if any row of it could be read; ``repeated`` ones were taken in before.
    """

    came: int
    taken: int
    repeated: int
    refused: int
    not_taken: int


NONE = Tally(0, 0, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class IntakeReport:
    """Everything one intake did. ``batch`` is None when nothing new came; ``snapshot`` is the current one, if any."""

    known_on: date
    batch: str | None
    snapshot: str | None
    taken: tuple[TakenFile, ...]
    repeated: tuple[Repeated, ...]
    refused: tuple[RefusedFile, ...]
    differences: tuple[Difference, ...] = ()
    """Where an owner's word differs from what the platform had recorded."""
    covered: tuple[Covered, ...] = ()
    """What is covered from now on, of each class whose owner delivered."""
    thin: tuple[Thin, ...] = ()
    """What does not count as the whole, so that it is taken for single records."""
    replaced: int = 0
    """Accepted rows of an earlier day that replaced a newer word, as they were told to."""
    not_taken: tuple[NotTaken, ...] = ()
    """Files and sheets that are passed over and not missed, and why."""
    files: Tally = NONE
    sheets: Tally = NONE
    doubtful: tuple[Doubtful, ...] = ()
    """Accepted rows that somebody should look at."""
    held: tuple[Held, ...] = ()
    """Of the refused files those that wait for a person's word: they leave out too many records."""
    still_open: tuple[Covered, ...] = ()
    """Gaps of the classes that came which were there before, and are still."""

    @property
    def withdrawn(self) -> int:
        """Records that were withdrawn: named to be, or left out of a whole delivery."""
        return sum(file.withdrawn for file in self.taken)

    @property
    def incomplete(self) -> tuple[str, ...]:
        """The classes of which a file was refused: what the others brought counts, but they are not the whole."""
        return tuple(dict.fromkeys(file.class_name for file in self.refused if file.class_name is not None))

    @property
    def gaps(self) -> tuple[Covered, ...]:
        """The files that left a gap in their class: what they say nobody knows."""
        return tuple(row for row in self.covered if row.kind == "gap")

    @property
    def untold(self) -> tuple[str, ...]:
        """The refused files whose class nobody can tell: should one hold changes, no class knows that it misses them."""
        return tuple(file.place for file in self.refused if file.class_name is None)

    @property
    def rows_in(self) -> int:
        """Rows of all files that were taken."""
        return sum(file.rows_in for file in self.taken)

    @property
    def accepted(self) -> int:
        """Rows that became records."""
        return sum(file.accepted for file in self.taken)

    @property
    def quarantined(self) -> int:
        """Rows that wait in quarantine."""
        return sum(file.quarantined_rows for file in self.taken)

    @property
    def duplicates(self) -> int:
        """Rows that say exactly what another row or a current record says."""
        return sum(file.duplicates for file in self.taken)

    @property
    def outdated(self) -> int:
        """Rows whose word is older than the one that holds, and that did not replace it."""
        return sum(file.outdated for file in self.taken)

    @property
    def lost_cells(self) -> int:
        """Cells that could not be read, in rows that were accepted without them."""
        return sum(file.lost_cells for file in self.taken)

    @property
    def again(self) -> int:
        """Accepted rows of earlier deliveries that had waited for what they refer to."""
        return sum(file.accepted for file in self.taken if file.again)

    def classes(self) -> list[ClassCounts]:
        """The sums for each class that came, in order of arrival."""
        return [self._class(name) for name in dict.fromkeys(file.class_name for file in self.taken)]

    def _class(self, name: str) -> ClassCounts:
        files = [file for file in self.taken if file.class_name == name]
        reasons: Counter[str] = Counter()
        for file in files:
            reasons.update(file.quarantined)
        return ClassCounts(
            name,
            sum(file.rows_in for file in files),
            sum(file.accepted for file in files),
            sum(file.corrected for file in files),
            sum(file.duplicates for file in files),
            sum(file.quarantined_rows for file in files),
            dict(reasons),
            sum(file.outdated for file in files),
            sum(file.lost_cells for file in files),
        )


def check_equation(file: TakenFile) -> None:
    """Every row that came is accepted, in quarantine, a duplicate or outdated.

    Raises:
        AssertionError: a row is lost or counted twice; nothing is published then.
    """
    out = file.accepted + file.quarantined_rows + file.duplicates + file.outdated
    if file.rows_in != out:
        raise AssertionError(
            f"{file.name}: {file.rows_in} rows in, but {file.accepted} accepted + {file.quarantined_rows}"
            f" in quarantine + {file.duplicates} duplicates + {file.outdated} outdated = {out}"
        )
