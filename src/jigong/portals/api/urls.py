"""Addresses of the API and of the pages around it."""

from django.urls import path
from django.urls.resolvers import URLPattern, URLResolver

from jigong.portals.api import views
from jigong.portals.api.v1 import api


def _marked(patterns: list[URLPattern | URLResolver]) -> None:
    """Mark what ninja serves like any other view: who may call it, tokens decide."""
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            _marked(pattern.url_patterns)
        else:
            pattern.callback.access = "token"  # type: ignore[attr-defined]


_patterns, _app, _namespace = api.urls
_marked(_patterns)

app_name = "api"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", views.docs, name="docs"),
    path("openapi.json", views.description, name="openapi"),
    path("tokens/", views.tokens, name="tokens"),
    path("tokens/<int:pk>/revoke", views.revoke_token, name="revoke"),
    path("v1/", (_patterns, _app, _namespace)),
]
