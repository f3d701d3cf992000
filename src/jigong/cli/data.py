"""Commands about data: make a district, take files in, list snapshots, report quality."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from jigong.cli import options
from jigong.cli.console import Screen
from jigong.cli.dependents import dependents
from jigong.insight.words import coverage_words
from jigong.kernel.problems import error
from jigong.kernel.text import Text
from jigong.lake.claims import Claim, read_months
from jigong.lake.coverage import Thin
from jigong.lake.intake import take_in
from jigong.lake.quality import quality as quality_of
from jigong.lake.quarantine import quarantined_rows
from jigong.lake.reasons import message
from jigong.lake.report import ClassCounts, IntakeReport
from jigong.lake.sources import FileSource, FolderSource, Source, TableSource
from jigong.lake.waiting import still_waiting
from jigong.packs.contract_types import Contract
from jigong.packs.pack import Pack
from jigong.synthetic.district import make_district

_MOST_REPEATED = 5
"""Files named one by one when they were taken in before."""


def add_to(app: typer.Typer) -> None:
    """Add the commands to ``app``."""
    district = typer.Typer(help="演示用的辖区 A district to try things on", no_args_is_help=True)
    district.command("make")(district_make)
    app.add_typer(district, name="district")
    app.command("intake")(intake)
    snapshots = typer.Typer(help="快照 Snapshots", no_args_is_help=True)
    snapshots.command("list")(snapshot_list)
    app.add_typer(snapshots, name="snapshot")
    app.command("quality")(quality)
    app.command("quarantine")(quarantine)


def district_make(
    out: Annotated[Path, typer.Option("--out", help="写到哪个文件夹 Folder for the files")],
    workers: Annotated[
        int, typer.Option("--workers", min=100, max=21_500_000, help="技术工人数 Skilled workers")
    ] = 100_000,
    seed: Annotated[int, typer.Option("--seed", help="随机种子 Seed: the same gives the same files")] = 1,
    errors: Annotated[
        bool, typer.Option("--errors/--no-errors", help="掺入已知的错误 Mix in known errors")
    ] = True,
    pack: options.Pack_ = options.DEFAULT_PACK,
    as_json: options.Json = False,
) -> None:
    """造一个虚拟辖区的部门文件 · Make the departments' files of a made-up district."""
    work = options.workspace(pack, Path(), as_json=as_json)
    with work.screen.progress("生成部门文件", "making files") as steps:
        manifest = make_district(
            pack, work.pack.contracts, out, workers=workers, seed=seed, errors=errors, progress=steps.count
        )
    rows = sum(count.rows for count in manifest.classes.values())
    if as_json:
        work.screen.json({"out": out, "manifest": out / "manifest.json", "rows": rows})
        return
    work.screen.say(
        f"{workers:,} 名技术工人的 {len(work.pack.contracts)} 类数据写入 {out}：共 {rows:,} 行,"
        f"其中 {len(manifest.errors):,} 行是已知错误(见 manifest.json)",
        f"{len(work.pack.contracts)} classes of data of {workers:,} skilled workers are in {out}: {rows:,} rows,"
        f" {len(manifest.errors):,} of them known errors (manifest.json)",
    )


def intake(
    sources: Annotated[
        list[str], typer.Argument(help="文件、文件夹,或 postgresql://… Files, folders, or postgresql://…")
    ],
    table: Annotated[
        str | None, typer.Option("--table", help="PostgreSQL 的表 Table of the database")
    ] = None,
    data_class: Annotated[
        str | None, typer.Option("--class", help="数据类；文件默认看文件名 Class of data")
    ] = None,
    known_on: Annotated[
        str | None,
        typer.Option(
            "--known-on", metavar="DATE", help="哪天收到，默认今天 The day it came; today if not given"
        ),
    ] = None,
    months: Annotated[
        str | None,
        typer.Option(
            "--months",
            help="按月报送的类：这批报全了哪些月份 Months it holds whole, as 2022-11 or 2022-01_2022-11",
        ),
    ] = None,
    since: Annotated[
        str | None,
        typer.Option("--since", help="增量报送的类：从哪天起的变化 First day whose changes it holds"),
    ] = None,
    whole: Annotated[
        bool,
        typer.Option("--whole", help="这就是全部，哪怕行数少了很多 It is the whole, however few rows it has"),
    ] = False,
    records_only: Annotated[
        bool, typer.Option("--records-only", help="只是几条记录，不是全部 Single records, not the whole")
    ] = False,
    stated_on: Annotated[
        str | None,
        typer.Option(
            "--stated-on", help="数据是哪天导出的 The day the office made it, if not the day it is known"
        ),
    ] = None,
    scope: Annotated[
        str | None,
        typer.Option("--scope", help="只代表哪个范围，如一个街道 For whom it speaks, such as a town"),
    ] = None,
    supersede: Annotated[
        bool,
        typer.Option(
            "--supersede", help="旧日的数据也要覆盖新的 Let an older day's word replace a newer one"
        ),
    ] = False,
    pack: options.Pack_ = options.DEFAULT_PACK,
    data: options.Data = options.DEFAULT_DATA,
    as_json: options.Json = False,
) -> None:
    """按数据合同收数，逐行检查 · Take data in, every row checked against its contract."""
    work = options.workspace(pack, data, as_json=as_json)
    wanted = [_source(text, table, data_class) for text in sources]
    day = options.day(known_on) or options.today()
    if day > options.today():
        raise error(
            f"知悉日期 {day} 还没有到",
            f"known on {day}, which has not come yet",
            remedy=("用今天或以前的日期", "use today or an earlier day"),
        )
    claim = Claim(
        read_months(months) if months else None,
        options.day(since),
        whole,
        options.day(stated_on),
        scope,
        records_only,
        supersede,
    )
    with work.screen.progress("收数", "taking in") as steps:
        report = take_in(work.lake, wanted, known_on=day, claim=claim, progress=steps.count)
    if as_json:
        work.screen.json(report)
    else:
        show_intake(work.screen, report, work.pack)
    if report.refused and not report.taken and not report.repeated:
        raise typer.Exit(1)


