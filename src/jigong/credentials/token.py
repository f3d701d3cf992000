"""The skill code's token: 89 bytes that anybody with the public key can check, offline.

=====  ======  =======================================================================
bytes  length  what
=====  ======  =======================================================================
0      4       key id
4      4       when it was made: seconds since 1970, big-endian
8      16      one-time holder id; only the site can tell whose it is
24     1       high four bits: tier of points from 1, 0 none; low four: level; in both 15: unknown
25     64      Ed25519 signature over :data:`DOMAIN` and the 25 bytes before
=====  ======  =======================================================================

It is written in Base32 (RFC 4648) without padding, 143 characters: letters and digits cost a QR code
5.5 bits each where other characters cost 8, and the URL is kept in capitals for the same reason.
"""

import base64
import binascii
import re
import struct
from dataclasses import dataclass

DOMAIN = b"jigong skill code 1\x00"
"""Signed before the content, so that a signature made for something else is never a code."""
LENGTH = 143
SECONDS = 60
"""How long a code is good for."""
NO_TIER, UNKNOWN_TIER, UNKNOWN_LEVEL = 0, 15, 15
_CONTENT = struct.Struct(">4sI16sB")
_SIGNATURE = 64
_IN_TEXT = re.compile(rf"(?<![A-Z2-7])[A-Z2-7]{{{LENGTH}}}(?![A-Z2-7])")


@dataclass(frozen=True, slots=True)
class Content:
    """What a token says."""

    kid: str
    made: int
    """Seconds since 1970."""
    holder: bytes
    """16 bytes, different in every code."""
    tier: int
    """Place of the tier among those of the pack, from 1; 0 for none, 15 where data are missing and it cannot be told."""
    level: int
    """Value of the pack's level fact; 15 where it is not known."""

    def packed(self) -> bytes:
        """The 25 bytes that are signed (after :data:`DOMAIN`)."""
        shown = (self.tier << 4) | self.level
        return _CONTENT.pack(bytes.fromhex(self.kid), self.made, self.holder, shown)


@dataclass(frozen=True, slots=True)
class Token:
    """A token taken apart; nothing is checked yet."""

    content: Content
    signature: bytes

    @property
    def message(self) -> bytes:
        """What the signature is over."""
        return DOMAIN + self.content.packed()

    def text(self) -> str:
        """The 143 characters."""
        return base64.b32encode(self.content.packed() + self.signature).decode().rstrip("=")


def take_apart(text: str) -> Token | None:
    """The token in ``text``: itself, or within a URL; None where there is none."""
    found = _IN_TEXT.search(text.strip().upper())
    if found is None:
        return None
    try:
        data = base64.b32decode(found[0] + "=" * (-LENGTH % 8))
    except binascii.Error:
        return None
    kid, made, holder, shown = _CONTENT.unpack(data[: _CONTENT.size])
    token = Token(Content(kid.hex(), made, holder, shown >> 4, shown & 15), data[_CONTENT.size :])
    # The last character has a bit to spare: only one spelling of it is a token.
    return token if len(token.signature) == _SIGNATURE and token.text() == found[0] else None
