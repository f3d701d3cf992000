"""The skill code: what it holds, when it is good, who signed it, and that it is good once."""

import json
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.db import DatabaseError, connection, connections, transaction
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from jigong.accounts.enums import OrganisationKind, Role
from jigong.accounts.models import Account, Membership, Organisation, Person
from jigong.audit.models import Entry
from jigong.credentials import keys
from jigong.credentials.check import KEPT, SKEW, check, forget_uses, inspect
from jigong.credentials.code import current_code, qr_svg, shown_of, unhide
from jigong.credentials.enums import KeyUse, Outcome, Purpose
from jigong.credentials.models import CodeUse, SigningKey
from jigong.credentials.site import Site
from jigong.credentials.token import SECONDS, Content, Token, take_apart
from jigong.credentials.wellknown import code_keys
from jigong.dossiers.law import current_run, law_of_run
from jigong.kernel.problems import JigongError

pytestmark = pytest.mark.django_db

NOW = datetime(2023, 1, 1, 12, tzinfo=timezone.get_fixed_timezone(480))
SCRIPT = Path(__file__).parents[2] / "src/jigong/portals/public/static/public/verify_skill_code.py"


@pytest.fixture(autouse=True)
def no_keys(db: None) -> None:
    """Each test begins before the site's first key."""
    SigningKey.objects.all().delete()


def seconds(count: float) -> timedelta:
    return timedelta(seconds=count)


@pytest.fixture
def worker() -> Person:
    return Person.objects.filter(dossier__tier__gt="", employer__isnull=False).order_by("id")[0]


@pytest.fixture
def officer() -> Account:
    account = Account.objects.create_user("a-union-officer")
    union = Organisation.objects.get(kind=OrganisationKind.BUREAU, code="union")
    Membership.objects.create(account=account, organisation=union, role=Role.OFFICER)
    return account


def seen(token: str, at: datetime = NOW, purpose: Purpose = Purpose.PUBLIC) -> Outcome:
    return check(token, purpose=purpose, by=None, at=at).outcome


def test_a_fresh_code_is_valid_and_shows_whose_it_is(worker):
    code = current_code(worker, at=NOW)
    found = check(code.token, purpose=Purpose.PUBLIC, by=None, at=NOW)
    assert (found.outcome, found.person) == (Outcome.VALID, worker)
    assert code.expires_at - code.issued_at == seconds(SECONDS)


def test_a_code_shows_the_tier_and_level_of_the_dossier(worker):
    token = take_apart(current_code(worker, at=NOW).token)
    shown = shown_of(worker)
    law = law_of_run(current_run())
    assert token is not None
    assert shown is not None
    assert law.pack.tiers[token.content.tier - 1].value.id == worker.dossier.tier
    assert shown.tier == law.pack.tiers[token.content.tier - 1].value.label
    assert shown.level == law.pack.skill_code.value.level.words[token.content.level].label


def test_a_code_names_nobody_and_no_two_are_alike(worker):
    first, second = (current_code(worker, at=NOW).token for _ in range(2))
    one, two = take_apart(first), take_apart(second)
    assert one is not None
    assert two is not None
    assert one.content.holder != two.content.holder
    assert not set(zip(one.content.holder[::4], one.content.holder[1::4], strict=True)) & set(
        zip(two.content.holder[::4], two.content.holder[1::4], strict=True)
    )
    assert worker.open_number().encode() not in one.content.packed()
    assert worker.pk.to_bytes(8) not in one.content.packed()
    assert unhide(one.content.holder) == unhide(two.content.holder) == worker.pk


def test_both_ciphers_of_a_site_hide_the_holder(worker, settings):
    settings.JIGONG = replace(settings.JIGONG, cipher="sm4")
    assert seen(current_code(worker, at=NOW).token) == Outcome.VALID


@pytest.mark.parametrize(
    ("later", "outcome"),
    [
        (-SKEW - 1, Outcome.EARLY),
        (-SKEW, Outcome.VALID),
        (0, Outcome.VALID),
        (SECONDS, Outcome.VALID),
        (SECONDS + SKEW - 1, Outcome.VALID),
        (SECONDS + SKEW, Outcome.EXPIRED),
        (86_400, Outcome.EXPIRED),
    ],
)
def test_a_code_is_good_for_a_minute_give_or_take_the_clocks(worker, later, outcome):
    code = current_code(worker, at=NOW)
    assert inspect(code.token, at=NOW + seconds(later))[0] == outcome


