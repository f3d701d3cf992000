"""Encryption of what identifies a person, and keyed hashes by which it is found again.

Keys are derived with HKDF, one for each use and cipher: those that seal from the site's data key, those of
hashes from its lookup key. A sealed value is one byte that names the cipher, a 12-byte nonce, the
ciphertext and a 16-byte tag; the ``context`` (such as ``person.number``) is authenticated with it, so that
a value cannot be moved to another column. The data key may be changed (:mod:`jigong.config.reseal`): what
was sealed with one before it opens as long as the site is told that one too, or keeps it, sealed itself. The
lookup key never changes.
"""

import hmac
import os
from collections.abc import Iterator
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.db import connection

from jigong.kernel.problems import error

_NONCE, _TAG = 12, 16
_CIPHERS = {"aes": b"\x01", "sm4": b"\x02"}
KEPT_KEY = "data.key"
"""The context of kept data keys."""
_kept: dict[tuple[bytes, ...], tuple[bytes, ...]] = {}
"""The kept keys this process has read, by the site's own."""
_KEY_LENGTH = {b"\x01": 32, b"\x02": 16}


@lru_cache
def _key(use: str, length: int, data_key: bytes) -> bytes:
    return HKDF(hashes.SHA256(), length, salt=None, info=f"jigong {use}".encode()).derive(data_key)


@lru_cache
def _aes(key: bytes) -> AESGCM:
    return AESGCM(key)


def seal(plain: bytes, context: str) -> bytes:
    """``plain`` encrypted with the site's cipher."""
    kind = _CIPHERS[settings.JIGONG.cipher]
    key = _key(f"seal {kind.hex()}", _KEY_LENGTH[kind], settings.JIGONG.data_key)
    nonce = os.urandom(_NONCE)
    if kind == b"\x01":
        return kind + nonce + _aes(key).encrypt(nonce, plain, context.encode())
    encryptor = Cipher(algorithms.SM4(key), modes.GCM(nonce)).encryptor()
    encryptor.authenticate_additional_data(context.encode())
    return kind + nonce + encryptor.update(plain) + encryptor.finalize() + encryptor.tag


def unseal(sealed: bytes | memoryview, context: str) -> bytes:
    """What was sealed under the same ``context``, with the data key or one before it, by whichever cipher.

    Raises:
        JigongError: it was changed, moved, or sealed with another key.
    """
    for data_key in _keys():
        plain = _opened(bytes(sealed), context, data_key)
        if plain is not None:
            return plain
    raise error(
        "加密数据无法解开：密钥不对，或数据被改动",
        "sealed data cannot be opened: another key, or it was changed",
        remedy=("核对 JIGONG_DATA_KEY 是否为写入时的密钥", "check that JIGONG_DATA_KEY is the key it was written with"),
    )  # fmt: skip


def reseal(sealed: bytes | memoryview, context: str) -> bytes | None:
    """The same sealed with the site's key and cipher; None where it is already.

    Raises:
        JigongError: as for :func:`unseal`.
    """
    held = bytes(sealed)
    if (
        held[:1] == _CIPHERS[settings.JIGONG.cipher]
        and _opened(held, context, settings.JIGONG.data_key) is not None
    ):
        return None
    return seal(unseal(held, context), context)


def keep_key(data_key: bytes) -> None:
    """Keep a data key in the database, sealed with the present one: for what it sealed in tables that only grow."""
    name = lookup(data_key.hex(), KEPT_KEY)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO accounts_datakey (name, sealed) VALUES (%s, %s) ON CONFLICT (name) DO NOTHING",
            [name, seal(data_key, KEPT_KEY)],
        )


def _keys() -> Iterator[bytes]:
    """Every key a value may have been sealed with, the likeliest first; the database is asked only when it must be."""
    site = (settings.JIGONG.data_key, *settings.JIGONG.old_data_keys)
    yield from site
    yield from _kept.get(site, ())
    with connection.cursor() as cursor:
        cursor.execute("SELECT sealed FROM accounts_datakey")
        sealed = [bytes(row[0]) for row in cursor.fetchall()]
    opened = [_opened(one, KEPT_KEY, key) for one in sealed for key in site]
    found = tuple(key for key in opened if key is not None)
    if found != _kept.get(site, ()):
        _kept[site] = found
        yield from found


def _opened(sealed: bytes, context: str, data_key: bytes) -> bytes | None:
    kind, nonce, rest = sealed[:1], sealed[1 : 1 + _NONCE], sealed[1 + _NONCE :]
    try:
        key = _key(f"seal {kind.hex()}", _KEY_LENGTH[kind], data_key)
        if kind == b"\x01":
            return _aes(key).decrypt(nonce, rest, context.encode())
        decryptor = Cipher(algorithms.SM4(key), modes.GCM(nonce, rest[-_TAG:])).decryptor()
        decryptor.authenticate_additional_data(context.encode())
        return decryptor.update(rest[:-_TAG]) + decryptor.finalize()
    except (InvalidTag, KeyError, ValueError):
        return None


def seal_text(plain: str, context: str) -> bytes:
    """:func:`seal` of a text."""
    return seal(plain.encode(), context)


def unseal_text(sealed: bytes | memoryview, context: str) -> str:
    """:func:`unseal` of a text."""
    return unseal(sealed, context).decode()


def lookup(value: str | bytes, use: str) -> str:
    """A keyed hash (HMAC-SHA-256, 64 hex digits) that finds ``value`` without showing it."""
    plain = value.encode() if isinstance(value, str) else value
    return hmac.digest(_key(f"lookup {use}", 32, settings.JIGONG.lookup_key), plain, "sha256").hex()
