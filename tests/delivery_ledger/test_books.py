"""The database itself guards the books, whoever writes; and a check finds whatever was changed behind its back."""

from decimal import Decimal

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from moneybox import AT, BUDGET, FUND, YEAR, Town, balances, supplement, whole

from jigong.audit.chain import START, link
from jigong.delivery.approval import approve
from jigong.delivery.ledger.actions import open_year, open_years, recover, reverse
from jigong.delivery.ledger.enums import Kind
from jigong.delivery.ledger.models import CHAINED_ENTRY, CHAINED_LINE, Balance, Entry, Line
from jigong.delivery.ledger.posting import Posting, post
from jigong.delivery.ledger.queries import check, fund_year, fund_years
from jigong.delivery.models import Entitlement
from jigong.dossiers.law import current_run, law_of_run
from jigong.kernel.problems import JigongError

_ENTRY = (
    "INSERT INTO ledger_entry (id, event, kind, fund, year, amount, lines, at, actor_label, reason, previous, hash)"
    " VALUES (0, 'forged', 'supplement', 'education', 2023, %s, 2, now(), 'x', '', '', '') RETURNING id"
)
_LINE = (
    "INSERT INTO ledger_line (id, entry_id, fund, year, account, amount, previous, hash)"
    " VALUES (0, %s, %s, 2023, %s, %s, '', '')"
)


def _execute(*statements: str) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def _forge(*sides: tuple[str, str, str], amount: str = "10.00") -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_ENTRY, [amount])
        (entry,) = cursor.fetchone()
        _add(entry, *sides)


def _add(entry: int, *sides: tuple[str, str, str]) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        for fund, account, value in sides:
            cursor.execute(_LINE, [entry, fund, account, value])


@pytest.fixture
def opened(town: Town) -> Town:
    open_year(fund=FUND, year=YEAR, at=AT)
    return town


@pytest.mark.parametrize("table", ["ledger_entry", "ledger_line", "ledger_balance"])
@pytest.mark.parametrize("how", ["UPDATE {} SET year = 2022", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
def test_the_books_only_grow(opened: Town, table: str, how: str) -> None:
    with pytest.raises(DatabaseError, match="refused"):
        _execute(how.format(table))


def test_a_balance_is_not_written_by_hand(opened: Town) -> None:
    with pytest.raises(DatabaseError, match="follows the lines"):
        Balance.objects.create(fund="care", year=YEAR, account="available", balance=Decimal(1))


@pytest.mark.parametrize(
    "sides",
    [
        (),
        ((FUND, "available", "10.00"),),
        ((FUND, "available", "10.00"), (FUND, "budget", "-9.99")),
        ((FUND, "available", "20.00"), (FUND, "budget", "-20.00")),
        ((FUND, "available", "10.00"), ("care", "budget", "-10.00")),
        ((FUND, "available", "5.00"), (FUND, "available", "5.00"), (FUND, "budget", "-10.00")),
    ],
    ids=["no lines", "one line", "unequal", "another amount", "two funds", "a line too many"],
)
def test_an_entry_that_does_not_balance_is_refused(
    opened: Town, sides: tuple[tuple[str, str, str], ...]
) -> None:
    with pytest.raises(IntegrityError, match="does not balance"):
        _forge(*sides)
    assert Entry.objects.count() == 1
    assert whole()


def test_no_line_is_added_to_an_entry_later(opened: Town) -> None:
    entry = Entry.objects.get()
    with pytest.raises(IntegrityError, match="does not balance"):
        _add(entry.pk, (FUND, "available", "1.00"), (FUND, "budget", "-1.00"))


@pytest.mark.parametrize(
    ("kind", "amount"), [(Kind.RESERVE, BUDGET + Decimal("0.01")), (Kind.SEND, Decimal("0.01")), (Kind.BOUNCE, Decimal(1))]
)  # fmt: skip
def test_the_database_refuses_to_overdraw_any_account(opened: Town, kind: Kind, amount: Decimal) -> None:
    with pytest.raises(IntegrityError, match="ledger_balance_covered"):
        post([Posting("x", kind, FUND, YEAR, amount)], by=None, at=AT)
    assert whole()


def test_an_event_is_booked_once_and_never_differently(opened: Town) -> None:
    posting = Posting("reserve:1:0", Kind.RESERVE, FUND, YEAR, Decimal("10.00"))
    assert post([posting, posting], by=None, at=AT) == 1
    assert post([posting], by=None, at=AT) == 0
    with pytest.raises(JigongError, match="something else"):
        post([Posting("reserve:1:0", Kind.RESERVE, FUND, YEAR, Decimal("11.00"))], by=None, at=AT)
    assert balances()["reserved"] == 10


def test_many_entries_are_chained_in_the_order_given(opened: Town) -> None:
    postings = [Posting(f"reserve:{n}:0", Kind.RESERVE, FUND, YEAR, Decimal(n)) for n in range(1, 60)]
    assert post(postings, by=None, at=AT) == 59
    assert list(Entry.objects.order_by("id").values_list("event", flat=True)[1:]) == [
        p.event for p in postings
    ]
    assert list(Line.objects.order_by("id").values_list("id", flat=True)) == list(range(1, 121))
    found = check()
    assert (found.entries.lines, found.lines.lines) == (60, 120)
    assert found.entries.broken_at is None


def test_anybody_can_check_the_chain_with_the_documented_rule(opened: Town) -> None:
    entry = Entry.objects.values_list(*CHAINED_ENTRY, "previous", "hash").get()
    assert entry[-2] == START
    assert link(START, entry[:-2]) == entry[-1]
    first, second = Line.objects.order_by("id").values_list(*CHAINED_LINE, "previous", "hash")
    assert link(START, first[:-2]) == first[-1] == second[-2]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ("UPDATE ledger_entry SET reason = 'x' WHERE id = 2", "chain of entries breaks at line 2"),
        ("UPDATE ledger_line SET amount = amount * 2 WHERE entry_id = 2", "chain of lines breaks at line 3"),
        ("DELETE FROM ledger_line WHERE id = 4", "do not balance or lack lines: 2"),
        ("UPDATE ledger_balance SET balance = balance + 1 WHERE account = 'paid'", "sum of their lines: education/2023/paid"),
        ("UPDATE delivery_entitlement SET state = 'passed'", "whose state and books differ"),
        ("UPDATE delivery_entitlement SET amount = 1", "whose state and books differ"),
    ],
)  # fmt: skip
def test_what_was_changed_behind_the_databases_back_is_found(opened: Town, change: str, says: str) -> None:
    due = opened.entitlement()
    approve(entitlement=due.pk, by=opened.approver, at=AT)
    post([Posting("s", Kind.SEND, FUND, YEAR, Decimal(5000)), Posting("p", Kind.SETTLE, FUND, YEAR, Decimal(5000))], by=None, at=AT)  # fmt: skip
    assert not [fault for fault in check().faults if "whose state" not in fault.en]
    _execute("SET LOCAL session_replication_role = replica", change)
    assert any(says in fault.en for fault in check().faults)


