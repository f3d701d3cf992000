"""Who answers for data: the department that owns the class; while it has nobody, its stand-in or the district."""

from datetime import date
from types import SimpleNamespace
from typing import Any, cast

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from tests.web.office_site import Site, proposals, site

from jigong.accounts.humans import set_number
from jigong.accounts.models import Account, Membership, Organisation, Person
from jigong.accounts.workers import worker_account
from jigong.delivery.models import Entitlement
from jigong.dossiers.law import current_run, law_of_run
from jigong.lake.uses import sources_of
from jigong.portals.api.reach import cases as cases_of_token
from jigong.services.cases.actions import appeal, report_wrong
from jigong.services.cases.desks import office_of
from jigong.services.cases.models import Case, CaseState

pytestmark = pytest.mark.django_db
MANNED = ("union", "housing", "human_resources")


@pytest.fixture
def office() -> Site:
    """The people of the demonstration: of three bureaus, one town, and the district."""
    return site()


def correction(office: str, person: Person | None = None) -> Case:
    """Somebody says that a fact of a class of this office is wrong."""
    pack = law_of_run(current_run()).pack
    fact, data_class = next(
        (name, source)
        for name in pack.facts
        for source in sources_of(pack, name)
        if office_of(pack, source) == office
    )
    person = person or Person.objects.filter(dossier__isnull=False).order_by("pk")[0]
    case = report_wrong(
        person=person, fact=fact, data_class=data_class, text="不对", by=worker_account(person), at=timezone.now()
    )  # fmt: skip
    assert case.office == office
    return case


def town_case(town: Organisation) -> Case:
    """An appeal against what a town itself decided."""
    found = next(e for e in proposals(amount__gt=0) if e.person is not None and not e.person.cases.exists())
    Entitlement.objects.filter(pk=found.pk).update(office=town.code)
    assert found.person is not None
    return appeal(entitlement=found.pk, text="不对", by=worker_account(found.person), at=timezone.now())


def member(kind: str, code: str, role: str = "officer") -> Account:
    account = Account.objects.create(username=f"{role}-{code}")
    set_number(account, account.username)
    Membership.objects.create(
        account=account, organisation=Organisation.objects.get(kind=kind, code=code), role=role
    )
    return account


def browser(account: Account) -> Client:
    client = Client()
    client.force_login(Account.objects.get(pk=account.pk))
    return client


def seen(account: Account) -> set[int]:
    """The cases in an account's queue."""
    lines = browser(account).get(reverse("office:cases")).context["lines"]
    return {case.pk for case, *_ in lines}


def dismissed(account: Account, case: Case) -> bool:
    """Whether the account reads and answers the case; 404 for both where not."""
    client, given = (
        browser(account),
        {"answer": "dismiss", "version": str(case.version), "reason": "依据充分"},
    )
    page = client.get(reverse("office:case", args=[case.pk])).status_code
    status = client.post(reverse("office:answer", args=[case.pk]), given).status_code
    assert (page, status) in {(200, 302), (404, 404)}
    case.refresh_from_db()
    assert (case.state == CaseState.DISMISSED) == (status == 302)
    if status == 302:
        assert case.answered_in in {m.organisation for m in account.memberships.all()}
    return status == 302


def test_a_town_answers_only_what_goes_to_the_town(office: Site) -> None:
    """Its people's corrections are the bureaus'; each outsider has a case of their own."""
    officer = office.who["demo-officer-town"]
    town = officer.memberships.get().organisation
    neighbour = Person.objects.filter(town=town.town, dossier__isnull=False).order_by("pk")[0]
    of_bureaus = [correction(code, neighbour) for code in MANNED]
    own = town_case(town)
    other = member("town", Organisation.objects.filter(kind="town").exclude(pk=town.pk)[0].code)
    others = town_case(other.memberships.get().organisation)
    assert seen(officer) == {own.pk}
    assert seen(other) == {others.pk}
    for case in (*of_bureaus, others):
        assert not dismissed(officer, case)
    for code in MANNED:
        assert not dismissed(office.who[f"demo-officer-{code}"], own)
    assert dismissed(officer, own)
    assert dismissed(office.who["demo-officer-union"], of_bureaus[0])


