"""“This is wrong”: to the department, into the lake, and back to the worker's page; once."""

from datetime import date
from decimal import Decimal
from functools import partial
from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from tests.web.office_site import account_for

from jigong.accounts.humans import set_number
from jigong.accounts.models import Account, Person
from jigong.accounts.queries import person_with_number
from jigong.audit.models import Entry
from jigong.delivery.actions import confirm, decline, withdraw
from jigong.delivery.holds import open_holds
from jigong.delivery.models import Entitlement, Step
from jigong.delivery.own import Own, own
from jigong.delivery.payments.enums import PaymentState
from jigong.delivery.payments.models import Batch, Payment
from jigong.delivery.replay.actions import accept, take_result
from jigong.delivery.replay.looking import decide_before_paying, look_again, not_looked_at
from jigong.delivery.replay.models import Adjustment
from jigong.delivery.replay.queries import changes_of, redecide
from jigong.delivery.replay.recoveries import speak
from jigong.delivery.states import Cause, State
from jigong.dossiers.law import current_run, held_of, law_of_run
from jigong.dossiers.models import Dossier
from jigong.kernel.problems import JigongError
from jigong.lake.facts import build_facts
from jigong.lake.lake import Lake
from jigong.services.bring import refresh
from jigong.services.cases import actions as case_actions
from jigong.services.cases.actions import appeal, dismiss, report_wrong, uphold
from jigong.services.cases.models import Case, CaseState
from jigong.services.cases.queries import records

pytestmark = pytest.mark.django_db
NOW = timezone.now()


def worker_account(person: Person) -> Account:
    return Account.objects.create(username=f"worker-{person.pk}", person=person)


@pytest.fixture
def officer() -> Account:
    return Account.objects.create(username="officer-of-tests")


@pytest.fixture
def grant() -> Entitlement:
    """A proposed share of an associate degree's tuition."""
    found = Entitlement.objects.filter(clause="degree-associate", branch="partial", state=State.PROPOSED)
    return found.order_by("amount").first()


def tuition_of(entitlement: Entitlement) -> Decimal:
    held = held_of(Dossier.objects.select_related("run").get(person=entitlement.person))
    key = entitlement.open_subject()
    return next(
        row["discounted_tuition"]
        for row in held.subjects["degree_enrolment"]
        if row["degree_enrolment"] == key
    )


def wrong_tuition(grant: Entitlement) -> Case:
    return report_wrong(
        person=grant.person, fact="discounted_tuition", subject=grant.open_subject(), text="学费填错了",
        claimed="4000", by=worker_account(grant.person), at=NOW,
    )  # fmt: skip


def test_facts_of_one_are_those_of_all(town, run, tmp_path):
    law = law_of_run(Dossier.objects.select_related("run").first().run)
    snapshot = Lake(town / "lake", law.pack.contracts).snapshot()
    whole = build_facts(snapshot, law.pack, law.values, law.day, town / "facts")
    some = [p.open_number() for p in Person.objects.order_by("?")[:12]]
    few = build_facts(snapshot, law.pack, law.values, law.day, tmp_path, only=some)
    for kind, table in few.subjects.items():
        if kind == "worker" or "worker" in table.links:
            sql = f'SELECT * FROM "{kind}" WHERE worker IN (SELECT unnest(?)) ORDER BY 1'
            assert (
                few.connect().execute(sql, [some]).fetchall()
                == whole.connect().execute(sql, [some]).fetchall()
            )


def test_refreshing_without_news_changes_nothing(own_town):
    people = Person.objects.order_by("id")[:5]
    entitlements = list(Entitlement.objects.order_by("id").values())
    before = [held_of(d) for d in Dossier.objects.select_related("run").filter(person__in=people)]
    taken = refresh([person.open_number() for person in people], own_town, at=NOW)
    assert (taken.proposed, taken.changed, taken.lapsed, taken.renewed) == (0, 0, 0, 0)
    assert [held_of(d) for d in Dossier.objects.select_related("run").filter(person__in=people)] == before
    assert list(Entitlement.objects.order_by("id").values()) == entitlements


