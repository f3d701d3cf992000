"""What an intake did, on the terminal: what came, what waits and why, what is covered and what is not."""

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta

from jigong.cli.console import Screen
from jigong.kernel.text import Text, counted
from jigong.lake.coverage import Covered
from jigong.lake.covering import Thin
from jigong.lake.reasons import message
from jigong.lake.report import ClassCounts, IntakeReport, Tally
from jigong.packs.contract_types import Contract
from jigong.packs.pack import Pack

_MOST_REPEATED = 5
"""Files named one by one when they were taken in before."""


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
                (Text("等待改正", "quarantined"), "right"),
                (Text("完全重复", "exact duplicates"), "right"),
            ],
            rows,
        )
        parts = [report.accepted, report.quarantined, report.duplicates]
        parts += [report.outdated] if report.outdated else []
        equation = f"{report.rows_in:,} = {' + '.join(f'{part:,}' for part in parts)}"
        screen.say(
            f"{equation}  收到 = 接收 + 等待改正 + 完全重复{' + 旧的说法' if report.outdated else ''}，一行不少",
            f"{equation}  rows in = accepted + quarantined + exact duplicates{' + outdated' if report.outdated else ''}",
        )
        _show_beside(screen, report)
        _show_reasons(screen, classes, pack)
    _show_coverage(screen, report, pack)
    for refused in report.refused:
        whole = Text("整个文件", "file") if refused.sheet is None else Text("整张工作表", "sheet")
        screen.say(
            f"✗ {whole.zh}退回 {refused.place}:{refused.what.zh}。{refused.remedy.zh}",
            f"✗ {whole.en} refused: {refused.place}: {refused.what.en}. {refused.remedy.en}",
            style="red",
        )
    _show_not_taken(screen, report)
    if len(report.repeated) > _MOST_REPEATED:
        screen.say(
            f"= {len(report.repeated)} 个文件以前收过，不重复计入",
            f"= {counted(len(report.repeated), 'file')} were taken in before; nothing changes",
        )
    for repeated in report.repeated if len(report.repeated) <= _MOST_REPEATED else ():
        screen.say(
            f"= {repeated.name} 以前收过({repeated.batch}),不重复计入",
            f"= {repeated.name} was taken in before ({repeated.batch}); nothing changes",
        )
    _show_tally(screen, report.files, Text("文件", "files"))
    _show_tally(screen, report.sheets, Text("工作表", "sheets"))
    if report.snapshot:
        screen.say(f"当前快照 {report.snapshot[:12]}", f"current snapshot {report.snapshot[:12]}")


_MOST_NOT_TAKEN = 5
"""Files or sheets named one by one that were passed over for the same reason."""


def _show_not_taken(screen: Screen, report: IntakeReport) -> None:
    """What was passed over, by reason."""
    by_reason: dict[Text, list[str]] = {}
    for one in report.not_taken:
        by_reason.setdefault(one.why, []).append(one.name if one.sheet is None else f"{one.name}!{one.sheet}")
    for why, names in by_reason.items():
        shown, more = names[:_MOST_NOT_TAKEN], len(names) - _MOST_NOT_TAKEN
        zh = "、".join(shown) + (f" 等 {len(names)} 个" if more > 0 else "")
        en = ", ".join(shown) + (f" and {more} more" if more > 0 else "")
        screen.say(f"- 没有收 {zh}：{why.zh}", f"- not taken: {en}: {why.en}")


def _show_tally(screen: Screen, tally: Tally, what: Text) -> None:
    """That every file, or sheet, is accounted for; a single one that was taken says so by its rows."""
    if tally.came == tally.taken <= 1:
        return
    parts = [(tally.taken, Text("收下", "taken"))]
    parts += [(tally.repeated, Text("以前收过", "taken in before"))] if tally.repeated else []
    parts += [(tally.refused, Text("退回", "refused")), (tally.not_taken, Text("没有收", "not taken"))]
    equation = f"{tally.came:,} = {' + '.join(f'{count:,}' for count, _ in parts)}"
    screen.say(
        f"{equation}  {what.zh} = {' + '.join(word.zh for _, word in parts)}",
        f"{equation}  {what.en} = {' + '.join(word.en for _, word in parts)}",
    )


