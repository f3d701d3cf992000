"""Sealed values: both ciphers, switched at any time; tampering and moving are noticed."""

import base64
from dataclasses import replace

import pytest
from django.conf import settings

from jigong.accounts import cipher as cipher_module
from jigong.accounts.cipher import keep_key, lookup, reseal, seal, seal_text, unseal, unseal_text
from jigong.accounts.models import DataKey
from jigong.kernel.problems import JigongError

pytestmark = pytest.mark.django_db
PLAIN = "330114199003071236"
NEW = bytes(range(32))


@pytest.fixture
def site(monkeypatch):
    monkeypatch.setattr(cipher_module, "_kept", {})  # what other tests' databases kept

    def use(**changes):
        monkeypatch.setattr(settings, "JIGONG", replace(settings.JIGONG, **changes))

    return use


@pytest.mark.parametrize(("cipher", "mark"), [("aes", b"\x01"), ("sm4", b"\x02")])
def test_what_was_sealed_is_read_again(site, cipher, mark):
    site(cipher=cipher)
    sealed = seal_text(PLAIN, "person.number")
    assert sealed[:1] == mark
    assert PLAIN.encode() not in sealed
    assert unseal_text(memoryview(sealed), "person.number") == PLAIN


def test_the_same_value_is_never_sealed_the_same_way_twice():
    assert seal_text(PLAIN, "person.number") != seal_text(PLAIN, "person.number")


@pytest.mark.parametrize(("before", "after"), [("aes", "sm4"), ("sm4", "aes")])
def test_after_the_cipher_was_switched_old_values_are_read(site, before, after):
    site(cipher=before)
    sealed = seal_text(PLAIN, "person.number")
    site(cipher=after)
    assert unseal_text(sealed, "person.number") == PLAIN


@pytest.mark.parametrize("cipher", ["aes", "sm4"])
def test_any_changed_byte_is_noticed(site, cipher):
    site(cipher=cipher)
    sealed = seal(b"1234", "bank.number")
    for place in range(len(sealed)):
        changed = bytearray(sealed)
        changed[place] ^= 1
        with pytest.raises(JigongError):
            unseal(bytes(changed), "bank.number")


@pytest.mark.parametrize("cipher", ["aes", "sm4"])
@pytest.mark.parametrize("cut", [0, 1, 12, 20])
def test_a_cut_value_is_noticed(site, cipher, cut):
    site(cipher=cipher)
    with pytest.raises(JigongError):
        unseal(seal(b"1234", "bank.number")[:cut], "bank.number")


@pytest.mark.parametrize("cipher", ["aes", "sm4"])
def test_a_value_moved_to_another_column_is_noticed(site, cipher):
    site(cipher=cipher)
    with pytest.raises(JigongError):
        unseal_text(seal_text("13800001234", "person.mobile"), "person.number")


@pytest.mark.parametrize("cipher", ["aes", "sm4"])
def test_another_key_opens_nothing(site, cipher):
    site(cipher=cipher)
    sealed = seal_text(PLAIN, "person.number")
    site(data_key=base64.b64decode("b3RoZXIga2V5IG9mIHRoaXJ0eSB0d28gYnl0ZXMuLi4="))
    with pytest.raises(JigongError) as refused:
        unseal_text(sealed, "person.number")
    assert "JIGONG_DATA_KEY" in str(refused.value)


def test_a_look_up_depends_on_value_use_and_key(site):
    found = lookup(PLAIN, "person.number")
    assert found == lookup(PLAIN, "person.number")
    assert len({found, lookup(PLAIN, "person.mobile"), lookup(PLAIN[:-1], "person.number")}) == 3
    site(lookup_key=bytes(32))
    assert lookup(PLAIN, "person.number") != found


def test_a_new_data_key_changes_no_look_up(site):
    found = lookup(PLAIN, "person.number")
    site(data_key=bytes(32))
    assert lookup(PLAIN, "person.number") == found


@pytest.mark.parametrize("cipher", ["aes", "sm4"])
def test_after_the_key_was_changed_old_values_are_read_and_sealed_anew(site, cipher):
    site(cipher=cipher)
    old, sealed = settings.JIGONG.data_key, seal_text(PLAIN, "person.number")
    site(data_key=NEW, cipher="sm4")
    with pytest.raises(JigongError):
        reseal(sealed, "person.number")
    site(old_data_keys=(bytes(32), old))
    assert unseal_text(sealed, "person.number") == PLAIN
    again = reseal(sealed, "person.number")
    assert again is not None
    assert reseal(again, "person.number") is None
    site(old_data_keys=())
    assert unseal_text(again, "person.number") == PLAIN
    assert again[:1] == b"\x02"
    with pytest.raises(JigongError):
        unseal_text(sealed, "person.number")


def test_after_the_cipher_was_switched_values_are_sealed_anew(site):
    sealed = seal_text(PLAIN, "person.number")
    assert reseal(sealed, "person.number") is None
    site(cipher="sm4")
    assert (reseal(sealed, "person.number") or b"")[:1] == b"\x02"


def test_a_kept_key_opens_what_it_sealed_and_is_sealed_itself(site):
    old, sealed = settings.JIGONG.data_key, seal_text(PLAIN, "basis.body")
    site(data_key=NEW, old_data_keys=(old,))
    for _ in range(2):
        keep_key(old)
    held = DataKey.objects.get()
    assert old not in bytes(held.sealed)
    site(old_data_keys=())
    assert unseal_text(sealed, "basis.body") == PLAIN
    assert unseal_text(sealed, "basis.body") == PLAIN
    # Without the key it is sealed with it opens nothing.
    site(data_key=bytes(32))
    with pytest.raises(JigongError):
        unseal_text(sealed, "basis.body")
