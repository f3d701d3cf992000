"""Whether the books are whole: chains, balance of each entry, balances, and one entitlement after another."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.db import connection
from django.db.models import Model

from jigong.audit.chain import START, link
from jigong.audit.queries import ChainCheck
from jigong.delivery.ledger.models import CHAINED_ENTRY, CHAINED_LINE, Entry, Line
from jigong.kernel.text import Text

MOST = 20
"""So many cases of one kind are named; the rest are counted."""


@dataclass(frozen=True, slots=True)
class LedgerCheck:
    """What was read, and every fault found. ``entries`` and ``lines`` give the heads of the two chains:
    written down elsewhere, they show later that nothing before them was cut off or made anew.
    """

    entries: ChainCheck
    lines: ChainCheck
    faults: tuple[Text, ...]

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong."""
        return not self.faults


def check() -> LedgerCheck:
    """Read everything and compute it anew."""
    entries = _chain(Entry, CHAINED_ENTRY)
    lines = _chain(Line, CHAINED_LINE)
    faults = [*_broken("分录", "entries", entries), *_broken("明细", "lines", lines)]
    faults += [fault for question in _QUESTIONS for fault in ask(question)]
    return LedgerCheck(entries, lines, tuple(faults))


def _chain(model: type[Model], columns: Sequence[str]) -> ChainCheck:
    previous, count = START, 0
    rows = model._default_manager.order_by("id").values_list(*columns, "previous", "hash")
    for *values, said_previous, said_hash in rows.iterator(10_000):
        count += 1
        if values[0] != count or said_previous != previous or link(previous, values) != said_hash:
            return ChainCheck(count, previous, int(values[0]))
        previous = said_hash
    return ChainCheck(count, previous, None)


def _broken(zh: str, en: str, chain: ChainCheck) -> Iterator[Text]:
    if chain.broken_at is not None:
        yield Text(
            f"{zh}的链条在第 {chain.broken_at} 行断开：此行或其前一行被改动或删除",
            f"the chain of {en} breaks at line {chain.broken_at}: it or the one before was changed or removed",
        )


@dataclass(frozen=True, slots=True)
class Question:
    """A fault that may exist, and the query that finds its cases, each as one text."""

    zh: str
    en: str
    sql: str


def ask(question: Question) -> Iterator[Text]:
    """The fault with its cases, if there are any."""
    with connection.cursor() as cursor:
        cursor.execute(question.sql)
        cases = [str(case) for (case,) in cursor.fetchall()]
    if cases:
        named = ", ".join(cases[:MOST])
        more = len(cases) - MOST
        yield Text(
            f"{question.zh}：{named}" + (f" 等，另有 {more} 处" if more > 0 else ""),
            f"{question.en}: {named}" + (f" and {more} more" if more > 0 else ""),
        )


_QUESTIONS = (
    Question(
        "预算调整没有另一个人确认",
        "changes of budgets that no second person confirmed",
        "SELECT e.id FROM ledger_entry e WHERE e.kind = 'supplement' AND NOT EXISTS (SELECT FROM ledger_budget_change c"
        " JOIN ledger_budget_answer a ON a.change_id = c.id WHERE a.confirmed AND a.by_id <> c.by_id AND a.by_id = e.actor"
        " AND c.amount = e.amount AND e.event = 'supplement:' || c.fund || ':' || c.year || ':' || c.reference) ORDER BY e.id",
    ),
    Question(
        "分录借贷不平或缺少明细",
        "entries that do not balance or lack lines",
        "SELECT e.id FROM ledger_entry e LEFT JOIN ledger_line l ON l.entry_id = e.id GROUP BY e.id"
        " HAVING coalesce(sum(l.amount), 0) <> 0 OR count(l.id) <> e.lines"
        " OR coalesce(sum(abs(l.amount)), 0) <> 2 * abs(e.amount) ORDER BY e.id",
    ),
    Question(
        "余额与明细合计不符",
        "balances that are not the sum of their lines",
        "SELECT concat_ws('/', fund, year, account) FROM ledger_balance b FULL JOIN"
        " (SELECT fund, year, account, sum(amount) AS total FROM ledger_line GROUP BY fund, year, account) l"
        " USING (fund, year, account) WHERE b.balance IS DISTINCT FROM l.total ORDER BY 1",
    ),
    Question(
        "账户透支",
        "accounts that are overdrawn",
        "SELECT concat_ws('/', fund, year, account) FROM ledger_line GROUP BY fund, year, account"
        " HAVING CASE WHEN account IN ('budget', 'recovered') THEN sum(amount) > 0 ELSE sum(amount) < 0 END",
    ),
    Question(
        "有业务而没有年度预算",
        "fund years used without a budget",
        "SELECT concat_ws('/', fund, year) FROM ledger_line GROUP BY fund, year"
        " HAVING NOT bool_or(account = 'budget')",
    ),
    Question(
        "事项的状态与账簿不符",
        "entitlements whose state and books differ",
        "WITH held AS (SELECT e.entitlement AS id, array_agg(e.fund) AS funds, sum(l.amount) FILTER (WHERE l.account = 'reserved') AS reserved,"
        " sum(l.amount) FILTER (WHERE l.account = 'sent') AS sent, sum(l.amount) FILTER (WHERE l.account = 'paid') AS paid"
        " FROM ledger_entry e JOIN ledger_line l ON l.entry_id = e.id WHERE e.entitlement IS NOT NULL GROUP BY 1)"
        " SELECT coalesce(d.id, h.id) FROM delivery_entitlement d FULL JOIN held h ON h.id = d.id"
        " WHERE d.fund <> ALL (h.funds) OR coalesce(h.reserved, 0) + coalesce(h.sent, 0) IS DISTINCT FROM"
        " CASE WHEN d.state = 'approved' AND d.fund <> '' AND d.amount IS NOT NULL THEN d.amount ELSE 0 END"
        " OR coalesce(h.paid, 0) IS DISTINCT FROM"
        " CASE WHEN d.state = 'paid' AND d.fund <> '' AND d.amount IS NOT NULL THEN d.amount ELSE 0 END ORDER BY 1",
    ),
)
