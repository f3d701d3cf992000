"""The leader's pages: sums that agree with the books and the entitlements, and never a person."""

import re
import shutil
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from django.db.models import Q
from django.test import Client

from jigong.accounts.enums import Role
from jigong.accounts.models import Account, Membership, Organisation, Person
from jigong.delivery.ledger.queries import FundYear
from jigong.delivery.models import Entitlement
from jigong.delivery.states import State
from jigong.insight.spending import MonthSpending
from jigong.kernel.text import Text
from jigong.portals.cockpit import figures
from jigong.portals.cockpit.budget import FundOutlook, by_month, clause_needs, outlook
from jigong.portals.cockpit.cells import given_away, hidden, small
from jigong.portals.cockpit.delivery import funnels, towns_due
from jigong.portals.cockpit.goals import by_group, goals
from jigong.portals.kit.clock import today

PAGES = ("", "budget", "clauses", "portrait", "ways", "data")
AT = datetime(2023, 1, 1, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("counts", "marks"),
    [
        ([10, 20, 30], [False, False, False]),
        ([0, 20, 30], [False, False, False]),
        ([3, 20, 9], [True, False, True]),
        ([3, 2, 9], [True, True, False]),
        ([1, 2, 9, 8], [True, True, False, True]),
        ([3], [True]),
        ([3, 0], [True, False]),
    ],
)
def test_a_small_cell_is_hidden_and_cannot_be_had_from_the_sum(counts, marks):
    assert hidden(counts, lambda count: count) == marks


@pytest.mark.parametrize(
    ("counts", "marks"),
    [([3, 4, 9, 8], [True, True, False, True]), ([6, 4, 9], [True, True, False]), ([3, 4], [True, True])],
)
def test_rows_of_the_same_people_need_one_row_of_five(counts, marks):
    assert hidden(counts, lambda count: count, apart=False) == marks


@pytest.mark.parametrize(
    ("counts", "away"), [([3], True), ([1, 2], True), ([3, 4], False), ([0, 9], False), ([3, 9], False)]
)
def test_a_sum_of_too_few_is_given_away(counts, away):
    marks = hidden(counts, lambda count: count)
    assert given_away(counts, lambda count: count, marks) == away


def spent(month: int, clause: str, people: int, yuan: int, fund: str = "care") -> MonthSpending:
    return MonthSpending(date(2023, month, 1), clause, fund, people, Decimal(yuan))


def test_only_small_cells_and_what_would_give_them_away_are_hidden():
    spending = [
        spent(1, "many", 900, 90_000), spent(2, "many", 900, 90_000),
        spent(1, "some", 20, 2_000), spent(2, "some", 30, 3_000),
        spent(1, "few", 2, 500), spent(2, "few", 0, 0),
        spent(1, "apart", 3, 700, "startup"),
    ]  # fmt: skip
    needs = {need.clause: (need.now, need.later) for need in clause_needs(spending)}
    # The fund's first month is shown, so one small clause could be taken from it: the next smallest goes, too.
    assert needs["many"] == (Decimal(90_000), Decimal(90_000))
    assert needs["some"] == (None, Decimal(3_000))
    assert needs["few"] == (None, Decimal(0))
    assert needs["apart"] == (None, Decimal(0))
    # Not by what is hidden: else the place in the list would tell how much it is.
    assert list(needs)[:2] == ["many", "some"]
    more = [*spending, spent(1, "few", 1, 10_000_000)]
    assert [need.clause for need in clause_needs(more)] == list(needs)


@pytest.mark.django_db
def test_a_fund_whose_sum_is_of_too_few_does_not_show_it(ready, run):
    from jigong.dossiers.law import current_run

    found = figures.figures_of(current_run())
    assert found is not None
    year = today().year
    few = replace(found, spending=(spent(1, "startup", 3, 700, "startup"), spent(1, "transit", 90, 9_000)))
    funds = {one.fund.fund: one for one in outlook(year, few)}
    assert (funds["startup"].need, funds["startup"].few) == (None, True)
    assert funds["startup"].at_end is None
    assert (funds["care"].need, funds["care"].few) == (Decimal(9_000), False)
    assert by_month("startup", year, few, today())[0].expected is None
    assert by_month("care", year, few, today())[0].expected == 9_000


def test_nobody_is_shown_as_nobody():
    assert [small(count) for count in (0, 1, 4, 5)] == [False, True, True, False]


@pytest.fixture(scope="module")
def shared(town, tmp_path_factory) -> Path:
    """A data folder in which the figures are made once for all tests here."""
    folder = tmp_path_factory.mktemp("cockpit")
    (folder / "lake").symlink_to(town / "lake")
    return folder


@pytest.fixture
def data(town, run, settings, shared) -> Path:
    for name in ("facts", "runs"):
        if not (shared / name).exists():
            shutil.copytree(town / name, shared / name)
    settings.JIGONG = replace(settings.JIGONG, data=shared)
    return shared


