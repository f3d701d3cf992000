"""The data key is changed: everything is sealed anew while the site runs, and still opens when the old key is gone."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from django.apps import apps
from django.conf import settings
from django.db import connection
from django.db.models import BinaryField
from django.utils import timezone

from access_made import make_member, make_organisation
from jigong.accounts import cipher as cipher_module
from jigong.accounts.adapters import SecondFactorAdapter
from jigong.accounts.cipher import seal_text, unseal
from jigong.accounts.models import DataKey, Person
from jigong.accounts.queries import check_keys, person_with_number
from jigong.accounts.second_factor import new_secret, recovery_left
from jigong.audit.models import Entry
from jigong.config import reseal as resealing
from jigong.config.reseal import COLUMNS, Done, Sealed, reseal_all
from jigong.credentials.enums import KeyUse
from jigong.credentials.models import Credential, SigningKey
from jigong.delivery.basis import freeze, open_basis
from jigong.delivery.models import Basis, Entitlement
from jigong.dossiers.law import current_run, held_of, law_of_run
from jigong.dossiers.models import Dossier
from jigong.kernel.problems import JigongError

pytestmark = pytest.mark.django_db
NEW = bytes(range(32))
PLAIN = {"credentials_signingkey.public", "lottery_document.body"}
"""What is public."""
SOURCES = Path(__file__).parents[2] / "src" / "jigong"


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    monkeypatch.setattr(cipher_module, "_kept", {})  # what other tests' databases kept

    def use(**changes: Any) -> None:
        monkeypatch.setattr(settings, "JIGONG", replace(settings.JIGONG, **changes))

    return use


@pytest.fixture
def rotated(site: Callable[..., None]) -> Callable[[], None]:
    """Changes the key; the old one still opens what it sealed."""

    def rotate() -> None:
        site(data_key=NEW, old_data_keys=(settings.JIGONG.data_key,))

    return rotate


def whole() -> dict[str, Done]:
    return {done.name: done for done in reseal_all(at=timezone.now(), at_once=97)}


def values(column: Sealed) -> Iterator[tuple[Any, bytes]]:
    rows = column.model._base_manager.order_by("pk").values_list("pk", column.column)
    return ((pk, bytes(held)) for pk, held in rows if held)


def opened() -> dict[tuple[str, Any], bytes]:
    """Everything that is sealed, opened."""
    return {
        (column.name, pk): unseal(held, column.context.format(pk=pk))
        for column in COLUMNS
        for pk, held in values(column)
    }


def factor() -> Any:
    account = make_member("kept", "officer", make_organisation("bureau", "u"))
    TOTP.activate(account, new_secret())
    RecoveryCodes.activate(account)
    return account


def test_every_sealed_column_is_known():
    found = {
        f"{model._meta.db_table}.{field.column}"
        for model in apps.get_models()
        for field in model._meta.concrete_fields
        if isinstance(field, BinaryField)
    }
    assert found - PLAIN == {column.name for column in COLUMNS}


def test_which_tables_only_grow_is_known():
    """The database itself says so: such a value could not be sealed anew."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT c.relname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid WHERE t.tgname LIKE '%_refuse_change'")  # fmt: skip
        guarded = {row[0] for row in cursor.fetchall()}
    assert {c.name for c in COLUMNS if c.fixed} == {
        c.name for c in COLUMNS if c.model._meta.db_table in guarded
    }


def test_every_context_is_one_that_something_seals_with():
    text = "".join(p.read_text(encoding="utf-8") for p in SOURCES.rglob("*.py") if p.name != "reseal.py")
    for column in COLUMNS:
        assert re.search(f'"{re.escape(column.context.replace("{pk}", "{kid}"))}"', text), column


def test_rotate_reseal_drop_the_old_key_and_everything_reads(rotated, site):
    account = factor()
    person = Person.objects.order_by("pk")[0]
    SigningKey.objects.create(
        kid="0a0b0c0d", use=KeyUse.CREDENTIAL, public=b"p", private=resealing_key(), created_at=timezone.now(), signs_from=timezone.now()
    )  # fmt: skip
    Credential.objects.create(
        kind="k", subject_hash="h", person=person, achievement="a", zh="证", en="c", awarded_on="2022-05-01",
        claims=seal_text("{}", "credential.claims"), claims_hash="0" * 64, issued_at=timezone.now(), status_list=9, status_index=0,
    )  # fmt: skip
    before = opened()
    secrets = [SecondFactorAdapter().decrypt(a.data.get("secret") or a.data["seed"]) for a in Authenticator.objects.order_by("pk")]  # fmt: skip
    rotated()
    assert opened() == before
    passed = whole()
    people = passed["accounts_person.number"]
    assert people.values == people.sealed == Person.objects.count()
    assert passed["dossiers_dossier.body"].sealed == Dossier.objects.count()
    assert passed["delivery_entitlement.subject"].sealed == Entitlement.objects.count()
    assert passed["mfa_authenticator.data"].sealed == 2
    assert sum(done.left + done.unreadable for done in passed.values()) == 0
    said = json.loads(Entry.objects.get(action="accounts.reseal").detail)
    assert said == {"sealed": sum(done.sealed for done in passed.values())}
    site(old_data_keys=())
    assert opened() == before
    assert held_of(Dossier.objects.select_related("run").get(person=person)).facts
    person.refresh_from_db()
    assert person_with_number(person.open_number()) == person
    assert secrets == [SecondFactorAdapter().decrypt(a.data.get("secret") or a.data["seed"]) for a in Authenticator.objects.order_by("pk")]  # fmt: skip
    assert recovery_left(account) == 10
    assert sum(done.sealed for done in whole().values()) == 0


