"""What one can say of a pack without understanding its expressions: dates, ids, sources, texts."""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

from jigong.kernel.problems import Place, Problem
from jigong.kernel.text import Text
from jigong.packs.check_delivery import contributions, credentials, delivery, offices, words
from jigong.packs.check_names import unknown
from jigong.packs.check_sources import sources
from jigong.packs.model import Clause, ParameterEntry, ParameterValue
from jigong.packs.pack import Pack, general_conditions, last_day, value_on
from jigong.packs.shape import Placed

_PYTHON_TYPES: Mapping[str, type | tuple[type, ...]] = {
    "integer": int,
    "decimal": (int, Decimal),
    "boolean": bool,
    "string": str,
    "date": date,
    "list of string": (tuple, str),
}
_READ = (
    "pack.yaml",
    "contracts/*.yaml",
    "facts/subjects.yaml",
    "facts/*.sql",
    "facts/common/*.sql",
    "parameters/*.yaml",
    "actions.yaml",
    "funds.yaml",
    "offices.yaml",
    "deadlines.yaml",
    "headers.yaml",
    "words.yaml",
    "bank.yaml",
    "directory.yaml",
    "papers.yaml",
    "reports.yaml",
    "sampling.yaml",
    "credentials.yaml",
    "skill_code.yaml",
    "figures.yaml",
    "defects.yaml",
    "clauses/*/clause.yaml",
    "clauses/*/cases.yaml",
    "points/*.yaml",
    "indicators/*.yaml",
)
_RESERVED = "points"
"""A run keeps everybody's points under this name, beside the clauses."""


def check_structure(pack: Pack) -> list[Problem]:
    """Gaps and overlaps in dated values, values of the wrong type, ids that nothing has, missing texts."""
    return [
        *(problem for name, placed in pack.parameters.items() for problem in _parameter(name, placed, pack)),
        *words(pack),
        *_actions(pack),
        *_funds(pack),
        *_clauses(pack),
        *_indicators(pack),
        *_tiers(pack),
        *sources(pack),
        *credentials(pack),
        *offices(pack),
        *_references(pack),
        *_deaths(pack),
        *_unread_files(pack),
    ]


def ill_typed(pack: Pack) -> list[str]:
    """Names of the parameters that have a value of another type than they say."""
    return [
        name
        for name, placed in pack.parameters.items()
        if not all(_fits(dated.value, placed.value.type) for dated in placed.value.values)
    ]


def _fits(value: ParameterValue, type_: str) -> bool:
    return isinstance(value, _PYTHON_TYPES[type_]) and (type_ == "boolean" or not isinstance(value, bool))


def _parameter(name: str, placed: Placed[ParameterEntry], pack: Pack) -> Iterator[Problem]:
    entry = placed.value
    for index, dated in enumerate(entry.values):
        path = ("values", index)
        if not _fits(dated.value, entry.type):
            yield placed.problem(
                (*path, "value"),
                f"{name} 是 {entry.type}，这里的值却是 {dated.value!r}",
                f"{name} is {entry.type}, but this value is {dated.value!r}",
                remedy=("改正值，或改正 type", "correct the value, or the type"),
            )
        if dated.follows is not None:
            yield from unknown(
                placed, (*path, "follows"), dated.follows, pack.declared_sources, "来源", "source"
            )
        if dated.to is not None and dated.to < dated.from_:
            yield placed.problem(
                (*path, "to"),
                "结束早于开始",
                "it ends before it begins",
                remedy=("改正日期", "correct the dates"),
            )
        if index + 1 < len(entry.values):
            yield from _join(name, placed, index)


def _join(name: str, placed: Placed[ParameterEntry], index: int) -> Iterator[Problem]:
    """The seam between a value and the next one: in order, without gap or overlap."""
    entry = placed.value
    next_from, end = entry.values[index + 1].from_, last_day(entry, index)
    path = ("values", index + 1, "from")
    if next_from <= entry.values[index].from_ or next_from <= end:
        yield placed.problem(
            path,
            f"{name}：从 {next_from} 起的值与前一个(至 {end})重叠",
            f"{name}: the value from {next_from} overlaps the one before (until {end})",
            remedy=("让后一个从前一个结束的次日开始", "let it begin the day after the other ends"),
        )
    elif next_from > end + timedelta(days=1):
        yield placed.problem(
            path,
            f"{name}:{end + timedelta(days=1)} 至 {next_from - timedelta(days=1)} 没有值",
            f"{name}: no value from {end + timedelta(days=1)} to {next_from - timedelta(days=1)}",
            remedy=(
                "补上中间的值，或删去前一个的 to",
                "add a value between, or remove the `to` of the one before",
            ),
        )


