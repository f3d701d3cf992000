"""The enterprise's portal: only its own people, only what they let it see, every look told to them."""

import io
import zipfile
from typing import Any

import pytest
from api_made import Firm, firm, staff
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from openpyxl import load_workbook

from jigong.accounts.actions import add_bank_account, give_consent, withdraw_consent
from jigong.accounts.enums import Role
from jigong.accounts.masking import mask_name
from jigong.accounts.models import BankAccount, Consent, Organisation, Person
from jigong.audit.models import Entry
from jigong.delivery.models import Entitlement
from jigong.delivery.states import State
from jigong.dossiers.law import current_run, law_of_run
from jigong.services.invitations.actions import REMIND_AFTER, accept, decline, invite
from jigong.services.invitations.enums import Purpose
from jigong.services.invitations.models import Invitation
from jigong.services.invitations.papers import papers_of
from jigong.services.invitations.queries import invitations_of

pytestmark = pytest.mark.django_db
PAGES = ("", "people/", "benefits/", "papers/", "money/", "money/bank", "reports/", "expiring",
         "people.xlsx", "benefits.xlsx", "papers.xlsx", "money.xlsx")  # fmt: skip


@pytest.fixture
def mine() -> Firm:
    return firm(0)


@pytest.fixture
def other() -> Firm:
    """The outsider, who has people, consents and money of their own."""
    there = firm(1)
    for person in there.people[:3]:
        for purpose in Purpose:
            give_consent(
                person=person, organisation=there.organisation, purpose=purpose, by=None, at=timezone.now()
            )
    row = Entitlement.objects.filter(organisation__isnull=True, fund__gt="", state="proposed").order_by(
        "-pk"
    )[0]
    row.organisation = there.organisation
    row.save(update_fields=["organisation"])
    return there


@pytest.fixture
def hr(mine: Firm, client: Client) -> Client:
    client.force_login(mine.hr)
    return client


def consent(of: Firm, person: Person, *purposes: Purpose) -> None:
    for purpose in purposes or tuple(Purpose):
        give_consent(person=person, organisation=of.organisation, purpose=purpose, by=None, at=timezone.now())


def cells(response: Any) -> list[list[Any]]:
    content = b"".join(response.streaming_content)
    return [[cell.value for cell in row] for row in load_workbook(io.BytesIO(content)).active.iter_rows()]


def test_every_page_opens(hr: Client, mine: Firm):
    consent(mine, mine.people[0])
    for page in PAGES:
        response = hr.get(f"/enterprise/{page}")
        assert response.status_code == 200, page
        if response.streaming:
            assert b"".join(response.streaming_content)
    for pk in (mine.people[0].pk, mine.people[1].pk):
        assert hr.get(f"/enterprise/people/{pk}/").status_code == 200


def test_nobody_else_opens_them(client: Client, mine: Firm):
    assert client.get("/enterprise/").status_code == 302
    officer = staff(Organisation.objects.filter(kind="bureau")[0], Role.OFFICER)
    client.force_login(officer)
    for page in PAGES:
        assert client.get(f"/enterprise/{page}").status_code == 403, page


def test_people_of_another_firm_do_not_exist(hr: Client, mine: Firm, other: Firm):
    stranger = other.people[0]
    assert hr.get(f"/enterprise/people/{stranger.pk}/").status_code == 404
    found = hr.post("/enterprise/people/find", {"q": stranger.name}, follow=True)
    assert found.context["page"].rows == ()
    hr.post("/enterprise/people/find", {"q": ""})
    assert hr.post("/enterprise/people/find", {"q": stranger.open_number()})["Location"].startswith(
        "/enterprise/people/?"
    )
    hr.post("/enterprise/people/invite", {"person": [stranger.pk], "purpose": ["benefits"]})
    assert not Invitation.objects.exists()
    names = {row[1] for row in cells(hr.get("/enterprise/people.xlsx"))[1:]}
    assert len(cells(hr.get("/enterprise/people.xlsx"))) == len(mine.people) + 1
    assert stranger.name not in names
    assert not Entry.objects.filter(person=stranger.pk, action__startswith="enterprise.").exists()


