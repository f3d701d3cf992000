"""Addresses every portal shares."""

from django.urls import path

from jigong.portals.kit import views

app_name = "kit"
urlpatterns = [path("preferences", views.preferences, name="preferences")]
