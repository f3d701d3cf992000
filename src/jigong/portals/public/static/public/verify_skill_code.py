"""Check skill codes offline: python verify_skill_code.py jigong-keys.json CODE [CODE ...]   (CODE: what a scanner read)

Needs `cryptography` only. jigong-keys.json is the site's /.well-known/jigong-keys.json, fetched within the last day.
"""

import base64
import json
import re
import sys
import time
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

SKEW = 60  # Seconds this device's clock may be wrong.


def check(published: dict[str, Any], text: str, now: float, used: set[bytes]) -> tuple[str, str]:
    """One of valid, used, expired, early, forged, unknown key, unreadable; and tier and level of a valid code."""
    found = re.search(r"(?<![A-Z2-7])[A-Z2-7]{143}(?![A-Z2-7])", text.upper())
    if not found:
        return "unreadable", ""
    data = base64.b32decode(found[0] + "=")
    content, signature = data[:25], data[25:]
    key = next((k for k in published["keys"] if k["kid"] == content[:4].hex()), None)
    if key is None:
        return "unknown key", ""
    try:
        public = Ed25519PublicKey.from_public_bytes(base64.urlsafe_b64decode(key["x"] + "="))
        public.verify(signature, b"jigong skill code 1\0" + content)
    except InvalidSignature:
        return "forged", ""
    age = now - int.from_bytes(content[4:8], "big")
    if not -SKEW <= age < published["seconds"] + SKEW:
        return ("early" if age < 0 else "expired"), ""
    if content in used:
        return "used", ""
    used.add(content)
    tier, level = content[24] >> 4, content[24] & 15
    names = ["档次待定"] if tier == 15 else [published["tiers"][tier - 1]["zh"]] if tier else []
    return "valid", " ".join(names + [word["zh"] for word in published["levels"][level : level + 1]])


if __name__ == "__main__":
    seen: set[bytes] = set()
    with open(sys.argv[1], encoding="utf-8") as file:
        keys = json.load(file)
    results = [check(keys, code, time.time(), seen) for code in sys.argv[2:]]
    print("\n".join(" ".join(result).strip() for result in results))
    sys.exit(any(result[0] != "valid" for result in results))