def test_an_upheld_correction_becomes_a_record_and_the_verdict_follows(own_town: Path, grant, officer):
    case = wrong_tuition(grant)
    assert (case.office, case.data_class) == ("education", "degree_enrolment") or case.office
    assert case.open_text() == "学费填错了"
    assert case.deadline > date(2023, 1, 1)
    (record,) = [r for r in records(case) if r.key["enrolment_no"] == grant.open_subject()]
    uphold(
        case=case.pk,
        key=record.key,
        values={"discounted_tuition": "4000.00"},
        reason="核对收据属实",
        by=officer,
        at=NOW,
    )
    assert tuition_of(grant) == Decimal("4000.00")
    grant.refresh_from_db()
    assert grant.amount == Decimal("3000.00")
    assert Case.objects.get(pk=case.pk).batch
    newest = records(case)[0]
    assert newest.file == f"degree_enrolment-case-{case.pk}.csv"


def test_a_case_is_answered_once(own_town, grant, officer):
    case = wrong_tuition(grant)
    assert wrong_tuition_again(grant) == case
    dismiss(case=case.pk, reason="与学校记录一致", by=officer, at=NOW)
    with pytest.raises(JigongError, match="answered"):
        uphold(case=case.pk, values={"discounted_tuition": "1"}, reason="x", by=officer, at=NOW)
    assert Case.objects.get(pk=case.pk).state == CaseState.DISMISSED
    assert [e.action for e in Entry.objects.filter(object_kind="case", object_id=str(case.pk)).order_by("id")] == [
        "cases.correction", "cases.dismissed",
    ]  # fmt: skip


def wrong_tuition_again(grant: Entitlement) -> Case:
    return report_wrong(
        person=grant.person, fact="discounted_tuition", subject=grant.open_subject(), text="again",
        by=grant.person.account, at=NOW,
    )  # fmt: skip


def test_a_correction_that_breaks_the_contract_changes_nothing(own_town, grant, officer):
    case = wrong_tuition(grant)
    before = tuition_of(grant)
    with pytest.raises(JigongError) as refused:
        uphold(case=case.pk, values={"discounted_tuition": "-5"}, reason="x", by=officer, at=NOW)
    assert refused.value.problems[0].remedy
    assert tuition_of(grant) == before
    assert Case.objects.get(pk=case.pk).state == CaseState.OPEN


def test_an_appeal_stops_the_entitlement_and_an_upheld_one_corrects_it(own_town, grant, officer):
    worker = worker_account(grant.person)
    case = appeal(entitlement=grant.pk, text="应按全额", by=worker, at=NOW)
    assert appeal(entitlement=grant.pk, text="应按全额", by=worker, at=NOW) == case
    grant.refresh_from_db()
    assert grant.state == State.APPEALED
    with pytest.raises(JigongError, match="needs a reason of its own"):
        uphold(case=case.pk, values={"amount": "4321.00"}, reason="全额成立", by=officer, at=NOW)
    given = {"amount": "4321.00", "exception": "区里会议纪要"}
    uphold(case=case.pk, values=given, reason="全额成立", by=officer, at=NOW)
    grant.refresh_from_db()
    assert (grant.state, grant.amount) == (State.CORRECTED, Decimal("4321.00"))
    refresh([grant.person.open_number()], own_town, at=NOW)
    grant.refresh_from_db()
    assert (grant.state, grant.amount) == (State.CORRECTED, Decimal("4321.00")), (
        "no run undoes a human decision"
    )


def carried_out(grant: Entitlement) -> None:
    """Confirmed, and said to be paid: what replay looks at."""
    from jigong.delivery.basis import freeze

    freeze(grant, at=NOW, claimed={})
    grant.state = State.PAID
    grant.save()


