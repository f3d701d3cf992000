"""Certificates for whoever wants to check them: one by its address, achievements, status lists."""

import uuid

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotModified
from django.shortcuts import render
from django.views.decorators.http import require_GET

from jigong.accounts.masking import mask_name
from jigong.credentials.badge import BADGE_CONTEXT, VC_CONTEXT, achievement
from jigong.credentials.enums import KeyUse, Standing
from jigong.credentials.keys import signer
from jigong.credentials.queries import achieved, find
from jigong.credentials.secure import as_jwt, with_proof
from jigong.credentials.status import status_list
from jigong.dossiers.law import current_run, law_of_run
from jigong.kernel.hashing import content_hash
from jigong.kernel.text import Text
from jigong.portals.kit import clock
from jigong.portals.kit.access import public
from jigong.portals.public.published import open_json, opened_up, site_of

_SIGNS = {
    Standing.VALID: ("valid", Text("有效", "VALID")),
    Standing.EXPIRED: ("late", Text("已到期", "EXPIRED")),
    Standing.REVOKED: ("bad", Text("已撤销", "REVOKED")),
}
_JWT = "application/vc+jwt"


@public
@require_GET
def credential(request: HttpRequest, id_: uuid.UUID) -> HttpResponse:
    """Whether a certificate holds: what the QR code of a printed one leads to."""
    found = find(id_)
    if found is None:
        raise Http404
    row, held = found
    tone, word = _SIGNS[held.standing]
    page = {"held": held, "tone": tone, "word": word, "name": mask_name(row.person.name), "now": clock.now()}
    response = render(request, "public/credential.html", page)
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Robots-Tag"] = "noindex"
    return response


@public
@require_GET
def achievement_json(request: HttpRequest, kind: str, code: str) -> HttpResponse:
    """What was achieved, as an Open Badges Achievement."""
    placed = law_of_run(current_run()).pack.credentials.get(kind)
    found = achieved(kind, code)
    if placed is None or found is None:
        raise Http404
    described = achievement(found, placed.value, site_of(request))
    return open_json({"@context": [VC_CONTEXT, BADGE_CONTEXT], **described}, "application/ld+json")


@public
@require_GET
def status(request: HttpRequest, number: int) -> HttpResponse:
    """A status list: signed JSON, or a JWT where the reader asks for one."""
    now, site = clock.now(), site_of(request)
    found = status_list(number, site, at=now)
    if found is None:
        raise Http404
    key = signer(KeyUse.CREDENTIAL, at=now)
    as_token = _JWT in request.headers.get("Accept", "") or request.GET.get("as") == "jwt"
    tag = f'"{content_hash([found, key.kid, as_token])[:32]}"'
    if request.headers.get("If-None-Match") == tag:
        response = opened_up(HttpResponseNotModified())
    elif as_token:
        response = opened_up(HttpResponse(as_jwt(found, key, site), content_type=_JWT))
    else:
        response = open_json(with_proof(found, key, site, found["validFrom"]), "application/vc")
    response.headers["ETag"] = tag
    response.headers["Vary"] = "Accept"
    return response