def test_without_consent_there_is_a_masked_name_and_nothing_else(hr: Client, mine: Firm):
    hidden = next(p for p in mine.people if p.entitlements.filter(organisation__isnull=True).exists())
    page = hr.get(f"/enterprise/people/{hidden.pk}/").content.decode()
    listed = hr.get("/enterprise/people/").content.decode()
    assert hidden.name not in page
    assert hidden.name not in listed
    assert mask_name(hidden.name) in page
    assert "kit-money" not in page
    assert hr.get("/enterprise/benefits/").context["rows"] == []
    assert hidden.name not in {row[1] for row in cells(hr.get("/enterprise/people.xlsx"))}
    assert not Entry.objects.filter(person=hidden.pk, action__startswith="enterprise.").exists()


def test_with_consent_there_is_what_it_covers_and_the_look_is_recorded(hr: Client, mine: Firm):
    person = next(p for p in mine.people if p.entitlements.filter(organisation__isnull=True).exists())
    consent(mine, person, Purpose.BENEFITS)
    page = hr.get(f"/enterprise/people/{person.pk}/")
    assert person.name in page.content.decode()
    assert page.context["benefits"].due
    assert not [line for line in page.context["papers"] if line.kind == "skill_certificate"]
    hr.get(f"/enterprise/people/{person.pk}/")
    hr.get("/enterprise/benefits/")
    looks = Entry.objects.filter(person=person.pk, action="enterprise.see_benefits", actor=mine.hr.pk)
    assert looks.count() == 1  # one line a day
    consent(mine, person, Purpose.CERTIFICATES)
    page = hr.get(f"/enterprise/people/{person.pk}/")
    kinds = {line.kind for line in page.context["papers"]}
    assert "skill_level" not in kinds
    assert "skill_certificate" in kinds
    assert Entry.objects.filter(person=person.pk, action="enterprise.see_certificates").count() == 1


def test_withdrawing_takes_effect_at_once(hr: Client, mine: Firm):
    person = mine.people[0]
    consent(mine, person)
    assert person.name in hr.get(f"/enterprise/people/{person.pk}/").content.decode()
    for given in Consent.objects.filter(person=person):
        withdraw_consent(consent_id=given.pk, by=None, at=timezone.now())
    assert person.name not in hr.get(f"/enterprise/people/{person.pk}/").content.decode()
    assert person.name not in {row[0] for row in cells(hr.get("/enterprise/benefits.xlsx"))}


def test_leaving_takes_effect_at_once(hr: Client, mine: Firm, other: Firm):
    person = mine.people[0]
    consent(mine, person)
    Person.objects.filter(pk=person.pk).update(employer=other.organisation)
    assert hr.get(f"/enterprise/people/{person.pk}/").status_code == 404
    assert person.name not in hr.get("/enterprise/benefits/").content.decode()


def test_sums_about_few_people_are_not_told(hr: Client, mine: Firm):
    others = hr.get("/enterprise/").context["numbers"].others
    assert others is not None
    assert others.amount % 1000 == 0
    with_something = [
        p
        for p in mine.people
        if p.entitlements.filter(organisation__isnull=True, state="proposed").exclude(fund="").exists()
    ]
    assert others.count == len(with_something)
    for person in with_something[: -(5 - 1)]:
        consent(mine, person, Purpose.BENEFITS)
    assert hr.get("/enterprise/").context["numbers"].others is None