@pytest.mark.parametrize(("more", "direction"), [(100, "arrears"), (-1000, "recovery")])
def test_corrected_data_give_arrears_or_recovery_once(own_town, grant, officer, more, direction):
    then = tuition_of(grant)
    tuition = f"{then + more}"
    carried_out(grant)
    assert look_again(only=[grant.pk], by=None, at=NOW).proposed == 0
    case = wrong_tuition(grant)
    uphold(case=case.pk, values={"discounted_tuition": tuition}, reason="属实", by=officer, at=NOW)
    first = look_again(only=[grant.pk], by=None, at=NOW)
    assert (first.proposed, first.replaced) == (1, 0)
    assert look_again(only=[grant.pk], by=None, at=NOW).proposed == 0
    (found,) = Adjustment.objects.filter(entitlement=grant)
    share = Decimal(tuition) * Decimal("0.75")
    assert found.direction == direction
    assert found.amount == abs(min(share, Decimal(5000)) - grant.amount)
    cited = {c.name: (c.then, c.now) for c in changes_of(found, law_of_run(current_run()).pack)}
    assert cited["discounted_tuition"] == (then, Decimal(tuition))
    answers = {(r.law, r.data): r.amount for r in redecide(grant)}
    assert answers["then", "then"] == grant.amount
    assert answers["then", "now"] == min(share, Decimal(5000))
    if direction == "recovery":
        speak(adjustment=found.pk, text="没有意见", by=grant.person.account, at=NOW)
    accept(adjustment=found.pk, reason="同意", by=officer, at=NOW)
    assert look_again(only=[grant.pk], by=None, at=NOW).proposed == 0
    found.refresh_from_db()
    if direction == "arrears":
        assert (found.supplement.state, found.supplement.amount) == (State.PROPOSED, found.amount)
        assert Step.objects.filter(entitlement=found.supplement).count() == 1
    with pytest.raises(JigongError):
        accept(adjustment=found.pk, reason="again", by=officer, at=NOW)


def test_what_is_not_paid_yet_is_held_when_less_is_due_and_takes_the_new_result(own_town, grant, officer):
    case = wrong_tuition(grant)
    worker, account = grant.person.account, account_for(grant.person)
    mine = confirm(entitlement=grant.pk, by=worker, at=NOW, bank_account=account)
    before, then = mine.amount, tuition_of(grant)
    assert not_looked_at([grant.pk]) == [grant.pk]
    assert look_again(only=[grant.pk], by=None, at=NOW).held == 0
    assert not_looked_at([grant.pk]) == []
    with pytest.raises(JigongError, match="no other result"):
        take_result(entitlement=grant.pk, by=officer, at=NOW)
    uphold(case=case.pk, values={"discounted_tuition": f"{then - 1000}"}, reason="属实", by=officer, at=NOW)
    assert look_again(only=[grant.pk], by=None, at=NOW).held == 0, "deciding anew has looked again"
    (hold,) = open_holds(mine)
    assert (hold.cause, hold.names) == (Cause.CHANGED, ["discounted_tuition"])
    assert not Adjustment.objects.filter(entitlement=grant).exists(), "there is nothing to ask back"
    taken = take_result(entitlement=grant.pk, by=officer, at=NOW)
    assert (taken.state, taken.held) == (State.CORRECTED, False)
    assert taken.amount == before - 1000 * Decimal("0.75")
    again = confirm(entitlement=grant.pk, by=worker, at=NOW, bank_account=account)
    assert look_again(only=[grant.pk], by=None, at=NOW).held == 0
    assert again.state in (State.CONFIRMED, State.PASSED)


