"""Addresses of the API and of the pages around it."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import path
from django.urls.resolvers import URLPattern, URLResolver
from django.views.decorators.csrf import csrf_exempt

from jigong.portals.api import views
from jigong.portals.api.problems import no_such_address, wrong_method
from jigong.portals.api.v1 import api
from jigong.portals.kit.access import public


def _marked(patterns: list[URLPattern | URLResolver]) -> None:
    """Mark what ninja serves like any other view: who may call it, tokens decide. A wrong method is a problem too."""
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            _marked(pattern.url_patterns)
        else:
            pattern.callback = _told(pattern.callback)
            pattern.callback.access = "token"  # type: ignore[attr-defined]


def _told(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    @wraps(view)
    def told(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        response = view(request, *args, **kwargs)
        return wrong_method(response["Allow"]) if response.status_code == 405 else response

    return told


_patterns, _app, _namespace = api.urls
_marked(_patterns)

app_name = "api"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", views.docs, name="docs"),
    path("openapi.json", views.description, name="openapi"),
    path("tokens/", views.tokens, name="tokens"),
    path("tokens/<int:pk>/revoke", views.revoke_token, name="revoke"),
    path("v1/", (_patterns, _app, _namespace)),
    path("v1/<path:rest>", csrf_exempt(public(no_such_address)), name="no_such_address"),
]
