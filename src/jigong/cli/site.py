"""The site: serve it, bring decisions to it, save it and bring it back."""

import os
import time
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from jigong.cli import options
from jigong.cli.console import Screen, default_language
from jigong.config.backup import Saved, backup, restore
from jigong.config.site import environment, serve, set_up
from jigong.kernel.problems import error
from jigong.kernel.text import counted

Demo = Annotated[
    bool,
    typer.Option("--demo", help="演示：虚构人员，列表登录 Demonstration: made-up people, sign-in by a list"),
]
Host = Annotated[str, typer.Option("--host", help="监听地址 Address to listen on")]
Port = Annotated[int, typer.Option("--port", help="端口 Port")]


_PASSES = 5
"""How often `reseal` looks again for what was being changed."""


def add_to(app: typer.Typer) -> None:
    """Add the commands to ``app``."""
    app.command("serve")(serve_)
    app.command("bring")(bring_)
    app.command("operator")(operator_)
    app.command("reseal")(reseal_)
    app.command("backup")(backup_)
    app.command("restore")(restore_)
    record = typer.Typer(name="record", help="操作记录 The record of who did what", no_args_is_help=True)
    record.command("check")(record_check)
    app.add_typer(record)


def variables(demo: bool) -> dict[str, str]:
    """The environment's variables that concern the site."""
    given = {
        name: value
        for name, value in os.environ.items()
        if name.startswith("JIGONG_") or name == "DATABASE_URL"
    }
    if demo:
        given["JIGONG_DEMO"] = "1"
    return given


def serve_(
    pack: options.Pack_ = options.DEFAULT_PACK,
    data: options.Data = options.DEFAULT_DATA,
    host: Host = "127.0.0.1",
    port: Port = 8000,
    workers: Annotated[int, typer.Option("--workers", min=1, help="网页进程数 Web processes")] = 2,
    threads: Annotated[int, typer.Option("--threads", min=1, help="每个进程的线程数 Threads of each")] = 3,
    demo: Demo = False,
) -> None:
    """运行站点：网页、后台任务，以及(未给 DATABASE_URL 时)自带的数据库 · Run the site, and a database where none is given."""
    screen = Screen(default_language())
    with environment(pack, data, variables(demo)) as found:
        set_up(found)
        run_site(screen, found, host=host, port=port, workers=workers, threads=threads)


def run_site(
    screen: Screen, found: dict[str, str], *, host: str, port: int, workers: int, threads: int
) -> None:
    """Collect the static files, say the address, and serve until stopped."""
    from django.core.management import call_command

    call_command("collectstatic", interactive=False, verbosity=0)
    screen.say(
        f"站点:http://{host}:{port}(按 Ctrl-C 停止)", f"the site: http://{host}:{port} (Ctrl-C stops it)"
    )
    serve(found, host=host, port=port, workers=workers, threads=threads)
    screen.say("站点已停止", "the site has stopped")


def bring_(
    context: typer.Context,
    pack: options.Pack_ = options.DEFAULT_PACK,
    data: options.Data = options.DEFAULT_DATA,
    as_of: options.AsOf = None,
    demo: Demo = False,
) -> None:
    """判定，并把结果送到每个人的页面；未写明 --pack 时按现行规定 · Decide, and bring the results to everybody's pages; by the law in force unless --pack says."""
    screen = Screen(default_language())
    with environment(pack, data, variables(demo)) as found:
        set_up(found)
        from jigong.services.publishing.queries import pack_in_force

        said = str(getattr(context.get_parameter_source("pack"), "name", "")) != "DEFAULT"
        law = pack if said else pack_in_force() or pack
        bring_results(screen, law, data, options.day(as_of))


