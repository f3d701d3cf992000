"""A change of the law on the made-up district: drafted, checked, approved by a second person, in force, rolled back."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from tests.web.law_made import AT, CAP, TODAY, capped, checked, staff

from jigong.accounts.enums import Role
from jigong.accounts.models import Account, Membership, Organisation
from jigong.delivery.actions import StaleError
from jigong.delivery.models import Entitlement
from jigong.delivery.states import State
from jigong.dossiers.law import current_run
from jigong.dossiers.packs import pack_folder
from jigong.kernel.problems import JigongError
from jigong.packs.reader import read_pack
from jigong.rules.engines.row import RowRule
from jigong.services.publishing import actions, checks, drafting
from jigong.services.publishing.enums import CheckState, DraftState, EditKind, VersionState
from jigong.services.publishing.models import Check, Draft, Version
from jigong.services.publishing.problems import from_json
from jigong.services.publishing.queries import head, pack_in_force
from jigong.services.publishing.report import settled

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_once", "remembered")]


@pytest.fixture
def officer(run) -> Account:
    return staff("union-officer", "union", Role.OFFICER)


@pytest.fixture
def approver(run) -> Account:
    return staff("union-approver", "union", Role.APPROVER)


def submitted(draft: Draft, by: Account) -> Draft:
    check = checked(draft, by)
    assert check.state == CheckState.PASSED, check.problems
    return actions.submit(draft=draft.pk, edition=draft.edition, by=by, at=AT)


def approved(draft: Draft, by: Account) -> Version:
    return actions.approve(draft=draft.pk, edition=draft.edition, by=by, at=AT, on=TODAY)


def amounts() -> dict[int, Decimal]:
    return dict(Entitlement.objects.filter(clause="degree-associate").values_list("id", "amount"))


def test_a_value_goes_the_whole_way_and_back(data, officer, approver):
    before, first, given = amounts(), current_run().pack_hash, current_run()
    draft = submitted(capped(officer), officer)
    assert current_run() == given, "nothing changes for people before somebody approves"

    version = approved(draft, approver)
    assert version.state == VersionState.SCHEDULED
    assert actions.due(on=TODAY, at=AT) == version
    cut = {pk: amount for pk, amount in amounts().items() if amount != before.get(pk)}
    assert cut
    assert all(before[pk] > 4000 == amount for pk, amount in cut.items())
    assert current_run().pack_hash == version.pack_hash != first
    assert read_pack(pack_in_force()).parameters[CAP].value.values[-1].value == Decimal("4000.00")

    assert actions.due(on=TODAY, at=AT) is None, "a second time changes nothing"

    back = actions.roll_back(number=1, by=officer, at=AT, on=TODAY, reason="误发")
    approved(submitted(back, officer), approver)
    actions.due(on=TODAY, at=AT)
    assert current_run().pack_hash == first
    assert read_pack(pack_in_force()).hash == first
    assert amounts() == before
    states = list(Version.objects.order_by("number").values_list("state", flat=True))
    assert states == [VersionState.PAST, VersionState.PAST, VersionState.IN_FORCE]


def test_the_report_tells_who_loses_and_what_it_costs(data, officer, monkeypatch):
    monkeypatch.setattr(checks, "MONTHS", 3)
    found = checked(capped(officer), officer).report
    (clause,) = found["clauses"]
    assert clause["clause"] == "degree-associate"
    assert clause["lose"] == found["whole"]["lose"] == len(clause["examples"]) > 0
    assert found["whole"]["gain"] == 0
    assert sum(row["lose"] for row in found["groups"]["town"]) == clause["lose"]
    assert {type(example["person"]) for example in clause["examples"]} == {int}
    funds = {part["fund"]: part for part in found["funds"]}
    months = funds["education"]["months"]
    assert len(months) == 3
    more = sum(Decimal(m["after"]) - Decimal(m["before"]) for m in months)
    assert more == Decimal(clause["after"]) - Decimal(clause["before"])
    assert all(m["before"] == m["after"] for m in funds["care"]["months"])


def test_a_text_that_fails_a_case_is_refused_with_its_place(data, officer):
    draft = capped(officer)
    pack = read_pack(head().folder)
    text = pack.clauses["degree-associate"].clause.document.file.read_text()
    changed = text.replace("when: union_member\n", "when: NOT union_member\n")
    draft = drafting.set_text(
        draft=draft.pk, edition=draft.edition, kind=EditKind.CLAUSE, text=changed, by=officer, at=AT
    )
    check = checked(draft, officer)
    assert check.state == CheckState.REFUSED
    problems = from_json(check.problems)
    places = {(p.place.file, p.place.source.strip()) for p in problems if p.place and p.place.source}
    assert any(file == "qiantang-amended/clauses/degree-associate/cases.yaml" for file, _ in places)
    with pytest.raises(JigongError, match="has not passed a check"):
        actions.submit(draft=draft.pk, edition=draft.edition, by=officer, at=AT)


def test_a_word_the_language_does_not_know_is_shown_where_it_stands(data, officer):
    draft = capped(officer)
    text = read_pack(head().folder).clauses["degree-associate"].clause.document.file.read_text()
    text = text.replace("when: industrial_worker", "when: industrial_workr")
    draft = drafting.set_text(
        draft=draft.pk, edition=draft.edition, kind=EditKind.CLAUSE, text=text, by=officer, at=AT
    )
    (problem,) = from_json(checks.quick_problems(draft))
    assert problem.place is not None
    assert problem.place.source.strip() == "when: industrial_workr"
    assert problem.place.source[problem.place.column - 1 :] == "industrial_workr"


def test_a_draft_on_which_the_engines_differ_cannot_be_published(data, officer, monkeypatch):
    class Wrong(RowRule):
        def decide(self, facts, as_of):
            outcome = super().decide(facts, as_of)
            return replace(outcome, amount=Decimal("3999.99")) if outcome.amount == 4100 else outcome

    draft = capped(officer, "4100")
    monkeypatch.setattr("jigong.decisions.verify.RowRule", Wrong)
    check = checked(draft, officer)
    assert check.state == CheckState.REFUSED
    assert "engines differ" in from_json(check.problems)[0].what.en
    with pytest.raises(JigongError, match="has not passed a check"):
        actions.submit(draft=draft.pk, edition=draft.edition, by=officer, at=AT)


def test_nobody_approves_what_they_had_a_hand_in(data, officer, approver):
    Membership.objects.create(
        account=officer, organisation=Organisation.objects.get(code="union"), role=Role.APPROVER
    )
    draft = submitted(capped(officer), officer)
    with pytest.raises(JigongError, match="had a hand in"):
        approved(draft, Account.objects.get(pk=officer.pk))
    other = staff("housing-approver", "housing", Role.APPROVER)
    with pytest.raises(JigongError, match="may not approve the law of this office"):
        approved(draft, other)
    district = Organisation.objects.get(kind="district").code
    approved(draft, staff("district-approver", district, Role.APPROVER))


def test_a_check_on_another_law_does_not_count(data, officer, approver, monkeypatch):
    draft = submitted(capped(officer), officer)
    other = submitted(capped(officer, "5500"), officer)
    approved(draft, approver)
    with pytest.raises(StaleError, match="law has changed since the check"):
        approved(other, approver)
    assert Version.objects.filter(state=VersionState.SCHEDULED).count() == 1


def test_an_old_page_changes_nothing(data, officer):
    draft = capped(officer)
    with pytest.raises(StaleError):
        drafting.set_value(
            draft=draft.pk, edition=draft.edition - 1, name=CAP, text="7000", from_=TODAY, note="",
            by=officer, at=AT,
        )  # fmt: skip
    assert draft.edits.get().body == Draft.objects.get(pk=draft.pk).edits.get().body


def test_killed_in_the_middle_the_old_law_stays(data, officer, approver, monkeypatch):
    draft = submitted(capped(officer), officer)
    version = approved(draft, approver)
    before, given = amounts(), current_run()

    def killed(*args, **kwargs):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("jigong.services.bring.propose", killed)
        with pytest.raises(KeyboardInterrupt):
            actions.due(on=TODAY, at=AT)
    assert current_run() == given
    assert amounts() == before
    assert Version.objects.get(pk=version.pk).state == VersionState.SCHEDULED
    assert actions.due(on=TODAY, at=AT) == version
    assert amounts() != before


def test_a_law_waits_for_its_day(data, officer, approver):
    later = date(2023, 3, 1)
    version = approved(submitted(capped(officer, from_=later), officer), approver)
    assert version.in_force_on == later
    assert actions.due(on=date(2023, 2, 28), at=AT) is None
    assert actions.due(on=later, at=AT) == version
    assert current_run().as_of == later


def test_an_approved_law_can_be_stopped_before_its_day(data, officer, approver):
    later = date(2023, 3, 1)
    waiting = approved(submitted(capped(officer, from_=later), officer), approver)
    before = amounts()
    back = actions.roll_back(number=1, by=officer, at=AT, on=TODAY, reason="暂缓")
    stopped = approved(submitted(back, officer), approver)
    assert actions.due(on=TODAY, at=AT) == stopped
    assert Version.objects.get(pk=waiting.pk).state == VersionState.SKIPPED
    assert actions.due(on=later, at=AT) is None
    assert amounts() == before


def test_a_parameter_of_another_office_is_refused(data, officer):
    draft = capped(officer)
    with pytest.raises(JigongError, match="does not read parameter"):
        drafting.set_value(
            draft=draft.pk, edition=draft.edition, name="rental.homes", text="9", from_=TODAY, note="",
            by=officer, at=AT,
        )  # fmt: skip


def test_an_edit_while_a_check_runs_can_be_checked_at_once(data, officer, approver):
    draft = capped(officer)
    first = checks.start_check(draft=draft.pk, edition=draft.edition, by=officer, at=AT)
    draft = drafting.set_value(
        draft=draft.pk, edition=draft.edition, name=CAP, text="4500", from_=TODAY, note="", by=officer, at=AT
    )
    second = checks.start_check(draft=draft.pk, edition=draft.edition, by=officer, at=AT)
    assert second != first
    assert checks.start_check(draft=draft.pk, edition=draft.edition, by=officer, at=AT) == second
    checks.run_check(second.pk)
    checks.run_check(first.pk)
    draft = actions.submit(draft=draft.pk, edition=draft.edition, by=officer, at=AT)
    assert approved(draft, approver).pack_hash == Check.objects.get(pk=second.pk).pack_hash


def test_arrears_count_as_given_in_the_period_they_supplement(data):
    one = Entitlement.objects.filter(clause="transit", amount__gt=0).latest("id")
    subject, period = one.open_subject(), one.period
    Entitlement.objects.filter(pk=one.pk).update(state=State.APPROVED)
    Entitlement.objects.create(
        clause=one.clause, subject_hash=one.subject_hash, subject=one.subject, period=period, supplement=1,
        person=one.person, mode=one.mode, office=one.office, fund=one.fund, amount=Decimal("7.00"), run=one.run,
        state=State.APPROVED, created_at=AT, updated_at=AT,
    )  # fmt: skip
    found = settled(read_pack(head().folder), TODAY)
    assert list(found) == [("transit", period)]
    assert sorted(found["transit", period]) == sorted([(subject, one.amount), (subject, Decimal("7.00"))])


def test_every_pack_that_was_in_force_is_kept(data, officer, approver):
    first = current_run().pack_hash
    version = approved(submitted(capped(officer), officer), approver)
    for pack_hash in (first, version.pack_hash):
        assert read_pack(pack_folder(pack_hash)).hash == pack_hash


def test_what_was_sent_back_is_a_draft_again(data, officer, approver):
    draft = submitted(capped(officer), officer)
    with pytest.raises(JigongError, match="needs a reason"):
        actions.send_back(draft=draft.pk, edition=draft.edition, by=approver, at=AT, reason=" ")
    back = actions.send_back(draft=draft.pk, edition=draft.edition, by=approver, at=AT, reason="上限过高")
    assert back.state == DraftState.DRAFTING
