"""Commands about packs: check one, judge given facts by one of its clauses."""

import json
import sys
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from jigong.cli import options
from jigong.cli.console import VERDICTS, Screen, default_language
from jigong.decisions.check import check_pack
from jigong.decisions.run import in_force
from jigong.kernel.problems import JigongError, Place, Problem, error, nearest
from jigong.kernel.text import Text, counted
from jigong.packs.reader import read_pack
from jigong.rules.given import coerce_given
from jigong.rules.judge import judge as judge_facts
from jigong.rules.model import Outcome, Rule
from jigong.rules.nodes import Value
from jigong.rules.rulebook import Rulebook, read_rulebook, values_on


class EngineName(StrEnum):
    """The engines a judge may use."""

    row = "row"
    duckdb = "duckdb"


def add_to(app: typer.Typer) -> None:
    """Add the commands to ``app``."""
    pack = typer.Typer(help="技工包 Packs", no_args_is_help=True)
    pack.command("check")(check)
    app.add_typer(pack, name="pack")
    app.command("judge")(judge)


def check(
    folder: Annotated[Path, typer.Argument(help="技工包文件夹 The pack's folder")] = options.DEFAULT_PACK,
    as_of: options.AsOf = None,
    as_json: options.Json = False,
) -> None:
    """检查一个包：名称、类型、日期、来源、例子 · Check a pack: names, types, dates, sources, cases."""
    screen = Screen(default_language(), as_json)
    try:
        pack = read_pack(folder)
        problems = check_pack(pack, options.day(as_of) or options.today())
    except JigongError as bad:
        problems = list(bad.problems)
        pack = None
    if as_json:
        screen.json({"problems": [_problem(problem) for problem in problems], "replaced": _replaced(pack)})
    else:
        screen.problems(problems)
        for item in _replaced(pack):
            screen.say(
                f"{item['layer']} 替换了 {item['beneath']} 的 {item['kind']} {item['id']}({item['place']})",
                f"{item['layer']} replaces {item['kind']} {item['id']} of {item['beneath']} ({item['place']})",
            )
        if pack is not None and not problems:
            cases = sum(len(files.cases.value.cases) for files in pack.clauses.values() if files.cases)
            screen.say(
                f"✓ {pack.manifest.zh}:{len(pack.contracts)} 类数据、{len(pack.facts)} 个事实、{len(pack.parameters)} 个参数、"
                f"{len(pack.clauses)} 条政策、{cases} 个例子、{len(pack.dimensions)} 维积分、{len(pack.indicators)} 项指标、"
                f"{len(pack.funds)} 个基金，两个引擎一致",
                f"✓ {pack.manifest.en}: {counted(len(pack.contracts), 'class', 'classes')} of data,"
                f" {counted(len(pack.facts), 'fact')}, {counted(len(pack.parameters), 'parameter')},"
                f" {counted(len(pack.clauses), 'clause')}, {counted(cases, 'case')},"
                f" {counted(len(pack.dimensions), 'points dimension')}, {counted(len(pack.indicators), 'indicator')},"
                f" {counted(len(pack.funds), 'fund')}; both engines agree",
                style="green",
            )
    if problems:
        raise typer.Exit(1)


def _problem(problem: Problem) -> dict[str, Any]:
    place = problem.place
    return {
        "what": problem.what,
        "file": place.file if place else None,
        "line": place.line if place else None,
        "column": place.column if place else None,
        "remedy": problem.remedy,
    }


def _replaced(pack: Any) -> list[dict[str, str]]:
    if pack is None:
        return []
    return [
        {"kind": r.kind, "id": r.id, "layer": r.layer, "beneath": r.beneath, "place": str(r.place)}
        for r in pack.replaced
    ]