def test_the_district_does_not_answer_for_who_is_there(office: Site) -> None:
    of_bureaus = [correction(code) for code in MANNED]
    own = correction("education")
    district = office.who["demo-officer-district"]
    assert seen(district) == {own.pk}
    for case in of_bureaus:
        assert not dismissed(district, case)


def test_what_nobody_could_answer_goes_to_the_district_until_somebody_can(office: Site) -> None:
    first, second = correction("education"), correction("health")
    for code in MANNED:
        correction(code)
        assert first.pk not in seen(office.who[f"demo-officer-{code}"])
    district = office.who["demo-officer-district"]
    page = browser(district).get(reverse("office:case", args=[first.pk])).content.decode()
    assert "教育局在平台上还没有经办人" in page
    officer = member("bureau", "education")
    assert seen(officer) == {first.pk}
    assert not dismissed(district, first)
    assert dismissed(district, second)
    Account.objects.filter(pk=officer.pk).update(is_active=False)
    assert dismissed(district, first)


def test_a_stand_in_answers_by_the_pack(office: Site) -> None:
    pack = law_of_run(current_run()).pack
    assert pack.offices["social_insurance"].value.stand_in == "human_resources"
    first, second = correction("social_insurance"), correction("employment")
    stand_in, district = office.who["demo-approver-human_resources"], office.who["demo-officer-district"]
    assert {first.pk, second.pk} <= seen(stand_in)
    assert not dismissed(district, first)
    assert not dismissed(office.who["demo-officer-union"], first)
    assert dismissed(stand_in, first)
    # With nobody there either it is the district's.
    Membership.objects.filter(organisation__code="human_resources").update(active=False)
    assert dismissed(district, second)


def test_an_auditor_of_a_department_answers_nothing_for_it(office: Site) -> None:
    """It is the permission that counts, not having an account."""
    member("bureau", "education", "auditor")
    case = correction("education")
    assert case.pk in seen(office.who["demo-officer-district"])


def overview(account: Account) -> dict[str, Any]:
    lines = browser(account).get(reverse("office:case_offices")).context["lines"]
    return {line.office: line for line in lines}


@pytest.mark.parametrize("name", ["demo-leader", "demo-operator", "demo-auditor", "demo-officer-district"])
def test_the_district_sees_what_waits_where(office: Site, name: str) -> None:
    late = correction("education")
    Case.objects.filter(pk=late.pk).update(deadline=date(2022, 12, 30))
    for code in ("union", "social_insurance"):
        correction(code)
    found = overview(office.who[name])
    assert list(found) == ["education", "social_insurance", "union"]
    assert (found["education"].open, found["education"].late, found["education"].answers) == (1, 1, None)
    assert [found[code].answers for code in ("union", "social_insurance")] == ["union", "human_resources"]
    assert not found["education"].nobody


def test_the_overview_says_where_nobody_answers(office: Site) -> None:
    correction("education")
    Account.objects.filter(username="demo-officer-district").update(is_active=False)
    page = browser(office.who["demo-operator"]).get(reverse("office:case_offices")).content.decode()
    assert "没有人答复" in page
    home = browser(office.who["demo-operator"]).get(reverse("office:home")).content.decode()
    assert reverse("office:case_offices") in home


def test_an_office_sees_its_own_deadlines_only(office: Site) -> None:
    for code in (*MANNED, "education", "social_insurance"):
        correction(code)
    assert set(overview(office.who["demo-officer-union"])) == {"union"}
    assert set(overview(office.who["demo-officer-human_resources"])) == {
        "human_resources",
        "social_insurance",
    }
    assert overview(office.who["demo-officer-town"]) == {}
    assert browser(office.who["demo-finance"]).get(reverse("office:case_offices")).status_code == 403


def test_a_token_follows_what_its_office_answers(office: Site) -> None:
    town = office.who["demo-officer-town"].memberships.get().organisation
    neighbour = Person.objects.filter(town=town.town, dossier__isnull=False).order_by("pk")[0]
    made = {code: correction(code, neighbour) for code in ("union", "education")}
    own = town_case(town)
    district = Organisation.objects.get(kind="district", memberships__account__username="demo-leader")
    for organisation, expected in ((town, own), (district, made["education"])):
        token = cast(Any, SimpleNamespace(organisation=organisation))
        assert list(cases_of_token(token)) == [expected]
