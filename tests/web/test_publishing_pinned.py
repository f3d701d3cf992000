"""A check is of a named snapshot: newer data do not void it, words are not checked on people, one change is checked once."""

from collections.abc import Collection

import pytest
from tests.web.lake_words import records, said
from tests.web.law_made import AT, CAP, TODAY, browser, capped, checked, retitled, rewritten_clause, staff

from jigong.accounts.enums import Role
from jigong.accounts.models import Account, Person
from jigong.delivery.actions import StaleError
from jigong.dossiers.law import current_run
from jigong.kernel.problems import JigongError
from jigong.packs.reader import read_pack
from jigong.services.publishing import actions, checks, comparing, drafting, queries, tasks
from jigong.services.publishing.enums import CheckState, DraftState, EditKind, VersionState
from jigong.services.publishing.models import Check, Draft, Version
from jigong.services.publishing.problems import from_json

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_once")]

PEOPLE = ("whole", "undecided", "clauses", "groups", "workers", "absent")


@pytest.fixture
def officer(run) -> Account:
    return staff("pin-officer", "union", Role.OFFICER)


@pytest.fixture
def approver(run) -> Account:
    return staff("pin-approver", "union", Role.APPROVER)


@pytest.fixture
def decided(monkeypatch) -> list[str]:
    """Every time everybody is decided for a check, or whom newer data touched."""
    seen = []
    for name in ("everybody", "touched"):
        real = getattr(comparing.Comparison, name)
        monkeypatch.setattr(
            comparing.Comparison, name, lambda *a, real=real, name=name: seen.append(name) or real(*a)
        )
    return seen


def start(draft: Draft, by: Account, **given: object) -> Check:
    return checks.start_check(draft=draft.pk, edition=draft.edition, by=by, at=AT, **given)


def submitted(draft: Draft, by: Account) -> Draft:
    return actions.submit(draft=draft.pk, edition=draft.edition, by=by, at=AT)


def approved(draft: Draft, by: Account) -> Version:
    return actions.approve(draft=draft.pk, edition=draft.edition, by=by, at=AT, on=TODAY)


def loser(check: Check) -> str:
    """The number of somebody who gets less by the draft."""
    (clause,) = check.report["clauses"]
    return Person.objects.get(pk=clause["examples"][0]["person"]).open_number()


def leave_union(numbers: Collection[str]) -> None:
    left = [
        {**row, "left_on": "2022-12-02"}
        for row in records("union_membership")
        if row["person_id"] in numbers and row["joined_on"] <= "2022-12-02"
    ]
    assert said("union_membership", *left).accepted == len(left) > 0


def test_newer_data_do_not_void_a_check_and_put_its_totals_right(
    own_town, officer, approver, decided, tmp_path
):
    draft = capped(officer)
    pinned = checked(draft, officer)
    assert pinned.snapshot == current_run().snapshot
    submitted(draft, officer)
    leave_union([loser(pinned)])
    with pytest.raises(StaleError, match="have not been looked at"):
        approved(draft, approver)

    short = checked(draft, approver)
    assert decided == ["everybody", "touched"], "everybody is checked once"
    assert (short.state, short.pinned_id) == (CheckState.PASSED, pinned.pk)
    assert short.report["touched"] == 1
    assert short.report["whole"]["lose"] == pinned.report["whole"]["lose"] - 1
    newest = queries.head()
    laws = read_pack(newest.folder), read_pack(checks.workspace(short))
    anew = comparing.Comparison(short, tmp_path / "1" / "1" / "aside", 1).everybody(*laws)
    for part in (*PEOPLE, "funds"):
        assert short.report[part] == anew[part], part
    assert short.report["funds"] != pinned.report["funds"]

    leave_union(row["person_id"] for row in records("union_membership")[:1])
    assert approved(draft, approver).pack_hash == short.pack_hash, (
        "what was put right just now can be approved"
    )


def test_data_that_touch_too_many_leave_the_dated_totals(own_town, officer, approver, decided, monkeypatch):
    draft = capped(officer)
    pinned = checked(draft, officer)
    submitted(draft, officer)
    leave_union([loser(pinned)])
    monkeypatch.setattr(comparing, "TOUCHED_MOST", 0)
    page = f"/office/publishing/drafts/{draft.pk}"
    client = browser(approver)
    assert client.get(page).context["newer"]
    client.post(f"{page}/approve", {"edition": draft.edition})
    assert not Version.objects.filter(state=VersionState.SCHEDULED).exists(), (
        "whom it touches is looked at first"
    )
    stands = queries.latest_check(draft)
    assert stands.report["stands"]
    assert stands.report["whole"] == pinned.report["whole"]
    shown = client.get(page)
    assert "没有更正" in shown.content.decode()
    assert pinned.snapshot[:12] in shown.content.decode()
    approved(draft, approver)
    assert decided == ["everybody", "touched"]