def test_what_the_bank_had_is_looked_at_again_where_it_does_not_pay(own_town, grant, officer):
    case, then = wrong_tuition(grant), tuition_of(grant)
    account = account_for(grant.person)
    confirm(entitlement=grant.pk, by=grant.person.account, at=NOW, bank_account=account)
    Entitlement.objects.filter(pk=grant.pk).update(state=State.APPROVED)
    batch = Batch.objects.create(
        fund=grant.fund, number="B", count=1, total=grant.amount, made_by=officer, made_at=NOW
    )
    payment = Payment.objects.create(
        batch=batch, entitlement=grant, attempt=1, year=2023, payee="演示", bank_account=account, amount=grant.amount,
        end_to_end_id="B1", state=PaymentState.SENT,
    )  # fmt: skip
    uphold(case=case.pk, values={"discounted_tuition": f"{then - 1000}"}, reason="属实", by=officer, at=NOW)
    look_again(only=[grant.pk], by=None, at=NOW)
    assert not open_holds(grant), "it is with the bank"
    Payment.objects.filter(pk=payment.pk).update(state=PaymentState.FAILED)
    decide_before_paying([grant.pk], by=officer, at=NOW)
    assert [hold.cause for hold in open_holds(grant)] == [Cause.CHANGED]


@pytest.fixture
def arrears(own_town, grant, officer) -> Entitlement:
    """Arrears that the worker confirmed, for data that were corrected back since."""
    then = tuition_of(grant)
    carried_out(grant)
    case = wrong_tuition(grant)
    uphold(case=case.pk, values={"discounted_tuition": f"{then + 100}"}, reason="属实", by=officer, at=NOW)
    look_again(only=[grant.pk], by=None, at=NOW)
    made = accept(adjustment=Adjustment.objects.get(entitlement=grant).pk, reason="同意", by=officer, at=NOW)
    mine = confirm(
        entitlement=made.supplement_id,
        by=grant.person.account,
        at=NOW,
        bank_account=account_for(grant.person),
    )
    decide_before_paying([mine.pk], by=officer, at=NOW)
    assert not open_holds(mine)
    case = wrong_tuition_again(grant)
    uphold(case=case.pk, values={"discounted_tuition": f"{then}"}, reason="属实", by=officer, at=NOW)
    return mine


def test_arrears_that_are_not_due_any_more_are_held_before_they_are_paid(arrears, grant, officer):
    decide_before_paying([arrears.pk], by=officer, at=NOW)
    assert [hold.cause for hold in open_holds(arrears)] == [Cause.CHANGED]
    assert Adjustment.objects.filter(entitlement=grant).count() == 1, (
        "nothing was paid that could be asked back"
    )
    with pytest.raises(JigongError, match="no result of their own"):
        take_result(entitlement=arrears.pk, by=officer, at=NOW)
    decline(entitlement=arrears.pk, by=officer, at=NOW, reason="数据改回，不再补发")
    assert look_again(only=[grant.pk], by=None, at=NOW).proposed == 0


def test_arrears_that_were_given_up_are_not_asked_back(arrears, grant):
    withdraw(entitlement=arrears.pk, by=grant.person.account, at=NOW)
    assert look_again(only=[grant.pk], by=None, at=NOW).proposed == 0


def test_an_answer_without_a_reason_leaves_the_data_as_they_were(own_town, grant, officer):
    case = wrong_tuition(grant)
    before, batches = tuition_of(grant), len(lake_of(own_town).batches())
    with pytest.raises(JigongError, match="reason"):
        uphold(case=case.pk, values={"discounted_tuition": "4000.00"}, reason=" ", by=officer, at=NOW)
    assert len(lake_of(own_town).batches()) == batches
    assert tuition_of(grant) == before
    assert Case.objects.get(pk=case.pk).state == CaseState.OPEN


def lake_of(town: Path) -> Lake:
    law = law_of_run(Dossier.objects.select_related("run").first().run)
    return Lake(town / "lake", law.pack.contracts)