def resealing_key() -> bytes:
    return seal_text("x" * 32, "credentials.key.0a0b0c0d")


def confirmed_basis() -> tuple[Basis, bytes]:
    """What a decision rested on, in a table that only grows."""
    entitlement = Entitlement.objects.filter(person__isnull=False).order_by("pk")[0]
    basis = freeze(entitlement, at=timezone.now(), claimed={})
    return basis, bytes(basis.body)


def test_what_only_grows_stays_and_opens_without_the_old_key(rotated, site):
    basis, body = confirmed_basis()
    pack = law_of_run(current_run()).pack
    before = open_basis(basis, pack)
    rotated()
    first = whole()
    assert first["delivery_basis.body"].kept == Basis.objects.count()
    assert sum(done.left + done.unreadable for done in first.values()) == 0
    second = whole()
    assert sum(done.sealed + done.left for done in second.values()) == 0
    site(old_data_keys=())
    basis.refresh_from_db()
    assert bytes(basis.body) == body
    assert open_basis(basis, pack) == before
    # Changed once more, the kept key is sealed with the newest, and still opens it.
    site(data_key=bytes(32), old_data_keys=(NEW,))
    assert whole()["accounts_datakey.sealed"].sealed == 1
    site(old_data_keys=())
    assert open_basis(basis, pack) == before


def test_no_key_is_kept_that_nothing_needs(rotated):
    rotated()
    whole()
    assert not DataKey.objects.exists()


def test_it_goes_on_where_it_was_stopped(rotated, monkeypatch):
    factor()
    rotated()
    write, written = resealing._write, []

    def breaking(column, renewed):
        if len(written) == 3:
            raise KeyboardInterrupt
        written.append(len(renewed))
        return write(column, renewed)

    monkeypatch.setattr(resealing, "_write", breaking)
    with pytest.raises(KeyboardInterrupt):
        whole()
    monkeypatch.setattr(resealing, "_write", write)
    again = whole()["accounts_person.number"]
    assert (again.values, again.sealed) == (Person.objects.count(), Person.objects.count() - sum(written))


def test_what_the_site_changes_meanwhile_is_not_undone(rotated, monkeypatch):
    """Compare and set: the newer value stays, and the next pass finds nothing old."""
    rotated()
    person = Person.objects.exclude(mobile=None).order_by("pk")[0]
    write = resealing._write

    def slowly(column, renewed):
        if column.name == "accounts_person.mobile" and renewed[0][0] == person.pk:
            Person.objects.filter(pk=person.pk).update(mobile=seal_text("13900000000", "person.mobile"))
        return write(column, renewed)

    monkeypatch.setattr(resealing, "_write", slowly)
    assert whole()["accounts_person.mobile"].left == 1
    person.refresh_from_db()
    assert person.open_mobile() == "13900000000"
    assert sum(done.sealed + done.left for done in whole().values()) == 0


def test_a_row_somebody_holds_is_not_waited_for(rotated):
    person = Person.objects.order_by("pk")[0]
    column = next(c for c in COLUMNS if c.name == "accounts_person.number")
    held = bytes(person.number)
    with psycopg.connect(conninfo()) as other:
        other.execute("SELECT 1 FROM accounts_person WHERE id = %s FOR UPDATE", [person.pk])
        assert resealing._write(column, [(person.pk, held, held)]) == 0
        other.rollback()
    assert resealing._write(column, [(person.pk, held, held)]) == 1


def conninfo() -> str:
    given = connection.get_connection_params()
    known = {name: given[name] for name in ("dbname", "user", "password", "host", "port") if given.get(name)}
    return psycopg.conninfo.make_conninfo(**known)


def test_what_no_key_opens_is_counted_and_left(rotated, site):
    person = Person.objects.order_by("pk")[0]
    damaged = bytes(person.number)[:-1] + b"x"
    Person.objects.filter(pk=person.pk).update(number=damaged)
    rotated()
    assert whole()["accounts_person.number"].unreadable == 1
    person.refresh_from_db()
    assert bytes(person.number) == damaged


def test_a_site_does_not_start_with_keys_of_another(site):
    check_keys()
    key = settings.JIGONG.lookup_key
    site(lookup_key=NEW)
    with pytest.raises(JigongError, match="look-up key"):
        check_keys()
    site(lookup_key=key, data_key=NEW)
    with pytest.raises(JigongError, match="cannot be opened"):
        check_keys()