def test_whom_one_looks_for_stays_out_of_the_address_and_is_sealed(hr: Client, mine: Firm):
    person = mine.people[0]
    found = hr.post("/enterprise/people/find", {"q": person.open_number()})
    assert found["Location"] == f"/enterprise/people/{person.pk}/"
    found = hr.post("/enterprise/people/find", {"q": person.name, "show": "none"})
    assert found["Location"] == "/enterprise/people/?show=none"
    assert person.name not in str(dict(hr.session))
    listed = hr.get(found["Location"])
    assert {row.id for row in listed.context["page"].rows} == {
        one.pk for one in mine.people if one.name.startswith(person.name)
    }
    assert "?q=" not in listed.content.decode()
    # A name in an old address is no search.
    hr.post("/enterprise/people/find", {"q": ""})
    assert hr.get("/enterprise/people/", {"q": person.name}).context["count"] == len(mine.people)


def test_pages_of_people_follow_and_cost_the_same(hr: Client, mine: Firm):
    seen, after = [], ""
    while after is not None:
        page = hr.get("/enterprise/people/", {"after": after}).context["page"]
        seen += [row.id for row in page.rows]
        after = page.after
    assert seen == [person.pk for person in mine.people]
    counts = []
    for search in ("", mine.people[0].name):
        hr.post("/enterprise/people/find", {"q": search})
        with CaptureQueriesContext(connection) as queries:
            hr.get("/enterprise/people/")
        counts.append(len(queries))
    assert counts[0] == counts[1]
    assert hr.get("/enterprise/people/", {"after": "不是数字"}).status_code == 200


def test_an_invitation_is_asked_once_reminded_weekly_and_answered(mine: Firm):
    person, now = mine.people[0], timezone.now()
    given: dict[str, Any] = {
        "organisation": mine.organisation,
        "people": [person.pk],
        "purposes": [Purpose.BENEFITS],
        "by": mine.hr,
    }
    assert invite(**given, at=now).asked == 1
    assert (invite(**given, at=now).asked, invite(**given, at=now).reminded) == (0, 0)
    assert invite(**given, at=now + REMIND_AFTER).reminded == 1
    asked = invitations_of(person)[0]
    accept(invitation=asked.id, person=person, by=mine.hr, at=now)
    assert Consent.objects.filter(person=person, purpose="benefits", withdrawn_at=None).count() == 1
    assert invitations_of(person) == []
    assert invite(**given, at=now).left == 1


def test_a_refusal_is_respected(mine: Firm, other: Firm):
    person, now = mine.people[0], timezone.now()
    given: dict[str, Any] = {
        "organisation": mine.organisation,
        "people": [person.pk],
        "purposes": [Purpose.SKILLS],
        "by": mine.hr,
    }
    invite(**given, at=now)
    with pytest.raises(Exception, match="no longer there"):
        accept(invitation=invitations_of(person)[0].id, person=other.people[0], by=other.hr, at=now)
    decline(invitation=invitations_of(person)[0].id, person=person, by=mine.hr, at=now)
    assert invite(**given, at=now + REMIND_AFTER).asked == 0
    assert not Consent.objects.filter(person=person, purpose="skills").exists()
    invite(**{**given, "purposes": [Purpose.BENEFITS]}, at=now)
    Person.objects.filter(pk=person.pk).update(employer=other.organisation)
    assert invitations_of(Person.objects.get(pk=person.pk)) == []


def test_papers_name_the_occupation_they_are_about(mine: Firm):
    pack = law_of_run(current_run()).pack
    contracts = papers_of(mine.organisation, mine.organisation.employees.all(), kinds=["labour_contract"])
    assert contracts
    names = {word.zh for word in pack.words["occupations"].value.values.values()}
    assert {line.title.zh for line in contracts} <= names


def test_inviting_everybody_from_the_page(hr: Client, mine: Firm):
    consent(mine, mine.people[0], Purpose.BENEFITS)
    hr.post("/enterprise/people/invite", {"purpose": ["benefits"], "everybody": "", "show": "all"})
    assert Invitation.objects.filter(organisation=mine.organisation).count() == len(mine.people) - 1


# The firm's own money


@pytest.fixture
def money(mine: Firm) -> list[Entitlement]:
    rows = Entitlement.objects.filter(organisation__isnull=True, fund__gt="", state="proposed").order_by(
        "pk"
    )[:3]
    for row in rows:
        row.organisation = mine.organisation
        row.save(update_fields=["organisation"])
    return list(Entitlement.objects.filter(organisation=mine.organisation).order_by("pk"))


