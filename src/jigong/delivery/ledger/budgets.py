"""The yearly budget of a fund, as the pack's dated parameter gives it."""

from datetime import date
from decimal import Decimal

from jigong.dossiers.law import current_run, law_of_run
from jigong.kernel.problems import error
from jigong.kernel.text import Text
from jigong.packs.pack import Pack, last_day


def current_pack() -> Pack:
    """The pack of the run the portals show."""
    return law_of_run(current_run()).pack


def fund_label(pack: Pack, fund: str) -> Text:
    """A fund's name; its id where the pack knows it no longer."""
    if fund not in pack.funds:
        return Text(fund, fund)
    named = pack.funds[fund].value
    return Text(named.zh, named.en)


def budget_in_pack(pack: Pack, fund: str, year: int) -> Decimal:
    """The fund's budget for ``year``: the first value its parameter has in that year.

    A value that begins later in the year is not a second budget; the year's is then adjusted by
    a person, with the paper that says so.

    Raises:
        JigongError: the pack knows no such fund, or no budget of it for that year.
    """
    if fund not in pack.funds:
        raise error(
            f"技工包里没有基金 {fund}",
            f"the pack has no fund {fund}",
            remedy=("在 funds.yaml 中登记这个基金", "list the fund in funds.yaml"),
        )
    return _first_of(pack, fund, year, pack.funds[fund].value.budget).quantize(Decimal("0.01"))


def highest_budget(pack: Pack, fund: str, year: int) -> Decimal:
    """What the year's budget may become at most, in yuan: so many times the pack's, by the fund's parameter ``most``.

    Raises:
        JigongError: the pack has no such fund, or no value for that year.
    """
    times = _first_of(pack, fund, year, pack.funds[fund].value.most)
    return (budget_in_pack(pack, fund, year) * times).quantize(Decimal("0.01"))


def _first_of(pack: Pack, fund: str, year: int, name: str) -> Decimal:
    """The first value a parameter has in the year."""
    entry = pack.parameters[name].value
    for index, dated in enumerate(entry.values):
        if dated.from_ <= date(year, 12, 31) and last_day(entry, index) >= date(year, 1, 1):
            return Decimal(str(dated.value))
    raise error(
        f"{fund_label(pack, fund).zh}没有 {year} 年的{entry.zh}",
        f"there is no {entry.en} of the {fund_label(pack, fund).en} for {year}",
        remedy=(
            f"在技工包里给参数 {name} 写上这一年的值",
            f"give the parameter {name} a value for that year",
        ),
    )
