"""Checking a skill code in a browser: what a guard sees, and what nobody else does."""

import re

import pytest
from django.core import signing
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from jigong.accounts.enums import OrganisationKind, Role
from jigong.accounts.models import Account, Membership, Organisation, Person
from jigong.credentials.code import current_code
from jigong.credentials.enums import Outcome
from jigong.credentials.models import CodeUse
from jigong.portals.kit import clock
from jigong.portals.public.limits import CHECKS
from jigong.portals.public.results import SIGNS

pytestmark = pytest.mark.django_db


@pytest.fixture
def worker() -> Person:
    found = Person.objects.filter(dossier__tier__gt="", employer__isnull=False).order_by("id")[0]
    Person.objects.filter(pk=found.pk).update(name="欧阳建国")
    found.refresh_from_db()
    return found


def token_of(worker: Person) -> str:
    return current_code(worker, at=timezone.now()).token


def hr_of(organisation: Organisation, name: str) -> Account:
    account = Account.objects.create_user(name)
    Membership.objects.create(account=account, organisation=organisation, role=Role.HR)
    return account


def signed_in(account: Account) -> Client:
    client = Client()
    client.force_login(account, backend="django.contrib.auth.backends.ModelBackend")
    return client


def posted(client: Client, token: str, **more: str) -> str:
    """The page after checking."""
    response = client.post(reverse("public:check"), {"c": token, **more}, follow=True)
    assert response.status_code == 200
    return response.content.decode()


def outcome_of(page: str) -> str:
    return re.search(r'data-outcome="(\w+)"', page)[1]


def test_opening_a_code_writes_nothing_and_posting_it_uses_it(client, worker):
    token = token_of(worker)
    for _ in range(2):
        opened = client.get(f"/V/{token}")
        assert opened.status_code == 200
        assert opened.headers["Cache-Control"] == "no-store"
        assert "data-at-once" in opened.content.decode()
    assert not CodeUse.objects.exists()
    assert outcome_of(posted(client, token)) == Outcome.VALID
    assert outcome_of(posted(client, token)) == Outcome.USED


def test_the_result_can_be_looked_at_again(client, worker):
    response = client.post(reverse("public:check"), {"c": token_of(worker)})
    assert response.status_code == 302
    for _ in range(2):
        assert outcome_of(client.get(response.headers["Location"]).content.decode()) == Outcome.VALID
    assert CodeUse.objects.count() == 1


def test_anybody_sees_a_masked_name_tier_and_level_only(client, worker):
    page = posted(client, token_of(worker))
    assert "欧**国" in page
    assert worker.name not in page
    assert worker.open_number() not in page
    assert worker.employer.zh not in page


def test_a_station_sees_the_whole_name_within_its_reach_only(worker):
    own = signed_in(hr_of(worker.employer, "own-hr"))
    page = posted(own, token_of(worker), purpose="entry")
    assert worker.name in page
    assert worker.employer.zh in page
    elsewhere = (
        Organisation.objects.filter(kind=OrganisationKind.ENTERPRISE, employees__isnull=False)
        .exclude(pk=worker.employer_id)
        .first()
    )
    stranger = signed_in(hr_of(elsewhere, "strange-hr"))
    page = posted(stranger, token_of(worker), purpose="entry")
    assert "欧**国" in page
    assert worker.name not in page


def test_a_result_shows_in_full_only_to_the_station_that_checked(client, worker):
    first, second = (signed_in(hr_of(worker.employer, name)) for name in ("first-hr", "second-hr"))
    where = first.post(reverse("public:check"), {"c": token_of(worker)}).headers["Location"]
    assert worker.name in first.get(where).content.decode()
    for other in (second, client):
        assert worker.name not in other.get(where).content.decode()


def test_a_worker_checks_as_anybody_does(worker):
    account = Account.objects.create_user("the-worker", person=worker)
    page = posted(signed_in(account), token_of(worker), purpose="entry")
    assert worker.name not in page.split('class="check-page"')[1]
    assert CodeUse.objects.get().purpose == "public"
    assert CodeUse.objects.get().by is None