def account_of(of: Firm) -> BankAccount:
    return add_bank_account(
        organisation=of.organisation, number="6222021234567890128", holder=of.organisation.zh, bank="测试银行", by=None, at=timezone.now(),
    )  # fmt: skip


def test_confirming_in_bulk(hr: Client, mine: Firm, other: Firm, money: list[Entitlement]):
    theirs = Entitlement.objects.get(organisation=other.organisation)
    chosen = [
        f"{money[0].pk}:{money[0].version}",
        f"{money[1].pk}:{money[1].version + 1}",
        f"{theirs.pk}:{theirs.version}",
    ]
    assert hr.post("/enterprise/money/confirm", {"chosen": chosen})["Location"] == "/enterprise/money/bank"
    account = account_of(mine)
    hr.post("/enterprise/money/confirm", {"chosen": chosen})
    states = [Entitlement.objects.get(pk=row.pk).state for row in (money[0], money[1], theirs)]
    assert states[0] in (State.CONFIRMED, State.PASSED)
    assert states[1:] == [State.PROPOSED, State.PROPOSED]
    assert Entitlement.objects.get(pk=money[0].pk).bank_account == account
    hr.post("/enterprise/money/confirm", {"everything": ""})
    assert not Entitlement.objects.filter(organisation=mine.organisation, state=State.PROPOSED).exists()
    before = Entitlement.objects.get(pk=money[0].pk).version
    hr.post("/enterprise/money/confirm", {"chosen": chosen})
    assert Entitlement.objects.get(pk=money[0].pk).version == before


def test_the_bank_account_is_masked_and_checked(hr: Client, mine: Firm):
    wrong = {"number": "123", "holder": mine.organisation.zh, "bank": "测试银行"}
    assert hr.post("/enterprise/money/bank", wrong).status_code == 422
    right = {**wrong, "number": "6222021234567890128"}
    assert hr.post("/enterprise/money/bank", right).status_code == 302
    page = hr.get("/enterprise/money/").content.decode()
    assert "0128" in page
    assert "6222021234567890128" not in page


def test_excel_holds_texts_never_formulas(hr: Client, mine: Firm):
    person = mine.people[0]
    Person.objects.filter(pk=person.pk).update(name='=HYPERLINK("http://evil","x")')
    consent(mine, Person.objects.get(pk=person.pk))
    content = b"".join(hr.get("/enterprise/people.xlsx").streaming_content)
    sheet = zipfile.ZipFile(io.BytesIO(content)).read("xl/worksheets/sheet1.xml")
    assert b"<f>" not in sheet
    names = [row[1].value for row in load_workbook(io.BytesIO(content)).active.iter_rows()]
    assert '=HYPERLINK("http://evil","x")' in names


def test_html_in_a_name_is_text(hr: Client, mine: Firm):
    Person.objects.filter(pk=mine.people[0].pk).update(name="<script>alert(1)</script>")
    consent(mine, Person.objects.get(pk=mine.people[0].pk))
    for page in ("people/", "benefits/", f"people/{mine.people[0].pk}/"):
        assert "<script>alert" not in hr.get(f"/enterprise/{page}").content.decode()


def test_another_of_ones_firms_is_chosen_by_hand(client: Client, mine: Firm, other: Firm):
    both = staff(mine.organisation, Role.HR)
    staff_of_other = other.organisation.memberships.model(
        account=both, organisation=other.organisation, role=Role.HR
    )
    staff_of_other.save()
    client.force_login(both)
    for chosen in (mine.organisation, other.organisation):
        client.post("/enterprise/firm", {"firm": chosen.pk})
        assert client.get("/enterprise/").context["desk"].firm == chosen
    stranger = firm(2)
    client.post("/enterprise/firm", {"firm": stranger.organisation.pk})
    assert client.get("/enterprise/").context["desk"].firm == other.organisation
