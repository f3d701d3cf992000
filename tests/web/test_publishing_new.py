"""A new clause on the made-up district: drafted, checked, in force, taken out again, and what becomes of what people have."""

import psycopg
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.web.law_made import (
    AT,
    NEW,
    TODAY,
    begun,
    checked,
    ordered,
    published,
    rewritten,
    rolled_back,
    said,
    staff,
)
from tests.web.office_site import account_for

from jigong.accounts.enums import Role
from jigong.accounts.models import Account, Organisation
from jigong.accounts.workers import worker_account
from jigong.delivery.actions import confirm
from jigong.delivery.approval import approve
from jigong.delivery.former import clause_of
from jigong.delivery.models import Basis, Entitlement
from jigong.delivery.states import State
from jigong.dossiers.law import current_run, law_of_run
from jigong.kernel.problems import JigongError
from jigong.packs.reader import read_pack
from jigong.services.publishing import actions, checks, drafting
from jigong.services.publishing.enums import CheckState, DraftState, EditKind
from jigong.services.publishing.models import Draft
from jigong.services.publishing.problems import from_json
from jigong.services.publishing.queries import head

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_once", "remembered")]


@pytest.fixture
def officer(run) -> Account:
    return staff("new-officer", "union", Role.OFFICER)


@pytest.fixture
def approver(run) -> Account:
    return staff("new-approver", "union", Role.APPROVER)


def test_a_new_clause_goes_the_whole_way_and_back(data, officer, approver):
    draft = ordered(begun(officer), officer)
    check = checked(draft, officer)
    (report,) = check.report["clauses"]
    assert (report["clause"], report["lose"], report["before"]) == (NEW, 0, "0.00")
    # Where a certificate waits in quarantine the grade is not known, and with it the amount: yes, and nothing due yet.
    assert 0 < report["gain"] <= report["new_yes"]
    assert not Entitlement.objects.filter(clause=NEW).exists(), "nobody has anything before it is law"

    published(draft, officer, approver)
    law = law_of_run(current_run())
    assert NEW in [clause.id for clause in law.clauses]
    first, *_ = mine = list(Entitlement.objects.filter(clause=NEW).select_related("person").order_by("id"))
    assert len(mine) == report["gain"]
    assert {one.state for one in mine} == {State.PROPOSED}
    assert first.person is not None
    confirm(
        entitlement=first.pk, by=worker_account(first.person), at=AT, bank_account=account_for(first.person)
    )

    rolled_back(officer, approver)
    law = law_of_run(current_run())
    assert NEW not in law.pack.clauses
    first.refresh_from_db()
    assert first.state == State.PASSED, "what somebody confirmed goes on"
    rest = Entitlement.objects.filter(clause=NEW).exclude(pk=first.pk)
    assert set(rest.values_list("state", flat=True)) == {State.LAPSED}
    last = rest[0].steps.latest("id")
    assert (last.move, last.reason) == ("lapse", "这项政策已停止。This policy has ended.")
    known = clause_of(NEW, law.pack)
    assert known is not None
    assert known.zh == "夜校交通补贴"
    approve(entitlement=first.pk, by=approver, at=AT)
    first.refresh_from_db()
    assert first.state == State.APPROVED

    again = ordered(begun(officer), officer)
    published(again, officer, approver)
    first.refresh_from_db()
    assert first.state == State.APPROVED, "approved once, not again"
    assert set(rest.values_list("state", flat=True)) == {State.PROPOSED}
    assert Entitlement.objects.filter(clause=NEW).count() == len(mine)


def test_what_is_confirmed_after_the_clause_ended_rests_on_the_law_that_had_it(data, officer, approver):
    published(ordered(begun(officer), officer), officer, approver)
    had = current_run()
    one = Entitlement.objects.filter(clause=NEW).select_related("person").earliest("id")
    Entitlement.objects.filter(pk=one.pk).update(state=State.CORRECTED)
    rolled_back(officer, approver)
    assert one.person is not None
    confirm(entitlement=one.pk, by=worker_account(one.person), at=AT, bank_account=account_for(one.person))
    assert Basis.objects.filter(entitlement=one).latest("id").pack_hash == had.pack_hash


def test_the_winners_of_a_draw_keep_what_they_won(data, officer, approver):
    published(ordered(begun(officer), officer), officer, approver)
    won = Entitlement.objects.filter(clause=NEW).earliest("id")
    Entitlement.objects.filter(pk=won.pk).update(mode="lottery")
    rolled_back(officer, approver)
    won.refresh_from_db()
    assert won.state == State.PROPOSED


def test_a_form_to_fill_in_is_refused_place_by_place_until_it_is_filled_in(data, officer):
    draft = begun(officer, like=None)
    problems = from_json(checks.quick_problems(draft))
    files = {problem.place.file.rsplit("/", 1)[1] for problem in problems if problem.place}
    assert files == {"clause.yaml", "cases.yaml", "night_transit.yaml"}
    assert all(problem.place and problem.place.line for problem in problems)
    assert checked(ordered(draft, officer), officer).state == CheckState.REFUSED


@pytest.mark.parametrize(
    ("clause", "why"),
    [
        ("hardship", "is used by the law"),
        ("degree", "is used by the law"),
        ("../hardship", "cannot be an id"),
        ("points", "is used by the law"),
    ],
)
def test_an_id_that_is_taken_begins_nothing(data, officer, clause, why):
    with pytest.raises(JigongError, match=why):
        begun(officer, clause=clause)
    assert not Draft.objects.exists()


