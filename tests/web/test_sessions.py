"""One read brings a session and its account; whoever changed a password or was shut out is nobody at once."""

import pytest
from django.contrib.auth import SESSION_KEY

from jigong.accounts.models import Account, Membership, Organisation, Person
from jigong.accounts.sessions.models import Session
from jigong.accounts.workers import worker_account

pytestmark = pytest.mark.django_db


@pytest.fixture
def worker(client):
    account = worker_account(Person.objects.filter(dossier__isnull=False).order_by("pk")[0])
    client.force_login(account)
    return account


def signed_in(client):
    return client.get("/worker/").status_code == 200


def test_a_session_knows_its_account_and_one_query_reads_both(client, worker, django_assert_max_num_queries):
    assert Session.objects.get().account == worker
    client.get("/worker/")
    with django_assert_max_num_queries(3):
        assert signed_in(client)


def test_a_session_ends_with_the_password_it_began_under(client, worker):
    worker.set_password("another one, quite long")
    worker.save()
    assert not signed_in(client)
    assert not Session.objects.filter(account=worker).exists()


def test_an_account_that_is_shut_is_nobody(client, worker):
    Account.objects.filter(pk=worker.pk).update(is_active=False)
    assert not signed_in(client)


def test_a_row_that_names_another_account_gives_nobody_else_away(client, worker):
    """What was signed counts: a row whose account does not match it is read as Django reads it."""
    other = Account.objects.create(username="other")
    Membership.objects.create(account=other, organisation=Organisation.objects.first(), role="leader")
    Session.objects.update(account=other)
    assert client.get("/worker/").context["user"] == worker


def test_signing_out_leaves_no_account_behind(client, worker):
    client.post("/sign-out")
    assert not Session.objects.filter(account=worker).exists()
    assert SESSION_KEY not in client.session
    assert not signed_in(client)


def test_signing_in_moves_the_session_and_ends_the_one_before(client, worker):
    before = client.session.session_key
    other = worker_account(Person.objects.filter(dossier__isnull=False).order_by("-pk")[0])
    client.force_login(other)
    assert not Session.objects.filter(session_key=before).exists()
    assert client.get("/worker/").context["user"] == other
