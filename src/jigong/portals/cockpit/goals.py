"""The indicators of the portrait: value, target, published figures, and how well the data know them."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from jigong.insight.figures import Figures
from jigong.insight.portrait import IndicatorValue
from jigong.kernel.text import Text
from jigong.packs.measures import Indicator, IndicatorDimension, Published
from jigong.packs.pack import Pack
from jigong.portals.cockpit.cells import hidden, small

Standing = Literal["met", "near", "far", "none"]
_NEAR = Decimal("0.9")
"""From this share of a target on it is nearly met."""


@dataclass(frozen=True, slots=True)
class Goal:
    """One indicator; ``value`` is None where it is not known, or of too few."""

    id: str
    indicator: Indicator
    value: Decimal | None
    rows: int
    quality: Decimal | None
    few: bool
    targets: tuple[tuple[Published, Text], ...]
    actuals: tuple[tuple[Published, Text], ...]
    """Published figures with their source; they are of their own date, and of the real district."""

    @property
    def target(self) -> Published | None:
        """The newest target."""
        return max((p for p, _ in self.targets), key=lambda p: p.on, default=None)

    @property
    def standing(self) -> Standing:
        """How the value stands to the target."""
        if self.target is None or self.value is None:
            return "none"
        if self.indicator.better == "down":
            return "met" if self.value <= self.target.value else "far"
        if self.value >= self.target.value:
            return "met"
        return "near" if self.value >= self.target.value * _NEAR else "far"

    @property
    def progress(self) -> int | None:
        """The value as a share of the target, in hundredths, at most 100."""
        if self.target is None or self.value is None or not self.target.value:
            return None
        return int(min(Decimal(100), self.value * 100 / self.target.value))


@dataclass(frozen=True, slots=True)
class DimensionGoals:
    """One dimension of the portrait with its indicators."""

    dimension: IndicatorDimension
    goals: tuple[Goal, ...]


def goals(pack: Pack, figures: Figures | None) -> list[DimensionGoals]:
    """Every dimension in the pack's order."""
    values = {value.indicator: value for value in (figures.portrait if figures else ())}
    found: dict[str, tuple[IndicatorDimension, list[Goal]]] = {}
    for id_, placed in pack.indicators.items():
        dimension = placed.dimension
        entry = found.setdefault(dimension.id, (dimension, []))
        entry[1].append(_goal(id_, placed.indicator.value, values.get(id_), pack))
    return [DimensionGoals(dimension, tuple(items)) for dimension, items in found.values()]


def _goal(id_: str, indicator: Indicator, value: IndicatorValue | None, pack: Pack) -> Goal:
    sources = pack.manifest.sources
    figures = [
        (figure, sources[figure.source].label if figure.source in sources else Text("", ""))
        for figure in sorted(indicator.published, key=lambda figure: figure.on)
    ]
    few = value is not None and small(value.known)
    return Goal(
        id_,
        indicator,
        None if value is None or few else value.value,
        value.rows if value else 0,
        value.quality if value else None,
        few,
        tuple(pair for pair in figures if pair[0].kind == "target"),
        tuple(pair for pair in figures if pair[0].kind == "actual"),
    )


@dataclass(frozen=True, slots=True)
class GroupValue:
    """An indicator of one group; ``value`` None where it is not known or of too few."""

    group: str
    value: Decimal | None
    rows: int | None
    few: bool


def by_group(figures: Figures, breakdown: str, indicator: str) -> Sequence[GroupValue]:
    """The groups of a breakdown, the best known first."""
    rows = [v for v in figures.by.get(breakdown, ()) if v.indicator == indicator and v.group is not None]
    marks = hidden(rows, lambda row: row.known)
    return [
        GroupValue(row.group or "", None if mark else row.value, None if mark else row.rows, mark)
        for row, mark in zip(rows, marks, strict=True)
    ]
