"""A pack's texts as typed rules: clauses, points and indicators, ready to be bound to a date."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from jigong.kernel.problems import JigongError, Place, Problem
from jigong.kernel.text import Text
from jigong.packs.measures import Dimension, Indicator
from jigong.packs.model import AwardEntry, Clause, ParameterEntry, ParameterValue
from jigong.packs.pack import Pack
from jigong.packs.shape import Placed
from jigong.rules.language import LanguageError, Scope, parse
from jigong.rules.model import Award, Condition, Rule
from jigong.rules.nodes import (
    BOOLEAN,
    DATE,
    INTEGER,
    MAX_DIGITS,
    MONEY,
    STRING,
    Call,
    Expression,
    Fact,
    Type,
    facts_of,
)
from jigong.rules.operators import ArgumentError, unify

POINTS_TOTAL = "points_total"

_FACT_TYPES: Mapping[str, Type] = {
    "boolean": BOOLEAN,
    "string": STRING,
    "date": DATE,
    "integer": INTEGER,
    "decimal": MONEY,
}


def points_fact(dimension: str) -> str:
    """The name of the fact that holds a worker's points in ``dimension``."""
    return f"points_{dimension}"


def label_of(pack: Pack, name: str) -> Text:
    """What people call whatever a rule names: a fact, a parameter, a kind of subject, a dimension of points or their total."""
    if name in pack.facts:
        return pack.facts[name].label
    if name in pack.parameters:
        return pack.parameters[name].value.label
    if name in pack.subjects:
        return pack.subjects[name].value.label
    if name == POINTS_TOTAL:
        return Text("积分", "Points")
    found = next((d.value.label for id_, d in pack.dimensions.items() if points_fact(id_) == name), None)
    return found or Text(name, name)


@dataclass(frozen=True, slots=True)
class PointsItem:
    """One way to earn points: its value for a worker, and the parameter that caps it."""

    id: str
    value: Expression
    cap: str | None


@dataclass(frozen=True, slots=True)
class PointsDimension:
    """The items of one dimension, and the parameter that caps their sum."""

    id: str
    items: tuple[PointsItem, ...]
    cap: str


@dataclass(frozen=True, slots=True)
class IndicatorRule:
    """An indicator's expressions: which subjects, what of them, and which others divide it."""

    id: str
    where: Expression | None
    value: Expression | None
    over_where: Expression | None
    over_sum: Expression | None


@dataclass(frozen=True)
class Rulebook:
    """Every rule of a pack, typed. ``over_time`` says how facts move by themselves; ``ranks`` how a quota is filled."""

    clauses: Mapping[str, Rule]
    points: tuple[PointsDimension, ...]
    indicators: Mapping[str, IndicatorRule]
    over_time: Mapping[str, Expression]
    ranks: Mapping[str, tuple[tuple[Expression, bool], ...]]
    """By clause: expressions to order by, each with whether the largest comes first."""
    scope: Scope


def parameter_type(entry: ParameterEntry) -> Type:
    """The type that holds every value the parameter ever has."""
    values = [
        item
        for dated in entry.values
        for item in (dated.value if isinstance(dated.value, tuple) else (dated.value,))
    ]
    kind = "string" if entry.type == "list of string" else entry.type
    base = _FACT_TYPES[kind]
    numbers = [_number_type(value) for value in values if isinstance(value, int | Decimal)]
    # A value of the wrong type is for the pack's check to report; any type will do for it here.
    if base.is_number and numbers:
        try:
            base = unify(numbers)
        except ArgumentError:
            # That it has too many digits is for the rulebook to report.
            return base
        if kind == "decimal" and base.kind == "integer":
            base = Type("decimal", base.digits, 0)
    return Type(base.kind, base.digits, base.scale, is_list=entry.type == "list of string")


def _number_type(value: int | Decimal) -> Type:
    if isinstance(value, int):
        return Type("integer", len(str(abs(value))))
    _, digits, exponent = value.as_tuple()
    scale = max(-int(exponent), 0)
    return Type("decimal", max(len(digits), scale + 1), scale)


def scope_of(pack: Pack) -> Scope:
    """Every name a rule of the pack may use: its facts, the points, and its parameters.

    Points are within bounds as long as some item is not known; so are the facts that say ``range``, and
    numbers that say ``rises``.
    """
    facts = {name: _FACT_TYPES[entry.type] for name, entry in pack.facts.items()}
    facts |= {points_fact(id_): INTEGER for id_ in pack.dimensions}
    if pack.dimensions:
        facts[POINTS_TOTAL] = INTEGER
    points = facts.keys() - pack.facts.keys()
    ranged = points | {name for name, entry in pack.facts.items() if entry.bounded}
    parameters = {name: parameter_type(placed.value) for name, placed in pack.parameters.items()}
    return Scope(facts, parameters, frozenset(ranged))


