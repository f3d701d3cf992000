"""Commands about decisions: decide, explain, paths, differences, missing data, indicators."""

from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any

import typer

from jigong.cli import options, show, show_worker
from jigong.cli.workspace import Workspace
from jigong.decisions.verify import disagreements
from jigong.insight.difference import difference
from jigong.insight.explain import explain as explain_worker
from jigong.insight.held import known_worker
from jigong.insight.missing import price_of_missing
from jigong.insight.portrait import portrait
from jigong.insight.ways import all_ways, one_step_away
from jigong.kernel.dates import add_months
from jigong.kernel.problems import error, nearest
from jigong.lake.provenance import Provenance


def add_to(app: typer.Typer) -> None:
    """Add the commands to ``app``."""
    app.command("decide")(decide)
    app.command("explain")(explain)
    app.command("paths")(paths)
    app.command("diff")(diff)
    app.command("missing")(missing)
    app.command("indicators")(indicators)


def decide(
    as_of: options.AsOf = None,
    known_on: options.KnownOn = None,
    verify: Annotated[
        bool,
        typer.Option(
            "--verify", help="再用参照引擎逐人核对 Have the reference engine decide everybody again"
        ),
    ] = False,
    by_clause: Annotated[
        Path | None,
        typer.Option("--by-clause", help="另外每条政策写一个文件 Also write a file for each clause, here"),
    ] = None,
    pack: options.Pack_ = options.DEFAULT_PACK,
    data: options.Data = options.DEFAULT_DATA,
    as_json: options.Json = False,
) -> None:
    """为每个人逐条判定，写成 Parquet · Decide every clause for everybody, as Parquet."""
    work = options.workspace(pack, data, as_of, known_on, as_json)
    run = work.decide()
    if by_clause is not None:
        run.write_by_clause(by_clause)
    checked = None
    if verify:
        with work.screen.progress("核对", "verifying") as steps:
            checked = disagreements(run, work.facts, work.pack, work.rulebook, work.values, steps.step)
    if as_json:
        work.screen.json({**show.run_as_json(run), "verified": checked})
        return
    show.run_totals(work.screen, run, work.pack)
    work.screen.say(f"结果在 {run.folder}", f"results are in {run.folder}")
    if by_clause is not None:
        work.screen.say(f"每条政策一个文件，在 {by_clause}", f"a file for each clause is in {by_clause}")
    if checked is not None:
        work.screen.say(
            f"✓ 参照引擎核对 {checked:,} 个判定，全部一致",
            f"✓ the reference engine agrees on {checked:,} verdicts",
        )


def explain(
    worker: Annotated[str, typer.Argument(help="公民身份号码 Citizen number")],
    clause: Annotated[str | None, typer.Option("--clause", help="只看这一条 Only this clause")] = None,
    as_of: options.AsOf = None,
    known_on: options.KnownOn = None,
    pack: options.Pack_ = options.DEFAULT_PACK,
    data: options.Data = options.DEFAULT_DATA,
    as_json: options.Json = False,
) -> None:
    """一个人：每条政策为什么符合或不符合，数据从哪来 · One worker: every verdict with its reasons and sources."""
    work = options.workspace(pack, data, as_of, known_on, as_json)
    _known_clause(work, clause)
    provenance = Provenance(work.snapshot, work.pack)
    found = explain_worker(worker, work.facts, work.pack, work.rulebook, work.values, provenance, work.run)
    if as_json:
        work.screen.json(show_worker.explained_as_json(found, clause))
        return
    show_worker.explained(work.screen, found, work.pack, clause)


def paths(
    worker: Annotated[
        str | None, typer.Argument(help="公民身份号码；不填为全体 Citizen number; nothing for everybody")
    ] = None,
    as_of: options.AsOf = None,
    known_on: options.KnownOn = None,
    pack: options.Pack_ = options.DEFAULT_PACK,
    data: options.Data = options.DEFAULT_DATA,
    as_json: options.Json = False,
) -> None:
    """从不符合到符合的最短路径 · The shortest way from no to yes."""
    work = options.workspace(pack, data, as_of, known_on, as_json)
    run, facts = work.run, work.facts
    if worker is not None:
        known_worker(worker, facts, facts.connect())
    with work.screen.progress("寻找最短路径", "finding paths"):
        ways = list(all_ways(facts, work.pack, work.rulebook, work.values, run, worker))
    if worker is not None:
        if as_json:
            work.screen.json(ways)
        else:
            show_worker.ways(work.screen, ways, work.pack)
        return
    totals = one_step_away(iter(ways))
    if as_json:
        work.screen.json({"ways": len(ways), "one_step": totals})
    else:
        show.one_step(work.screen, totals, work.pack)