def _show_beside(screen: Screen, report: IntakeReport) -> None:
    """What became of rows that the equation does not show."""
    if report.again:
        screen.say(
            f"其中 {report.again:,} 行以前在等所指的记录，现在自动接入",
            f"{report.again:,} of them had waited for another record until now",
        )
    if report.withdrawn:
        screen.say(
            f"撤回 {report.withdrawn:,} 条记录：从 {report.known_on} 起不再算数，历史保留",
            f"{counted(report.withdrawn, 'record')} withdrawn: from {report.known_on} on"
            f" {'it counts' if report.withdrawn == 1 else 'they count'} no more; the history stays",
        )
    if report.replaced:
        screen.say(
            f"按您写明的，其中 {report.replaced:,} 行旧的说法替换了更新的",
            f"{counted(report.replaced, 'row')} of an earlier day replaced a newer word, as you said",
        )
    if report.lost_cells:
        screen.say(
            f"{report.lost_cells:,} 个单元格读不懂：这一行照收，这一格算未知，不算空",
            f"{counted(report.lost_cells, 'cell')} could not be read: unknown, not empty; the rest of the row is in",
        )
    for doubt in report.doubtful:
        lines = "、".join(map(str, doubt.lines)) + ("…" if doubt.rows > len(doubt.lines) else "")
        screen.say(
            f"? {doubt.name} 有 {doubt.rows:,} 行已收下、但请核实(第 {lines} 行)：{doubt.message.zh}",
            f"? {doubt.name}: {counted(doubt.rows, 'row')} taken in that should be checked"
            f" (line {lines.replace('、', ', ')}): {doubt.message.en}",
            style="yellow",
        )
    if report.differences:
        screen.say(
            f"{len(report.differences)} 处与平台的更正或结果不同，已记下，由数据科室核实",
            counted(len(report.differences), "value differs", "values differ")
            + " from corrections or outcomes of the platform; noted for the data office",
        )


def _covered(report: IntakeReport) -> tuple[str, str]:
    """What is covered from now on, in a line: registers and changes up to a day, months from the first to the newest."""
    days = {row.class_name: row.until for row in report.covered if row.kind in ("register", "changes")}
    months = sorted({row.month for row in report.covered if row.month is not None})
    monthly = {row.class_name for row in report.covered if row.month is not None}
    zh, en = [], []
    if days:
        zh.append(f"{len(days)} 类到 {max(days.values())}")
        en.append(f"{counted(len(days), 'class', 'classes')} up to {max(days.values())}")
    if months:
        span = f"{months[0]:%Y-%m}" + (f"…{months[-1]:%Y-%m}" if len(months) > 1 else "")
        zh.append(f"按月的 {len(monthly)} 类 {span}")
        en.append(f"{counted(len(monthly), 'monthly class', 'monthly classes')} {span}")
    return "，".join(zh), ", ".join(en)


def _thin(thin: Thin) -> Text:
    """Why a file, or a month of it, does not count as the whole, or not all of its rows do."""
    what = f"{thin.file} {thin.month:%Y-%m}" if thin.month else thin.file
    zh = f"{what}（{thin.scope}）" if thin.scope else what
    en = f"{what} ({thin.scope})" if thin.scope else what
    match thin.why:
        case "running":
            return Text(
                f"{zh} 还没有过完：记录收下，这个月不算报全",
                f"{en} was not over: its records are in, the month is not",
            )
        case "empty":
            part = Text("这个月", "the month") if thin.month else Text("这个范围", "this scope")
            return Text(f"{zh} 一行也没有：{part.zh}不算报全", f"{en} has no rows: {part.en} is not in")
        case "unread":
            return Text(
                f"{zh}：{thin.of:,} 行里有 {thin.rows:,} 行看不出是谁的，这份文件什么也不算报全；把号码列改成文本再报",
                f"{en}: of {thin.rows:,} of its {thin.of:,} rows nobody can tell whose they are, so it covers nothing;"
                " make the column of numbers text and send it again",
            )
        case "outside":
            return Text(
                f"{zh}：{thin.of:,} 行里有 {thin.rows:,} 行不在写明的范围内，只按零星记录收下；核对文件名或 --scope",
                f"{en}: {thin.rows:,} of its {thin.of:,} rows lie outside the scope it names and are taken as single"
                " records; check the file's name or --scope",
            )
        case "after":
            return Text(
                f"{zh}：第一份文件被退回过，这 {thin.rows:,} 行不一定是全部；用原来的文件名改好再报，确是全部的加 --whole",
                f"{en}: the first file was refused, and these {thin.rows:,} rows need not be the whole; send that file"
                " again by its name, or add --whole if they are",
            )
    todo = (
        Text("在文件名或 --months 里写明这个月", "name the month in the file's name or with --months")
        if thin.month
        else Text("加 --whole", "add --whole")
    )
    like = (
        Text(f"{thin.like:%Y-%m} 有 {thin.of:,} 行", f"{thin.like:%Y-%m} has {thin.of:,}")
        if thin.like
        else Text(f"约 {thin.of:,} 行才像全部", f"about {thin.of:,} would be the whole")
    )
    return Text(
        f"{zh} 只有 {thin.rows:,} 行({like.zh})：按零星记录收下；如果这就是全部，{todo.zh}",
        f"{en}: {thin.rows:,} where {like.en}: taken as single records; if it is the whole, {todo.en}",
    )