def _actions(pack: Pack) -> Iterator[Problem]:
    for placed in pack.actions.values():
        action = placed.value
        if action.fact is not None:
            yield from unknown(placed, ("fact",), action.fact, pack.facts, "事实", "fact")
        if (action.grows is None) == (action.days is None):
            yield placed.problem(
                (),
                f"行动 {action.id} 须写 grows 或 days 之一",
                f"action {action.id} needs either grows or days",
                remedy=("逐月增长写 grows,一次办成写 days", "grows for month by month, days for at once"),
            )


def _funds(pack: Pack) -> Iterator[Problem]:
    for placed in pack.funds.values():
        for field, name in (("budget", placed.value.budget), ("most", placed.value.most)):
            yield from unknown(placed, (field,), name, pack.parameters, "参数", "parameter")
            entry = pack.parameters.get(name)
            if entry is not None and entry.value.type not in ("integer", "decimal"):
                yield placed.problem(
                    (field,),
                    f"{name} 须为数，现在是 {entry.value.type}",
                    f"{name} has to be a number, but is {entry.value.type}",
                    remedy=("把参数的 type 改为 decimal", "make the parameter a decimal"),
                )


def _clauses(pack: Pack) -> Iterator[Problem]:
    fields = {field.id for field in pack.manifest.fields}
    numbers: dict[int, str] = {}
    for files in pack.clauses.values():
        placed, clause = files.clause, files.clause.value
        yield from unknown(placed, ("field",), clause.field, fields, "领域", "field")
        yield from unknown(placed, ("per",), clause.per, pack.subjects, "主体", "subject")
        yield from unknown(
            placed, ("basis", "source"), clause.basis.source, pack.manifest.sources, "来源", "source"
        )
        if clause.fund is not None:
            yield from unknown(placed, ("fund",), clause.fund, pack.funds, "基金", "fund")
        if clause.delivery.quota is not None:
            yield from unknown(
                placed, ("delivery", "quota"), clause.delivery.quota, pack.parameters, "参数", "parameter"
            )
            entry = pack.parameters.get(clause.delivery.quota)
            if entry is not None and entry.value.type != "integer":
                yield placed.problem(
                    ("delivery", "quota"),
                    f"名额须为整数，{clause.delivery.quota} 是 {entry.value.type}",
                    f"a quota is a whole number, but {clause.delivery.quota} is {entry.value.type}",
                    remedy=("把参数的 type 改为 integer", "make the parameter an integer"),
                )
        elif clause.delivery.mode in ("quota", "lottery"):
            yield placed.problem(
                ("delivery",),
                f"{clause.delivery.mode} 需要写明 quota 参数",
                f"{clause.delivery.mode} needs its quota parameter",
                remedy=("加上 quota: 主题.名称", "add quota: topic.name"),
            )
        yield from delivery(placed, pack)
        yield from contributions(placed, pack)
        if clause.begin is not None:
            yield from _begins(placed, clause.begin, pack)
        every = clause.model_copy(update={"waives": ()})
        general = {entry.id for entry in general_conditions(every, pack.subjects)}
        for index, id_ in enumerate(clause.waives):
            yield from unknown(
                placed, ("waives", index), id_, general, "主体的条件", "condition of the subject"
            )
        for index, condition in enumerate(clause.conditions):
            for action in condition.change:
                change = ("conditions", index, "change")
                yield from unknown(placed, change, action, pack.actions, "行动", "action")
        for ids, path in (
            ([c.id for c in clause.conditions], ("conditions",)),
            ([a.id for a in clause.awards], ("awards",)),
        ):
            for id_ in {id_ for id_ in ids if ids.count(id_) > 1}:
                yield placed.problem(
                    path, f"{id_} 用了两次", f"{id_} is used twice", remedy=("另起名字", "rename one")
                )
        if clause.in_force.to is not None and clause.in_force.to < clause.in_force.from_:
            yield placed.problem(
                ("in_force", "to"),
                "结束早于开始",
                "it ends before it begins",
                remedy=("改正日期", "correct the dates"),
            )
        if clause.id == _RESERVED:
            yield placed.problem(
                ("id",),
                f"条款不能叫 {_RESERVED}",
                f"a clause cannot be called {_RESERVED}",
                remedy=("换一个名字", "choose another name"),
            )
        if clause.number in numbers:
            yield placed.problem(
                ("number",),
                f"第 {clause.number} 条已是 {numbers[clause.number]}",
                f"number {clause.number} is {numbers[clause.number]} already",
                remedy=("换一个编号", "choose another number"),
            )
        numbers[clause.number] = clause.id


def _begins(placed: Placed[Clause], begin: str, pack: Pack) -> Iterator[Problem]:
    """The action that brings a clause's subject into being: known, done at once, and moving no fact."""
    yield from unknown(placed, ("begin",), begin, pack.actions, "行动", "action")
    action = pack.actions[begin].value if begin in pack.actions else None
    if action is not None and (action.fact is not None or action.days is None):
        yield placed.problem(
            ("begin",),
            f"行动 {begin} 不能用于 begin:它改变事实，或没有写 days",
            f"action {begin} cannot stand in begin: it moves a fact, or has no days",
            remedy=("另写一个只有 days 的行动", "write an action that has days and no fact"),
        )


