"""The token of the skill code by itself: no database, no site."""

import base64
import gzip
import secrets

import pytest
import segno
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from jigong.credentials.keys import verifies
from jigong.credentials.multibase import base58, base64url
from jigong.credentials.status import encoded
from jigong.credentials.token import LENGTH, Content, Token, take_apart

KEY = Ed25519PrivateKey.generate()
CONTENTS = st.builds(
    Content,
    st.binary(min_size=4, max_size=4).map(bytes.hex),
    st.integers(0, 2**32 - 1),
    st.binary(min_size=16, max_size=16),
    st.integers(0, 15),
    st.integers(0, 15),
)


def signed(content: Content) -> Token:
    return Token(content, KEY.sign(Token(content, b"").message))


@given(CONTENTS)
def test_a_token_says_what_was_put_in(content):
    text = signed(content).text()
    assert len(text) == LENGTH
    token = take_apart(text)
    assert token is not None
    assert token.content == content
    assert verifies(KEY.public_key(), token.signature, token.message)


@given(CONTENTS, st.integers(0, 89 * 8 - 1))
def test_any_flipped_bit_breaks_the_signature(content, bit):
    token = signed(content)
    data = bytearray(content.packed() + token.signature)
    data[bit // 8] ^= 1 << bit % 8
    flipped = take_apart(_spell(bytes(data)))
    assert flipped is not None
    assert not verifies(KEY.public_key(), flipped.signature, flipped.message)


@given(st.text(max_size=300))
def test_any_other_text_is_no_token(text):
    assert take_apart(text) is None


@given(CONTENTS, st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", min_size=1, max_size=1))
def test_a_token_has_one_spelling(content, last):
    text = signed(content).text()
    other = text[:-1] + last
    found = take_apart(other)
    assert found is None or found.text() == other


@pytest.mark.parametrize("wrapped", ["{}", "HTTPS://EXAMPLE.ORG/V/{}", " https://example.org/verify?c={}\n"])
def test_a_token_is_found_within_an_address(wrapped):
    token = signed(Content("00112233", 1, secrets.token_bytes(16), 1, 2))
    assert take_apart(wrapped.format(token.text())) == token
    assert take_apart(wrapped.format(token.text().lower())) == token


def test_a_token_within_more_letters_is_none():
    text = signed(Content("00112233", 1, secrets.token_bytes(16), 1, 2)).text()
    assert take_apart(text + "A") is None
    assert take_apart(text[:-1]) is None


def test_the_code_stays_coarse_enough_for_cheap_cameras():
    text = signed(Content("00112233", 1, secrets.token_bytes(16), 1, 2)).text()
    code = segno.make(f"HTTPS://JIGONG.QIANTANG.GOV.CN/V/{text}", error="m", micro=False)
    assert code.symbol_size(border=0) == (45, 45)


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"Hello World!", "2NEpo7TZRRrLZSi2U"),
        (b"\0\0(\x7f\xb4\xcd", "11233QC4"),
        (b"", ""),
    ],
)
def test_base58(data, text):
    assert base58(data) == text


@given(st.sets(st.integers(0, 131_071), max_size=40))
def test_a_status_list_holds_exactly_its_bits(revoked):
    text = encoded(revoked)
    bits = gzip.decompress(_unspell(text[1:]))
    assert text[0] == "u"
    assert len(bits) == 16_384
    assert {i for i in range(131_072) if bits[i >> 3] & (0x80 >> (i & 7))} == revoked


def _spell(data: bytes) -> str:
    return base64.b32encode(data).decode().rstrip("=")


def _unspell(text: str) -> bytes:
    data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    assert base64url(data) == text
    return data