def read_rulebook(pack: Pack, *, clauses: Sequence[str] | None = None) -> Rulebook:
    """The pack's rules; only of ``clauses`` where given.

    Raises:
        JigongError: every expression that is not in the language, with file, line and caret.
    """
    general = {
        kind: [entry.when for entry in placed.value.conditions] for kind, placed in pack.subjects.items()
    }
    compiler = _Compiler(scope_of(pack), general)
    compiler.headers(pack)
    wanted = pack.clauses if clauses is None else {id_: pack.clauses[id_] for id_ in clauses}
    rules = {id_: compiler.clause(files.clause) for id_, files in wanted.items()}
    ranks = {id_: compiler.rank(files.clause) for id_, files in wanted.items()}
    points = tuple(compiler.dimension(placed) for placed in pack.dimensions.values())
    indicators = {id_: compiler.indicator(placed.indicator) for id_, placed in pack.indicators.items()}
    over_time = {
        name: compiler.moving(name, entry.over_time, topic.header)
        for topic in pack.topics.values()
        for name, entry in topic.header.value.facts.items()
        if entry.over_time is not None
    }
    if compiler.problems:
        raise JigongError(*compiler.problems)
    return Rulebook(rules, points, indicators, over_time, ranks, compiler.scope)


class _Compiler:
    """Reads expressions and gathers what is wrong with them."""

    def __init__(self, scope: Scope, general: Mapping[str, Sequence[str]]) -> None:
        self.scope = scope
        self._general = general
        self.problems: list[Problem] = []

    def read(
        self, text: str, placed: Placed[Any], path: Sequence[str | int], expected: str | None = None
    ) -> Expression:
        """The tree of ``text``; on a problem, a stand-in (the whole book is refused in the end)."""
        try:
            return parse(text, self.scope, expected)
        except LanguageError as bad:
            self.problems.append(Problem(bad.text, _caret(placed.place(*path), text, bad), bad.remedy))
            return parse("TRUE" if expected != "number" else "0", self.scope)

    def optional(
        self, text: str | None, placed: Placed[Any], path: Sequence[str | int], expected: str | None
    ) -> Expression | None:
        """As :meth:`read`, where the text may be absent."""
        return None if text is None else self.read(text, placed, path, expected)

    def clause(self, placed: Placed[Clause]) -> Rule:
        clause = placed.value
        conditions = tuple(
            Condition(entry.id, self.read(entry.when, placed, ("conditions", i, "when"), "boolean"))
            for i, entry in enumerate(clause.conditions)
        )
        awards = [self._award(entry, placed, i) for i, entry in enumerate(clause.awards)]
        return Rule(clause.id, conditions, tuple(sorted(awards, key=lambda award: award.rank)))

    def _award(self, entry: AwardEntry, placed: Placed[Any], index: int) -> Award:
        return Award(
            entry.id,
            index if entry.rank is None else entry.rank,
            self.optional(entry.when, placed, ("awards", index, "when"), "boolean"),
            self.optional(entry.amount, placed, ("awards", index, "amount"), "number"),
            self._most(entry, placed, index),
        )

    def _most(self, entry: AwardEntry, placed: Placed[Any], index: int) -> Expression | None:
        """The most an award can give; not to be read from facts."""
        path = ("awards", index, "most")
        most = self.optional(entry.most, placed, path, "number")
        if most is not None and facts_of(most):
            self.problems.append(
                placed.problem(
                    path,
                    "most 只能用参数和数，不能用事实",
                    "most is of parameters and numbers, not of facts",
                    remedy=("写一个参数", "name a parameter"),
                )
            )
        return most

    def rank(self, placed: Placed[Clause]) -> tuple[tuple[Expression, bool], ...]:
        order = []
        for i, text in enumerate(placed.value.delivery.rank):
            expression, _, direction = text.rpartition(" ")
            descending = direction.upper() == "DESC"
            if direction.upper() not in ("DESC", "ASC"):
                expression = text
            order.append((self.read(expression, placed, ("delivery", "rank", i)), descending))
        return tuple(order)

    def dimension(self, placed: Placed[Dimension]) -> PointsDimension:
        dimension = placed.value
        items = tuple(
            PointsItem(item.id, self._whole(item.value, placed, ("items", i, "value")), item.cap)
            for i, item in enumerate(dimension.items)
        )
        for i, item in enumerate(dimension.items):
            if item.cap is not None:
                self._parameter(item.cap, placed, ("items", i, "cap"))
        self._parameter(dimension.cap, placed, ("cap",))
        return PointsDimension(dimension.id, items, dimension.cap)

    def _whole(self, text: str, placed: Placed[Any], path: Sequence[str | int]) -> Expression:
        expression = self.read(text, placed, path, "number")
        if expression.type.kind != "integer":
            self.problems.append(
                placed.problem(
                    path,
                    f"积分须为整数，这里是 {expression.type}",
                    f"points are whole numbers, this is {expression.type}",
                    remedy=("用 floor(…) 取整", "use floor(…)"),
                )
            )
        return expression

    def _parameter(self, name: str, placed: Placed[Any], path: Sequence[str | int]) -> None:
        expression = self.read(name, placed, path, "number")
        if name not in self.scope.parameters and isinstance(expression, Fact | Call):
            self.problems.append(
                placed.problem(
                    path,
                    f"这里须写一个参数，{name} 不是",
                    f"a parameter belongs here, and {name} is none",
                    remedy=("写成 主题.名称", "write topic.name"),
                )
            )

    def moving(self, name: str, text: str, placed: Placed[Any]) -> Expression:
        """How a fact moves over time; of the fact's own kind."""
        path = ("facts", name, "over_time")
        expression = self.read(text, placed, path)
        wanted = self.scope.facts[name]
        if expression.type.kind != wanted.kind:
            self.problems.append(
                placed.problem(
                    path,
                    f"{name} 是 {wanted.kind},over_time 却是 {expression.type.kind}",
                    f"{name} is {wanted.kind}, but its over_time is {expression.type.kind}",
                    remedy=("让两者一致", "make them the same"),
                )
            )
        return expression

    def headers(self, pack: Pack) -> None:
        """Note facts that bear the name of a points fact, and those that are no numbers but say ``range``."""
        for name, entry in pack.facts.items():
            if entry.range and not _FACT_TYPES[entry.type].is_number:
                self.problems.append(
                    pack.fact_topics[name].header.problem(
                        ("facts", name, "range"),
                        f"{name} 是 {entry.type}，没有上下限",
                        f"{name} is {entry.type}, which has no bounds",
                        remedy=("删去 range,它只用于 integer 和 decimal", "remove range; it is for integer and decimal"),
                    )
                )  # fmt: skip
        for name, placed in pack.parameters.items():
            for index, dated in enumerate(placed.value.values):
                if isinstance(dated.value, int | Decimal) and _number_type(dated.value).digits > MAX_DIGITS:
                    self.problems.append(
                        placed.problem(
                            ("values", index, "value"),
                            f"{name} 的值超过 {MAX_DIGITS} 位数字",
                            f"the value of {name} has more than {MAX_DIGITS} digits",
                            remedy=("改正这个数", "correct the number"),
                        )
                    )
        points = {POINTS_TOTAL, *(points_fact(id_) for id_ in pack.dimensions)}
        for name in points.intersection(pack.facts):
            self.problems.append(
                pack.fact_topics[name].header.problem(
                    ("facts", name),
                    f"{name} 是积分的名字",
                    f"{name} is the name of the points",
                    remedy=("换一个名字", "choose another name"),
                )
            )

    def indicator(self, placed: Placed[Indicator]) -> IndicatorRule:
        indicator = placed.value
        expected = {"mean": "number", "sum": "number", "share": "boolean"}.get(indicator.measure)
        if (indicator.value is None) != (indicator.measure == "count"):
            self.problems.append(
                placed.problem(
                    ("measure",),
                    "mean、sum、share 需要 value,count 不需要",
                    "mean, sum and share need a value; count has none",
                )
            )
        over = indicator.over
        return IndicatorRule(
            indicator.id,
            self._whom(indicator.per, indicator.where, placed, ("where",)),
            self.optional(indicator.value, placed, ("value",), expected),
            self._whom(over.per, over.where, placed, ("over", "where")) if over else None,
            self.optional(over.sum if over else None, placed, ("over", "sum"), "number"),
        )

    def _whom(
        self, kind: str, text: str | None, placed: Placed[Any], path: Sequence[str | int]
    ) -> Expression | None:
        """Whom an indicator counts: of its kind those for whom the kind's conditions hold, and its own."""
        general = self._general.get(kind, ())
        own = self.optional(text, placed, path, "boolean")
        if not general:
            return own
        return self.read(
            " AND ".join(f"({part})" for part in (*general, *([text] if text else []))),
            placed,
            path,
            "boolean",
        )


def _caret(place: Place, text: str, bad: LanguageError) -> Place:
    """The place of the error inside ``text``: in the file's own line where the text stands there unfolded."""
    if place.source is not None and place.column is not None:
        at = place.source.find(text, place.column - 1)
        if at >= 0:
            return Place(place.file, place.line, at + bad.start + 1, place.source, bad.width)
    return Place(place.file, place.line, bad.start + 1, text.replace("\n", " "), bad.width)


def values_on(pack: Pack, day: date, names: Collection[str] | None = None) -> dict[str, ParameterValue]:
    """Parameters as rules bind them on ``day``: all, or those of ``names``.

    Raises:
        JigongError: a parameter that has no value on that day, with its place.
    """
    values = pack.parameters_on(day)
    missing = [
        placed.problem(
            ("values",),
            f"参数 {name} 在 {day} 没有值",
            f"parameter {name} has no value on {day}",
            remedy=(
                "补上这一天有效的值，或换一个日期",
                "give it a value for that day, or choose another date",
            ),
        )
        for name, placed in pack.parameters.items()
        if name not in values and (names is None or name in names)
    ]
    if missing:
        raise JigongError(*missing)
    return values
