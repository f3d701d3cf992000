"""What the site publishes for programs: keys, DID document; and a page that explains them."""

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from jigong.credentials.enums import KeyUse
from jigong.credentials.keys import published
from jigong.credentials.site import Site, site
from jigong.credentials.wellknown import code_keys, did_document
from jigong.dossiers.law import current_run, law_of_run
from jigong.portals.kit import clock
from jigong.portals.kit.access import public

_FOR = "public, max-age=300"


@public
@require_GET
def jwks(request: HttpRequest) -> HttpResponse:
    """The keys of skill codes (JWK set)."""
    law = law_of_run(current_run())
    return open_json(code_keys(law, site_of(request), at=clock.now()), "application/jwk-set+json")


@public
@require_GET
def did(request: HttpRequest) -> HttpResponse:
    """The DID document of the issuer."""
    return open_json(did_document(site_of(request), at=clock.now()), "application/did+json")


@public
@require_GET
def keys(request: HttpRequest) -> HttpResponse:
    """The keys, and how to check offline, for people."""
    now, here = clock.now(), site_of(request)
    code_keys(law_of_run(current_run()), here, at=now)
    did_document(here, at=now)
    groups = [(use, published(use, at=now)) for use in (KeyUse.CODE, KeyUse.CREDENTIAL)]
    return render(request, "public/keys.html", {"groups": groups, "site": here, "now": now})


def site_of(request: HttpRequest) -> Site:
    """The site a request came to."""
    return site(request.build_absolute_uri("/"))


def open_json(data: Any, kind: str = "application/json") -> HttpResponse:
    """JSON that programs anywhere may read."""
    return opened_up(JsonResponse(data, content_type=kind, json_dumps_params={"ensure_ascii": False}))


def opened_up(response: HttpResponse) -> HttpResponse:
    """Readable from other sites, and kept for five minutes."""
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Cache-Control"] = _FOR
    return response
