"""Commands about data: make a district, take files in, list snapshots, report quality."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from jigong.cli import options
from jigong.cli.console import Screen
from jigong.cli.dependents import dependents
from jigong.cli.show_intake import show_intake
from jigong.insight.words import coverage_words
from jigong.kernel.problems import error
from jigong.kernel.text import Text, counted
from jigong.lake.claims import Claim, read_months
from jigong.lake.held import held_deliveries
from jigong.lake.intake import take_in
from jigong.lake.quality import quality as quality_of
from jigong.lake.quarantine import quarantined_rows
from jigong.lake.sources import FileSource, FolderSource, Source, TableSource
from jigong.lake.waiting import still_waiting
from jigong.packs.contract_types import Contract
from jigong.synthetic.district import make_district


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
        f"{counted(len(work.pack.contracts), 'class', 'classes')} of data of {workers:,} skilled workers are in {out}:"
        f" {counted(rows, 'row')}, {len(manifest.errors):,} of them known errors (manifest.json)",
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
    withdraw: Annotated[
        bool,
        typer.Option(
            "--withdraw",
            help="撤回名单：主键和原因，列出的记录从今天起不算 Keys and reasons: the records they name count no more",
        ),
    ] = False,
    confirm_withdrawals: Annotated[
        bool,
        typer.Option(
            "--confirm-withdrawals",
            help="完整的报送里少了的，确实都没有了，再多也收 What a whole delivery lacks is gone, however much it is",
        ),
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
    """按数据标准接入数据，逐行检查 · Take data in, every row checked against its contract."""
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
        withdraw,
    )
    with work.screen.progress("数据接入", "taking in") as steps:
        report = take_in(
            work.lake,
            wanted,
            known_on=day,
            claim=claim,
            confirm_withdrawals=confirm_withdrawals,
            progress=steps.count,
        )
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
    return FolderSource(path, data_class) if path.is_dir() else FileSource(path, data_class)


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
    screen.say(
        f"还没有报来的 {len(contracts)} 类：",
        counted(len(contracts), "class has not come yet:", "classes have not come yet:"),
    )
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
    """问题数据：哪一行、什么值、为什么 · Quarantined rows: where, what, why."""
    work = options.workspace(pack, data, as_json=as_json)
    rows = quarantined_rows(work.lake, data_class, None)
    if not ended:
        rows = still_waiting(work.lake.snapshot(), rows) if rows else rows
    rows = rows[:limit]
    if as_json:
        work.screen.json(rows)
        return
    for held in held_deliveries(work.lake):
        if data_class in (None, held.class_name):
            label = work.pack.contracts[held.class_name].label
            names = ", ".join(file.name for file in held.files)
            work.screen.say(
                f"! {label.zh} {held.known_on} 的报送等人确认：{held.words.zh}({names})",
                f"! a delivery of {label.en} of {held.known_on} waits to be confirmed: {held.words.en} ({names})",
                style="yellow",
            )
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
                row.line if row.line > 0 else "",
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
