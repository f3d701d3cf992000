"""Ways in which a delivery can have less in it, and what must not come of it."""

import random
import shutil
from collections import Counter
from dataclasses import dataclass, field

import duckdb
from tests.law.district import District, Rows, scratch

from jigong.decisions.run import Run
from jigong.packs.contract import PEOPLE, Contract

_BAD = {
    "date": ("2022-02-30", "不详", "2098-13-01", "n/a"),
    "month": ("2022-13", "前月", "1111"),
    "integer": ("十二", "1.5", "--"),
    "decimal": ("面议", "1,2,3", "NaN"),
    "boolean": ("或许", "2"),
    "string": ("\ufffd\ufffd",),
}


@dataclass
class Seen:
    """What rounds exercised: subjects by clause and verdict, and what was done to the deliveries."""

    verdicts: Counter[tuple[str, str]] = field(default_factory=Counter)
    became: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    done: Counter[str] = field(default_factory=Counter)
    dues: Counter[str] = field(default_factory=Counter)
    broken: list[str] = field(default_factory=list)

    @property
    def examples(self) -> int:
        """How many rows, cells and deliveries were spoiled."""
        return sum(self.done.values())


_PLAIN = ("union_membership", "labour_contract", "degree_enrolment")
"""Classes that clauses ask for most."""