def test_only_what_one_person_wrote_by_hand_is_reversed_by_itself(town: Town) -> None:
    approve(entitlement=town.entitlement().pk, by=town.approver, at=AT)
    added = supplement(
        fund=FUND, year=YEAR, amount=Decimal(100), reference="1", reason="追加", by=town.finance, at=AT
    )
    for entry in (Entry.objects.get(kind="reserve"), added):
        with pytest.raises(JigongError, match="not reversed by itself"):
            reverse(entry=entry.pk, reason="错", by=town.finance, at=AT)


def test_recovered_money_is_free_again_and_never_more_than_was_paid(town: Town) -> None:
    due = town.entitlement()
    approve(entitlement=due.pk, by=town.approver, at=AT)
    post(
        [
            Posting("send:1", Kind.SEND, FUND, YEAR, Decimal(5000), due.pk),
            Posting("settle:1", Kind.SETTLE, FUND, YEAR, Decimal(5000), due.pk),
        ],
        by=None, at=AT,
    )  # fmt: skip
    Entitlement.objects.filter(pk=due.pk).update(state="paid")
    given = {"entitlement": due.pk, "reason": "多付", "on": AT.date(), "by": town.finance, "at": AT}
    for _ in range(2):
        recover(amount=Decimal("3000.00"), reference="R1", **given)
    with pytest.raises(JigongError, match=r"2,000\.00"):
        recover(amount=Decimal("2000.01"), reference="R2", **given)
    recover(amount=Decimal("2000.00"), reference="R2", **given)
    year = fund_year(FUND, YEAR)
    assert (year.paid, year.recovered, year.free) == (5000, 5000, BUDGET)
    wrong = Entry.objects.filter(kind="recover").latest("id")
    for _ in range(2):
        made = reverse(entry=wrong.pk, reason="录入错误", by=town.finance, at=AT)
    assert (made.reverses, fund_year(FUND, YEAR).recovered) == (wrong.pk, 3000)
    with pytest.raises(JigongError):
        reverse(entry=made.pk, reason="再冲", by=town.finance, at=AT)
    recover(amount=Decimal("2000.00"), reference="R3", **given)
    year = fund_year(FUND, YEAR)
    assert year.budget + year.recovered == year.free + year.reserved + year.sent + year.paid
    assert check().ok


def test_every_fund_of_the_pack_is_opened_once(town: Town) -> None:
    funds = list(law_of_run(current_run()).pack.funds)
    assert open_years(year=YEAR, at=AT) == funds
    assert open_years(year=YEAR, at=AT) == []
    assert {one.fund for one in fund_years(YEAR) if one.opened} == set(funds)
