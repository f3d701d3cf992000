"""The two spellings of bytes that credentials use: base58 (keys, proofs) and unpadded base64url (status lists, JOSE)."""

import base64

_ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"


def base58(data: bytes) -> str:
    """``data`` in the Bitcoin alphabet, a leading zero byte as ``1``."""
    number, digits = int.from_bytes(data), ""
    while number:
        number, rest = divmod(number, 58)
        digits = _ALPHABET[rest] + digits
    return "1" * (len(data) - len(data.lstrip(b"\0"))) + digits


def base64url(data: bytes) -> str:
    """``data`` in URL-safe base64 without padding."""
    return base64.urlsafe_b64encode(data).decode().rstrip("=")
