"""The portrait: every indicator of a pack, overall or broken down, with its data quality."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

import duckdb

from jigong.decisions.points import make_points, with_points
from jigong.lake.facts import FactTables
from jigong.packs.measures import Breakdown, Indicator
from jigong.packs.model import ParameterValue
from jigong.packs.pack import Pack
from jigong.rules.engines.duckdb import Columns, quoted
from jigong.rules.nodes import Expression, bind, facts_of
from jigong.rules.rulebook import IndicatorRule, Rulebook

_PLACES = Decimal("0.0001")


@dataclass(frozen=True, slots=True)
class IndicatorValue:
    """An indicator's value for one group (None: the whole district).

    ``rows`` subjects belong to it, of which ``known`` could be counted; ``value`` is None where
    nothing could.
    """

    indicator: str
    group: str | None
    value: Decimal | None
    rows: int
    known: int

    @property
    def quality(self) -> Decimal | None:
        """Share of the subjects whose value is known, from 0 to 1."""
        return (Decimal(self.known) / self.rows).quantize(_PLACES) if self.rows else None


def portrait(
    facts: FactTables,
    pack: Pack,
    rulebook: Rulebook,
    values: Mapping[str, ParameterValue],
    by: str | None = None,
) -> list[IndicatorValue]:
    """Every indicator on the facts' date; ``by`` names a breakdown of the pack."""
    painter = _Painter(facts, values, pack.breakdowns[by].value if by else None)
    rules = rulebook.indicators.values()
    read = {name for r in rules for name in facts_of(r.where, r.value, r.over_where, r.over_sum)}
    if not pack.facts.keys() >= read:
        painter.add_points(pack, rulebook)
    found = []
    for id_, placed in pack.indicators.items():
        found += painter.paint(placed.indicator.value, rulebook.indicators[id_])
    return found


class _Painter:
    def __init__(
        self, facts: FactTables, values: Mapping[str, ParameterValue], breakdown: Breakdown | None
    ) -> None:
        self._facts = facts
        self._values = values
        self._breakdown = breakdown
        self._connection: duckdb.DuckDBPyConnection = facts.connect()
        self._today = f"DATE '{facts.as_of}'"
        self._points: Sequence[str] = ()

    def add_points(self, pack: Pack, rulebook: Rulebook) -> None:
        """Let indicators read the points."""
        self._points = make_points(self._connection, pack, rulebook, self._values, self._today)

    def paint(self, indicator: Indicator, rule: IndicatorRule) -> list[IndicatorValue]:
        """One indicator's value for each group; none where its subjects do not have the breakdown."""
        if not self._has_group(indicator.per):
            return []
        nodes = Columns(self._today)
        value = self._sql(rule.value, "TRUE", nodes)
        measured = {
            "count": "count(*) FILTER (w AND v)",
            "share": "count(*) FILTER (w AND v) * 100",
            "sum": "sum(v) FILTER (w)",
            "mean": "sum(v) FILTER (w)",
        }[indicator.measure]
        rows = self._connection.execute(
            f"SELECT g, {measured}, count(*) FILTER (w IS NOT FALSE), count(*) FILTER (w AND v IS NOT NULL)"
            f" FROM (SELECT {self._group(indicator.per)} AS g, {self._sql(rule.where, 'TRUE', nodes)} AS w, {value} AS v"
            f" FROM {nodes.over(f'({with_points(self._facts, indicator.per, self._points)})')})"
            f" GROUP BY g HAVING {self._kept} ORDER BY g"
        ).fetchall()
        if not rows and self._breakdown is None:
            rows = [(None, 0, 0, 0)]
        divided_by = self._divisors(indicator, rule)
        found = []
        for group, total, subjects, known in rows:
            divisor = divided_by.get(group, 0) if divided_by is not None else None
            # Nothing known of anybody is not zero; nor is a list of subjects that did not come.
            listed = self._facts.subjects[indicator.per].listed and (known or not subjects)
            value_ = self._value(indicator, total, known, divisor) if listed else None
            found.append(IndicatorValue(indicator.id, group, value_, subjects, known))
        return found

    @staticmethod
    def _value(
        indicator: Indicator, total: int | Decimal | None, known: int, divisor: int | Decimal | None
    ) -> Decimal | None:
        if indicator.measure in ("mean", "share") and not known:
            return None
        value = Decimal(total or 0)
        if indicator.measure in ("mean", "share"):
            value /= known
        if indicator.over is not None:
            if not divisor:
                return None
            value = value * indicator.over.times / divisor
        return value.quantize(_PLACES, ROUND_HALF_UP)

    def _divisors(
        self, indicator: Indicator, rule: IndicatorRule
    ) -> dict[str | None, int | Decimal | None] | None:
        if indicator.over is None:
            return None
        per = indicator.over.per
        if not self._has_group(per) or not self._facts.subjects[per].listed:
            return {}
        nodes = Columns(self._today)
        total = "count(*)" if rule.over_sum is None else f"sum({self._sql(rule.over_sum, '0', nodes)})"
        counted = self._sql(rule.over_where, "TRUE", nodes)
        rows = self._connection.execute(
            f"SELECT {self._group(per)} AS g, {total} FILTER ({counted})"
            f" FROM {nodes.over(f'({with_points(self._facts, per, self._points)})')} GROUP BY g"
        ).fetchall()
        return dict(rows)

    def _sql(self, expression: Expression | None, default: str, nodes: Columns) -> str:
        return default if expression is None else nodes.value(bind(expression, self._values))

    def _has_group(self, per: str) -> bool:
        return self._group_fact(per) is not None

    def _group_fact(self, per: str) -> str | None:
        """The fact by which subjects of this kind are grouped: the first of the breakdown's that they have."""
        if self._breakdown is None:
            return ""
        usable = (per, *self._facts.facts_of(per))
        return next((fact for fact in self._breakdown.facts if fact in usable), None)

    def _group(self, per: str) -> str:
        return quoted(fact) if (fact := self._group_fact(per)) else "NULL"

    @property
    def _kept(self) -> str:
        return "TRUE" if self._breakdown is None else "g IS NOT NULL"
