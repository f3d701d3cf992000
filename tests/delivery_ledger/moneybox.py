"""A made-up town small enough to follow every yuan: officers, workers with bank accounts, entitlements in any state."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import Any

from django.db import connection

from jigong.accounts.cipher import lookup, seal_text
from jigong.accounts.enums import Role
from jigong.accounts.humans import set_number
from jigong.accounts.models import Account, BankAccount, Membership, Organisation, Person
from jigong.delivery.ledger.changes import confirm_change, propose_change
from jigong.delivery.ledger.models import Balance, Entry
from jigong.delivery.models import Entitlement
from jigong.delivery.payments import actions as payments
from jigong.delivery.payments.models import Batch, Payment, ReturnFile
from jigong.delivery.payments.reconcile import reconcile
from jigong.delivery.payments.returns import open_lines
from jigong.delivery.states import State
from jigong.dossiers.models import LoadedRun
from jigong.packs.reader import read_pack

PACK = Path(__file__).parents[2] / "packs" / "qiantang"
AT = datetime(2023, 1, 5, 2, 0, tzinfo=UTC)
FUND = "education"
CITY = "city"
"""The fund that bears a part of what was drawn."""
YEAR = 2023
BUDGET = Decimal("15000000.00")
"""What the pack gives the fund for the year."""
_numbers = count(1)


def found_town() -> None:
    """Officers, and the run whose law everything follows."""
    pack = read_pack(PACK)
    LoadedRun.objects.get_or_create(
        current=True,
        defaults={
            "run": "run", "pack_hash": pack.hash, "pack_folder": str(PACK), "snapshot": "snapshot",
            "known_on": date(2023, 1, 1), "as_of": date(2023, 1, 1), "kinds": [], "totals": {}, "workers": 0, "loaded_at": AT,
        },
    )  # fmt: skip
    bureau, _ = Organisation.objects.get_or_create(kind="bureau", code="union", defaults={"zh": "工会"})
    for name, role in (
        ("money-approver", Role.APPROVER), ("money-approver-2", Role.APPROVER), ("money-officer", Role.OFFICER),
        ("money-finance", Role.FINANCE), ("money-finance-2", Role.FINANCE),
    ):  # fmt: skip
        account = Account.objects.create(username=name)
        set_number(account, name)
        Membership.objects.create(account=account, organisation=bureau, role=role)


@dataclass(frozen=True)
class Town:
    """The people who handle money."""

    approver: Account
    other_approver: Account
    officer: Account
    finance: Account
    other_finance: Account

    @classmethod
    def there(cls) -> "Town":
        """The town in the database."""
        names = ("approver", "approver-2", "officer", "finance", "finance-2")
        return cls(*(Account.objects.get(username=f"money-{name}") for name in names))

    def worker(self, holder: str = "演示·张三") -> Person:
        """A worker with a bank account."""
        n = next(_numbers)
        number = f"made up {n}"
        person = Person.objects.create(
            number_hash=lookup(number, "person.number"),
            number=seal_text(number, "person.number"),
            name=holder,
        )
        self.bank_account(person, holder=holder)
        return person

    def bank_account(
        self,
        person: Person,
        number: str = "",
        holder: str = "演示·张三",
        at: datetime = AT - timedelta(days=30),
    ) -> BankAccount:
        """A new bank account of the worker, given long ago unless said otherwise; earlier ones are no longer active."""
        number = number or f"62284800{next(_numbers):011d}"
        person.bank_accounts.update(active=False)
        return BankAccount.objects.create(
            person=person, number=seal_text(number, "bank.number"), number_hash=lookup(number, "bank.number"),
            last4=number[-4:], holder=holder, bank="演示银行钱塘支行", created_at=at,
        )  # fmt: skip

    def entitlement(
        self,
        amount: str | None = "5000.00",
        *,
        state: State = State.PASSED,
        fund: str = FUND,
        person: Person | None = None,
        drawn: bool = False,
    ) -> Entitlement:
        """Something due, waiting for approval unless said otherwise; ``drawn``: of which the city bears a part."""
        n = next(_numbers)
        person = person or self.worker()
        return Entitlement.objects.create(
            clause="degree-bachelor" if drawn else "degree-associate", branch="drawn" if drawn else "", subject_hash=f"subject {n}", subject=b"", person=person, state=state,
            mode="application", office="union", fund=fund, amount=None if amount is None else Decimal(amount),
            run=LoadedRun.objects.get(current=True), bank_account=person.bank_accounts.filter(active=True).first(),
            created_at=AT, updated_at=AT,
        )  # fmt: skip

    def entitlements(self, how_many: int, amount: str = "5000.00") -> list[int]:
        """Several, by their ids."""
        return [self.entitlement(amount).pk for _ in range(how_many)]

    def batch(self, fund: str = FUND) -> Batch:
        """A batch of everything that can be paid, made and released."""
        made = payments.make_batch(fund=fund, by=self.finance, at=AT)
        return payments.release(batch=made.pk, by=self.other_finance, at=AT)

    def paying_account(self) -> None:
        """Enter the account the fund pays from."""
        payments.set_paying_account(
            fund=FUND, holder="演示·钱塘教育基金", number="33001234567890123456", bank="演示银行杭州分行",
            clearing_code="102331000013", by=self.finance, at=AT,
        )  # fmt: skip


def supplement(*, by: Account, at: datetime, **given: Any) -> Entry:
    """A change of a budget, proposed by one in finance and confirmed by the other."""
    made = propose_change(**given, by=by, at=at)
    second = Town.there().other_finance if by == Town.there().finance else Town.there().finance
    return confirm_change(change=made.pk, by=second, at=at)


def take_return(*, by: Account, **given: Any) -> payments.ReturnReport:
    """A return taken in by one in finance; what failed or came back is confirmed by the other."""
    report = payments.take_return(**given, by=by)
    town, file = Town.there(), ReturnFile.objects.get(pk=report.file)
    second = town.finance if file.taken_by_id == town.other_finance.pk else town.other_finance
    waiting = [
        line.pk
        for line in open_lines().filter(file=file)
        if line.payment is not None and (line.payment.state == "paid") == (line.outcome == "bounced")
    ]
    payments.confirm_returns(lines=waiting, by=second, at=given["at"])
    return report


def balances(fund: str = FUND, year: int = YEAR) -> dict[str, Decimal]:
    """The balance of every account of a fund's year."""
    return dict(Balance.objects.filter(fund=fund, year=year).values_list("account", "balance"))


