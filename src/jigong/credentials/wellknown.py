"""What the site publishes so that others can check without asking it: keys of codes, and its DID document."""

from datetime import datetime
from typing import Any

from jigong.credentials.enums import KeyUse
from jigong.credentials.keys import published, signer
from jigong.credentials.models import SigningKey
from jigong.credentials.multibase import base58, base64url
from jigong.credentials.site import Site
from jigong.credentials.token import SECONDS
from jigong.insight.law import Law

_ED25519_PUBLIC = b"\xed\x01"
"""The multicodec of an Ed25519 public key."""


def code_keys(law: Law, site: Site, *, at: datetime) -> dict[str, Any]:
    """A JWK set with the keys of skill codes, and the words for what a code shows.

    The first key is made now if there is none.
    """
    signer(KeyUse.CODE, at=at)
    content = law.pack.skill_code
    return {
        "keys": [
            {
                **_jwk(key),
                "kid": key.kid,
                "use": "sig",
                "alg": "EdDSA",
                "signs_from": int(key.signs_from.timestamp()),
            }
            for key in published(KeyUse.CODE, at=at)
        ],
        "site": site.origin,
        "seconds": SECONDS,
        "tiers": [{"zh": placed.value.zh, "en": placed.value.en} for placed in law.pack.tiers],
        "levels": [{"zh": word.zh, "en": word.en} for word in (content.value.level.words if content else ())],
    }


def did_document(site: Site, *, at: datetime) -> dict[str, Any]:
    """Who issues the credentials: each key twice, as a JWK (for JOSE) and as a Multikey (for Data Integrity).

    The key that signs now comes first: some verifiers take the first for what names no key.
    """
    current = signer(KeyUse.CREDENTIAL, at=at).kid
    methods: list[dict[str, Any]] = []
    for key in sorted(published(KeyUse.CREDENTIAL, at=at), key=lambda key: key.kid != current):
        common = {"controller": site.did}
        methods.append(
            {
                "id": jwk_id(site, key.kid),
                "type": "JsonWebKey",
                **common,
                "publicKeyJwk": {**_jwk(key), "kid": f"jwk-{key.kid}", "alg": "EdDSA", "use": "sig"},
            }
        )
        methods.append(
            {
                "id": multikey_id(site, key.kid),
                "type": "Multikey",
                **common,
                "publicKeyMultibase": multikey(bytes(key.public)),
            }
        )
    return {
        "@context": [
            "https://www.w3.org/ns/did/v1",
            "https://w3id.org/security/jwk/v1",
            "https://w3id.org/security/multikey/v1",
        ],
        "id": site.did,
        "verificationMethod": methods,
        "assertionMethod": [method["id"] for method in methods],
    }


def jwk_id(site: Site, kid: str) -> str:
    """What the header of a signed token calls a key."""
    return f"{site.did}#jwk-{kid}"


def multikey_id(site: Site, kid: str) -> str:
    """What an embedded proof calls a key."""
    return f"{site.did}#key-{kid}"


def multikey(public: bytes) -> str:
    """A public key as a Multikey: base58 of its multicodec and bytes."""
    return "z" + base58(_ED25519_PUBLIC + public)


def _jwk(key: SigningKey) -> dict[str, str]:
    return {"kty": "OKP", "crv": "Ed25519", "x": base64url(bytes(key.public))}
