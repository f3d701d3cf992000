"""A credential as an Open Badge 3.0, which is a Verifiable Credential (Data Model 2.0); not yet signed."""

import uuid
from datetime import date, datetime, time
from typing import Any
from urllib.parse import quote

from django.utils import timezone

from jigong.credentials.issue import open_claims
from jigong.credentials.models import Credential
from jigong.credentials.site import Site
from jigong.packs.credentials import CredentialKind
from jigong.packs.pack import Pack

VC_CONTEXT = "https://www.w3.org/ns/credentials/v2"
BADGE_CONTEXT = "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"
_BADGE_SCHEMA = (
    "https://purl.imsglobal.org/spec/ob/v3p0/schema/json/ob_v3p0_achievementcredential_schema.json"
)


def open_badge(credential: Credential, pack: Pack, site: Site) -> dict[str, Any]:
    """The badge of one credential: plain JSON, always in the same order."""
    kind = pack.credentials[credential.kind].value
    claims = open_claims(credential)
    subject: dict[str, Any] = {
        "id": f"urn:uuid:{uuid.uuid5(credential.pk, 'holder')}",
        "type": ["AchievementSubject"],
        "identifier": [
            {
                "type": "IdentityObject",
                "hashed": False,
                "identityHash": claims.name,
                "identityType": "name",
            }
        ],
        "achievement": achievement(credential, kind, site),
    }
    if claims.number:
        subject["licenseNumber"] = claims.number
    if claims.assessor:
        subject["source"] = {
            "id": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, claims.assessor)}",
            "type": ["Profile"],
            "name": claims.assessor,
        }
    badge: dict[str, Any] = {
        "@context": [VC_CONTEXT, BADGE_CONTEXT],
        "id": site.url(f"/credentials/{credential.pk}"),
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "name": both(kind.zh, kind.en),
        "issuer": issuer(pack, site),
        "validFrom": stamp(_valid_from(credential)),
        "awardedDate": stamp(midnight(credential.awarded_on)),
        "credentialSubject": subject,
        "credentialStatus": status_entry(credential, site),
        "credentialSchema": [{"id": _BADGE_SCHEMA, "type": "1EdTechJsonSchemaValidator2019"}],
    }
    if credential.until is not None:
        badge["validUntil"] = stamp(end_of(credential.until))
    return badge


def _valid_from(credential: Credential) -> datetime:
    """When it was issued; for one that had run out by then the day of the award, since no end comes before its beginning."""
    if credential.until is not None and end_of(credential.until) < credential.issued_at:
        return midnight(min(credential.awarded_on, credential.until))
    return credential.issued_at


def achievement(credential: Credential, kind: CredentialKind, site: Site) -> dict[str, Any]:
    """What was achieved: the same for everybody who achieved it."""
    return {
        "id": site.url(f"/achievements/{kind.id}/{quote(credential.achievement, safe='')}"),
        "type": ["Achievement"],
        "achievementType": kind.type,
        "name": both(credential.zh, credential.en),
        "description": both(kind.description.zh, kind.description.en),
        "criteria": {"narrative": both(kind.criteria.zh, kind.criteria.en)},
        "inLanguage": "zh-CN",
    }


def issuer(pack: Pack, site: Site) -> dict[str, Any]:
    """The site as an issuer's profile."""
    name = both(pack.manifest.zh, pack.manifest.en)
    return {"id": site.did, "type": ["Profile"], "name": name, "url": site.origin}


def status_entry(credential: Credential, site: Site) -> dict[str, str]:
    """Where to see whether it was revoked."""
    url = site.url(f"/status/{credential.status_list}")
    return {
        "id": f"{url}#{credential.status_index}",
        "type": "BitstringStatusListEntry",
        "statusPurpose": "revocation",
        "statusListIndex": str(credential.status_index),
        "statusListCredential": url,
    }


def both(zh: str, en: str) -> str:
    """A name in both languages, where the standard has room for one text."""
    return zh if zh == en else f"{zh} / {en}"


def stamp(at: datetime) -> str:
    """A moment as the standard writes it: to the second, with the offset."""
    return timezone.localtime(at).replace(microsecond=0).isoformat()


def midnight(day: date) -> datetime:
    """The first moment of a day, here."""
    return timezone.make_aware(datetime.combine(day, time.min))


def end_of(day: date) -> datetime:
    """The last second of a day, here."""
    return timezone.make_aware(datetime.combine(day, time(23, 59, 59)))
