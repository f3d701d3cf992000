"""The skill code (技工码) a worker shows: a new one every minute, signed, with nobody's name in it."""

import io
import secrets
import struct
from dataclasses import dataclass
from datetime import datetime, timedelta

import segno
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from django.conf import settings
from django.utils import timezone

from jigong.accounts.cipher import lookup
from jigong.accounts.models import Person
from jigong.credentials.enums import KeyUse
from jigong.credentials.keys import signer
from jigong.credentials.token import NO_TIER, SECONDS, UNKNOWN_LEVEL, UNKNOWN_TIER, Content, Token
from jigong.dossiers.law import held_of, law_of_run
from jigong.dossiers.models import Dossier
from jigong.insight.law import Law
from jigong.kernel.text import Text

PATH = "/V/"
"""Where a code's URL leads; in capitals, so that the whole URL is cheap in a QR code."""
_HOLDER = struct.Struct(">Q8s")
_UNKNOWN = Text("未知", "Unknown")
_OPEN_TIER = Text("档次待定", "Tier undetermined")


@dataclass(frozen=True, slots=True)
class SkillCode:
    """A code, good from ``issued_at`` until ``expires_at`` and for one use."""

    token: str
    issued_at: datetime
    expires_at: datetime

    def address(self, origin: str) -> str:
        """What the QR shows: the URL any camera opens. ``origin`` is such as ``https://example.org``."""
        return f"{origin.rstrip('/').upper()}{PATH}{self.token}"


@dataclass(frozen=True, slots=True)
class Shown:
    """What a code tells of its holder: tier of points, and level."""

    tier: Text | None
    level_label: Text
    level: Text


def current_code(person: Person, *, at: datetime) -> SkillCode:
    """A fresh code of ``person``. Nothing is written, except the site's key on the very first one."""
    made = int(at.timestamp())
    tier, level = _places(_dossier(person))
    key = signer(KeyUse.CODE, at=at)
    content = Content(key.kid, made, hide(person.pk), tier, level)
    unsigned = Token(content, b"")
    token = Token(content, key.sign(unsigned.message))
    issued = datetime.fromtimestamp(made, timezone.get_current_timezone())
    return SkillCode(token.text(), issued, issued + timedelta(seconds=SECONDS))


def qr_svg(text: str) -> str:
    """``text`` as a QR code: an SVG without size or styles, black on white, error correction M or better."""
    out = io.BytesIO()
    segno.make(text, error="m", micro=False).save(
        out, kind="svg", xmldecl=False, omitsize=True, border=4, light="#fff", dark="#000"
    )
    return out.getvalue().decode()


def hide(person: int) -> bytes:
    """A one-time id of a person: their key and eight random bytes, as one block only the site can open.

    No two are alike, so that codes cannot be put together into where somebody went.
    """
    encryptor = _block().encryptor()
    return encryptor.update(_HOLDER.pack(person, secrets.token_bytes(8))) + encryptor.finalize()


def unhide(holder: bytes) -> int:
    """The person's key behind a one-time id (of a code whose signature was checked)."""
    decryptor = _block().decryptor()
    person: int = _HOLDER.unpack(decryptor.update(holder) + decryptor.finalize())[0]
    return person


def shown_of(person: Person) -> Shown | None:
    """What the code of ``person`` shows; None without a dossier."""
    dossier = _dossier(person)
    return None if dossier is None else shown(law_of_run(dossier.run), *_places(dossier))


def shown(law: Law, tier: int, level: int) -> Shown:
    """The words for a token's tier and level."""
    tiers = [placed.value.label for placed in law.pack.tiers]
    content = law.pack.skill_code
    words = [word.label for word in content.value.level.words] if content else []
    return Shown(
        _OPEN_TIER if tier == UNKNOWN_TIER else tiers[tier - 1] if 0 < tier <= len(tiers) else None,
        content.value.level.label if content else Text("", ""),
        words[level] if level < len(words) else _UNKNOWN,
    )


def _places(dossier: Dossier | None) -> tuple[int, int]:
    """Tier and level as a token holds them."""
    if dossier is None:
        return NO_TIER, UNKNOWN_LEVEL
    pack = law_of_run(dossier.run).pack
    tiers = [placed.value.id for placed in pack.tiers]
    tier = tiers.index(dossier.tier) + 1 if dossier.tier in tiers[: UNKNOWN_TIER - 1] else NO_TIER
    if dossier.points is None and tiers:
        tier = UNKNOWN_TIER
    if pack.skill_code is None:
        return tier, UNKNOWN_LEVEL
    value = held_of(dossier).facts.get(pack.skill_code.value.level.fact)
    return tier, value if isinstance(value, int) and 0 <= value < UNKNOWN_LEVEL else UNKNOWN_LEVEL


def _dossier(person: Person) -> Dossier | None:
    return Dossier.objects.select_related("run").filter(person=person).first()


def _block() -> Cipher[modes.ECB]:
    # One block that is never repeated needs no mode; the signature keeps it from being changed.
    key = bytes.fromhex(lookup("holder", "credentials.code"))[:16]
    algorithm = algorithms.SM4(key) if settings.JIGONG.cipher == "sm4" else algorithms.AES128(key)
    return Cipher(algorithm, modes.ECB())