_MOST_THIN = 5
"""Parts of files named one by one when they brought too few rows to be the whole."""


def _gap(gap: Covered, contract: Contract) -> Text:
    """What is missing of a class now, and how it may come."""
    label, file = contract.label, gap.file or "—"
    if gap.since is None:
        return Text(
            f"{label.zh}断档：第一个文件 {file} 就没有收下。用同一文件名改好再报{'' if contract.covers.kind == 'register' else '（当天）'}，"
            "或以后把全部报来并加 --whole；在那以前这一类一律算未知",
            f"a gap in {label.en}: the first file was refused ({file}). Send it again by the same name"
            f"{'' if contract.covers.kind == 'register' else ' today'}, or everything later with --whole;"
            " nothing is known of the class until then",
        )
    before = gap.since - timedelta(1)
    return Text(
        f"{label.zh}断档：{before} 以后的变化缺了。缺的是 {file}：当天用同一文件名改好再报，或以后加 --since {gap.since} 再报；"
        f"在那以前，{before} 以后一律算未知",
        f"a gap in {label.en}: the changes after {before} are missing. It is {file}: send it again today by the"
        f" same name, or later with --since {gap.since}; nothing is known after {before} until then",
    )


def _still_open(gap: Covered, contract: Contract) -> Text:
    """That a gap of a class is open although something came of it, and what closes it."""
    label = contract.label
    if gap.since is None:
        return Text(
            f"{label.zh}的断档还在：{gap.file} 没有补上；把全部报来并加 --whole",
            f"the gap in {label.en} is still open: {gap.file} is missing; send everything with --whole",
        )
    which = gap.file or f"{gap.since} — {gap.until}"
    return Text(
        f"{label.zh}的断档还在：{which} 没有补上，{gap.since} 起一律算未知；补报时加 --since {gap.since}",
        f"the gap in {label.en} is still open: {which} is missing, and nothing is known from {gap.since} on; send it"
        f" with --since {gap.since}",
    )


def _show_coverage(screen: Screen, report: IntakeReport, pack: Pack) -> None:
    """What does not count as the whole, although its contract says that such files are."""
    zh, en = _covered(report)
    if zh:
        screen.say(f"报全了：{zh}", f"covered: {en}")
    for name in report.incomplete:
        contract = pack.contracts[name]
        label = contract.label
        again = Text("", "")
        if contract.covers.kind == "changes" and all(gap.class_name != name for gap in report.gaps):
            again = Text(
                "；再报时用 --since 写明从哪天起，或用 --whole",
                "; name the first day with --since, or say --whole",
            )
        some = any(file.class_name == name and file.accepted for file in report.taken)
        counts = Text("收下的记录算数，但不能当作全部", "what came counts, but it is not the whole")
        none = Text("一条也没有收下", "nothing of it was taken")
        zh, en = (counts.zh, counts.en) if some else (none.zh, none.en)
        screen.say(
            f"! {label.zh}有文件被退回：{zh}；补报后才能说“没有”{again.zh}",
            f"! a file of {label.en} was refused: {en}, and absence means nothing until it comes{again.en}",
            style="yellow",
        )
    for gap in report.gaps:
        said = _gap(gap, pack.contracts[gap.class_name])
        screen.say(f"! {said.zh}", f"! {said.en}", style="yellow")
    for gap in report.still_open:
        said = _still_open(gap, pack.contracts[gap.class_name])
        screen.say(f"! {said.zh}", f"! {said.en}", style="yellow")
    for file in report.untold:
        screen.say(
            f"! {file}：认不出是哪一类，所以哪一类都没有留下断档；它如果是增量，下一个文件会被当成是接着报的。"
            "请先用 --class 写明类名再报一次：就算还是被退回，断档也会留在那一类",
            f"! {file}: nobody can tell its class, so no class has a gap; if it holds changes, the next file will look as"
            " if nothing were missing. Send it again first, with --class: even if it is refused again, the gap is left",
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
                (Text("为什么等待改正", "why quarantined"), "left"),
                (Text("次数", "times"), "right"),
                (Text("数据类", "classes"), "right"),
            ],
            [(words, count, len(where[words])) for words, count in counts.most_common()],
        )
        screen.say(
            "逐行查看：jigong quarantine(文件、行号、列、值、原因、怎么改)",
            "row by row: jigong quarantine (file, line, column, value, reason, remedy)",
        )
