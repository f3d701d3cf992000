"""A passkey made of software: answers a site's challenges as a browser with a security key would."""

import base64
import hashlib
import json
import secrets
import struct
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from fido2 import cbor


def text(data: bytes) -> str:
    """URL-safe Base64 without padding, as WebAuthn writes bytes in JSON."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class SoftKey:
    """One key, for one site."""

    def __init__(self, host: str = "testserver", origin: str = "http://testserver") -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self.id = secrets.token_bytes(32)
        self._host, self._origin, self._count = host, origin, 0

    def create(self, options: dict[str, Any]) -> str:
        """Answer to being made, as the form's field."""
        public = self._key.public_key().public_numbers()
        cose = cbor.encode(
            {1: 2, 3: -7, -1: 1, -2: public.x.to_bytes(32, "big"), -3: public.y.to_bytes(32, "big")}
        )
        attested = bytes(16) + struct.pack(">H", len(self.id)) + self.id + cose
        data = self._data(0x45, attested)
        attestation = cbor.encode({"fmt": "none", "attStmt": {}, "authData": data})
        said = {"attestationObject": text(attestation)}
        return self._answer("webauthn.create", options, said, data)

    def get(self, options: dict[str, Any]) -> str:
        """Answer to being used, as the form's field."""
        data = self._data(0x05, b"")
        return self._answer("webauthn.get", options, {"authenticatorData": text(data)}, data)

    def _data(self, flags: int, more: bytes) -> bytes:
        self._count += 1
        return (
            hashlib.sha256(self._host.encode()).digest()
            + bytes([flags])
            + struct.pack(">I", self._count)
            + more
        )

    def _answer(self, kind: str, options: dict[str, Any], said: dict[str, str], data: bytes) -> str:
        challenge = options["publicKey"]["challenge"]
        client = json.dumps(
            {"type": kind, "challenge": challenge, "origin": self._origin, "crossOrigin": False}
        ).encode()
        response = {"clientDataJSON": text(client), **said}
        if kind == "webauthn.get":
            signed = data + hashlib.sha256(client).digest()
            response["signature"] = text(self._key.sign(signed, ec.ECDSA(hashes.SHA256())))
        return json.dumps(
            {
                "id": text(self.id),
                "rawId": text(self.id),
                "type": "public-key",
                "response": response,
                "clientExtensionResults": {},
            }
        )
