"""What a delivery takes away: records that it names to be withdrawn, and those that a whole delivery leaves out.

From the day it became known a withdrawn record counts for nothing, and its history stays. Only whom a record came
from can withdraw it, or who owns its class; what the platform recorded opens a case instead. A record that a row,
sheet or file which could not be read may be, is not withdrawn: it waits, so that what it says is not known. A whole
delivery that leaves out more than its contract lets through waits for a person's word (ADR 25).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

from jigong.kernel.text import Text
from jigong.lake import sql
from jigong.lake.batches import Difference
from jigong.lake.claims import PLATFORM
from jigong.lake.coverage import Covered
from jigong.lake.ghosts import NUMBERS
from jigong.lake.identifiers import valid
from jigong.lake.owners import Word, kind_of, later_words, moves_coverage
from jigong.lake.work import AGAIN, Work, as_json
from jigong.packs.contract import Column, Contract

if TYPE_CHECKING:
    from jigong.lake.snapshot import Snapshot

REASON = "withdrawal_reason"
"""The column of a file of keys that says why."""

_MOST_EXAMPLES = 5


@dataclass(frozen=True, slots=True)
class TooMany:
    """A whole delivery of a class leaves out more records than its contract lets through unasked: ``lacking`` of the
    ``of`` that it could have held. ``examples`` are the keys of some of them, as text."""

    class_name: str
    lacking: int
    of: int
    examples: tuple[tuple[str, ...], ...]


def told_contract(contract: Contract) -> Contract:
    """What a file of keys of a class looks like: the key, a reason, and, where they are given, the numbers of people and
    enterprises, by which a row is found whose key cannot be read."""
    columns = [
        replace(c, reference=None, owner=None, unique=False, required=c.name in contract.key)
        for c in contract.columns
        if c.name in contract.key or c.identifier in NUMBERS
    ]
    reason = Column(
        name=REASON, label=Text("撤回原因", "Reason of the withdrawal"), headers=("撤回原因", "原因", "reason", REASON),
        kind="string", precision=None, scale=None, required=True, unique=False, values=(), minimum=None, maximum=None,
        exclusive_minimum=None, exclusive_maximum=None, min_length=None, max_length=200, pattern=None, identifier=None,
        reference=None, classification=None,
    )  # fmt: skip
    return replace(contract, columns=(*columns, reason), no_overlap=(), row_rules=())


def keep_told(told: Work) -> None:
    """Keep what a pass over files of keys found, in tables that outlive its own: ``told`` and ``told_…``."""
    con, key = told.con, sql.names(told.contract.key)
    con.execute(
        f"CREATE OR REPLACE TABLE told AS SELECT _file_no, _line, {key}, {REASON} AS _reason FROM good"
    )
    for table in ("quarantine", "ghosts", "duplicates"):
        con.execute(f"CREATE OR REPLACE TABLE told_{table} AS FROM {table}")
    # A number beside the key that cannot be read costs nothing: the key says which record it is.
    con.execute("DELETE FROM told_quarantine WHERE cell")
    con.execute("DELETE FROM told_ghosts WHERE _cells IS NOT NULL")


def put_told(work: Work) -> None:
    """Put what :func:`keep_told` kept with the rows of the class."""
    work.con.execute("INSERT INTO quarantine FROM told_quarantine")
    work.con.execute("INSERT INTO duplicates SELECT NULL, NULL, _file_no FROM told_duplicates")
    work.con.execute(f"INSERT INTO ghosts BY NAME SELECT * EXCLUDE ({REASON}) FROM told_ghosts")


def drop_told(work: Work) -> None:
    """Drop what was kept."""
    for table in ("told", "told_quarantine", "told_ghosts", "told_duplicates"):
        work.con.execute(f"DROP TABLE IF EXISTS {table}")


def settle_told(
    work: Work, words: Mapping[int, Word], snapshot: "Snapshot", current: str | None, unsettled: str | None
) -> tuple[Difference, ...]:
    """Withdraw the records whose keys are told; says which of them only the platform may withdraw.

    ``unsettled`` is a table of the keys of what waits: that is withdrawn as well. A key that this very delivery
    delivers, that no record has, or whose record is somebody else's, waits.
    """
    con, contract = work.con, work.contract
    on = _same("t", "old", contract.key)
    records = current or f"(SELECT * FROM {_empty(work)})"
    mine = " OR ".join(
        f"(t._file_no = {n} AND {_may_withdraw(contract, word, 'o.origin')})" for n, word in words.items()
    )
    newer = [
        f"(t._file_no = {n} AND ({test}))"
        for n, word in words.items()
        if word.stated_on is not None
        and not word.supersedes
        and (test := later_words(snapshot, contract.name, word.stated_on))
    ]
    others = [n for n, word in words.items() if kind_of(word.origin) != PLATFORM and not word.supersedes]
    ours = f"starts_with(o.origin, '{PLATFORM}:') AND t._file_no IN ({_list(others)})" if others else "FALSE"
    waits = (
        f"({sql.names(contract.key, 't.')}) IN (SELECT ({sql.names(contract.key)}) FROM {unsettled})"
        if unsettled
        else "FALSE"
    )
    con.execute(
        f"CREATE OR REPLACE TABLE said_gone AS SELECT t.*, {_key('t', contract.key)} AS _key, old._source,"
        " old._line AS _old_line, CASE"
        f" WHEN ({sql.names(contract.key, 't.')}) IN (SELECT ({sql.names(contract.key)}) FROM good) THEN 'conflict'"
        f" WHEN old._source IS NULL THEN CASE WHEN {waits} THEN 'gone'"
        f" WHEN _key IN (SELECT key FROM ({snapshot.withdrawn(contract.name)})) THEN 'duplicate' ELSE 'withdrawal' END"
        f" WHEN {ours} THEN 'platform' WHEN NOT ({mine or 'TRUE'}) THEN 'withdrawal'"
        f" WHEN {' OR '.join(newer) or 'FALSE'} THEN 'outdated' ELSE 'gone' END AS _fate"
        f" FROM told t LEFT JOIN {records} old ON {on}"
        f" LEFT JOIN ({snapshot.batches.origins(contract.name)}) o ON o.batch = old._batch AND o.name = old._file"
    )
    con.execute(
        "INSERT INTO gone SELECT _file_no, _line, _key, _source, _old_line, FALSE, _reason FROM said_gone"
        " WHERE _fate = 'gone'"
    )
    con.execute("INSERT INTO duplicates SELECT NULL, NULL, _file_no FROM said_gone WHERE _fate = 'duplicate'")
    con.execute(
        "INSERT INTO outdated SELECT NULL, NULL, _file_no FROM said_gone WHERE _fate IN ('outdated', 'platform')"
    )
    names = [*contract.key, REASON]
    cells = ", ".join(f"CAST(coalesce({_text(c)}) AS VARCHAR)" for c in contract.key)
    con.execute(
        f"INSERT INTO quarantine SELECT _file_no, _line, {sql.text(','.join(contract.key))}, array_to_string(_key, ' '),"
        f" _fate, {as_json(tuple(names), f'[{cells}, _reason]')}, FALSE FROM said_gone"
        " WHERE _fate IN ('conflict', 'withdrawal')"
    )
    con.execute(
        f"INSERT INTO ghosts BY NAME SELECT _file_no, _line, {sql.names(contract.key)}, array_to_string(_key, ' ') AS _text"
        " FROM said_gone WHERE _fate IN ('conflict', 'withdrawal')"
    )
    found = con.execute("SELECT DISTINCT _key FROM said_gone WHERE _fate = 'platform' ORDER BY 1").fetchall()
    con.execute("DROP TABLE said_gone")
    return tuple(left_out_difference(contract, key) for (key,) in found)


def left_out_difference(contract: Contract, key: Sequence[str]) -> Difference:
    """That a department does not have a record that the platform has: it is about no column, but the whole record."""
    return Difference(contract.name, tuple(key), "", None, None, PLATFORM)


def find_lacking(
    work: Work,
    words: Mapping[int, Word],
    names: Mapping[str, int],
    covered: Iterable[Covered],
    snapshot: "Snapshot",
    current: str,
    *,
    spoilt: bool,
    confirmed: bool,
) -> tuple[tuple[Difference, ...], TooMany | None]:
    """Withdraw the records that the whole deliveries among the files leave out.

    ``names`` are the numbers of the files by name, ``covered`` says what each holds whole; ``spoilt`` that a part of
    the delivery was refused, which may be any of them. Gives the platform's records that were left out; and, where more
    are missing than the contract lets through and nobody has ``confirmed`` it, how many, with nothing done.
    """
    con, contract = work.con, work.contract
    places: dict[int, list[str]] = {}
    for row in covered:
        if row.kind in ("register", "month"):
            places.setdefault(names[row.file], []).append(_place(contract, row))
    if not places:
        return (), None
    within = {n: f"({' OR '.join(dict.fromkeys(tests))})" for n, tests in places.items()}
    for n in places:
        stated_on = None if words[n].supersedes else words[n].stated_on
        # A record that was said, or said once more, on a later day is not for it to take away.
        if stated_on is not None and (newer := later_words(snapshot, contract.name, stated_on)):
            within[n] = f"({within[n]} AND NOT ({newer}))"
    file = " ".join(f"WHEN {test} THEN {n}" for n, test in within.items())
    origin = sql.text(words[next(iter(places))].origin)
    records = (
        f"SELECT CASE {file} END AS _file_no, old.*, o.origin FROM {current} old"
        f" JOIN ({snapshot.batches.origins(contract.name)}) o ON o.batch = old._batch AND o.name = old._file"
        f" WHERE ({' OR '.join(within.values())}) AND (o.origin = {origin} OR starts_with(o.origin, '{PLATFORM}:'))"
    )
    some = " AND ".join(f"{sql.name(c)} IS NOT NULL" for c in contract.key)
    key = sql.names(contract.key)
    con.execute(
        f"CREATE OR REPLACE TABLE lacking AS SELECT r.* FROM ({records}) r ANTI JOIN"
        f" (SELECT {key} FROM good UNION ALL SELECT {key} FROM ghosts WHERE {some}) p ON {_same('r', 'p', contract.key)}"
    )
    lacking = work.count(f"SELECT count(*) FROM lacking WHERE origin = {origin}")
    # Most deliveries lack little, and then nobody need count what they could have held.
    if lacking > contract.covers.withdraws.at_least and not confirmed:
        of = work.count(f"SELECT count(*) FROM ({records}) WHERE origin = {origin}")
        if lacking > contract.covers.withdraws.unasked(of):
            found = con.execute(
                f"SELECT {_key('lacking', contract.key)} FROM lacking WHERE origin = {origin} ORDER BY 1 LIMIT {_MOST_EXAMPLES}"
            ).fetchall()
            return (), TooMany(contract.name, lacking, of, tuple(tuple(row) for (row,) in found))
    if work.count("SELECT count(*) FROM lacking"):
        _leave_open(work, "TRUE" if spoilt else _could_be(work, [n for n in words if n < AGAIN]), origin)
    con.execute(
        f"INSERT INTO gone SELECT _file_no, NULL, {_key('lacking', contract.key)}, _source, _line, TRUE, NULL"
        f" FROM lacking WHERE origin = {origin}"
    )
    ours = con.execute(
        f"SELECT {_key('lacking', contract.key)} FROM lacking WHERE origin <> {origin} ORDER BY 1"
    ).fetchall()
    con.execute("DROP TABLE lacking")
    return tuple(left_out_difference(contract, row) for (row,) in ours), None


def still_current(work: Work, current: str) -> str:
    """SQL for the records of ``current`` that this delivery does not withdraw."""
    if not work.count("SELECT count(*) FROM gone"):
        return current
    return f"(SELECT old.* FROM {current} old ANTI JOIN gone ON old._source = gone._source AND old._line = gone._old_line)"


def find_withdrawn_later(work: Work, snapshot: "Snapshot", number: int, stated_on: date) -> None:
    """Mark as outdated the rows of an earlier day whose record was withdrawn on a later one."""
    work.con.execute(
        f"INSERT INTO outdated SELECT _part, _place, _file_no FROM good WHERE _file_no = {number}"
        f" AND {_key('good', work.contract.key)} IN (SELECT key FROM ({snapshot.withdrawn(work.contract.name)})"
        f" WHERE day > DATE '{stated_on}')"
    )
    work.drop(f"(SELECT * FROM outdated WHERE _file_no = {number})")


def _leave_open(work: Work, which: str, origin: str) -> None:
    """Take the lacking records of ``which`` that cannot be told away from ``lacking``: they wait.

    They are numbered from -1 down, since no line of the file is theirs.
    """
    con, contract, columns = work.con, work.contract, work.columns
    con.execute(f"CREATE OR REPLACE TABLE open_ones AS SELECT * FROM lacking WHERE {which}")
    con.execute("DELETE FROM lacking WHERE (_source, _line) IN (SELECT (_source, _line) FROM open_ones)")
    numbered = (
        f"(SELECT * REPLACE (-row_number() OVER (PARTITION BY _file_no ORDER BY {sql.names(contract.key)}) AS _line)"
        f" FROM open_ones WHERE origin = {origin})"
    )
    cells = ", ".join(f"CAST({sql.name(c)} AS VARCHAR)" for c in columns)
    con.execute(
        f"INSERT INTO quarantine SELECT _file_no, _line, {sql.text(','.join(contract.key))},"
        f" array_to_string({_key('o', contract.key)}, ' '), 'left_out', {as_json(columns, f'[{cells}]')}, FALSE"
        f" FROM {numbered} o"
    )
    con.execute(
        f"INSERT INTO ghosts SELECT _file_no, _line, {sql.names(columns)}, NULL, concat_ws(' ', {cells}) FROM {numbered}"
    )
    con.execute("DROP TABLE open_ones")


def _could_be(work: Work, files: Iterable[int]) -> str:
    """SQL over ``lacking``: a row of these files that cannot be read may be the record.

    A row whose key cannot be read, or breaks a rule, may be any record that agrees with the rest of its key and shares
    a number of a person or an enterprise with it; where no number can be read in it, any that agrees.
    """
    con, contract = work.con, work.contract
    key = contract.key
    broken = (
        "(_file_no, _line) IN (SELECT (_file_no, _line) FROM quarantine WHERE starts_with(reason, 'rule:')"
        f" AND list_has_any(string_split(columns, ','), [{sql.texts(key)}]))"
    )
    keyless = " OR ".join(f"{sql.name(c)} IS NULL" for c in key)
    numbers = [c for c in contract.columns if c.identifier in NUMBERS]
    beside = [sql.name(c.name) for c in numbers if c.name not in key]
    inside = [sql.name(c.name) for c in numbers if c.name in key]
    in_text = " || ".join(
        f"list_filter(list_transform(regexp_extract_all(_text, '{form}'), lambda n: upper(n)), lambda n: {valid(kind, 'n')})"
        for kind, form in NUMBERS.items()
        if any(c.identifier == kind for c in numbers)
    )
    found = f"[{', '.join(beside)}]" if beside else "CAST([] AS VARCHAR[])"
    read = f"{found} || [{', '.join(inside)}]" if inside else found
    read = f"{read} || coalesce({in_text}, [])" if in_text else read
    cells = ", ".join(f"CASE WHEN NOT _broken THEN {sql.name(c)} END AS {sql.name(c)}" for c in key)
    con.execute(
        f"CREATE OR REPLACE TABLE could_be AS SELECT DISTINCT {cells}, list_sort(list_distinct(list_filter("
        f"CASE WHEN _broken THEN {found} ELSE {read} END, lambda n: n IS NOT NULL))) AS _numbers"
        f" FROM (SELECT *, {broken} AS _broken FROM ghosts WHERE _cells IS NULL AND _file_no IN ({_list(files)}))"
        f" WHERE _broken OR {keyless}"
    )
    own = (
        f"[{', '.join(f'lacking.{sql.name(c.name)}' for c in numbers)}]"
        if numbers
        else "CAST([] AS VARCHAR[])"
    )
    agrees = " AND ".join(f"coalesce(lacking.{sql.name(c)} = s.{sql.name(c)}, TRUE)" for c in key)
    return f"EXISTS (SELECT 1 FROM could_be s WHERE {agrees} AND (len(s._numbers) = 0 OR list_has_any(s._numbers, {own})))"


def _place(contract: Contract, row: Covered) -> str:
    """SQL over ``old``: the record stands where the file holds everything."""
    tests = []
    if row.month is not None:
        tests.append(f"old.{sql.name(contract.valid_time.start)} = DATE '{row.month}'")
    if row.scope is not None and contract.covers.by is not None:
        tests.append(f"old.{sql.name(contract.covers.by)} = {sql.text(row.scope)}")
    return f"({' AND '.join(tests) or 'TRUE'})"


def _may_withdraw(contract: Contract, word: Word, origin: str) -> str:
    """SQL: whether who speaks may withdraw a record from ``origin``."""
    if moves_coverage(contract, word.origin) and contract.owner != "enterprise":
        return "TRUE"
    return "TRUE" if kind_of(word.origin) == PLATFORM else f"{origin} = {sql.text(word.origin)}"


def _empty(work: Work) -> str:
    """A table of no records, where the class never came."""
    typed = ", ".join(f"CAST(NULL AS {c.duckdb_type}) AS {sql.name(c.name)}" for c in work.contract.columns)
    return (
        f"(SELECT {typed}, CAST(NULL AS INTEGER) AS _source, CAST(NULL AS BIGINT) AS _line,"
        " CAST(NULL AS VARCHAR) AS _batch, CAST(NULL AS VARCHAR) AS _file WHERE FALSE)"
    )


def _key(table: str, key: Sequence[str]) -> str:
    """SQL for a record's key as a list of texts."""
    return f"[{', '.join(f'CAST({table}.{sql.name(c)} AS VARCHAR)' for c in key)}]"


def _text(name: str) -> str:
    return f"CAST({sql.name(name)} AS VARCHAR)"


def _same(one: str, other: str, key: Sequence[str]) -> str:
    return " AND ".join(f"{one}.{sql.name(c)} = {other}.{sql.name(c)}" for c in key)


def _list(numbers: Iterable[int]) -> str:
    return ", ".join(map(str, numbers))
