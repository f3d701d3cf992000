"""Officers, finance, workers and a bank do things in any order: money is conserved, nobody is paid twice."""

import csv
import io
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal

from django.db import connection, transaction
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from moneybox import AT, BUDGET, CITY, FUND, YEAR, Town, balances, supplement, take_return, whole

from jigong.delivery.approval import approve, approve_many, revoke
from jigong.delivery.ledger.actions import recover
from jigong.delivery.ledger.queries import fund_year
from jigong.delivery.models import Entitlement
from jigong.delivery.payments.actions import (
    discard,
    make_batch,
    mark_sent,
    release,
    same_account,
)
from jigong.delivery.payments.files import bank_csv
from jigong.delivery.payments.models import Batch, Payment
from jigong.kernel.problems import JigongError

FREE = Decimal("20000.00")
"""Little enough that the budget runs out."""
_AMOUNTS = st.sampled_from(["0.01", "1999.99", "5000.00", "7700.00"])
DRAWN = "7700.00"
"""Of what was drawn the city bears a part."""
_ANY = st.integers(min_value=0, max_value=10**6)


class Bank:
    """Executes what files tell it, each end-to-end id once, and remembers what it really did."""

    def __init__(self) -> None:
        self.paid: dict[str, Decimal] = {}
        self.failed: dict[str, Decimal] = {}
        self.returned: set[str] = set()

    def execute(self, content: bytes, luck: int) -> None:
        """Take a file, perhaps not for the first time."""
        _, *rows = csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""))
        for row in rows:
            id_, amount = row[1], Decimal(row[5])
            if id_ not in self.paid and id_ not in self.failed:
                (self.failed if (luck := luck // 2) % 2 else self.paid)[id_] = amount

    def bounce(self, which: int) -> None:
        """Some payee's bank sends the money back."""
        if self.paid:
            self.returned.add(sorted(self.paid)[which % len(self.paid)])

    def report(self, ids: list[str], wrong: bool) -> bytes:
        """What it says of these; ``wrong``: with a line that fits nothing."""
        lines = ["end_to_end_id,amount,result,reason"]
        for id_ in ids:
            if id_ in self.paid:
                lines.append(f"{id_},{self.paid[id_]},paid,")
                lines += [f"{id_},{self.paid[id_]},returned,closed"] * (id_ in self.returned)
            elif id_ in self.failed:
                lines.append(f"{id_},{self.failed[id_]},failed,name")
            if wrong:
                lines += [f"{id_},1.23,paid,", "nobody,5000.00,paid,"]
        return "\n".join(lines).encode()


class Office(RuleBasedStateMachine):
    """One example is one transaction that is rolled back in the end; constraints are checked as if committed."""

    town: Town

    def __init__(self) -> None:
        super().__init__()
        self._around = transaction.atomic()
        self._around.__enter__()
        self.bank = Bank()
        self.cut(FREE - BUDGET, "first")

    def teardown(self) -> None:
        try:
            self._everything_is_answered()
        finally:
            transaction.set_rollback(True)
            self._around.__exit__(None, None, None)

    def cut(self, amount: Decimal, reference: str) -> None:
        supplement(fund=FUND, year=YEAR, amount=amount, reference=reference, reason="测试", by=self.town.finance, at=AT)  # fmt: skip

    @contextmanager
    def refusals_allowed(self) -> Iterator[None]:
        """A refusal changes nothing; which moves are allowed when, other tests say."""
        try:
            with transaction.atomic():
                yield
        except JigongError:
            pass

    def one(self, which: int) -> Entitlement:
        found = list(Entitlement.objects.order_by("pk"))
        return found[which % len(found)]

    def a_batch(self, which: int) -> int:
        found = list(Batch.objects.order_by("pk").values_list("pk", flat=True))
        return found[which % len(found)]

    @initialize(amounts=st.lists(_AMOUNTS, min_size=2, max_size=5), luck=_ANY)
    def the_first_round(self, amounts: list[str], luck: int) -> None:
        for amount in amounts:
            self.town.entitlement(amount, drawn=amount == DRAWN)
        self.approve_everything()
        self.bank.execute(bank_csv(self.town.batch()), luck)

    @rule(amounts=st.lists(_AMOUNTS, min_size=1, max_size=3), approved=st.booleans())
    def something_is_due(self, amounts: list[str], approved: bool) -> None:
        ids = [self.town.entitlement(amount, drawn=amount == DRAWN).pk for amount in amounts]
        if approved:
            approve_many(entitlements=ids, by=self.town.approver, at=AT)

    @rule(which=_ANY, other=st.booleans())
    def approve_one(self, which: int, other: bool) -> None:
        by = self.town.other_approver if other else self.town.approver
        with self.refusals_allowed():
            approve(entitlement=self.one(which).pk, by=by, at=AT)

    @rule()
    def approve_everything(self) -> None:
        ids = list(Entitlement.objects.values_list("pk", flat=True))
        approve_many(entitlements=ids, by=self.town.approver, at=AT)

    @rule(which=_ANY)
    def take_back(self, which: int) -> None:
        with self.refusals_allowed():
            revoke(entitlement=self.one(which).pk, by=self.town.approver, at=AT, reason="改")

    @rule(
        amount=st.sampled_from([Decimal("3000.00"), Decimal("-3000.00")]), reference=st.sampled_from("abcdef")
    )
    def adjust(self, amount: Decimal, reference: str) -> None:
        with self.refusals_allowed():
            self.cut(amount, reference)

    @rule(other=st.booleans())
    def make(self, other: bool) -> None:
        with self.refusals_allowed():
            make_batch(fund=FUND, by=self.town.other_finance if other else self.town.finance, at=AT)

    @rule(which=_ANY, other=st.booleans())
    def let_go(self, which: int, other: bool) -> None:
        with self.refusals_allowed():
            release(
                batch=self.a_batch(which), by=self.town.other_finance if other else self.town.finance, at=AT
            )

    @rule(which=_ANY)
    def throw_away(self, which: int) -> None:
        with self.refusals_allowed():
            discard(batch=self.a_batch(which), by=self.town.finance, at=AT, reason="改")

    @rule(which=_ANY, luck=_ANY, noted=st.booleans())
    def to_the_bank(self, which: int, luck: int, noted: bool) -> None:
        for batch in Batch.objects.order_by("pk"):
            with self.refusals_allowed():
                self.bank.execute(bank_csv(batch), luck)
                if noted and batch.pk == self.a_batch(which):
                    mark_sent(batch=batch.pk, by=self.town.finance, at=AT)

    @rule(which=_ANY)
    def money_comes_back(self, which: int) -> None:
        self.bank.bounce(which)

    @rule(which=_ANY, wrong=st.booleans(), turned=st.booleans())
    def the_bank_answers(self, which: int, wrong: bool, turned: bool) -> None:
        ids = list(Payment.objects.filter(batch=self.a_batch(which)).values_list("end_to_end_id", flat=True))
        content = self.bank.report(ids[::-1] if turned else ids, wrong)
        take_return(content=content, filename="r", by=self.town.finance, at=AT)

    @rule(which=_ANY)
    def another_account(self, which: int) -> None:
        person = self.one(which).person
        assert person is not None
        self.town.bank_account(person)

    @rule(which=_ANY)
    def the_account_was_right(self, which: int) -> None:
        failed = list(Payment.objects.filter(state="failed").order_by("pk"))
        if failed:
            same_account(
                payment=failed[which % len(failed)].pk, by=self.town.finance, at=AT, reason="银行故障"
            )

    @rule(which=_ANY, amount=st.sampled_from([Decimal("0.01"), Decimal("5000.00")]))
    def somebody_pays_back(self, which: int, amount: Decimal) -> None:
        with self.refusals_allowed():
            recover(
                entitlement=self.one(which).pk, amount=amount, reference=str(which), reason="多付", on=AT.date(),
                by=self.town.finance, at=AT,
            )  # fmt: skip

    @invariant()
    def the_books_are_whole(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        assert whole()

    @invariant()
    def nothing_is_overdrawn_and_nothing_is_lost(self) -> None:
        years = [fund_year(fund, YEAR) for fund in (FUND, CITY)]
        spent = sum(
            (e.amount for e in Entitlement.objects.filter(state__in=["approved", "paid"]) if e.amount),
            Decimal(0),
        )
        assert sum(year.free for year in years) == sum(year.budget + year.recovered for year in years) - spent
        assert all(year.free >= 0 for year in years)

    @invariant()
    def the_bank_pays_nobody_twice(self) -> None:
        kept = {id_ for id_ in self.bank.paid if id_ not in self.bank.returned}
        owners = list(Payment.objects.filter(end_to_end_id__in=kept).values_list("entitlement_id", flat=True))
        assert len(owners) == len(set(owners))

    def _everything_is_answered(self) -> None:
        """In the end the bank reports on all it did; then the site's story is the bank's."""
        ids = [*self.bank.paid, *self.bank.failed]
        take_return(
            content=self.bank.report(ids, wrong=False) + b"\n", filename="r", by=self.town.finance, at=AT
        )
        assert whole()
        kept = {id_ for id_ in self.bank.paid if id_ not in self.bank.returned}
        said = set(Payment.objects.filter(state="paid").values_list("end_to_end_id", flat=True))
        assert said == kept
        paid = sum(balances(fund).get("paid", Decimal(0)) for fund in (FUND, CITY))
        assert paid == sum(self.bank.paid[id_] for id_ in kept)


def test_in_any_order(town: Town) -> None:
    machine = type("OfficeOfThisTown", (Office,), {"town": town})
    tried = max(25, settings().max_examples // 4)
    run_state_machine_as_test(machine, settings=settings(max_examples=tried, stateful_step_count=40))
