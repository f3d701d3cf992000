"""Encryption of what identifies a person, and keyed hashes by which it is found again.

Keys are derived from the site's data key with HKDF, one for each use and cipher. A sealed value is
one byte that names the cipher, a 12-byte nonce, the ciphertext and a 16-byte tag; the ``context``
(such as ``person.number``) is authenticated with it, so that a value cannot be moved to another column.
"""

import hmac
import os
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from jigong.kernel.problems import error

_NONCE, _TAG = 12, 16
_CIPHERS = {"aes": b"\x01", "sm4": b"\x02"}
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
    """What was sealed under the same ``context``, whichever cipher the site used then.

    Raises:
        JigongError: it was changed, moved, or sealed with another key.
    """
    return _unseal(bytes(sealed), context, settings.JIGONG.data_key)


def reseal(sealed: bytes | memoryview, context: str, *, old_key: bytes) -> bytes:
    """What was sealed with an earlier data key, sealed with the site's key and cipher; for changing the key.

    Raises:
        JigongError: ``old_key`` is not the key it was sealed with.
    """
    return seal(_unseal(bytes(sealed), context, old_key), context)


def _unseal(sealed: bytes, context: str, data_key: bytes) -> bytes:
    kind, nonce, rest = sealed[:1], sealed[1 : 1 + _NONCE], sealed[1 + _NONCE :]
    try:
        key = _key(f"seal {kind.hex()}", _KEY_LENGTH[kind], data_key)
        if kind == b"\x01":
            return _aes(key).decrypt(nonce, rest, context.encode())
        decryptor = Cipher(algorithms.SM4(key), modes.GCM(nonce, rest[-_TAG:])).decryptor()
        decryptor.authenticate_additional_data(context.encode())
        return decryptor.update(rest[:-_TAG]) + decryptor.finalize()
    except (InvalidTag, KeyError, ValueError):
        raise error(
            "加密数据无法解开：密钥不对，或数据被改动",
            "sealed data cannot be opened: another key, or it was changed",
            remedy=("核对 JIGONG_DATA_KEY 是否为写入时的密钥", "check that JIGONG_DATA_KEY is the key it was written with"),
        ) from None  # fmt: skip


def seal_text(plain: str, context: str) -> bytes:
    """:func:`seal` of a text."""
    return seal(plain.encode(), context)


def unseal_text(sealed: bytes | memoryview, context: str) -> str:
    """:func:`unseal` of a text."""
    return unseal(sealed, context).decode()


def lookup(value: str, use: str) -> str:
    """A keyed hash (HMAC-SHA-256, 64 hex digits) that finds ``value`` without showing it."""
    return hmac.digest(_key(f"lookup {use}", 32, settings.JIGONG.data_key), value.encode(), "sha256").hex()
