"""Which credentials were revoked, as a Bitstring Status List others read: one bit each, in a crowd of 131,072."""

import gzip
from datetime import datetime, timedelta
from typing import Any

from jigong.credentials.badge import VC_CONTEXT, stamp
from jigong.credentials.issue import LIST_SIZE
from jigong.credentials.models import Credential
from jigong.credentials.multibase import base64url
from jigong.credentials.site import Site

GOOD_FOR = timedelta(days=1)
"""How long a copy of a list may be relied on."""
TTL = timedelta(minutes=5)
"""How long a reader may keep a copy before asking again."""


def status_list(number: int, site: Site, *, at: datetime) -> dict[str, Any] | None:
    """List ``number`` as a credential, not yet signed; None where there is no such list.

    It is the same for the whole of a five minutes in which nothing is revoked, and begins five minutes before, so
    that a reader whose clock is slow does not take it for one of the future.
    """
    entries = Credential.objects.filter(status_list=number)
    if not entries.exists():
        return None
    revoked = entries.filter(revoked_at__isnull=False).values_list("status_index", flat=True)
    url = site.url(f"/status/{number}")
    begins = _stretch(at) - TTL
    return {
        "@context": [VC_CONTEXT],
        "id": url,
        "type": ["VerifiableCredential", "BitstringStatusListCredential"],
        "issuer": site.did,
        "validFrom": stamp(begins),
        "validUntil": stamp(begins + GOOD_FOR),
        "credentialSubject": {
            "id": f"{url}#list",
            "type": "BitstringStatusList",
            "statusPurpose": "revocation",
            "encodedList": encoded(revoked),
            "ttl": int(TTL.total_seconds() * 1000),
        },
    }


def _stretch(at: datetime) -> datetime:
    """The beginning of the five minutes in which ``at`` lies."""
    seconds = int(TTL.total_seconds())
    return datetime.fromtimestamp(int(at.timestamp()) // seconds * seconds, tz=at.tzinfo)


def encoded(revoked: Any) -> str:
    """The bits (index 0 is the highest of the first byte), gzipped, in multibase base64url."""
    bits = bytearray(LIST_SIZE // 8)
    for index in revoked:
        bits[index >> 3] |= 0x80 >> (index & 7)
    return "u" + base64url(gzip.compress(bytes(bits), mtime=0))