def states(ids: list[int]) -> list[str]:
    """The states of entitlements, in the order given."""
    found = dict(Entitlement.objects.filter(pk__in=ids).values_list("pk", "state"))
    return [found[id_] for id_ in ids]


def answer(batch: Batch, *results: str, only: list[Payment] | None = None) -> bytes:
    """A return file: for each payment a result, the last one for all that follow."""
    payments_ = only if only is not None else list(batch.payments.order_by("pk"))
    lines = ["端到端编号,金额,结果,原因,银行流水号"]
    for place, payment in enumerate(payments_):
        result = results[min(place, len(results) - 1)]
        reason = "" if result == "成功" else "户名不符"
        lines.append(f"{payment.end_to_end_id},{payment.amount},{result},{reason},R{payment.pk}")
    return ("\r\n".join(lines) + "\r\n").encode("gb18030")


def whole() -> bool:
    """Whether books, payments and entitlements tell one story; says what does not."""
    found = reconcile()
    assert found.ok, [fault.en for fault in found.faults]
    return True


def locks_waited_for() -> int:
    """How many locks of this database somebody waits for."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_locks l JOIN pg_database d ON d.oid = l.database"
            " WHERE NOT l.granted AND d.datname = current_database()"
        )
        return int(cursor.fetchone()[0])