def round_of(
    district: District, rng: random.Random, seen: Seen, spoiled: int = 240, *, silently: bool = False
) -> None:
    """Spoil some classes of the district at random, decide everybody with and without, and compare.

    ``silently`` takes rows away without a trace instead, which is to be found out.
    """
    folder = scratch(district.folder)
    try:
        monthly = [name for name, rows in sorted(district.classes.items()) if len(rows.files) > 1]
        names = {*rng.sample(sorted(district.classes), rng.randint(3, 5)), rng.choice(monthly)}
        names |= set(_PLAIN) if silently else set()
        changed = {name: district.classes[name].copy() for name in sorted(names)}
        for name in changed:
            if silently:
                _lose_rows(changed[name], rng, seen)
            else:
                _spoil_class(name, changed, rng, seen, max(1, spoiled // len(names)))
        sent = {name: rows for name, rows in changed.items() if rows.files}
        less = district.without(sorted(changed), folder / "less")
        district.deliver(less, sent, folder / "sent")
        as_of = district.day
        facts, run = district.decide(less, as_of, folder / "l")
        _, full = district.decide(district.lake, as_of, folder / "f", reckoning=facts.reckoning)
        compare(full, run, seen, ", ".join(changed))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _lose_rows(rows: Rows, rng: random.Random, seen: Seen) -> None:
    for lines in rows.files.values():
        kept = [line for line in lines if rng.random() < 0.6]
        seen.done["lost"] += len(lines) - len(kept)
        lines[:] = kept


def _spoil_class(name: str, changed: dict[str, Rows], rng: random.Random, seen: Seen, times: int) -> None:
    rows = changed[name]
    how = rng.random()
    if how < 0.12:
        # The whole delivery is refused: its class never came.
        rows.files.clear()
        seen.done["refused"] += 1
        return
    if len(rows.files) > 1 and how < 0.5:
        # A month that was never delivered, the newest one among them.
        for file in rng.sample(sorted(rows.files), rng.randint(1, 2)):
            del rows.files[file]
            seen.done["month"] += 1
    for _ in range(times):
        file = rng.choice(sorted(rows.files))
        if rows.files[file]:
            _spoil_row(rows, file, rng, seen)


def _spoil_row(rows: Rows, file: str, rng: random.Random, seen: Seen) -> None:
    """Spoil a row or a cell; whom the row is about stays readable."""
    lines, contract = rows.files[file], rows.contract
    place = rng.randrange(len(lines))
    line = lines[place]
    if len(line) != len(contract.columns):
        return
    about = _about(contract)
    how = rng.random()
    if how < 0.1 and all(contract.columns[i].identifier for i in about) and not _belongs(contract):
        line.append("多余")
        seen.done["cut"] += 1
    elif how < 0.2 and len(contract.columns) > len(contract.key):
        other = list(line)
        column = rng.choice([i for i, c in enumerate(contract.columns) if c.name not in contract.key])
        if contract.columns[column].kind == "decimal":
            other[column] = "1.00" if other[column] != "1.00" else "2.00"
        elif contract.columns[column].kind == "string" and not contract.columns[column].values:
            other[column] = f"{other[column]}改"
        else:
            return
        lines.append(other)
        seen.done["conflict"] += 1
    else:
        # Of several people one stays readable: whoever is linked to them must then be open.
        kept = {rng.choice(about)} if contract.columns[about[0]].identifier in PEOPLE else {*about}
        kept |= _belongs(contract)
        choice = [i for i in range(len(line)) if i not in kept and (i not in about or rng.random() < 0.1)]
        column = rng.choice(choice)
        line[column] = rng.choice(_BAD[contract.columns[column].kind])
        seen.done["cell" if not contract.columns[column].required else "row"] += 1


def _about(contract: Contract) -> list[int]:
    """The places of the columns that say whom a row is about: people, else enterprises, else the record itself."""
    for identifiers in (PEOPLE, ("credit_code",)):
        found = [i for i, c in enumerate(contract.columns) if c.identifier in identifiers]
        if found:
            return found
    return [i for i, c in enumerate(contract.columns) if c.name in contract.key]


def _belongs(contract: Contract) -> set[int]:
    """The places of the number of what a person is a member of, which nobody can guess from the person."""
    key = [(i, c) for i, c in enumerate(contract.columns) if c.name in contract.key]
    if not any(c.identifier in PEOPLE for _, c in key):
        return set()
    return {i for i, c in key if c.kind == "string" and c.identifier is None}


def compare(full: Run, less: Run, seen: Seen, what: str) -> None:
    """Nobody's settled verdict or amount may be another in the lake that has less."""
    for total in less.totals:
        both = (
            f"SELECT f.worker, f.subject, f.verdict, l.verdict, f.amount, l.amount, f.missing, l.missing FROM"
            f" {full.rows(total.clause)} f JOIN {less.rows(total.clause)} l"
        )
        rows = duckdb.execute(f"{both} ON f.subject = l.subject").fetchall()
        # A worker of whom the lake with less knows no subject at all must not get a no if there is one.
        rows += duckdb.execute(
            f"{both} ON f.worker = l.worker AND l.subject IS NULL AND f.subject IS NOT NULL"
        ).fetchall()
        for worker, subject, was, now, amount, left, _, missing in rows:
            seen.verdicts[total.clause, was] += 1
            seen.became[total.clause, was, now] += 1
            if {was, now} == {"yes", "no"}:
                seen.broken.append(f"{what}: {total.clause} {worker} {subject}: {was} became {now} {missing}")
            elif was == now == "yes" and None not in (amount, left) and amount != left:
                seen.broken.append(f"{what}: {total.clause} {worker} {subject}: {amount} became {left}")
        _compare_dues(full, less, total.clause, seen, what)


def _compare_dues(full: Run, less: Run, clause: str, seen: Seen, what: str) -> None:
    """What is due in the lake that has less, and no other clause could outbid, is due with everything; queues apart."""
    rows = duckdb.execute(
        "SELECT l.worker, subject, l.due, f.due, f.excluded_by, l.outbid_by IS NOT NULL FROM"
        f" {less.rows(clause)} l JOIN {full.rows(clause)} f USING (subject)"
        " WHERE l.due > 0 AND l.in_quota IS NULL"
    ).fetchall()
    for worker, subject, due, then, excluded_by, outbid in rows:
        seen.dues["outbid" if outbid else "kept"] += 1
        if not outbid and due != then:
            why = f"excluded by {excluded_by}" if excluded_by else ""
            seen.broken.append(f"{what}: {clause} {worker} {subject}: due {due} became {then} {why}")