def bring_results(screen: Screen, pack: Path, data: Path, day: date | None) -> None:
    """Decide, bring the results to everybody's pages, and tell; in a demonstration also make its accounts."""
    # Django's models can only be imported once it is set up.
    from django.conf import settings
    from django.utils import timezone

    from jigong.accounts.demo import make_demo_accounts
    from jigong.accounts.enums import Permission
    from jigong.delivery.payments.demo import make_demo_paying_accounts
    from jigong.portals.cockpit.tasks import prepare
    from jigong.services.bring import afterwards, bring

    started = time.perf_counter()
    with screen.progress("判定并送达", "deciding and bringing"):
        brought = bring(pack, data, day, at=timezone.now())
        afterwards(brought, at=timezone.now())
        if settings.JIGONG.demo:
            accounts = [listed.account for listed in make_demo_accounts(at=timezone.now())]
            finance = next(account for account in accounts if account.may(Permission.PAY))
            make_demo_paying_accounts(by=finance, at=timezone.now())
            prepare.configure().defer(timestamp=0)
    taken, seconds = brought.taken, time.perf_counter() - started
    screen.say(
        f"{brought.run.workers:,} 人的档案已更新，用时 {seconds:.1f} 秒；新增 {taken.proposed:,} 项待确认，更新 {taken.changed:,}，失效 {taken.lapsed:,}，恢复 {taken.renewed:,}",
        f"dossiers of {counted(brought.run.workers, 'person', 'people')} in {seconds:.1f} s; {counted(taken.proposed, 'new proposal')}, {taken.changed:,} changed, {taken.lapsed:,} lapsed, {taken.renewed:,} renewed",
    )


def rehearse_results(screen: Screen) -> None:
    """Let a demonstration have something under way for everybody who comes to look."""
    from django.utils import timezone

    from jigong.services.rehearsal import rehearse

    started = time.perf_counter()
    with screen.progress("办理几件示例事项", "letting a few matters happen"):
        done = rehearse(at=timezone.now())
    if done is not None:
        seconds = time.perf_counter() - started
        screen.say(
            f"示例事项，用时 {seconds:.1f} 秒：确认 {done.confirmed} 项，批准 {done.approved} 项，兑现 {done.paid} 项，申诉与更正 {done.cases} 件",
            f"under way in {seconds:.1f} s: {done.confirmed} confirmed, {done.approved} approved, {done.paid} paid, {done.cases} objections",
        )


def operator_(
    name: Annotated[str, typer.Argument(help="用户名 User name")],
    pack: options.Pack_ = options.DEFAULT_PACK,
    data: options.Data = options.DEFAULT_DATA,
) -> None:
    """设立系统管理员，或让丢了密码和二次验证的系统管理员重新进来 · Make an operator, or let in again one who lost password and second factor."""
    screen = Screen(default_language())
    with environment(pack, data, variables(False)) as found:
        set_up(found)
        from django.db import transaction
        from django.utils import timezone

        from jigong.accounts.enums import OrganisationKind, Role
        from jigong.accounts.models import Account, Organisation
        from jigong.accounts.resets import reset_on_server
        from jigong.accounts.staff import grant, invite, make_staff

        district = Organisation.objects.filter(kind=OrganisationKind.DISTRICT, listed=True).first()
        if district is None:
            raise error(
                "还没有载入判定结果",
                "no decisions have been brought yet",
                remedy=("先运行 jigong bring", "run jigong bring first"),
            )
        at = timezone.now()
        with transaction.atomic():
            account = Account.objects.filter(username=name).first() or make_staff(
                username=name, label=name, by=None, at=at
            )
            grant(account=account, organisation=district, role=Role.OPERATOR, by=None, at=at)
            reset_on_server(account=account, at=at)
            token = invite(account=account, by=None, at=at)
        screen.say(
            f"请 {name} 三天内在站点打开 /sign-in/invitation/{account.pk}/{token} 设置密码和二次验证",
            f"{name} opens /sign-in/invitation/{account.pk}/{token} on the site within three days, and sets a password and a second factor",
        )


def reseal_(pack: options.Pack_ = options.DEFAULT_PACK, data: options.Data = options.DEFAULT_DATA) -> None:
    """更换数据密钥或算法之后，把加密数据全部重新加密；站点可以照常运行，可以中断重来 · Seal everything anew after the data key or the cipher was changed; the site may run, and it may be begun again."""
    screen = Screen(default_language())
    with environment(pack, data, variables(False)) as found:
        set_up(found)
        from django.utils import timezone

        from jigong.config.reseal import Done, reseal_all

        for _ in range(_PASSES):
            passed: list[Done] = []
            for done in reseal_all(at=timezone.now()):
                passed.append(done)
                if done.sealed or done.left or done.unreadable or done.kept:
                    screen.say(
                        f"{done.name}:{done.values:,} 项，重新加密 {done.sealed:,}，正被改动 {done.left:,}，打不开 {done.unreadable:,}，只增表不动 {done.kept:,}",
                        f"{done.name}: {counted(done.values, 'value')}, {done.sealed:,} sealed anew, {done.left:,} being changed, {done.unreadable:,} unreadable, {done.kept:,} in a table that only grows",
                    )
            # What was being changed meanwhile, or was written back as it had been read, the next pass finds.
            if not any(done.sealed or done.left for done in passed):
                break
        values, unreadable = sum(d.values for d in passed), sum(d.unreadable for d in passed)
        kept = sum(done.kept for done in passed)
        if unreadable or any(done.sealed or done.left for done in passed):
            screen.warn(
                f"还有加密数据没有换成现在的密钥(打不开 {unreadable:,} 项):旧密钥要留着，请再运行一次",
                f"some values are not sealed with the present key ({unreadable:,} unreadable): keep the old one, and run this again",
            )
            raise typer.Exit(1)
        if kept:
            screen.say(
                f"只增表里的 {kept:,} 项保持原样，旧密钥已用现在的密钥加密，存入数据库",
                f"left as they were in tables that only grow: {counted(kept, 'value')}; the key for them is kept in the database, sealed with the present one",
            )
        screen.say(
            f"{values:,} 项加密数据已全部处理；过一个工作日(8 小时)即可去掉 JIGONG_OLD_DATA_KEYS",
            f"{counted(values, 'sealed value is', 'sealed values are')} done; in a working day (8 hours) JIGONG_OLD_DATA_KEYS may go",
        )


