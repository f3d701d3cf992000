"""The books of the funds: check that they are whole, and show where each fund's money is."""

from typing import TYPE_CHECKING, Annotated

import typer

from jigong.cli import options
from jigong.cli.console import Screen, default_language
from jigong.cli.site import variables
from jigong.config.site import environment, set_up
from jigong.kernel.text import Text, counted

# The rooms below need Django's settings, which only a command's own environment gives.
if TYPE_CHECKING:
    from jigong.delivery.ledger.queries import FundYear
    from jigong.delivery.payments.reconcile import Reconciliation

Year = Annotated[int | None, typer.Option("--year", help="年份，默认今年 Year, this one unless given")]


def add_to(app: typer.Typer) -> None:
    """Add the commands to ``app``."""
    ledger = typer.Typer(name="ledger", help="基金账簿 The books of the funds", no_args_is_help=True)
    ledger.command("check")(check)
    ledger.command("show")(show)
    app.add_typer(ledger)


def check(
    pack: options.Pack_ = options.DEFAULT_PACK,
    data: options.Data = options.DEFAULT_DATA,
    as_json: options.Json = False,
) -> None:
    """核对账簿：链条、借贷、余额、付款与事项是否一致 · Check chains, balance, balances, payments; exit status 1 if anything is wrong."""
    screen = Screen(default_language(), as_json)
    with environment(pack, data, variables(False)) as found:
        set_up(found)
        from jigong.delivery.payments.reconcile import reconcile

        with screen.progress("核对账簿", "checking the books"):
            result = reconcile()
        tell(screen, result)
    if not result.ok:
        raise typer.Exit(1)


def tell(screen: Screen, result: "Reconciliation") -> None:
    """Say what a reconciliation found."""
    entries, lines = result.ledger.entries, result.ledger.lines
    if screen.as_json:
        screen.json({"ok": result.ok, "entries": entries, "lines": lines, "faults": result.faults})
        return
    screen.say(
        f"分录 {entries.lines:,} 笔，链尾 {entries.head}",
        f"{counted(entries.lines, 'entry', 'entries')}, head of the chain {entries.head}",
    )
    screen.say(
        f"明细 {lines.lines:,} 行，链尾 {lines.head}",
        f"{counted(lines.lines, 'line')}, head of the chain {lines.head}",
    )
    for fault in result.faults:
        screen.say(f"✗ {fault.zh}", f"✗ {fault.en}", style="red")
    if result.ok:
        screen.say(
            "✓ 账簿完整：链条未断，借贷平衡，余额相符，付款与事项一一对应",
            "✓ the books are whole: chains unbroken, entries balanced, balances right, payments and entitlements agree",
            style="green",
        )
    else:
        screen.say(
            f"发现 {len(result.faults)} 处问题；请停止支付，保留数据库，查明原因",
            f"{len(result.faults)} fault{'' if len(result.faults) == 1 else 's'}; stop paying, keep the database as it is, and find out why",
        )


def show(
    pack: options.Pack_ = options.DEFAULT_PACK,
    data: options.Data = options.DEFAULT_DATA,
    year: Year = None,
    as_json: options.Json = False,
) -> None:
    """各基金的预算、预留、在途、已付、可用 · Each fund's budget, reserved, in payment, paid and free."""
    screen = Screen(default_language(), as_json)
    with environment(pack, data, variables(False)) as found:
        set_up(found)
        from django.utils import timezone

        from jigong.audit.days import day_of
        from jigong.delivery.ledger.queries import fund_years

        wanted = year or day_of(timezone.now()).year
        tell_years(screen, wanted, fund_years(wanted))


def tell_years(screen: Screen, year: int, years: "list[FundYear]") -> None:
    """Show where each fund's money of a year is."""
    if screen.as_json:
        screen.json(years)
        return
    names = ("基金", "Fund"), ("预算", "Budget"), ("追回", "Recovered"), ("已批待付", "Reserved"), ("支付在途", "In payment"), ("已支付", "Paid"), ("可用", "Free")  # fmt: skip
    screen.table(
        [(Text(zh, en), "left" if en == "Fund" else "right") for zh, en in names],
        [(y.label, y.budget, y.recovered, y.reserved, y.sent, y.paid, y.free) for y in years],
        title=Text(f"{year} 年各基金（元）", f"The funds in {year} (yuan)"),
    )
    if any(not one.opened for one in years):
        screen.say(
            "还没有批准过事项的基金，预算按技工包显示，首次批准时入账",
            "where nothing is approved yet the budget is the pack's; it is booked with the first approval",
        )