def _source(text: str, table: str | None, data_class: str | None) -> Source:
    if text.startswith(("postgresql://", "postgres://")):
        if table is None or data_class is None:
            raise error(
                "数据库需要说明表和数据类",
                "a database needs a table and a class",
                remedy=("加上 --table 和 --class", "add --table and --class"),
            )
        return TableSource(text, table, data_class)
    path = Path(text)
    return FolderSource(path) if path.is_dir() else FileSource(path, data_class)


def show_intake(screen: Screen, report: IntakeReport, pack: Pack) -> None:
    """What came in, class by class, and what was refused and why."""
    classes = report.classes()
    if classes:
        rows: list[tuple[object, ...]] = [
            (pack.contracts[c.class_name].label, c.rows_in, c.accepted, c.quarantined_rows, c.duplicates)
            for c in classes
        ]
        rows.append(
            (Text("合计", "total"), report.rows_in, report.accepted, report.quarantined, report.duplicates)
        )
        screen.table(
            [
                (Text("数据类", "class"), "left"),
                (Text("收到", "rows in"), "right"),
                (Text("接收", "accepted"), "right"),
                (Text("隔离", "quarantined"), "right"),
                (Text("完全重复", "exact duplicates"), "right"),
            ],
            rows,
        )
        parts = [report.accepted, report.quarantined, report.duplicates]
        parts += [report.outdated] if report.outdated else []
        equation = f"{report.rows_in:,} = {' + '.join(f'{part:,}' for part in parts)}"
        screen.say(
            f"{equation}  收到 = 接收 + 隔离 + 完全重复{' + 旧话' if report.outdated else ''}，一行不少",
            f"{equation}  rows in = accepted + quarantined + exact duplicates{' + outdated' if report.outdated else ''}",
        )
        _show_beside(screen, report)
        _show_reasons(screen, classes, pack)
    _show_coverage(screen, report, pack)
    for refused in report.refused:
        screen.say(
            f"✗ 整个文件退回 {refused.name}:{refused.what.zh}。{refused.remedy.zh}",
            f"✗ file refused: {refused.name}: {refused.what.en}. {refused.remedy.en}",
            style="red",
        )
    if len(report.repeated) > _MOST_REPEATED:
        screen.say(
            f"= {len(report.repeated)} 个文件以前收过，不重复计入",
            f"= {len(report.repeated)} files were taken in before; nothing changes",
        )
    for repeated in report.repeated if len(report.repeated) <= _MOST_REPEATED else ():
        screen.say(
            f"= {repeated.name} 以前收过({repeated.batch}),不重复计入",
            f"= {repeated.name} was taken in before ({repeated.batch}); nothing changes",
        )
    if report.snapshot:
        screen.say(f"当前快照 {report.snapshot[:12]}", f"current snapshot {report.snapshot[:12]}")


def _show_beside(screen: Screen, report: IntakeReport) -> None:
    """What became of rows that the equation does not show."""
    if report.again:
        screen.say(
            f"其中 {report.again:,} 行以前在等所指的记录，现在自动入湖",
            f"{report.again:,} of them had waited for a record they refer to, and are in now",
        )
    if report.lost_cells:
        screen.say(
            f"{report.lost_cells:,} 个单元格读不懂：这一行照收，这一格算未知，不算空",
            f"{report.lost_cells:,} cells could not be read: their rows are in, these cells are unknown, not empty",
        )
    if report.differences:
        screen.say(
            f"{len(report.differences)} 处与平台的更正或结果不同，已记下，由数据科室核实",
            f"{len(report.differences)} values differ from corrections or outcomes of the platform; noted for the data office",
        )