def test_one_id_is_drafted_once_and_never_taken_from_another_office(data, officer):
    draft = begun(officer)
    with pytest.raises(JigongError, match="another draft"):
        begun(officer)
    drafting.drop(draft=draft.pk, edition=draft.edition, by=officer, at=AT)
    begun(officer)
    Draft.objects.update(state=DraftState.DROPPED)
    one = Entitlement.objects.exclude(office="union").earliest("id")
    Entitlement.objects.filter(pk=one.pk).update(clause=NEW)
    with pytest.raises(JigongError, match="a former clause of another office"):
        begun(officer)


def test_nobody_begins_a_clause_of_another_office(data, officer):
    for office in ("housing", "no-such-office", ""):
        with pytest.raises(JigongError, match="may not draft for this office"):
            begun(officer, office=office)
    with pytest.raises(JigongError, match="no clause no-such"):
        begun(officer, like="no-such")


def test_a_new_clause_stays_within_its_office_and_begins_with_its_draft(data, officer):
    draft = begun(officer)
    draft = rewritten(draft, officer, EditKind.CLAUSE, "office: union", "office: housing")
    assert "this draft is of the office union, not of housing" in said(draft)
    draft = rewritten(draft, officer, EditKind.CLAUSE, "office: housing", "office: union")
    draft = rewritten(draft, officer, EditKind.CLAUSE, "from: 2023-01-01", "from: 2023-06-01")
    assert "the clause begins on 2023-06-01, but the draft takes effect on 2023-01-01" in said(draft)
    draft = rewritten(draft, officer, EditKind.CLAUSE, "from: 2023-06-01", "from: 2023-01-01")
    assert said(draft) == []


def test_only_the_district_joins_an_exclusion_group_of_other_offices(data, officer):
    why = "the exclusion group skill-reward has clauses of other offices"
    draft = rewritten(
        begun(officer), officer, EditKind.CLAUSE, "fund: care", "fund: care\nexclusion: skill-reward"
    )
    assert why in said(draft)
    district = Organisation.objects.get(kind="district").code
    whole = begun(staff("new-district", district, Role.OFFICER), clause="night-bus")
    whole = rewritten(
        whole, whole.created_by, EditKind.CLAUSE, "fund: care", "fund: care\nexclusion: skill-reward"
    )
    assert why not in said(whole)


def test_no_clause_ties_another_office_s_values_to_itself(data, officer):
    def reading(by: Account, office: str, clause: str) -> Draft:
        topic = clause.replace("-", "_")
        draft = begun(by, clause=clause, office=office)
        old, new = f"{topic}.min_insured_months", "transit.min_insured_months"
        draft = rewritten(draft, by, EditKind.CLAUSE, old, new)
        values = draft.edits.get(kind=EditKind.VALUES).body
        start, end = values.index("min_insured_months:"), values.index("high_rank:")
        return rewritten(draft, by, EditKind.VALUES, values[start:end], "")

    owner = read_pack(head().folder).clauses["transit"].clause.value.delivery.office
    assert owner is not None
    assert owner != "housing"
    why = ["the value transit.min_insured_months is that of another office's clause"]
    assert said(reading(staff("new-housing", "housing", Role.OFFICER), "housing", NEW)) == why
    assert said(reading(staff("new-owner", owner, Role.OFFICER), owner, "own-transit")) == []
    district = Organisation.objects.get(kind="district").code
    assert said(reading(staff("new-district", district, Role.OFFICER), "housing", "whole-transit")) == []


def test_a_text_too_long_is_refused_and_a_new_clause_keeps_its_texts(data, officer):
    draft = begun(officer)
    with pytest.raises(JigongError, match="at most 100000"):
        drafting.set_text(
            draft=draft.pk, edition=draft.edition, kind=EditKind.CLAUSE, text="a" * 100_001, by=officer, at=AT
        )
    with pytest.raises(JigongError, match="cannot be taken out by itself"):
        drafting.drop_edit(
            draft=draft.pk, edition=draft.edition, kind=EditKind.CASES, target=NEW, by=officer, at=AT
        )
    with pytest.raises(JigongError, match="does not read parameter"):
        drafting.set_value(
            draft=draft.pk, edition=draft.edition, name="degree.associate_cap", text="1", from_=TODAY, note="",
            by=officer, at=AT,
        )  # fmt: skip


def test_a_check_another_process_is_doing_is_left_to_it(data, officer):
    draft = ordered(begun(officer), officer)
    started = checks.start_check(draft=draft.pk, edition=draft.edition, by=officer, at=AT)
    given = connection.get_connection_params()
    wanted = {name: given[name] for name in ("host", "port", "user", "password", "dbname") if name in given}
    with psycopg.connect(**wanted, autocommit=True) as other:
        other.execute("SELECT pg_advisory_lock(hashtext('publishing.check'), %s)", [started.pk])
        assert checks.run_check(started.pk).state == CheckState.RUNNING
        assert not checks.check_folder(started).exists()
        other.execute("SELECT pg_advisory_unlock_all()")
    assert checks.run_check(started.pk).state == CheckState.PASSED
    assert checks.run_check(started.pk).state == CheckState.PASSED, "a third time changes nothing"


def test_each_check_writes_in_a_folder_of_its_own(data, officer):
    draft = ordered(begun(officer), officer)
    first = checked(draft, officer)
    second = checked(draft, officer)
    assert checks.workspace(second) is not None
    assert checks.workspace(first) is None, "what an earlier one wrote is removed"


def test_asking_for_a_version_back_waits_for_whoever_publishes(data, officer, approver):
    published(ordered(begun(officer), officer), officer, approver)
    with CaptureQueriesContext(connection) as seen:
        actions.roll_back(number=1, by=officer, at=AT, on=TODAY, reason="误发")
    asked = [query["sql"] for query in seen.captured_queries]
    lock = next(i for i, sql in enumerate(asked) if "hashtext('publishing')" in sql)
    assert lock < next(i for i, sql in enumerate(asked) if "publishing_version" in sql)
