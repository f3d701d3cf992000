"""What nobody types but somebody sends: characters the database cannot hold, digits that are none, numbers without end."""

from typing import Any

import pytest
from django.urls import reverse
from tests.web.office_site import Site, site, waiting_for

from jigong.accounts.models import Person
from jigong.accounts.queries import bank_account_of
from jigong.accounts.workers import worker_account
from jigong.delivery.applications import AskedFact
from jigong.delivery.states import State
from jigong.kernel.problems import JigongError
from jigong.kernel.text import Text
from jigong.portals.worker.views.acts import _answer as read_answer
from jigong.services.reporting.admission import admit
from jigong.services.reporting.queries import forms
from jigong.services.reporting.reading import Row, Sent

pytestmark = pytest.mark.django_db
ENDLESS = "9" * 5_000
ETHIOPIC_ONE, SQUARED = "፩", "²"


@pytest.fixture
def office() -> Site:
    """The people of the demonstration."""
    return site()


def test_a_character_postgresql_cannot_hold_is_a_bad_request(office: Site, client: Any) -> None:
    found = waiting_for(State.CONFIRMED, "union")[0]
    assert found.person is not None
    address = reverse("office:move", args=[found.pk, "decline"])
    answer = office.browser("demo-officer-union").post(
        address, {"version": found.version, "reason": "不\x00行"}
    )
    assert answer.status_code == 400
    found.refresh_from_db()
    assert found.state == State.CONFIRMED
    client.force_login(worker_account(found.person))
    before = bank_account_of(found.person)
    given = {"number": "6228480012345678901", "bank": "示例\x00银行"}
    assert client.post(reverse("worker:bank_account"), {**given, "number": "12345678"}).status_code == 400
    assert bank_account_of(found.person) == before


@pytest.mark.parametrize("number", [ENDLESS, ETHIOPIC_ONE, SQUARED, "-1", ""])
@pytest.mark.parametrize(
    ("who", "address", "name"),
    [
        ("demo-officer-union", "/office/cases/", "after"),
        ("demo-auditor", "/office/audits/", "after"),
        ("demo-officer-union", "/office/data/quarantine/honour", "after"),
        ("demo-leader", "/cockpit/budget", "year"),
        ("demo-officer-union", "/office/record/", "before"),
    ],
)
def test_a_number_that_is_none_changes_nothing(
    office: Site, who: str, address: str, name: str, number: str
) -> None:
    browser = office.browser(who)
    assert browser.get(address, {name: number}).status_code == browser.get(address).status_code


def test_forms_with_numbers_that_are_none(office: Site) -> None:
    found = waiting_for(State.CONFIRMED, "union")[0]
    browser = office.browser("demo-officer-union")
    address = reverse("office:move", args=[found.pk, "decline"])
    for number in (ENDLESS, ETHIOPIC_ONE, SQUARED):
        assert browser.post(address, {"version": found.version, "template": number}).status_code == 422


def test_a_year_without_books_is_not_there(office: Site) -> None:
    browser = office.browser("demo-finance")
    given = {"amount": "1", "reference": "文〔2023〕1号", "reason": "追加"}
    for year in (0, 99_999, 10**18):
        assert (
            browser.post(reverse("office:propose_budget", args=["education", year]), given).status_code == 404
        )


def test_a_reference_too_long_to_be_booked_by_is_refused_on_its_page(office: Site) -> None:
    given = {"amount": "1", "reference": "文" * 100, "reason": "追加"}
    answer = office.browser("demo-finance").post(
        reverse("office:propose_budget", args=["education", 2023]), given
    )
    assert answer.status_code == 422


@pytest.mark.parametrize("code", [f"P-{ENDLESS}", f"P-{ETHIOPIC_ONE}", "P-", "P-x"])
def test_a_report_that_calls_somebody_by_no_number_names_a_stranger(office: Site, code: str) -> None:
    person = Person.objects.filter(employer__isnull=False, listed=True).first()
    assert person is not None
    assert person.employer is not None
    form = next(iter(forms().values()))
    rows = (Row(2, {form.entry.worker: code}), Row(3, {form.entry.worker: f"P-{person.pk}"}))
    admitted = admit(
        Sent(rows), report=form.entry, organisation=person.employer,
        employees=Person.objects.filter(employer=person.employer),
    )  # fmt: skip
    assert [row.line for row in admitted.rows] == [3]
    assert [fault.line for fault in admitted.faults] == [2]


@pytest.mark.parametrize(
    ("kind", "given"),
    [("integer", "9" * 12), ("integer", ETHIOPIC_ONE), ("decimal", "9" * 12), ("decimal", "1E+9"), ("decimal", "NaN"), ("date", "0")],
)  # fmt: skip
def test_an_answer_that_cannot_be_booked_is_no_answer(kind: str, given: str) -> None:
    with pytest.raises(JigongError):
        read_answer(AskedFact("cost", Text("费用", "cost"), kind, None), given)
