"""Queues and decisions: who sees what, what is decided once, and what a stale page is told."""

from typing import Any

import pytest
from django.urls import reverse
from tests.web.office_site import Site, confirmed, proposals, site, waiting_for

from jigong.audit.models import Entry
from jigong.delivery.models import Entitlement, Step
from jigong.delivery.queries import Cursor, Wanted, count, waiting
from jigong.delivery.states import State

pytestmark = pytest.mark.django_db


@pytest.fixture
def office() -> Site:
    """The people of the demonstration."""
    return site()


def _post(client: Any, name: str, *args: Any, **data: Any) -> Any:
    return client.post(reverse(f"office:{name}", args=args), data)


def test_an_officer_sees_only_the_clauses_of_their_office(office: Site) -> None:
    own = waiting_for(State.PASSED, "union")[0]
    other = waiting_for(State.PASSED, "human_resources")[0]
    page = office.browser("demo-approver-union").get(reverse("office:queue", args=["approve"]))
    shown = {line.pk for line in page.context["page"].lines}
    assert own.pk in shown
    assert other.pk not in shown
    assert (
        office.browser("demo-approver-union").get(reverse("office:entitlement", args=[other.pk])).status_code
        == 404
    )


def test_a_town_sees_its_own_people_in_every_clause(office: Site) -> None:
    town = office.who["demo-officer-town"].active_memberships[0].organisation.town
    inside = confirmed(next(e for e in proposals(amount__gt=0) if e.person and e.person.town == town))
    outside = confirmed(next(e for e in proposals(amount__gt=0) if e.person and e.person.town != town))
    browser = office.browser("demo-officer-town")
    assert browser.get(reverse("office:entitlement", args=[inside.pk])).status_code == 200
    assert browser.get(reverse("office:entitlement", args=[outside.pk])).status_code == 404
    assert _post(browser, "move", outside.pk, "review", version=outside.version).status_code == 404
    outside.refresh_from_db()
    assert outside.version == Entitlement.objects.get(pk=outside.pk).version


def test_the_page_of_a_decision_says_why(office: Site) -> None:
    found = waiting_for(State.CONFIRMED, "union")[0]
    page = office.browser("demo-officer-union").get(reverse("office:entitlement", args=[found.pk]))
    gathered = page.context["page"]
    assert gathered.explained.verdict == "yes"
    assert [part.holds for part in gathered.explained.conditions] == [True] * len(gathered.clause.conditions)
    assert gathered.sum[-1].replace(",", "").endswith(f"{found.amount:.0f} 元")
    assert "office-sum" in page.content.decode()
    assert {action.move for action in gathered.actions} == {"review", "decline"}
    assert found.person is not None
    assert found.person.name not in page.content.decode()
    assert found.person.open_number() not in page.content.decode()


def test_evidence_names_file_and_line_and_masks_numbers(office: Site) -> None:
    found = waiting_for(State.CONFIRMED, "union")[0]
    assert found.person is not None
    part = office.browser("demo-officer-union").get(
        reverse("office:evidence", args=[found.pk, "union_member"])
    )
    assert part.status_code == 200
    (line, _), *_ = part.context["lines"]
    assert line.line > 0
    assert line.file
    assert found.person.open_number() not in part.content.decode()


def test_reviewing_and_approving_reserves_the_money_once(office: Site) -> None:
    found = waiting_for(State.CONFIRMED, "union")[0]
    _post(office.browser("demo-officer-union"), "move", found.pk, "review", version=found.version)
    found.refresh_from_db()
    assert found.state == State.PASSED
    approver = office.browser("demo-approver-union")
    for _ in range(2):  # A double click sends the same page twice.
        answer = _post(approver, "move", found.pk, "approve", version=found.version)
        assert answer.status_code == 302
    found.refresh_from_db()
    assert found.state == State.APPROVED
    assert Step.objects.filter(entitlement=found, move="approve").count() == 1


def test_an_officer_cannot_approve(office: Site) -> None:
    found = waiting_for(State.PASSED, "union")[0]
    browser = office.browser("demo-officer-union")
    assert _post(browser, "move", found.pk, "approve", version=found.version).status_code in (403, 404)
    page = browser.get(reverse("office:entitlement", args=[found.pk]))
    assert "approve" not in {action.move for action in page.context["page"].actions}


def test_a_stale_page_is_told_what_happened_meanwhile(office: Site) -> None:
    found = waiting_for(State.CONFIRMED, "union")[0]
    shown = found.version
    _post(office.browser("demo-officer-union"), "move", found.pk, "review", version=shown)
    answer = _post(
        office.browser("demo-approver-union"), "move", found.pk, "decline", version=shown, reason="不符合"
    )
    assert answer.status_code == 409
    assert [step.move for step in answer.context["since"]] == ["review"]
    found.refresh_from_db()
    assert found.state == State.PASSED


def test_declining_needs_a_reason_and_keeps_what_was_chosen(office: Site) -> None:
    found = waiting_for(State.CONFIRMED, "union")[0]
    browser = office.browser("demo-officer-union")
    assert _post(browser, "move", found.pk, "decline", version=found.version).status_code == 422
    _post(browser, "move", found.pk, "decline", version=found.version, template="0", reason="已电话告知")
    found.refresh_from_db()
    assert found.state == State.DECLINED
    said = Step.objects.filter(entitlement=found, move="decline").get().reason
    assert "已电话告知" in said
    assert "A condition is not met" in said
    assert "不符合条件" in said


