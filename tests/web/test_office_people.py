"""Searching, a person's page, the dossier for a reason, who did what: all of it recorded, none of it beyond one's reach."""

import json

import pytest
from django.urls import reverse
from django.utils import timezone
from tests.web.office_site import Site, confirmed, proposals, site

from jigong.accounts.enums import Permission
from jigong.accounts.models import Person
from jigong.accounts.scope import people
from jigong.audit.actions import record
from jigong.audit.models import Entry
from jigong.portals.office.search import Asked, read

pytestmark = pytest.mark.django_db


@pytest.fixture
def office() -> Site:
    """The people of the demonstration."""
    return site()


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("38000019990122112x", Asked("number", "38000019990122112X")),
        ("154 1234 5678", Asked("mobile", "15412345678")),
        ("#143", Asked("entitlement", "143")),
        ("张三", Asked("name", "张三")),
        ("张", None),
        ("", None),
        ("x" * 51, None),
    ],
)
def test_what_a_search_means(text: str, asked: Asked | None) -> None:
    assert read(text) == asked


@pytest.mark.parametrize("how", ["number", "mobile", "name", "entitlement"])
def test_a_person_is_found_and_shown_masked(office: Site, how: str) -> None:
    found = confirmed(proposals(office="union", amount__gt=0)[0])
    person = found.person
    assert person is not None
    text = {
        "number": person.open_number(),
        "mobile": person.open_mobile(),
        "name": person.name,
        "entitlement": str(found.pk),
    }[how]
    browser = office.browser("demo-officer-union")
    answer = browser.post(reverse("office:ask"), {"text": text})
    assert answer.status_code == 302
    assert text not in answer["Location"]
    page = browser.get(answer["Location"])
    if how == "entitlement":
        assert page.context["entitlement"] == found
    else:
        assert person.pk in {one["id"] for one in page.context["found"]}
    body = page.content.decode().replace(f'value="{text}"', "")
    assert person.open_number() not in body
    assert person.open_mobile() not in body
    line = Entry.objects.filter(action="accounts.search").latest("id")
    assert line.actor == office.who["demo-officer-union"].pk
    assert json.loads(line.detail)["kind"] == how
    assert text not in line.detail or how == "entitlement"


def test_a_search_stays_within_reach(office: Site) -> None:
    account = office.who["demo-officer-town"]
    inside = people(account, Permission.SEARCH_PEOPLE).first()
    outside = Person.objects.exclude(pk__in=people(account, Permission.SEARCH_PEOPLE)).first()
    assert inside is not None
    assert outside is not None
    browser = office.browser("demo-officer-town")
    for person, seen in ((inside, True), (outside, False)):
        browser.post(reverse("office:ask"), {"text": person.open_number()})
        page = browser.get(reverse("office:search"))
        assert bool(page.context["found"]) is seen
        assert browser.get(reverse("office:person", args=[person.pk])).status_code == (200 if seen else 404)
        answer = browser.post(reverse("office:open_dossier", args=[person.pk]), {"reason": "核对在职情况"})
        assert answer.status_code == (302 if seen else 404)


def test_what_was_searched_for_is_sealed_in_the_session(office: Site) -> None:
    person = Person.objects.filter(listed=True).first()
    assert person is not None
    browser = office.browser("demo-officer-union")
    browser.post(reverse("office:ask"), {"text": person.open_number()})
    assert person.open_number() not in str(dict(browser.session))
    assert len(browser.get(reverse("office:search")).context["found"]) == 1


def test_the_dossier_opens_only_for_a_reason(office: Site) -> None:
    person = proposals(office="union")[0].person
    assert person is not None
    browser = office.browser("demo-officer-union")
    address = reverse("office:dossier", args=[person.pk])
    assert browser.get(address).status_code == 302
    browser.post(reverse("office:open_dossier", args=[person.pk]), {"reason": "看"})
    assert browser.get(address).status_code == 302
    browser.post(reverse("office:open_dossier", args=[person.pk]), {"reason": "核对参保情况"})
    page = browser.get(address)
    assert page.status_code == 200
    assert page.context["clauses"]
    line = Entry.objects.filter(action="accounts.see_dossier").get()
    assert (line.person, line.reason) == (person.pk, "核对参保情况")
    assert office.browser("demo-approver-union").get(address).status_code == 302


def test_the_record_is_filtered_and_paged(office: Site) -> None:
    for place in range(120):
        record(
            "office.test",
            by=office.who["demo-operator"],
            at=timezone.now(),
            person=7,
            object_kind="thing",
            object_id=place,
        )
    browser = office.browser("demo-auditor")
    address = reverse("office:record")
    first = browser.get(address, {"action": "office.test"})
    assert len(first.context["lines"]) == 100
    rest = browser.get(address, {"action": "office.test", "before": first.context["before"]})
    assert len(rest.context["lines"]) == 20
    assert rest.context["before"] is None
    for given, count in (
        ({"action": "office.test", "object": "thing:3"}, 1),
        ({"action": "office.test", "person": "7"}, 100),
        ({"action": "office.test", "person": "8"}, 0),
        ({"action": "office.test", "actor": "demo-operator"}, 100),
        ({"action": "office.test", "actor": "nobody"}, 0),
        ({"action": "office.test", "day": timezone.localdate().isoformat()}, 100),
        ({"action": "office.test", "day": "2020-01-01"}, 0),
        ({"action": "office.test", "day": "yesterday", "before": "x", "person": ""}, 100),
    ):
        assert len(browser.get(address, given).context["lines"]) == count, given


def test_the_chain_is_checked_on_demand(office: Site) -> None:
    part = office.browser("demo-auditor").get(reverse("office:chain"))
    assert part.context["check"].broken_at is None
    assert part.context["check"].lines == Entry.objects.count()
    assert office.browser("demo-officer-union").get(reverse("office:chain")).status_code == 403


def test_everybodys_first_page_shows_their_own_work(office: Site) -> None:
    for name in (
        "demo-officer-union",
        "demo-approver-housing",
        "demo-finance",
        "demo-auditor",
        "demo-operator",
        "demo-officer-town",
    ):
        page = office.browser(name).get(reverse("office:home"))
        assert page.status_code == 200, name
    approver = office.browser("demo-approver-union").get(reverse("office:home"))
    assert {str(number.url) for number in approver.context["numbers"] if number.mine} >= {
        reverse("office:queue", args=["review"]), reverse("office:queue", args=["approve"]), reverse("office:cases"),
    }  # fmt: skip
    for outsider in ("demo-worker", "demo-hr"):
        assert office.browser(outsider).get(reverse("office:home")).status_code == 403