@pytest.fixture
def ready(data, monkeypatch) -> Path:
    monkeypatch.setattr("jigong.insight.figures.MONTHS", 2)
    figures.prepare()
    return data


def browser(role: Role, organisation: Organisation) -> Client:
    account = Account.objects.create(username=f"cockpit-{role}-{organisation.pk}")
    Membership.objects.create(account=account, organisation=organisation, role=role)
    client = Client()
    client.force_login(account)
    return client


@pytest.fixture
def leader(run) -> Client:
    return browser(Role.LEADER, Organisation.objects.get(kind="district"))


@pytest.mark.django_db
@pytest.mark.parametrize("page", PAGES)
def test_every_page_opens_and_names_nobody(ready, leader, page):
    answer = leader.get(f"/cockpit/{page}")
    assert answer.status_code == 200
    shown = answer.content.decode()
    assert not answer.context["preparing"]
    assert not [p.name for p in Person.objects.all() if p.name in shown]
    assert not re.search(r"\d{17}[\dX]", shown)


@pytest.mark.django_db
@pytest.mark.parametrize("page", PAGES)
def test_pages_open_before_the_figures_are_made_and_say_so(data, leader, page, monkeypatch):
    monkeypatch.setattr("jigong.portals.cockpit.views.figures_of", lambda run: None)
    answer = leader.get(f"/cockpit/{page}")
    assert answer.status_code == 200
    assert "正在后台进行" in answer.content.decode()


@pytest.mark.django_db
def test_the_parts_of_the_year_s_money_make_up_its_whole(ready, leader):
    shown = leader.get("/cockpit/budget")
    whole = shown.context["whole"]
    assert whole["budget"] + whole["recovered"] == sum(whole[n] for n in ("reserved", "sent", "paid", "free"))
    heads = shown.content.decode().split('class="cp-heads"')[1].split("<section")[0]
    assert all(label in heads for label in ("预算", "已批准待发", "已交银行", "已发放", "可用"))


@pytest.mark.django_db
def test_what_is_approved_was_confirmed_even_where_few_are(ready, leader, monkeypatch):
    few = FundYear("care", 2023, *(Decimal(n) for n in (900, 100, 0, 50, 0, 750)), Text("x", "x"), True)
    monkeypatch.setattr("jigong.portals.cockpit.views.money.outlook", lambda *_: [FundOutlook(few, None)])
    total = leader.get("/cockpit/").context["total"]
    assert total["due"] >= total["confirmed"] >= total["approved"] == 150


@pytest.mark.django_db
@pytest.mark.parametrize("page", ["", "budget"])
def test_before_the_figures_are_made_nothing_is_said_not_to_be_expected(data, leader, page, monkeypatch):
    monkeypatch.setattr("jigong.portals.cockpit.views.figures_of", lambda run: None)
    shown = leader.get(f"/cockpit/{page}").content.decode()
    assert "没有预计的支出" not in shown
    assert "项有目标的指标已达到" not in shown


@pytest.mark.django_db
def test_figures_are_made_once_for_a_run(ready):
    assert not figures.prepare()


@pytest.mark.django_db
def test_only_those_who_may_see_the_cockpit_do(data):
    union = Organisation.objects.get(code="union")
    for role in (Role.OFFICER, Role.APPROVER, Role.FINANCE):
        client = browser(role, union)
        assert {client.get(f"/cockpit/{page}").status_code for page in PAGES} == {403}
    assert Client().get("/cockpit/").status_code == 302


@pytest.mark.django_db
def test_the_funnel_counts_people_and_money_by_stage(run):
    clause = "certificate-reward"
    rows = Entitlement.objects.filter(clause=clause)
    chosen = list(rows.order_by("id")[:7])
    for entitlement, state in zip(chosen, [State.CONFIRMED] * 2 + [State.PAID] * 5, strict=True):
        Entitlement.objects.filter(pk=entitlement.pk).update(state=state)
    (found,) = (f for f in funnels(Q()) if f.clause == clause)
    stages = {stage.name: stage for stage in found.stages}
    paid = list(rows.filter(state=State.PAID))
    people = {e.person_id for e in paid}
    assert stages["paid"].people == (len(people) if len(people) >= 5 else None)
    assert stages["due"].people == rows.values("person").distinct().count()
    if stages["paid"].yuan is not None:
        assert stages["paid"].yuan == sum(e.amount for e in paid)


@pytest.mark.django_db
def test_a_stage_that_few_have_reached_is_hidden(run):
    clause = "certificate-reward"
    first = Entitlement.objects.filter(clause=clause).order_by("id").first()
    Entitlement.objects.filter(pk=first.pk).update(state=State.PAID)
    (found,) = (f for f in funnels(Q()) if f.clause == clause)
    stages = {stage.name: stage for stage in found.stages}
    assert stages["paid"].people is None
    assert stages["paid"].yuan is None
    assert stages["paid"].share == 0