@given(bit=st.integers(0, 89 * 8 - 1))
def test_a_flipped_bit_is_never_accepted(worker, bit):
    token = take_apart(current_code(worker, at=NOW).token)
    data = bytearray(token.content.packed() + token.signature)
    data[bit // 8] ^= 1 << bit % 8
    content = Content(
        data[:4].hex(), int.from_bytes(data[4:8]), bytes(data[8:24]), data[24] >> 4, data[24] & 15
    )
    outcome = inspect(Token(content, bytes(data[25:])).text(), at=NOW)[0]
    assert outcome == (Outcome.UNKNOWN_KEY if bit < 32 else Outcome.FORGED)


def test_a_signature_of_another_key_under_our_key_id_is_forged(worker):
    token = take_apart(current_code(worker, at=NOW).token)
    forged = Token(token.content, Ed25519PrivateKey.generate().sign(token.message))
    assert seen(forged.text()) == Outcome.FORGED


def test_a_code_of_another_site_is_unknown(worker):
    stranger = Ed25519PrivateKey.generate()
    content = Content("deadbeef", int(NOW.timestamp()), bytes(16), 1, 1)
    keys.signer(KeyUse.CODE, at=NOW)
    token = Token(content, stranger.sign(Token(content, b"").message))
    assert seen(token.text()) == Outcome.UNKNOWN_KEY


def test_a_signature_made_for_something_else_is_no_code(worker):
    token = take_apart(current_code(worker, at=NOW).token)
    bare = keys.signer(KeyUse.CODE, at=NOW).sign(token.content.packed())
    assert seen(Token(token.content, bare).text()) == Outcome.FORGED


@pytest.mark.parametrize("text", ["", "hello", "HTTPS://EXAMPLE.ORG/V/ABC", "A" * 142, "1" * 143, "\0" * 500])
def test_what_is_no_code_is_said_to_be_none(text):
    assert seen(text) == Outcome.UNREADABLE


def test_a_holder_who_left_the_data_is_not_let_in(worker):
    token = current_code(worker, at=NOW).token
    Person.objects.filter(pk=worker.pk).update(listed=False)
    assert seen(token) == Outcome.GONE


def test_a_code_is_good_once_for_each_purpose(worker, officer):
    token = current_code(worker, at=NOW).token
    assert seen(token) == Outcome.VALID
    assert seen(token) == Outcome.USED
    assert seen(token, NOW + seconds(30)) == Outcome.USED
    assert check(token, purpose=Purpose.ENTRY, by=officer, at=NOW).outcome == Outcome.VALID
    assert seen(token, purpose=Purpose.ENTRY) == Outcome.USED
    assert CodeUse.objects.count() == 2


def test_a_station_that_checks_is_recorded(worker, officer):
    token = current_code(worker, at=NOW).token
    check(token, purpose=Purpose.SERVICE, by=officer, at=NOW)
    entry = Entry.objects.get(action="credentials.check_code")
    assert (entry.actor, entry.person) == (officer.pk, worker.pk)
    assert "service" in entry.detail


def test_uses_only_grow_and_are_forgotten_after_a_day(worker):
    long_ago = timezone.now() - KEPT - seconds(60)
    assert seen(current_code(worker, at=long_ago).token, long_ago) == Outcome.VALID
    today = timezone.now()
    assert seen(current_code(worker, at=today).token, today) == Outcome.VALID
    for change in (
        lambda: CodeUse.objects.update(purpose=Purpose.ENTRY),
        lambda: CodeUse.objects.all().delete(),
        lambda: connection.cursor().execute("SET CONSTRAINTS ALL IMMEDIATE; TRUNCATE credentials_codeuse"),
    ):
        with pytest.raises(DatabaseError, match="only grows"), transaction.atomic():
            change()
    assert CodeUse.objects.count() == 2
    assert forget_uses(at=today) == 1
    assert forget_uses(at=today) == 0


def test_keys_rotate_with_an_overlap(worker):
    old = keys.signer(KeyUse.CODE, at=NOW).kid
    new = keys.rotate(KeyUse.CODE, by=None, at=NOW).kid
    names = lambda at: {key.kid for key in keys.published(KeyUse.CODE, at=at)}  # noqa: E731
    assert names(NOW) == {old, new}
    assert keys.signer(KeyUse.CODE, at=NOW + keys.AHEAD - seconds(1)).kid == old
    over = NOW + keys.AHEAD
    last = current_code(worker, at=over - seconds(1)).token
    assert keys.signer(KeyUse.CODE, at=over).kid == new
    assert seen(last, over + seconds(20)) == Outcome.VALID
    assert seen(current_code(worker, at=over).token, over) == Outcome.VALID
    assert names(over + keys.AHEAD) == {new}


def test_nothing_a_withdrawn_key_signed_counts(worker):
    token = current_code(worker, at=NOW).token
    kid = take_apart(token).content.kid
    with pytest.raises(JigongError):
        keys.withdraw(kid=kid, by=None, at=NOW, reason=" ")
    keys.withdraw(kid=kid, by=None, at=NOW, reason="被盗")
    assert seen(token) == Outcome.UNKNOWN_KEY
    fresh = current_code(worker, at=NOW).token
    assert take_apart(fresh).content.kid != kid
    assert seen(fresh) == Outcome.VALID


def test_private_keys_are_sealed(worker):
    current_code(worker, at=NOW)
    key = SigningKey.objects.get(use=KeyUse.CODE)
    opened = keys.signer(KeyUse.CODE, at=NOW).private
    assert opened.public_key().public_bytes_raw() == bytes(key.public)
    assert opened.private_bytes_raw() not in bytes(key.private)
    with pytest.raises(JigongError):
        keys._opened("00000000", bytes(key.private))


def test_the_code_drawn_is_an_svg_without_styles(worker):
    code = current_code(worker, at=NOW)
    drawn = qr_svg(code.address("https://jigong.example.org"))
    assert drawn.startswith("<svg")
    assert "style" not in drawn
    assert 'viewBox="0 0 53 53"' in drawn
    assert code.address("https://jigong.example.org/") == f"HTTPS://JIGONG.EXAMPLE.ORG/V/{code.token}"


def offline(folder: Path, *codes: str) -> list[str]:
    """What the script a guard downloads says of codes, one line for each."""
    done = subprocess.run(
        [sys.executable, str(SCRIPT), str(folder / "keys.json"), *codes],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    return done.stdout.splitlines()


def test_a_code_is_checked_offline_by_a_script_of_its_own(worker, tmp_path):
    now = timezone.now()
    code = current_code(worker, at=now)
    old = current_code(worker, at=now - seconds(600))
    early = current_code(worker, at=now + seconds(600))
    law = law_of_run(current_run())
    keys_file = code_keys(law, Site("https://jigong.example.org"), at=now)
    (tmp_path / "keys.json").write_text(json.dumps(keys_file), encoding="utf-8")
    token = take_apart(code.token)
    forged = Token(token.content, Ed25519PrivateKey.generate().sign(token.message)).text()
    stranger = Token(Content("00000000", int(now.timestamp()), bytes(16), 1, 1), token.signature).text()
    address = code.address("https://jigong.example.org")
    lines = offline(tmp_path, address, code.token, old.token, early.token, forged, stranger, "hello")
    shown = shown_of(worker)
    assert lines[0] == f"valid {shown.tier.zh} {shown.level.zh}"
    assert lines[1:] == ["used", "expired", "early", "forged", "unknown key", "unreadable"]


def test_the_offline_script_is_short_and_needs_one_library():
    text = SCRIPT.read_text(encoding="utf-8")
    code = [line for line in text.splitlines() if line.strip() and not line.strip().startswith(("#", '"""'))]
    assert len(code) <= 50
    third = [line for line in code if line.startswith("from") and "typing" not in line]
    assert all(line.startswith("from cryptography") for line in third)


def test_two_gates_at_once_let_one_in(django_db_setup, django_db_blocker):
    """On connections of their own, as two processes would be; two days ago, so that all can be cleared away."""
    gates, then = 6, timezone.now() - 2 * KEPT
    barrier = Barrier(gates)

    def apart(do: Callable[[], Any]) -> Any:
        """In a thread of its own, which has a connection of its own."""

        def run() -> Any:
            try:
                return do()
            finally:
                connections["default"].close()

        with ThreadPoolExecutor(1) as pool:
            return pool.submit(run).result()

    def make() -> list[str]:
        worker = Person.objects.filter(listed=True).order_by("id")[0]
        return [current_code(worker, at=then).token for _ in range(5)]

    def gate(token: str) -> Outcome:
        try:
            barrier.wait()
            return seen(token, then)
        finally:
            connections["default"].close()

    def clear() -> int:
        SigningKey.objects.filter(created_at=then).delete()
        return forget_uses(at=timezone.now())

    with django_db_blocker.unblock():
        try:
            for token in apart(make):
                with ThreadPoolExecutor(gates) as pool:
                    found = list(pool.map(gate, [token] * gates))
                assert sorted(found) == sorted([Outcome.VALID] + [Outcome.USED] * (gates - 1))
        finally:
            assert apart(clear) == 5