def test_a_case_is_locked_before_the_lake_is_written(own_town, grant, officer, monkeypatch):
    """Of two who answer at once only one may change the data: the other waits, and finds it answered."""
    case, seen = wrong_tuition(grant), []
    write = case_actions.deliver

    def delivering(*args, **given):
        seen.append([q["sql"] for q in queries if "cases_case" in q["sql"] and "FOR UPDATE" in q["sql"]])
        return write(*args, **given)

    monkeypatch.setattr(case_actions, "deliver", delivering)
    with CaptureQueriesContext(connection) as queries:
        uphold(case=case.pk, values={"discounted_tuition": "4000.00"}, reason="属实", by=officer, at=NOW)
    assert len(seen) == 1
    assert seen[0]


def test_an_upheld_appeal_gives_what_the_law_gives(own_town, grant, officer):
    due = grant.amount
    Entitlement.objects.filter(pk=grant.pk).update(amount=1)
    case = appeal(entitlement=grant.pk, text="少了", by=worker_account(grant.person), at=NOW)
    uphold(case=case.pk, values={}, reason="漏算", by=officer, at=NOW)
    grant.refresh_from_db()
    assert (grant.state, grant.amount) == (State.CORRECTED, due)
    assert not grant.exceptions.exists()


def test_an_exception_is_within_what_the_clause_can_give_and_is_kept(own_town, grant, officer):
    law = law_of_run(Dossier.objects.select_related("run").first().run)
    most = law.rule(grant.clause).decide({}, law.day).most
    case = appeal(entitlement=grant.pk, text="少了", by=worker_account(grant.person), at=NOW)
    for amount in ("9,999,999.00", str(most + 1)):
        with pytest.raises(JigongError, match="more than the clause can give"):
            uphold(
                case=case.pk,
                values={"amount": amount, "exception": "特事特办"},
                reason="成立",
                by=officer,
                at=NOW,
            )
    before = grant.amount
    uphold(
        case=case.pk, values={"amount": str(most), "exception": "特事特办"}, reason="成立", by=officer, at=NOW
    )
    grant.refresh_from_db()
    made = grant.exceptions.get()
    assert (grant.amount, made.amount, made.by_law, made.most) == (most, most, before, most)
    assert (made.reason, made.by) == ("特事特办", officer)
    assert Entry.objects.filter(action="delivery.exception", object_id=str(grant.pk)).exists()
    confirm(entitlement=grant.pk, by=grant.person.account, at=NOW, bank_account=account_for(grant.person))
    assert look_again(only=[grant.pk], by=None, at=NOW).held == 0, (
        "an exception stands while the law gives the same"
    )
    Entitlement.objects.filter(pk=grant.pk).update(amount=most - 1)
    assert look_again(only=[grant.pk], by=None, at=NOW).held == 1, "another amount is nobody's exception"


def test_an_appeal_the_law_gives_nothing_for_is_put_right_first(own_town, grant, officer):
    case = appeal(entitlement=grant.pk, text="应给", by=worker_account(grant.person), at=NOW)
    Entitlement.objects.filter(pk=grant.pk).update(deducted=grant.amount)
    with pytest.raises(JigongError, match="gives nothing"):
        uphold(case=case.pk, values={}, reason="成立", by=officer, at=NOW)
    assert Case.objects.get(pk=case.pk).state == CaseState.OPEN


def test_nobody_answers_their_own_objection(own_town, grant, officer):
    case = appeal(entitlement=grant.pk, text="少了", by=worker_account(grant.person), at=NOW)
    correction = wrong_tuition_again(grant)
    officer.number_hash = grant.person.number_hash
    officer.save()
    for one in (case, correction):
        for answer in (dismiss, partial(uphold, values={})):
            with pytest.raises(JigongError, match="a matter of your own"):
                answer(case=one.pk, reason="成立", by=officer, at=NOW)


