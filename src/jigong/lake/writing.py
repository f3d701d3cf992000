"""Write what a class came to: accepted rows, which records they supersede, and the quarantine, as Parquet."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from jigong.lake import sql
from jigong.lake.reasons import message, remedy
from jigong.lake.work import Work

PARQUET = "(FORMAT parquet, COMPRESSION zstd, PARQUET_VERSION v2, WRITE_BLOOM_FILTER false)"
"""How the lake writes its files."""

TOLD = 5_000
"""Up to so many rows say themselves which file and delivery they are from, so that they are read together with merged
ones; of more, only the number of their file is kept."""


@dataclass(frozen=True, slots=True)
class Output:
    """The folder of a batch that is being built, and what every row in it carries."""

    build: Path
    batch: str
    known_on: date

    def segment(self, class_name: str) -> Path:
        """Where the accepted rows of a class go."""
        return self.build / "segments" / f"{class_name}.parquet"

    def corrected(self, class_name: str) -> Path:
        """Where it goes which earlier records are superseded."""
        return self.build / "segments" / f"{class_name}.corrected.parquet"

    def confirmed(self, class_name: str) -> Path:
        """Where it goes which records the owner repeats."""
        return self.build / "segments" / f"{class_name}.confirmed.parquet"

    def withdrawn(self, class_name: str) -> Path:
        """Where it goes which records are withdrawn."""
        return self.build / "segments" / f"{class_name}.withdrawn.parquet"

    def waiting(self, class_name: str) -> Path:
        """Where goes what could be read of the rows in quarantine."""
        return self.build / "waiting" / f"{class_name}.parquet"

    def quarantine(self, class_name: str) -> Path:
        """Where the quarantine of a class goes."""
        return self.build / "quarantine" / f"{class_name}.parquet"


@dataclass(frozen=True, slots=True)
class Written:
    """Rows of each file, by its number."""

    accepted: dict[int, int]
    corrected: dict[int, int]
    duplicates: dict[int, int]
    outdated: dict[int, int]
    quarantined_rows: dict[int, int]
    quarantined: dict[int, dict[str, int]]
    lost_cells: dict[int, int]
    withdrawn: dict[int, int]
    told: dict[int, int]
    """Of those withdrawn, the ones that a row of the file names."""


def write(
    work: Work,
    output: Output,
    names: dict[int, str],
    before: int,
    confirming: Mapping[int, date],
    days: Mapping[int, date],
) -> Written:
    """Write the files of a class and count what they hold.

    ``names`` are the files' names by number; ``before`` is how many files of the class came in earlier
    deliveries: ``_source`` goes on counting from there. ``confirming`` are the owner's files with the day of their
    word: what they repeat is confirmed as of then; ``days`` are the days of all words.
    """
    work.con.execute("CREATE TABLE file_names (_file_no INTEGER, _file VARCHAR)")
    if names:
        work.con.executemany("INSERT INTO file_names VALUES (?, ?)", list(names.items()))
    corrected = _write_corrected(work, output, before)
    _write_confirmed(work, output, confirming)
    _write_withdrawn(work, output, days)
    accepted = _write_segment(work, output, names, before)
    # A row that went whole took its lost cells with it.
    work.con.execute(
        "UPDATE quarantine SET cell = FALSE WHERE cell AND (_file_no, _line) IN"
        " (SELECT (_file_no, _line) FROM quarantine WHERE NOT cell)"
    )
    _write_quarantine(work, output)
    work.con.execute("DROP TABLE file_names")
    counted = "SELECT _file_no, count(*) FROM {} GROUP BY 1"
    # What was left out, and waits, is no row of the file.
    whole = "(SELECT DISTINCT _file_no, _line FROM quarantine WHERE NOT cell AND _line > 0)"
    reasons: dict[int, dict[str, int]] = {}
    for number, reason, count in work.con.execute(
        "SELECT _file_no, reason, count(DISTINCT _line) FROM quarantine WHERE NOT cell AND _line > 0 GROUP BY ALL ORDER BY ALL"
    ).fetchall():
        reasons.setdefault(int(number), {})[str(reason)] = int(count)
    return Written(
        accepted,
        corrected,
        _counts(work, counted.format("duplicates")),
        _counts(work, counted.format("outdated")),
        _counts(work, counted.format(whole)),
        reasons,
        _counts(work, counted.format("(SELECT * FROM quarantine WHERE cell)")),
        _counts(work, counted.format("gone")),
        _counts(work, counted.format("(SELECT * FROM gone WHERE NOT _left_out)")),
    )


def _write_segment(work: Work, output: Output, names: dict[int, str], before: int) -> dict[int, int]:
    rows = work.count("SELECT count(*) FROM good")
    if not rows:
        return {}
    own = sql.names(work.columns)
    # A number says which file a row came from: names would take a third of the time to write.
    sources = {number: before + place for place, number in enumerate(names, 1)}
    parts = [
        f"SELECT {own}, {source}::INTEGER AS _source, _line FROM {work.lines(number)}"
        for number, source in sources.items()
        if number in work.readings
    ]
    if work.count("SELECT count(*) FROM mended"):
        source = " ".join(f"WHEN {number} THEN {source}" for number, source in sources.items())
        parts.append(f"SELECT {own}, (CASE _file_no {source} END)::INTEGER AS _source, _line FROM mended")
    select = " UNION ALL ".join(parts)
    if rows <= TOLD:
        file = " ".join(f"WHEN {sources[number]} THEN {sql.text(name)}" for number, name in names.items())
        select = (
            f"SELECT *, CASE _source {file} END AS _file, {sql.text(output.batch)} AS _batch,"
            f" DATE '{output.known_on}' AS _known_on FROM ({select})"
        )
    target = output.segment(work.contract.name)
    target.parent.mkdir(exist_ok=True)
    work.con.execute(f"COPY ({select}) TO {sql.text(target)} {PARQUET}")
    counted = _counts(work, f"SELECT _source, count(*) FROM read_parquet({sql.text(target)}) GROUP BY 1")
    return {number: counted.get(source, 0) for number, source in sources.items()}


def _write_corrected(work: Work, output: Output, before: int) -> dict[int, int]:
    still_good = "FROM good JOIN met USING (_part, _place)"
    corrected = _counts(work, f"SELECT good._file_no, count(*) {still_good} GROUP BY 1")
    if corrected or work.count("SELECT count(*) FROM gone"):
        target = output.corrected(work.contract.name)
        target.parent.mkdir(exist_ok=True)
        # A record is found by where it stood: comparing two numbers costs a reader less than comparing keys.
        work.con.execute(
            f"COPY (SELECT _old_source AS _source, _old_line AS _line, {before}::INTEGER AS _before {still_good}"
            f" UNION ALL SELECT _source, _old_line, {before}::INTEGER FROM gone WHERE _source IS NOT NULL"
            f" ORDER BY ALL) TO {sql.text(target)} {PARQUET}"
        )
    return corrected


def _write_withdrawn(work: Work, output: Output, days: Mapping[int, date]) -> None:
    if not work.count("SELECT count(*) FROM gone"):
        return
    target = output.withdrawn(work.contract.name)
    target.parent.mkdir(exist_ok=True)
    day = " ".join(f"WHEN {number} THEN DATE '{day}'" for number, day in days.items())
    work.con.execute(
        f"COPY (SELECT _key AS key, _source AS source, _old_line AS line, _left_out AS left_out, _reason AS reason,"
        f" CASE _file_no {day} END AS day, _file, _line FROM gone JOIN file_names USING (_file_no) ORDER BY key)"
        f" TO {sql.text(target)} {PARQUET}"
    )


def _write_confirmed(work: Work, output: Output, confirming: Mapping[int, date]) -> None:
    if not confirming:
        return
    days = ", ".join(f"({number}, DATE '{day}')" for number, day in confirming.items())
    rows = f"confirmed JOIN (VALUES {days}) of(_file_no, _day) USING (_file_no)"
    if work.count(f"SELECT count(*) FROM {rows}"):
        target = output.confirmed(work.contract.name)
        target.parent.mkdir(exist_ok=True)
        work.con.execute(
            f"COPY (SELECT _source, _line, _day FROM {rows} ORDER BY ALL) TO {sql.text(target)} {PARQUET}"
        )


def _write_quarantine(work: Work, output: Output) -> None:
    reasons = [str(row[0]) for row in work.con.execute("SELECT DISTINCT reason FROM quarantine").fetchall()]
    if not reasons:
        return
    target = output.quarantine(work.contract.name)
    target.parent.mkdir(exist_ok=True)
    work.con.execute(
        "CREATE TABLE said (reason VARCHAR, zh VARCHAR, en VARCHAR, remedy_zh VARCHAR, remedy_en VARCHAR)"
    )
    said = []
    for reason in reasons:
        what, todo = message(reason, work.contract), remedy(reason)
        said.append((reason, what.zh, what.en, todo.zh, todo.en))
    work.con.executemany("INSERT INTO said VALUES (?, ?, ?, ?, ?)", said)
    work.con.execute(
        f"COPY (SELECT {sql.text(work.contract.name)} AS class, _file AS file, _line AS line, columns, value, reason, zh, en,"
        " remedy_zh, remedy_en, row, cell FROM quarantine JOIN said USING (reason) JOIN file_names USING (_file_no)"
        f" ORDER BY file, line, reason, columns) TO {sql.text(target)} {PARQUET}"
    )
    work.con.execute("DROP TABLE said")
    target = output.waiting(work.contract.name)
    target.parent.mkdir(exist_ok=True)
    # A row may have gone to quarantine after it had lost cells: then the whole row waits.
    work.con.execute(
        f"COPY (SELECT _file, _line, {sql.names(work.columns)}, bool_or(_cells IS NULL) OVER (PARTITION BY _file_no, _line)"
        " AS _whole, _cells, _text FROM ghosts JOIN file_names USING (_file_no)"
        f" ORDER BY _file, _line, _cells NULLS FIRST) TO {sql.text(target)} {PARQUET}"
    )


def _counts(work: Work, query: str) -> dict[int, int]:
    return {int(number): int(count) for number, count in work.con.execute(query).fetchall()}