@pytest.mark.django_db
def test_a_town_s_leader_sees_the_town_alone(ready):
    place = Organisation.objects.filter(kind="town").order_by("town").first()
    client = browser(Role.LEADER, place)
    rows = client.get("/cockpit/clauses").context["town_rows"]
    assert {row.town for _, row in rows} <= {place.town}


@pytest.mark.django_db
def test_towns_add_up_to_the_district(run):
    rows = towns_due(Q())
    if all(row.people is not None for row in rows):
        due = Entitlement.objects.exclude(
            state__in=[State.LAPSED, State.WITHDRAWN, State.DECLINED, State.APPEALED]
        )
        assert sum(row.people for row in rows) == due.exclude(person=None).values("person").distinct().count()


@pytest.mark.django_db
def test_a_town_cannot_be_had_from_the_district_and_the_other_towns(run):
    clause = "transit"
    due = Entitlement.objects.filter(clause=clause, state=State.PROPOSED)
    towns = sorted(set(due.values_list("person__town", flat=True)))
    for town, count in zip(towns, (2, 9, 20), strict=False):
        kept = list(due.filter(person__town=town).values_list("pk", flat=True)[:count])
        due.filter(person__town=town).exclude(pk__in=kept).update(state=State.LAPSED)
        assert len(kept) == count
    due.exclude(person__town__in=towns[:3]).update(state=State.LAPSED)

    def shown(town: str) -> int | None:
        (found,) = (f for f in funnels(Q(), town) if f.clause == clause)
        return found.stages[0].people

    assert [shown(town) for town in ("", *towns[:3])] == [31, None, None, 20]


@pytest.mark.django_db
def test_a_fund_s_outlook_is_its_books_and_what_is_still_due(ready, run):
    from jigong.dossiers.law import current_run

    found = figures.figures_of(current_run())
    assert found is not None
    year = today().year
    funds = {one.fund.fund: one for one in outlook(year, found)}
    need = sum((s.yuan for s in found.spending if s.month.year == year and s.fund == "care"), Decimal(0))
    assert need > 0
    assert funds["care"].need == need
    assert funds["care"].at_end == funds["care"].fund.free - need
    months = by_month("care", year, found, today())
    assert len(months) == 12
    assert sum(m.expected or 0 for m in months) <= need
    starts = [start for _, start, _ in funds["care"].bars]
    assert starts == sorted(starts)


@pytest.mark.django_db
def test_first_month_s_spending_is_what_the_run_says_is_due(ready, run):
    from jigong.dossiers.law import current_run

    found = figures.figures_of(current_run())
    first = {s.clause: s.yuan for s in found.spending if s.month == run.as_of}
    assert first == {t.clause: t.due for t in run.totals if t.fund}
    for need in clause_needs(found.spending):
        people = [s.people for s in found.spending if s.clause == need.clause]
        assert not (need.now is not None and small(people[0]))
        assert not (need.later is not None and small(max(people[1:])))


@pytest.mark.django_db
def test_indicators_stand_beside_their_targets(ready, run):
    from jigong.dossiers.law import current_run, law_of_run

    loaded = current_run()
    pack, found = law_of_run(loaded).pack, figures.figures_of(loaded)
    every = [goal for dimension in goals(pack, found) for goal in dimension.goals]
    assert [goal.id for goal in every] == list(pack.indicators)
    aimed = [goal for goal in every if goal.target is not None and goal.value is not None]
    assert aimed
    for goal in aimed:
        assert (goal.standing == "met") == (goal.value >= goal.target.value)
    for goal in every:
        for group in by_group(found, "town", goal.id):
            assert group.few == (group.rows is None)


@pytest.mark.django_db
def test_an_indicator_s_own_page(ready, leader):
    assert leader.get("/cockpit/portrait/skill_allowance_share").status_code == 200
    assert leader.get("/cockpit/portrait/nothing").status_code == 404
    leader.cookies["language"] = "en"
    page = leader.get("/cockpit/portrait/mean_annual_pay").content.decode()
    assert "semiconductors" in page
    assert "半导体" not in page
    assert leader.get("/cockpit/budget?year=1900").context["year"] == today().year
    assert leader.get("/cockpit/clauses?town=x' OR 1=1").context["town"] is None


@pytest.mark.django_db
def test_what_is_promised_is_not_counted_again(run):
    from jigong.dossiers.law import current_run, law_of_run
    from jigong.services.publishing.report import settled

    loaded = current_run()
    pack = law_of_run(loaded).pack
    assert not settled(pack, loaded.known_on)
    chosen = Entitlement.objects.filter(clause="certificate-reward", amount__gt=0).order_by("id").first()
    Entitlement.objects.filter(pk=chosen.pk).update(state=State.APPROVED)
    assert settled(pack, loaded.known_on) == {
        ("certificate-reward", chosen.period): [(chosen.open_subject(), chosen.amount)]
    }