def _covered(report: IntakeReport) -> tuple[str, str]:
    """What is covered from now on, in a line: registers and changes up to a day, months from the first to the newest."""
    days = {row.class_name: row.until for row in report.covered if row.kind in ("register", "changes")}
    months = sorted({row.month for row in report.covered if row.month is not None})
    monthly = {row.class_name for row in report.covered if row.month is not None}
    zh, en = [], []
    if days:
        zh.append(f"{len(days)} 类到 {max(days.values())}")
        en.append(f"{len(days)} classes up to {max(days.values())}")
    if months:
        span = f"{months[0]:%Y-%m}" + (f"…{months[-1]:%Y-%m}" if len(months) > 1 else "")
        zh.append(f"按月的 {len(monthly)} 类 {span}")
        en.append(f"{len(monthly)} monthly classes {span}")
    return "，".join(zh), ", ".join(en)


def _thin(thin: Thin) -> Text:
    """Why a file, or a month of it, does not count as the whole."""
    what = f"{thin.file} {thin.month:%Y-%m}" if thin.month else thin.file
    if thin.running:
        return Text(
            f"{what} 还没有过完：记录收下，这个月不算报全",
            f"{what} was not over: its records are in, the month is not",
        )
    if not thin.rows:
        return Text(f"{what} 一行也没有：这个月不算报全", f"{what} has no rows: the month is not in")
    todo = (
        Text("在文件名或 --months 里写明这个月", "name the month in the file's name or with --months")
        if thin.month
        else Text("加 --whole", "add --whole")
    )
    return Text(
        f"{what} 只有 {thin.rows:,} 行(约 {thin.of:,} 行才像全部)：按零星记录收下；如果这就是全部，{todo.zh}",
        f"{what}: {thin.rows:,} where about {thin.of:,} would be the whole: taken as single records; if it is the whole, {todo.en}",
    )


_MOST_THIN = 5
"""Parts of files named one by one when they brought too few rows to be the whole."""


def _show_coverage(screen: Screen, report: IntakeReport, pack: Pack) -> None:
    """What does not count as the whole, although its contract says that such files are."""
    if report.covered:
        zh, en = _covered(report)
        screen.say(f"报全了：{zh}", f"covered: {en}")
    for name in report.incomplete:
        contract = pack.contracts[name]
        label = contract.label
        again = Text("", "")
        if contract.covers.kind == "changes":
            again = Text(
                "；再报时用 --since 写明从哪天起，或用 --whole",
                "; name the first day with --since, or say --whole",
            )
        screen.say(
            f"! {label.zh}有文件被退回：收下的记录算数，但不能当作全部；补报后才能说“没有”{again.zh}",
            f"! a file of {label.en} was refused: what came counts, but it is not the whole, and absence means nothing"
            f" until it comes{again.en}",
            style="yellow",
        )
    for thin in report.thin[:_MOST_THIN]:
        said = _thin(thin)
        screen.say(f"! {said.zh}", f"! {said.en}", style="yellow")
    if len(report.thin) > _MOST_THIN:
        screen.say(
            f"  另有 {len(report.thin) - _MOST_THIN} 处", f"  and {len(report.thin) - _MOST_THIN} more"
        )


_ROW_RULE = Text(
    "整行不合规则(如结束早于开始)", "breaks a rule about the whole row (such as ending before it begins)"
)


def _show_reasons(screen: Screen, classes: Sequence[ClassCounts], pack: Pack) -> None:
    """Why rows are in quarantine: each reason in words, how often, and in how many classes."""
    counts: Counter[Text] = Counter()
    where: dict[Text, set[str]] = {}
    for found in classes:
        for reason, count in found.quarantined.items():
            rule = reason.startswith("rule:")
            words = _ROW_RULE if rule else message(reason, pack.contracts[found.class_name])
            counts[words] += count
            where.setdefault(words, set()).add(found.class_name)
    if counts:
        screen.table(
            [
                (Text("隔离原因", "why quarantined"), "left"),
                (Text("次数", "times"), "right"),
                (Text("数据类", "classes"), "right"),
            ],
            [(words, count, len(where[words])) for words, count in counts.most_common()],
        )
        screen.say(
            "逐行查看：jigong quarantine(文件、行号、列、值、原因、怎么改)",
            "row by row: jigong quarantine (file, line, column, value, reason, remedy)",
        )