def test_bulk_does_what_it_can_and_says_why_not(office: Site) -> None:
    first, second, third = waiting_for(State.PASSED, "union", 3)
    _post(
        office.browser("demo-approver-union"),
        "move",
        second.pk,
        "decline",
        version=second.version,
        reason="重复享受",
    )
    browser = office.browser("demo-approver-union")
    items = [f"{one.pk}:{one.version}" for one in (first, second, third)]
    answer = _post(browser, "bulk", "approve", move="approve", item=items)
    assert answer.status_code == 302
    page = browser.get(answer["Location"])
    assert {line.pk for line, _ in page.context["done"]} == {first.pk, third.pk}
    ((refused, problems),) = page.context["refused"]
    assert refused.pk == second.pk
    assert problems[0].what.zh
    # Sent again (a replayed request), nothing is done twice.
    _post(browser, "bulk", "approve", move="approve", item=items)
    assert Step.objects.filter(entitlement__in=[first.pk, third.pk], move="approve").count() == 2


def test_a_bulk_form_with_anothers_id_does_nothing_at_all(office: Site) -> None:
    own = waiting_for(State.PASSED, "union")[0]
    other = waiting_for(State.PASSED, "human_resources")[0]
    items = [f"{own.pk}:{own.version}", f"{other.pk}:{other.version}"]
    assert (
        _post(
            office.browser("demo-approver-union"), "bulk", "approve", move="approve", item=items
        ).status_code
        == 404
    )
    for one in (own, other):
        one.refresh_from_db()
        assert one.state == State.PASSED
    assert (
        _post(
            office.browser("demo-approver-union"), "bulk", "approve", move="approve", item=["x:1"]
        ).status_code
        == 404
    )


def test_filters_narrow_and_nonsense_is_ignored(office: Site) -> None:
    found = waiting_for(State.PASSED, "union", 3)
    browser = office.browser("demo-approver-union")
    address = reverse("office:queue", args=["approve"])
    page = browser.get(
        address, {"clause": found[0].clause, "least": str(found[0].amount), "most": str(found[0].amount)}
    )
    lines = page.context["page"].lines
    assert found[0].pk in {line.pk for line in lines}
    assert all(line.clause == found[0].clause and line.amount == found[0].amount for line in lines)
    odd = browser.get(
        address, {"risk": "<b>", "due": "soon", "least": "NaN", "after": "x.y", "town": "<script>"}
    )
    assert odd.status_code == 200
    assert b"<script>alert" not in odd.content
    assert browser.get(address, {"clause": "nothing"}).context["page"].lines == ()


def test_pages_follow_one_another_without_gap_or_repeat() -> None:
    from django.db.models import Q

    for one in proposals(amount__gt=0)[:9]:
        confirmed(one)
    states = (State.CONFIRMED, State.PASSED)
    seen: list[int] = []
    after: Cursor | None = None
    while True:
        page = waiting(Q(), states, Wanted(), after, size=2)
        seen += [line.pk for line in page.lines]
        if page.after is None:
            break
        after = Cursor.read(str(page.after))
    rows = Entitlement.objects.filter(state__in=states)
    assert sorted(seen) == sorted(rows.values_list("pk", flat=True))
    assert seen == sorted(seen, key=lambda pk: (rows.get(pk=pk).deadline, pk))
    assert count(Q(), states).count == len(seen)


def test_lines_without_a_deadline_come_last_and_are_not_lost() -> None:
    from django.db.models import Q

    made = [confirmed(one) for one in proposals(amount__gt=0)[:5]]
    Entitlement.objects.filter(pk__in=[one.pk for one in made[:3]]).update(deadline=None)
    seen, after = [], None
    while True:
        page = waiting(
            Q(pk__in=[one.pk for one in made]), (State.CONFIRMED, State.PASSED), Wanted(), after, size=2
        )
        seen += [line.pk for line in page.lines]
        after = page.after
        if after is None:
            break
    assert sorted(seen) == sorted(one.pk for one in made)
    assert set(seen[2:]) == {one.pk for one in made[:3]}


def test_looking_at_an_application_is_recorded_once_a_day(office: Site) -> None:
    found = waiting_for(State.PASSED, "union")[0]
    browser = office.browser("demo-approver-union")
    for _ in range(2):
        assert _post(browser, "seen", found.pk).status_code == 204
    lines = Entry.objects.filter(action="delivery.see", object_id=str(found.pk))
    assert [line.person for line in lines] == [found.person_id]


def test_html_in_a_name_is_only_text(office: Site) -> None:
    found = waiting_for(State.PASSED, "union")[0]
    assert found.person is not None
    type(found.person).objects.filter(pk=found.person_id).update(name="<b onclick=x>甲")
    page = office.browser("demo-approver-union").get(reverse("office:entitlement", args=[found.pk]))
    assert b"<b onclick" not in page.content


def test_re_deciding_agrees_while_nothing_changed(office: Site) -> None:
    found = next(e for e in waiting_for(State.PASSED, "union", 2))
    part = office.browser("demo-approver-union").get(reverse("office:again", args=[found.pk]))
    assert part.status_code == 200
    assert len(part.context["lines"]) == 4
    assert all(line.changed == () for line in part.context["lines"])
