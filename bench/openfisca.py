"""The clauses as openfisca-core variables: one for every condition, branch condition, verdict and amount."""

import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from openfisca_core.entities import Entity
from openfisca_core.indexed_enums import Enum
from openfisca_core.periods import DateUnit
from openfisca_core.periods import period as period_of
from openfisca_core.simulations import Simulation, SimulationBuilder
from openfisca_core.taxbenefitsystems import TaxBenefitSystem
from openfisca_core.variables import Variable

from bench.clauses import DAY, WORKER, Book
from bench.translate import NUMPY
from bench.world import constants_of, strings_of
from jigong.lake.facts import FactTables
from jigong.rules.model import Rule
from jigong.rules.nodes import Type

MONTH = period_of(f"{DAY:%Y-%m}")
_VALUE_TYPES: dict[str, type] = {"boolean": bool, "integer": int, "decimal": float}


class System:
    """The tax and benefit system of one kind of subject: facts in, ``outputs`` out."""

    def __init__(self, book: Book, kind: str) -> None:
        self.facts = book.facts(kind)
        self.texts = {
            n: strings_of(constants_of(book)[n]) for n, t in self.facts.items() if t.kind == "string"
        }
        self.outputs: list[str] = []
        self._entity = Entity("person", "persons", "", "")
        self._system = TaxBenefitSystem([self._entity])
        self._enums = {name: _enum(name, texts) for name, texts in self.texts.items()}
        for name, type_ in self.facts.items():
            self._fact(name, type_)
        for id_ in book.kinds[kind]:
            self._clause(book.rules[id_])
        if kind == WORKER:
            self._points(book)

    def simulation(self, columns: Mapping[str, Any], count: int) -> Simulation:
        """A simulation of ``count`` subjects with their facts (texts as positions in ``texts``)."""
        simulation = SimulationBuilder().build_default_simulation(self._system, count)
        for name in self.facts:
            values = columns[name]
            simulation.set_input(
                name, MONTH, self._enums[name].encode(values) if name in self._enums else values
            )
        return simulation

    def decide(self, simulation: Simulation) -> Iterator[tuple[str, Any]]:
        """Every output with its values."""
        for name in self.outputs:
            yield name, simulation.calculate(name, MONTH)

    def _fact(self, name: str, type_: Type) -> None:
        enum = self._enums.get(name)
        attributes: dict[str, Any] = {"value_type": Enum if enum else _VALUE_TYPES[type_.kind]}
        if enum:
            attributes |= {"possible_values": enum, "default_value": next(iter(enum))}
        self._add(name, attributes)

    def _clause(self, rule: Rule) -> None:
        key = rule.id.replace("-", "_")
        conditions = []
        for number, condition in enumerate(rule.conditions):
            conditions.append(self._formula(f"{key}_c{number}", bool, NUMPY.write(condition.holds)))
        self._formula(f"{key}_verdict", bool, " & ".join(conditions))
        bits = " + ".join(f"{name} * {1 << number}" for number, name in enumerate(conditions))
        self._formula(f"{key}_mask", int, bits)
        self.outputs += [f"{key}_verdict", f"{key}_mask"]
        if rule.pays_money:
            amount = "0.0"
            for award in reversed(rule.awards):
                text = NUMPY.write(award.amount) if award.amount is not None else "0.0"
                amount = (
                    text if award.when is None else f"np.where({NUMPY.write(award.when)}, {text}, {amount})"
                )
            verdict = f"person('{key}_verdict', period)"
            self._formula(f"{key}_amount", float, f"np.where({verdict}, np.round({amount}, 2), 0.0)")
            self.outputs.append(f"{key}_amount")

    def _points(self, book: Book) -> None:
        sums = []
        for dimension, items, most in book.points:
            names = []
            for item, value, cap in items:
                text = NUMPY.write(value)
                name = f"points_{dimension}_{item}"
                names.append(self._formula(name, int, text if cap is None else f"np.minimum({text}, {cap})"))
                self.outputs.append(name)
            name = f"points_{dimension}"
            sums.append(self._formula(name, int, f"np.minimum({' + '.join(names)}, {most})"))
            self.outputs.append(name)
        self._formula("points_total", int, " + ".join(sums))
        self.outputs.append("points_total")

    def _formula(self, name: str, value_type: type, text: str) -> str:
        """Add a variable computed by ``text``; returns how other formulas name it."""
        for fact, texts in self.texts.items():
            for place, value in enumerate(texts):
                call = f"person({fact!r}, period) == "
                text = text.replace(f"{call}{value!r}", f"{call}{fact}.v{place}")
        scope: dict[str, Any] = {"np": np, **self._enums}
        exec(f"def formula(person, period):\n    return {text}", scope)
        self._add(name, {"value_type": value_type, "formula": scope["formula"]})
        return f"person({name!r}, period)"

    def _add(self, name: str, attributes: Mapping[str, Any]) -> None:
        base = {"entity": self._entity, "definition_period": DateUnit.MONTH, "label": name}
        self._system.add_variable(type(name, (Variable,), {**base, **attributes}))