def snapshot_list(
    pack: options.Pack_ = options.DEFAULT_PACK,
    data: options.Data = options.DEFAULT_DATA,
    as_json: options.Json = False,
) -> None:
    """列出快照 · List snapshots, oldest first."""
    work = options.workspace(pack, data, as_json=as_json)
    infos = work.lake.snapshots()
    if as_json:
        work.screen.json(infos)
        return
    work.screen.table(
        [
            (Text("快照", "snapshot"), "left"),
            (Text("知悉日", "known on"), "left"),
            (Text("批次", "batch"), "left"),
            (Text("数据类", "classes"), "right"),
        ],
        [(info.id[:12], info.known_on, info.batch, len(info.classes)) for info in infos],
    )


def quality(
    as_of: options.AsOf = None,
    known_on: options.KnownOn = None,
    pack: options.Pack_ = options.DEFAULT_PACK,
    data: options.Data = options.DEFAULT_DATA,
    as_json: options.Json = False,
) -> None:
    """每类数据的质量与依赖 · Quality of each class, and what depends on it."""
    work = options.workspace(pack, data, as_of, known_on, as_json)
    found = quality_of(work.snapshot, work.pack.contracts)
    used = dependents(work.pack, work.rulebook)
    if as_json:
        work.screen.json(
            [
                {
                    **_asdict(entry),
                    "facts": used[entry.class_name].facts,
                    "clauses": used[entry.class_name].clauses,
                }
                for entry in found
            ]
        )
        return
    contracts = work.pack.contracts
    came = [entry for entry in found if entry.rows_in or entry.coverage.delivered]
    if came:
        work.screen.table(
            [
                (Text("数据类", "class"), "left"),
                (Text("记录", "records"), "right"),
                (Text("接收率%", "accepted %"), "right"),
                (Text("完整率%", "complete %"), "right"),
                (Text("报全到", "covered"), "left"),
                (Text("等着改正", "waiting"), "right"),
                (Text("可靠至", "relied on until"), "left"),
                (Text("事实", "facts"), "right"),
                (Text("条款", "clauses"), "right"),
            ],
            [
                (
                    contracts[entry.class_name].label,
                    entry.rows,
                    _percent(entry.share_accepted),
                    _percent(entry.completeness_overall),
                    coverage_words(entry.coverage),
                    entry.waiting,
                    _until(entry.stale_after, work.day),
                    len(used[entry.class_name].facts),
                    len(used[entry.class_name].clauses),
                )
                for entry in came
            ],
        )
    _say_absent(work.screen, [contracts[entry.class_name] for entry in found if entry not in came])


def _say_absent(screen: Screen, contracts: Sequence[Contract]) -> None:
    """Name the classes that never came, by department."""
    if not contracts:
        return
    screen.say(f"还没有报来的 {len(contracts)} 类：", f"{len(contracts)} classes have not come yet:")
    departments = dict.fromkeys(contract.department for contract in contracts)
    for department in departments:
        of_it = [contract.label for contract in contracts if contract.department == department]
        screen.say(
            f"  {department.zh}：{'、'.join(label.zh for label in of_it)}",
            f"  {department.en}: {', '.join(label.en for label in of_it)}",
        )


def quarantine(
    data_class: Annotated[str | None, typer.Option("--class", help="只看这一类 Only this class")] = None,
    limit: Annotated[int, typer.Option("--limit", help="最多几行 At most so many rows")] = 50,
    ended: Annotated[
        bool, typer.Option("--ended", help="也列出已经改好的 Also those that no longer wait")
    ] = False,
    pack: options.Pack_ = options.DEFAULT_PACK,
    data: options.Data = options.DEFAULT_DATA,
    as_json: options.Json = False,
) -> None:
    """被隔离的行：在哪一行、什么值、为什么 · Quarantined rows: where, what, why."""
    work = options.workspace(pack, data, as_json=as_json)
    rows = quarantined_rows(work.lake, data_class, None)
    if not ended:
        rows = still_waiting(work.lake.snapshot(), rows) if rows else rows
    rows = rows[:limit]
    if as_json:
        work.screen.json(rows)
        return
    work.screen.table(
        [
            (Text("数据类", "class"), "left"),
            (Text("文件", "file"), "left"),
            (Text("行", "line"), "right"),
            (Text("列", "column"), "left"),
            (Text("值", "value"), "left"),
            (Text("原因", "why"), "left"),
        ],
        [
            (
                row.class_name,
                row.file,
                row.line,
                row.column,
                row.value,
                Text(f"{row.message.zh}(只丢这一格)", f"{row.message.en} (this cell only)")
                if row.cell
                else row.message,
            )
            for row in rows
        ],
    )


def _asdict(entry: object) -> dict[str, object]:
    return {name: getattr(entry, name) for name in entry.__dataclass_fields__}  # type: ignore[attr-defined]


def _percent(share: float | None) -> str:
    return "—" if share is None else f"{share * 100:.2f}"


def _until(day: object, today: object) -> str:
    if day is None:
        return "—"
    return f"{day} ⚠" if day < today else str(day)  # type: ignore[operator]