def diff(
    other_pack: Annotated[
        Path | None, typer.Option("--other-pack", help="与这个包比较 The pack to compare with")
    ] = None,
    other_as_of: Annotated[
        str | None, typer.Option("--other-as-of", help="与这一天比较 The date to compare with")
    ] = None,
    other_known_on: Annotated[
        str | None,
        typer.Option("--other-known-on", help="与这一天的已知数据比较 The knowledge to compare with"),
    ] = None,
    as_of: options.AsOf = None,
    known_on: options.KnownOn = None,
    pack: options.Pack_ = options.DEFAULT_PACK,
    data: options.Data = options.DEFAULT_DATA,
    as_json: options.Json = False,
) -> None:
    """换一个包、日期或已知数据，谁得谁失、多少钱 · Who gains and loses under another pack, date or knowledge."""
    if other_pack is None and other_as_of is None and other_known_on is None:
        raise error(
            "没有可比的另一方",
            "nothing to compare with",
            remedy=(
                "加上 --other-pack、--other-as-of 或 --other-known-on",
                "add --other-pack, --other-as-of or --other-known-on",
            ),
        )
    before = options.workspace(pack, data, as_of, known_on, as_json)
    after = options.workspace(
        other_pack or pack, data, other_as_of or as_of, other_known_on or known_on, as_json
    )
    found = difference(before.run, after.run)
    if as_json:
        before.screen.json([entry for entry in found if entry.changed])
    else:
        show.differences(before.screen, found, after.pack, before.pack)


def missing(
    as_of: options.AsOf = None,
    known_on: options.KnownOn = None,
    pack: options.Pack_ = options.DEFAULT_PACK,
    data: options.Data = options.DEFAULT_DATA,
    as_json: options.Json = False,
) -> None:
    """缺失数据的代价：多少人、多少钱悬而未决 · What missing data costs: people and yuan left undecided."""
    work = options.workspace(pack, data, as_of, known_on, as_json)
    price = price_of_missing(work.run, work.pack, work.snapshot)
    if as_json:
        work.screen.json(price)
    else:
        show.missing(work.screen, price, work.pack)


def indicators(
    by: Annotated[
        str | None, typer.Option("--by", help="分组，如 town、industry、enterprise Breakdown")
    ] = None,
    months: Annotated[
        int, typer.Option("--months", min=1, max=60, help="往前几个月，逐月 So many months back")
    ] = 1,
    as_of: options.AsOf = None,
    known_on: options.KnownOn = None,
    pack: options.Pack_ = options.DEFAULT_PACK,
    data: options.Data = options.DEFAULT_DATA,
    as_json: options.Json = False,
) -> None:
    """画像指标，与公开数字并列 · The portrait's indicators beside the published figures."""
    work = options.workspace(pack, data, as_of, known_on, as_json)
    if by is not None and by not in work.pack.breakdowns:
        close = nearest(by, list(work.pack.breakdowns))
        raise error(
            f"没有分组 {by}",
            f"there is no breakdown {by}",
            remedy=(
                f"可选：{'、'.join(work.pack.breakdowns)}",
                f"there are: {', '.join(work.pack.breakdowns)}",
            )
            if close is None
            else (f"是不是想写 {close}?", f"did you mean {close}?"),
        )
    series = []
    for back in reversed(range(months)):
        day = add_months(work.day, -back) or work.day
        at = work if day == work.day else Workspace(pack, data, work.screen, day, work.known_on)
        series.append((day, portrait(at.facts, at.pack, at.rulebook, at.values, by)))
    if as_json:
        work.screen.json(
            [{"as_of": day, "values": [_with_quality(value) for value in values]} for day, values in series]
        )
    elif months > 1:
        show.indicator_series(work.screen, series, work.pack)
    else:
        show.indicators(work.screen, series[0][1], work.pack, by)


def _with_quality(value: Any) -> dict[str, Any]:
    quality: Decimal | None = value.quality
    return {
        "indicator": value.indicator,
        "group": value.group,
        "value": value.value,
        "rows": value.rows,
        "known": value.known,
        "quality": quality,
    }


def _known_clause(work: Workspace, clause: str | None) -> None:
    if clause is not None and clause not in work.pack.clauses:
        close = nearest(clause, list(work.pack.clauses))
        raise error(
            f"没有条款 {clause}",
            f"there is no clause {clause}",
            remedy=(f"是不是想写 {close}?", f"did you mean {close}?") if close else None,
        )