def backup_(
    target: Annotated[Path, typer.Argument(help="新的备份文件夹 A new folder for the backup")],
    pack: options.Pack_ = options.DEFAULT_PACK,
    data: options.Data = options.DEFAULT_DATA,
    with_keys: Annotated[
        bool, typer.Option("--with-keys", help="连同密钥(须妥善保管)With the keys (keep it safe)")
    ] = False,
) -> None:
    """备份数据库和数据文件夹 · Save the database and the data folder."""
    screen = Screen(default_language())
    with environment(pack, data, variables(False)) as found:
        _tell(
            screen, backup(found["DATABASE_URL"], data, target, with_keys=with_keys), "已备份到", "saved to"
        )
    if not with_keys:
        screen.say(
            "密钥不在备份里：请另行保管 JIGONG_DATA_KEY，否则加密数据无法恢复",
            "the keys are not in it: keep JIGONG_DATA_KEY elsewhere, or what is sealed is lost",
        )


def restore_(
    source: Annotated[Path, typer.Argument(help="备份文件夹 The backup's folder")],
    pack: options.Pack_ = options.DEFAULT_PACK,
    data: options.Data = options.DEFAULT_DATA,
) -> None:
    """把备份恢复到空的数据库和新的数据文件夹，并核对 · Bring a backup back into an empty database and a new folder, and check it."""
    screen = Screen(default_language())
    keys = source / "secrets.json"
    if keys.is_file() and not (data / "secrets.json").exists() and "DATABASE_URL" not in os.environ:
        data.mkdir(parents=True, exist_ok=True)
        with os.fdopen(
            os.open(data / "secrets.json", os.O_CREAT | os.O_WRONLY | os.O_EXCL, 0o600), "wb"
        ) as file:
            file.write(keys.read_bytes())
    with environment(pack, data, variables(False)) as found:
        saved = restore(found["DATABASE_URL"], data, source)
        set_up(found)
        _tell(screen, saved, "已从这里恢复:", "restored from")
        _check_record(screen)


def record_check(
    pack: options.Pack_ = options.DEFAULT_PACK, data: options.Data = options.DEFAULT_DATA
) -> None:
    """核对操作记录的链条 · Check the chain of the record; exit status 1 where a line was changed or lost."""
    screen = Screen(default_language())
    with environment(pack, data, variables(False)) as found:
        set_up(found)
        _check_record(screen)


def _check_record(screen: Screen) -> None:
    from jigong.audit.queries import check_chain

    chain = check_chain()
    if chain.broken_at is not None:
        screen.warn(
            f"操作记录在第 {chain.broken_at} 行断开", f"the record is broken at line {chain.broken_at}"
        )
        raise typer.Exit(1)
    screen.say(
        f"操作记录 {chain.lines:,} 行，完整，链尾 {chain.head}",
        f"{counted(chain.lines, 'line')} of record, unbroken, head of the chain {chain.head}",
    )


def _tell(screen: Screen, saved: Saved, zh: str, en: str) -> None:
    size = saved.bytes / 1024 / 1024
    screen.say(
        f"{zh} {saved.folder}:{saved.files:,} 个文件，{size:,.1f} MB",
        f"{en} {saved.folder}: {counted(saved.files, 'file')}, {size:,.1f} MB",
    )