def test_a_station_chooses_what_a_code_is_for(worker):
    station = signed_in(hr_of(worker.employer, "station-hr"))
    token = token_of(worker)
    assert 'value="transit"' in station.get(f"/V/{token}").content.decode()
    assert outcome_of(posted(station, token, purpose="transit")) == Outcome.VALID
    assert outcome_of(posted(station, token, purpose="service")) == Outcome.VALID
    assert outcome_of(posted(station, token, purpose="nonsense")) == Outcome.VALID
    assert sorted(CodeUse.objects.values_list("purpose", flat=True)) == ["entry", "service", "transit"]


def test_a_name_with_html_is_shown_as_text(client, worker):
    account = hr_of(worker.employer, "careful-hr")
    Person.objects.filter(pk=worker.pk).update(name="<script>alert(1)</script>")
    Organisation.objects.filter(pk=worker.employer_id).update(zh="<b>甲</b>")
    for reader in (client, signed_in(account)):
        page = posted(reader, token_of(worker))
        assert outcome_of(page) == Outcome.VALID
        assert "<script>alert" not in page
        assert "<b>甲" not in page


@pytest.mark.parametrize("outcome", [o for o in Outcome if o not in (Outcome.VALID,)])
def test_every_outcome_is_said_in_both_languages(client, outcome):
    ticket = signing.dumps([outcome, None, "public"], salt="public.seen", compress=True)
    page = client.get(reverse("public:checked", args=[ticket])).content.decode()
    sign = SIGNS[outcome]
    assert outcome_of(page) == outcome
    for text in (sign.word.zh, sign.word.en, sign.advice.zh):
        assert text in page
    assert f"check-{sign.tone}" in page


def test_a_made_up_result_is_not_shown(client):
    for ticket in ("nonsense", signing.dumps(["valid", 1, "public"], salt="another")):
        response = client.get(reverse("public:checked", args=[ticket]))
        assert response.status_code == 302
        assert response.headers["Location"] == reverse("public:verify")


@pytest.mark.parametrize("path", ["/verify?c=hello", "/V/hello", "/V/" + "A" * 143])
def test_what_is_wrong_is_said_at_once(client, path):
    assert outcome_of(client.get(path).content.decode()) in (Outcome.UNREADABLE, Outcome.UNKNOWN_KEY)


def test_a_check_needs_the_page_it_came_from(worker):
    strict = Client(enforce_csrf_checks=True)
    assert strict.post(reverse("public:check"), {"c": token_of(worker)}).status_code == 403
    assert not CodeUse.objects.exists()


def test_the_scanner_takes_printed_certificates_too(client):
    id_ = "0022f205-a3b0-4d2c-b8e1-d78c274ee454"
    response = client.post(reverse("public:check"), {"c": f"https://jigong.example.org/credentials/{id_}"})
    assert response.headers["Location"] == f"/credentials/{id_}"


def test_one_caller_cannot_check_without_end(client, worker, monkeypatch):
    at = clock.now()
    monkeypatch.setattr(clock, "now", lambda: at)
    for _ in range(CHECKS.count):
        assert client.post(reverse("public:check"), {"c": "hello"}).status_code == 302
    assert client.post(reverse("public:check"), {"c": token_of(worker)}).status_code == 429
    elsewhere = Client(REMOTE_ADDR="192.0.2.7")
    assert elsewhere.post(reverse("public:check"), {"c": "hello"}).status_code == 302


def test_the_scanner_and_the_keys_are_for_everybody(client):
    assert "data-check-form" in client.get("/verify").content.decode()
    page = client.get("/keys").content.decode()
    assert "verify_skill_code.py" in page
    keys = client.get("/.well-known/jigong-keys.json")
    assert keys.headers["Access-Control-Allow-Origin"] == "*"
    assert [key["kid"] in page for key in keys.json()["keys"]] == [True]
    assert "d" not in keys.json()["keys"][0]