def test_nobody_decides_about_their_household(own_town):
    """Two people of one household, by the register in the lake."""
    law = law_of_run(current_run())
    snapshot = Lake(own_town / "lake", law.pack.contracts).snapshot()
    with snapshot.connect() as duck:
        pairs = duck.execute(
            "SELECT a.member_id, b.member_id FROM household_member a JOIN household_member b USING (household_id)"
            " WHERE a.member_id <> b.member_id AND a.until IS NULL AND b.until IS NULL AND DATE '2023-01-01' >= a.since AND DATE '2023-01-01' >= b.since"
        ).fetchall()
    mine, due = next(
        (one, person.entitlements.first())
        for one, other in pairs
        if (person := person_with_number(other)) is not None and person.entitlements.exists()
    )
    relative = Account.objects.create(username="relative")
    assert own(relative, due) is None
    set_number(relative, mine)
    assert own(relative, due) == Own.HOUSEHOLD
    stranger = Account.objects.create(username="stranger")
    set_number(stranger, "nobody's number")
    assert own(stranger, due) is None
    Entitlement.objects.filter(pk=due.pk).update(state=State.PASSED)
    with pytest.raises(JigongError, match="your own household"):
        decline(entitlement=due.pk, by=relative, at=NOW, reason="x")


@pytest.mark.parametrize("amount", ["NaN", "-5", "0", "1e20", "Infinity", "1.005", "五千"])
def test_an_appeal_is_upheld_with_an_amount_that_can_be_paid(own_town, grant, officer, amount):
    case = appeal(entitlement=grant.pk, text="应按全额", by=worker_account(grant.person), at=NOW)
    with pytest.raises(JigongError, match="amount"):
        uphold(case=case.pk, values={"amount": amount}, reason="成立", by=officer, at=NOW)
    grant.refresh_from_db()
    assert grant.state == State.APPEALED
    assert Case.objects.get(pk=case.pk).state == CaseState.OPEN


def test_the_same_fact_of_two_subjects_makes_two_cases(grant):
    first = wrong_tuition(grant)
    other = report_wrong(
        person=grant.person, fact="discounted_tuition", subject="another enrolment", text="这一个也错了",
        by=grant.person.account, at=NOW,
    )  # fmt: skip
    assert other != first
    assert other.open_text() == "这一个也错了"
    assert wrong_tuition_again(grant) == first


def test_what_was_agreed_is_read_after_the_lock(own_town, grant, officer):
    """An answer given while somebody looks again must count, or money is owed twice."""
    carried_out(grant)
    case = wrong_tuition(grant)
    tuition = f"{tuition_of(grant) + 100}"
    uphold(case=case.pk, values={"discounted_tuition": tuition}, reason="属实", by=officer, at=NOW)
    with CaptureQueriesContext(connection) as queries:
        assert look_again(only=[grant.pk], by=None, at=NOW).proposed == 1
    said = [query["sql"] for query in queries]
    locked = next(place for place, sql in enumerate(said) if "FOR NO KEY UPDATE" in sql)
    assert locked < next(place for place, sql in enumerate(said) if "SUM(" in sql)
    found = Adjustment.objects.get(entitlement=grant)
    with CaptureQueriesContext(connection) as queries:
        accept(adjustment=found.pk, reason="同意", by=officer, at=NOW)
    first = next(query["sql"] for query in queries if "FOR NO KEY UPDATE" in query["sql"])
    assert 'FROM "delivery_entitlement"' in first


def test_a_whole_run_that_comes_in_between_is_not_overwritten(own_town, monkeypatch):
    """A refresh that was begun under an older run starts over under the one in force."""
    from jigong.dossiers.law import current_run
    from jigong.dossiers.models import LoadedRun
    from jigong.services import bring as services

    person = Person.objects.order_by("id").first()
    newest = current_run()
    older = LoadedRun.objects.get(pk=newest.pk)
    older.pk, older.current, older.run = None, False, "0" * 64
    older.save()
    asked = iter([older, newest])
    folder = services.run_folder
    monkeypatch.setattr(services, "current_run", lambda: next(asked))
    monkeypatch.setattr(services, "run_folder", lambda out, run: folder(out, newest.run))
    refresh([person.open_number()], own_town, at=NOW)
    assert next(asked, None) is None
    assert Dossier.objects.get(person=person).run_id == newest.pk