def test_words_are_not_checked_on_people(data, officer, approver, decided):
    draft = capped(officer)
    first = checked(draft, officer)
    draft = retitled(draft, officer, "关于调整资助上限的通知（更正）")
    draft = rewritten_clause(draft, officer, "zh: 就读专科学历", "zh: 在读专科")
    submitted(draft, officer)
    taken = queries.latest_check(draft)
    assert (taken.edition, taken.pinned_id, taken.report) == (draft.edition, first.pk, first.report)
    assert taken.pack_hash != first.pack_hash
    assert approved(draft, approver).pack_hash == taken.pack_hash
    assert decided == ["everybody"]


def test_words_are_not_taken_over_with_what_decides(data, officer):
    draft = capped(officer)
    checked(draft, officer)
    changed = retitled(draft, officer, "另一份通知")
    changed = drafting.set_value(
        draft=draft.pk,
        edition=changed.edition,
        name=CAP,
        text="4200",
        from_=TODAY,
        note="",
        by=officer,
        at=AT,
    )
    with pytest.raises(JigongError, match="has not passed a check"):
        submitted(changed, officer)


def test_words_with_a_wrong_example_are_refused(data, officer):
    draft = capped(officer)
    checked(draft, officer)
    draft = rewritten_clause(
        draft,
        officer,
        "verdict: no, false: [associate_level]",
        "verdict: yes, branch: partial",
        EditKind.CASES,
    )
    with pytest.raises(JigongError):
        submitted(draft, officer)


def test_a_draft_of_words_alone_decides_nobody(data, officer, decided):
    draft = drafting.create_draft(clause="degree-associate", by=officer, at=AT, on=TODAY)
    draft = rewritten_clause(draft, officer, "zh: 就读专科学历", "zh: 在读专科")
    check = checked(draft, officer)
    assert (check.state, check.report) == (CheckState.PASSED, {"words": True})
    assert decided == []
    assert "只改了措辞" in browser(officer).get(f"/office/publishing/drafts/{draft.pk}").content.decode()


def test_a_check_that_waits_or_was_killed_is_not_begun_twice(data, officer, monkeypatch, decided):
    draft = capped(officer)
    first = start(draft, officer)
    Check.objects.update(beat_at=AT)
    assert not queries.silent(first), "it waits for its turn"
    assert start(draft, officer) == first

    def killed(*given):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(comparing, "people_change", killed)
        with pytest.raises(KeyboardInterrupt):
            checks.run_check(first.pk)
    Check.objects.update(beat_at=AT)
    first.refresh_from_db()
    assert queries.silent(first), "it stopped in the middle"
    assert start(draft, officer) == first
    assert checks.run_check(first.pk).state == CheckState.PASSED
    assert Check.objects.count() == 1


def test_the_same_check_is_queued_once(data, officer, monkeypatch):
    from django.db import connection

    monkeypatch.undo()
    draft = capped(officer)
    check = start(draft, officer)
    tasks.begin(check)
    tasks.begin(check)
    with connection.cursor() as cursor:
        cursor.execute("SELECT queue_name, lock FROM procrastinate_jobs WHERE task_name = 'publishing.check'")
        assert cursor.fetchall() == [("checks", "publishing.check")]


def test_a_roll_back_is_a_change_like_any(data, officer, approver, decided):
    draft = capped(officer)
    there = checked(draft, officer)
    submitted(draft, officer)
    approved(draft, approver)
    actions.due(on=TODAY, at=AT)
    back = actions.roll_back(number=1, by=officer, at=AT, on=TODAY, reason="误发")
    assert back.state == DraftState.DRAFTING
    with pytest.raises(JigongError, match="has not passed a check"):
        submitted(back, officer)
    check = checked(back, officer)
    assert check.state == CheckState.PASSED, [p.render("en") for p in from_json(check.problems)]
    assert check.report["whole"]["gain"] == there.report["whole"]["lose"] > 0
    (clause,) = check.report["clauses"]
    assert (clause["before"], clause["after"]) == (
        there.report["clauses"][0]["after"],
        there.report["clauses"][0]["before"],
    )
    submitted(back, officer)
    shown = browser(approver).get(f"/office/publishing/drafts/{back.pk}").content.decode()
    assert "人增加" in shown
    with pytest.raises(JigongError, match="had a hand in"):
        approved(back, officer)
    assert approved(back, approver).in_force_on == TODAY
