"""Addresses of the cockpit."""

from django.urls import URLPattern, URLResolver, path

from jigong.portals.cockpit import views

app_name = "cockpit"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", views.overview, name="overview"),
    path("budget", views.budget, name="budget"),
    path("clauses", views.clauses, name="clauses"),
    path("portrait", views.portrait, name="portrait"),
    path("portrait/<slug:name>", views.indicator, name="indicator"),
    path("ways", views.ways, name="ways"),
    path("data", views.data, name="data"),
]
