"""A credential as files its holder takes away: JSON and JWT for programs, an SVG certificate for people and programs."""

import json
from dataclasses import dataclass

from jigong.credentials.badge import open_badge, stamp
from jigong.credentials.certificate import certificate_svg
from jigong.credentials.enums import KeyUse
from jigong.credentials.keys import signer_of
from jigong.credentials.models import Credential
from jigong.credentials.secure import as_jwt, with_proof
from jigong.credentials.site import Site
from jigong.dossiers.law import current_run, law_of_run
from jigong.packs.pack import Pack


@dataclass(frozen=True, slots=True)
class Export:
    """A file: its name, kind and content."""

    filename: str
    content_type: str
    content: bytes


def export_jwt(credential: Credential, site: Site) -> Export:
    """``application/vc+jwt``: what most verifiers of Open Badges 3.0 take."""
    return _export(credential, "jwt", "application/vc+jwt", signed(credential, site))


def export_json(credential: Credential, site: Site) -> Export:
    """``application/vc``: readable JSON with the proof in it."""
    key = signer_of(KeyUse.CREDENTIAL, issued_at=credential.issued_at)
    proven = with_proof(open_badge(credential, _pack(), site), key, site, stamp(credential.issued_at))
    text = json.dumps(proven, ensure_ascii=False, indent=2)
    return _export(credential, "json", "application/vc", text)


def export_svg(credential: Credential, site: Site) -> Export:
    """A certificate to print, an A4 page across, with the signed credential baked in as Open Badges 3.0 says."""
    text = certificate_svg(credential, _pack(), site, signed(credential, site))
    return _export(credential, "svg", "image/svg+xml", text)


EXPORTS = {"jwt": export_jwt, "json": export_json, "svg": export_svg}


def signed(credential: Credential, site: Site) -> str:
    """The credential as a JWT. The same every time, unless its key was withdrawn or the pack words it otherwise."""
    key = signer_of(KeyUse.CREDENTIAL, issued_at=credential.issued_at)
    return as_jwt(open_badge(credential, _pack(), site), key, site)


def _pack() -> Pack:
    return law_of_run(current_run()).pack


def _export(credential: Credential, ending: str, content_type: str, text: str) -> Export:
    name = f"{credential.kind}-{credential.awarded_on}-{str(credential.pk)[:8]}.{ending}"
    return Export(name, content_type, text.encode())