def judge(
    clause: Annotated[str, typer.Argument(help="条款 id The clause's id")],
    given: Annotated[
        Path, typer.Option("--given", help="JSON:一个或一列事实;- 为标准输入 Facts; - is standard input")
    ],
    pack: options.Pack_ = options.DEFAULT_PACK,
    as_of: options.AsOf = None,
    engine: Annotated[EngineName, typer.Option("--engine", help="引擎 The engine")] = EngineName.row,
    as_json: options.Json = False,
) -> None:
    """按一条政策判定给出的事实 · Judge given facts by a clause of any pack."""
    screen = Screen(default_language(), as_json)
    read = read_pack(pack, contracts=False)
    if clause not in read.clauses:
        close = nearest(clause, list(read.clauses))
        raise error(
            f"包 {read.manifest.name} 没有条款 {clause}",
            f"pack {read.manifest.name} has no clause {clause}",
            remedy=(f"是不是想写 {close}?", f"did you mean {close}?")
            if close
            else (f"可选：{'、'.join(read.clauses)}", f"there are: {', '.join(read.clauses)}"),
        )
    day = options.day(as_of) or options.today()
    entry = read.clauses[clause].clause
    if not in_force(entry.value, day):
        raise error(
            f"条款 {clause} 在 {day} 不在有效期内",
            f"clause {clause} is not in force on {day}",
            place=entry.place("in_force"),
            remedy=("用 --as-of 换一个日期", "choose another date with --as-of"),
        )
    rulebook = read_rulebook(read, clauses=[clause])
    unbound = rulebook.clauses[clause]
    rule = unbound.bound(values_on(read, day, unbound.parameters))
    people, single = _people(given, rulebook)
    outcomes = judge_facts(rule, people, day, engine.value)
    results = [_result(rule, outcome) for outcome in outcomes]
    if as_json:
        sys.stdout.write(json.dumps(results[0] if single else results, ensure_ascii=False, indent=1) + "\n")
        return
    conditions = {c.id: c.label for c in entry.value.conditions}
    for result in results:
        verdict = VERDICTS[result["verdict"]]
        screen.say(
            f"{verdict.zh} {result['amount'] or ''}", f"{verdict.en} {result['amount'] or ''}", style="bold"
        )
        for id_, value in result["conditions"].items():
            mark = {True: "✓", False: "✗", None: "?"}[value]
            screen.say(f"  {mark} {conditions[id_].zh}", f"  {mark} {conditions[id_].en}")
        if result["missing"]:
            screen.say(
                f"  缺少：{'、'.join(result['missing'])}", f"  missing: {', '.join(result['missing'])}"
            )


def _people(file: Path, rulebook: Rulebook) -> tuple[list[dict[str, Value | None]], bool]:
    """The facts in a JSON file: one object, or a list; whether it was one."""
    try:
        text = sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8-sig")
        data = json.loads(text, parse_float=Decimal)
    except FileNotFoundError:
        raise error(
            f"找不到 {file}", f"{file} does not exist", remedy=("检查路径", "check the path")
        ) from None
    except OSError as bad:
        raise error(
            f"读不了 {file}:{bad.strerror}",
            f"cannot read {file}: {bad.strerror}",
            remedy=("检查路径和权限", "check the path and the permissions"),
        ) from None
    except (ValueError, RecursionError) as bad:
        raise error(
            f"{file} 不是 JSON:{bad}",
            f"{file} is not JSON: {bad}",
            remedy=("检查引号和逗号", "check quotes and commas"),
        ) from None
    objects = data if isinstance(data, list) else [data]
    problems: list[Problem] = []
    people = []
    for number, item in enumerate(objects, 1):
        if not isinstance(item, dict):
            raise error(
                f"第 {number} 项不是对象",
                f"item {number} is not an object",
                remedy=('写成 {"age": 30}', 'write {"age": 30}'),
            )
        values, wrong = coerce_given(item, rulebook.scope)
        problems += [
            Problem(
                Text(f"第 {number} 项：{text.zh}", f"item {number}: {text.en}"),
                Place(str(file)),
                Text("改正这个值；未知的写 null", "correct the value; write null where it is not known"),
            )
            for text in wrong.values()
        ]
        for name in item:
            if name not in rulebook.scope.facts:
                close = nearest(name, list(rulebook.scope.facts))
                problems.append(
                    Problem(
                        Text(
                            f"第 {number} 项：没有名为 {name} 的事实",
                            f"item {number}: there is no fact {name}",
                        ),
                        Place(str(file)),
                        Text(f"是不是想写 {close}?", f"did you mean {close}?")
                        if close
                        else Text("删去", "remove it"),
                    )
                )
        people.append(values)
    if problems:
        raise JigongError(*problems)
    return people, not isinstance(data, list)


def _result(rule: Rule, outcome: Outcome) -> dict[str, Any]:
    if outcome.conflict is not None:
        raise error(
            f"条款 {rule.id} 的分支 {outcome.conflict[0]} 与 {outcome.conflict[1]} 同级且金额不同",
            f"branches {outcome.conflict[0]} and {outcome.conflict[1]} of {rule.id} are of equal rank with different amounts",
            remedy=("给它们不同的 rank", "give them different ranks"),
        )
    return {
        "verdict": outcome.verdict,
        "amount": None if outcome.amount is None else str(outcome.amount),
        "branch": outcome.branch,
        "conditions": {
            condition.id: value for condition, value in zip(rule.conditions, outcome.conditions, strict=True)
        },
        "missing": list(outcome.missing),
    }
