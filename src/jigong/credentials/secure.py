"""Two ways to sign a credential: around it (VC-JOSE, a compact JWS) and within it (Data Integrity, eddsa-jcs-2022)."""

import hashlib
import json
from datetime import datetime
from typing import Any

from jigong.credentials.keys import Signer
from jigong.credentials.multibase import base58, base64url
from jigong.credentials.site import Site
from jigong.credentials.wellknown import jwk_id, multikey_id
from jigong.kernel.hashing import canonical_json


def as_jwt(credential: dict[str, Any], key: Signer, site: Site) -> str:
    """The credential as ``application/vc+jwt``: its JSON is the payload, as W3C VC-JOSE-COSE and Open Badges 3.0 say.

    Beside it stand the registered claims Open Badges asks for. Equal content gives equal text.
    """
    header = {"alg": "EdDSA", "typ": "vc+jwt", "cty": "vc", "kid": jwk_id(site, key.kid)}
    claims: dict[str, Any] = {
        "iss": site.did,
        "jti": credential["id"],
        "nbf": _seconds(credential["validFrom"]),
    }
    if "validUntil" in credential:
        claims["exp"] = _seconds(credential["validUntil"])
    subject = credential["credentialSubject"].get("id")
    if subject:
        claims["sub"] = subject
    signed = f"{_part(header)}.{_part({**credential, **claims})}"
    return f"{signed}.{base64url(key.sign(signed.encode()))}"


def with_proof(credential: dict[str, Any], key: Signer, site: Site, created: str) -> dict[str, Any]:
    """The credential with a Data Integrity proof in it (W3C ``eddsa-jcs-2022``): readable and signed in one."""
    options = {
        "@context": credential["@context"],
        "type": "DataIntegrityProof",
        "cryptosuite": "eddsa-jcs-2022",
        "created": created,
        "verificationMethod": multikey_id(site, key.kid),
        "proofPurpose": "assertionMethod",
    }
    proof = {**options, "proofValue": "z" + base58(key.sign(_digest(options) + _digest(credential)))}
    return {**credential, "proof": proof}


def _digest(value: dict[str, Any]) -> bytes:
    # With ASCII keys and no numbers but whole ones, canonical JSON is what RFC 8785 (JCS) makes of it.
    return hashlib.sha256(canonical_json(value).encode()).digest()


def _seconds(stamp: str) -> int:
    return int(datetime.fromisoformat(stamp).timestamp())


def _part(value: dict[str, Any]) -> str:
    return base64url(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode())