def _enum(name: str, texts: Sequence[str]) -> type[Enum]:
    made: type[Enum] = Enum(name, {f"v{place}": text for place, text in enumerate(texts)})
    return made


def everybody(book: Book, facts: FactTables, out: Path) -> float:
    """Decide every subject, Parquet in and Parquet out; returns the seconds it took.

    Writing the formulas does not count. Openfisca has no reader, so PyArrow reads, joins and writes for it,
    and turns texts into the positions openfisca's enums want.
    """
    systems = {kind: System(book, kind) for kind in book.kinds}
    out.mkdir(parents=True, exist_ok=True)
    started = time.perf_counter()
    for kind, system in systems.items():
        table = _read(facts, kind, system)
        columns = {name: _column(table[name], name, system) for name in system.facts}
        simulation = system.simulation(columns, len(table))
        found = {kind: table[kind]} | {
            name: pa.array(np.asarray(values)) for name, values in system.decide(simulation)
        }
        pq.write_table(pa.table(found), out / f"{kind}.parquet", compression="zstd")
    return time.perf_counter() - started


def _read(facts: FactTables, kind: str, system: System) -> pa.Table:
    """The subjects of a kind with the facts the system reads, their own and those of what they link to."""
    subject = facts.subjects[kind]
    own = [name for name in system.facts if name in subject.facts]
    table = pq.read_table(facts.folder / f"{kind}.parquet", columns=[kind, *subject.links, "as_of", *own])
    for link in subject.links:
        names = [name for name in system.facts if name in facts.subjects[link].facts]
        if names:
            linked = pq.read_table(facts.folder / f"{link}.at.parquet", columns=[link, "as_of", *names])
            table = table.join(linked, keys=[link, "as_of"])
    return table


def _column(values: pa.ChunkedArray, name: str, system: System) -> Any:
    """A fact's values as openfisca takes them."""
    if name in system.texts:
        return pc.index_in(values, value_set=pa.array(system.texts[name])).to_numpy()
    if pa.types.is_decimal(values.type):
        return values.cast(pa.float32()).to_numpy()
    return values.to_numpy()


def one(book: Book, people: Sequence[Mapping[str, Any]], times: int) -> tuple[float, list[dict[str, Any]]]:
    """Decide one person after another: the seconds each took, and what was found for the first of each."""
    systems = [System(book, kind) for kind in book.kinds]
    inputs = [[_columns(system, person) for system in systems] for person in people]
    answers: list[dict[str, Any]] = []
    started = time.perf_counter()
    for turn in range(times):
        for columns in inputs:
            found = {
                name: values[0]
                for system, given in zip(systems, columns, strict=True)
                for name, values in system.decide(system.simulation(given, 1))
            }
            if turn == 0:
                answers.append(found)
    each = (time.perf_counter() - started) / (times * len(people))
    return each, [{name: value.item() for name, value in found.items()} for found in answers]


def _columns(system: System, person: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: np.array([system.texts[name].index(person[name]) if name in system.texts else person[name]])
        for name in system.facts
    }