def _indicators(pack: Pack) -> Iterator[Problem]:
    for entry in pack.indicators.values():
        placed, indicator = entry.indicator, entry.indicator.value
        yield from unknown(placed, ("per",), indicator.per, pack.subjects, "主体", "subject")
        if indicator.over is not None:
            yield from unknown(placed, ("over", "per"), indicator.over.per, pack.subjects, "主体", "subject")
        for index, figure in enumerate(indicator.published):
            path = ("published", index, "source")
            yield from unknown(placed, path, figure.source, pack.manifest.sources, "来源", "source")
    for breakdown in pack.breakdowns.values():
        for fact in breakdown.value.facts:
            yield from unknown(breakdown, ("fact",), fact, pack.facts, "事实", "fact")


def _tiers(pack: Pack) -> Iterator[Problem]:
    """Tiers begin at known whole numbers, each higher than the one before on every date."""
    ids = [tier.value.id for tier in pack.tiers]
    for position, tier in enumerate(pack.tiers):
        yield from unknown(tier, ("from",), tier.value.from_, pack.parameters, "参数", "parameter")
        if tier.value.id in ids[:position]:
            yield tier.problem(
                ("id",),
                f"{tier.value.id} 用了两次",
                f"{tier.value.id} is used twice",
                remedy=("另起名字", "rename one"),
            )
    for lower, higher in pairwise(pack.tiers):
        entries = [
            pack.parameters[t.value.from_].value for t in (lower, higher) if t.value.from_ in pack.parameters
        ]
        days = sorted({dated.from_ for entry in entries for dated in entry.values})
        for day in days:
            points = [value for entry in entries if isinstance(value := value_on(entry, day), int | Decimal)]
            if len(points) == 2 and points[0] >= points[1]:
                yield higher.problem(
                    ("from",),
                    f"{day}:{higher.value.id} 从 {points[1]} 分起，不高于 {lower.value.id} 的 {points[0]} 分",
                    f"{day}: {higher.value.id} begins at {points[1]}, not above {points[0]} of {lower.value.id}",
                    remedy=("按由低到高排列", "put them in rising order"),
                )
                break


def _references(pack: Pack) -> Iterator[Problem]:
    """What contracts say of each other must also hold once layers are laid over one another."""
    numbers: dict[int, str] = {}
    for contract in pack.contracts.values():
        place = Place(str(contract.file))
        other = numbers.setdefault(contract.number, contract.name)
        if other != contract.name:
            yield Problem(
                Text(
                    f"{contract.name} 的编号 {contract.number} 已由 {other} 占用",
                    f"the number {contract.number} of {contract.name} is already that of {other}",
                ),
                place,
                Text("每类数据用自己的编号", "give each class its own number"),
            )
        for column in contract.columns:
            if column.reference is None:
                continue
            name, target = column.reference
            if name not in pack.contracts or target not in {c.name for c in pack.contracts[name].columns}:
                yield Problem(
                    Text(
                        f"{contract.name}.{column.name} 指向 {name}.{target}，这一列没有了",
                        f"{contract.name}.{column.name} refers to {name}.{target}, which is no longer there",
                    ),
                    place,
                    Text("在替换的合同里保留这一列", "keep that column in the contract that replaces it"),
                )


def _deaths(pack: Pack) -> Iterator[Problem]:
    for placed in pack.subjects.values():
        if placed.value.death is not None:
            yield from unknown(placed, ("death",), placed.value.death, pack.facts, "事实", "fact")


def _unread_files(pack: Pack) -> Iterator[Problem]:
    """YAML and SQL files that stand where nothing reads them: a misspelt name would go unnoticed."""
    for layer in pack.layers:
        for file in sorted(layer.rglob("*")):
            path = file.relative_to(layer)
            if file.suffix not in (".yaml", ".yml", ".sql") or path.parts[0] == "synthetic":
                continue
            if path.match("clauses/*/cases.yaml") and not file.with_name("clause.yaml").is_file():
                yield Problem(
                    Text("这个条款没有 clause.yaml", "this clause has no clause.yaml"),
                    Place(str(file)),
                    Text("补上 clause.yaml,或删去这个文件夹", "add it, or remove the folder"),
                )
            elif not any(
                len(path.parts) == pattern.count("/") + 1 and path.match(pattern) for pattern in _READ
            ):
                yield Problem(
                    Text("技工包里没有地方读这个文件", "nothing in a pack reads this file"),
                    Place(str(file)),
                    Text(
                        "名称与位置见 docs/pack.md",
                        "docs/pack.md says how files are named and where they stand",
                    ),
                )
