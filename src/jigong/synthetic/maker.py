"""Makes the files of a district, class by class, on a connection that holds its tables."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import duckdb

from jigong.kernel.problems import Place, error
from jigong.packs.contract import Contract
from jigong.synthetic import writers
from jigong.synthetic.broken import write_broken
from jigong.synthetic.calibration import Calibration
from jigong.synthetic.extras import Extra, extras_of
from jigong.synthetic.manifest import Duplicate, Error, File, Manifest
from jigong.synthetic.recipes import Recipe, Recipes, keep, run
from jigong.synthetic.rules import Rules
from jigong.synthetic.stamps import Stamp, Strangers
from jigong.synthetic.styles import style_of
from jigong.synthetic.writers import Job, Stand

_SHEET_ROWS = 50_000
_TEMPLATES = 60
_FREE = 400
_WHOLE_FILE_ROWS = range(1_500, 1_503)


@dataclass(frozen=True, slots=True)
class Maker:
    """One run. ``errors`` asks for wrong rows and careless cells; they are entered into ``manifest``."""

    connection: duckdb.DuckDBPyConnection
    contracts: Mapping[str, Contract]
    calibration: Calibration
    recipes: Recipes
    out: Path
    manifest: Manifest
    errors: bool

    def make(self, shards: Sequence[tuple[int, int]]) -> Iterator[str]:
        """Write every file, for ranges of workers of which both ends belong to a range; yields the class after each."""
        if self.recipes.macros:
            run(self.connection, self.recipes.macros.sql, self.recipes.macros.file)
        self._range(*shards[0])
        for recipe in self.recipes.tables_once:
            keep(self.connection, recipe)
        for recipe in self._in_order(self.recipes.classes_once):
            self._class(recipe, None, last=True)
            yield recipe.name
        for number, (first, last) in enumerate(shards, 1):
            self._range(first, last)
            for recipe in self.recipes.tables_shard:
                keep(self.connection, recipe)
            for recipe in self._in_order(self.recipes.classes_shard):
                self._class(recipe, number if len(shards) > 1 else None, last=number == len(shards))
                yield recipe.name
        if self.errors:
            self._unknown_classes()

    def _range(self, first: int, last: int) -> None:
        self.connection.execute("SET VARIABLE first_worker = $1", [first])
        self.connection.execute("SET VARIABLE last_worker = $1", [last])

    def _in_order(self, classes: Mapping[str, Recipe]) -> list[Recipe]:
        return sorted(classes.values(), key=lambda recipe: self.contracts[recipe.name].number)

    def _class(self, recipe: Recipe, shard: int | None, *, last: bool) -> None:
        """Write one file of one class; the wrong rows go into the last."""
        contract = self.contracts[recipe.name]
        good = self._deliver(recipe, contract)
        stamp = self._stamp(contract, good) if self.errors and last and good else None
        kind = self._format(contract, good)
        extras = self._extras(contract, stamp, kind, good) if stamp else ()
        name = contract.name if shard is None else f"{contract.name}-{shard:03d}"
        job = Job(
            self.connection,
            contract,
            style_of(contract, kind, shard or 0),
            self.out / f"{name}.{kind}",
            extras,
            f"{contract.department.zh} {contract.label.zh}(截至 {self.manifest.as_of})",
            self.calibration.number("dirty_share") if self.errors else 0.0,
        )
        encoding = (contract.delivery.encoding or "utf-8") if kind == "csv" else None
        stands = writers.write(job, kind, encoding)
        self._record(contract, File(job.path.name, good, kind, encoding), extras, stands)
        if stamp:
            self._whole_files(contract, stamp)

    def _deliver(self, recipe: Recipe, contract: Contract) -> int:
        """Make ``delivery``, the good rows, typed and in order; how many they are."""
        columns = ", ".join(
            f'"{column.name}"::{column.duckdb_type} AS "{column.name}"' for column in contract.columns
        )
        select = f"SELECT {columns} FROM (\n{recipe.sql}\n)"
        run(self.connection, "DROP VIEW IF EXISTS delivery; DROP TABLE IF EXISTS delivered", recipe.file)
        if recipe.is_ordered:
            run(self.connection, f"CREATE VIEW delivery AS {select}", recipe.file)
        else:
            run(self.connection, f"CREATE TABLE delivered AS {select} ORDER BY {_key(contract)}", recipe.file)
            self.connection.execute("CREATE VIEW delivery AS SELECT * FROM delivered")
        return writers.row_count(self.connection)

    def _format(self, contract: Contract, rows: int) -> Literal["csv", "xlsx", "parquet"]:
        """How the class is sent; a sheet too long for a spreadsheet as CSV."""
        usual = contract.delivery.format
        return "csv" if usual == "xlsx" and rows > _SHEET_ROWS else usual

    def _extras(
        self, contract: Contract, stamp: Stamp, kind: Literal["csv", "xlsx", "parquet"], good: int
    ) -> tuple[Extra, ...]:
        spread = contract.valid_time.kind != "month" and kind != "parquet"
        rules = Rules(self.connection, contract)
        return extras_of(stamp, self.calibration, rules.broken, good=good, csv=kind == "csv", spread=spread)

    def _stamp(self, contract: Contract, good: int) -> Stamp:
        """What the wrong rows of the class are made with."""
        provinces = self.calibration.texts("stranger_provinces")
        strangers = Strangers(provinces[0], self.calibration.text("credit_division_stranger"))
        step = max(good // (2 * _TEMPLATES), 1)
        cursor = self.connection.execute(
            f"SELECT * FROM delivery WHERE hash({_key(contract)}) % {step} = 0 LIMIT {_TEMPLATES}"
        )
        names = [column.name for column in contract.columns]
        templates = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
        stamp = Stamp(contract, templates, strangers, ())
        return Stamp(contract, templates, strangers, self._free(contract)) if stamp.needs_free() else stamp

    def _free(self, contract: Contract) -> list[object]:
        """Values the class's key may refer to but does not yet."""
        column = contract.column(contract.key[0])
        if column.reference is None:
            return []
        cls, name = column.reference
        recipe = self.recipes.classes_shard.get(cls) or self.recipes.classes_once[cls]
        cursor = self.connection.execute(
            f'SELECT DISTINCT "{name}" FROM ({recipe.sql}\n) WHERE "{name}" NOT IN'
            f' (SELECT "{column.name}" FROM delivery) ORDER BY 1 LIMIT {_FREE}'
        )
        return [row[0] for row in cursor.fetchall()]

    def _record(
        self, contract: Contract, made: File, extras: Sequence[Extra], stands: Sequence[Stand]
    ) -> None:
        """Enter a file of good rows, its wrong rows and its duplicates into the manifest."""
        count = self.manifest.of(contract.name)
        count.good += made.rows
        for extra, (file, line) in zip(extras, stands, strict=True):
            if extra.wrong is None:
                count.duplicates += 1
                self.manifest.duplicates.append(Duplicate(contract.name, file, line))
            else:
                count.wrong += 1
                fault, value = extra.wrong.fault, extra.wrong.value
                self.manifest.errors.append(Error(contract.name, file, line, fault.kind, fault.column, value))
        beside = [file for file, _ in stands if file != made.file]
        count.files.append(replace(made, rows=made.rows + len(stands) - len(beside)))
        if beside:
            count.files.append(replace(made, file=beside[0], rows=len(beside)))

    def _whole_files(self, contract: Contract, stamp: Stamp) -> None:
        """Files of the class that must be refused as a whole."""
        for cls, kind in self._broken_files():
            if cls == contract.name:
                rows = (
                    [stamp.row(1_500 + at) for at in range(3)]
                    if stamp.room() > 1_503
                    else list(stamp.templates)
                )
                self.manifest.errors.append(write_broken(self.out, contract, kind, rows))

    def _unknown_classes(self) -> None:
        """Files of no class the contracts know."""
        for cls, kind in self._broken_files():
            if cls not in self.contracts:
                if kind != "file:class":
                    raise error(
                        f"broken_file 里的 {cls} 没有契约",
                        f"broken_file: there is no contract for {cls}",
                        place=Place(str(self.calibration.folder)),
                        remedy=("改正类名，或写 file:class", "correct the class, or write file:class"),
                    )
                path = self.out / f"{cls}.csv"
                path.write_text("编号，说明\n1,这类数据没有契约\n", encoding="utf-8")
                self.manifest.errors.append(Error(cls, path.name, None, kind, None, None))

    def _broken_files(self) -> list[tuple[str, str]]:
        table = self.calibration.tables.get("broken_file")
        return [(str(row[0]), str(row[1])) for row in table.rows] if table else []


def _key(contract: Contract) -> str:
    return ", ".join(f'"{name}"' for name in contract.key)
