"""Signing in and out."""

from django.apps import AppConfig


class EntryConfig(AppConfig):
    """Signing in and out."""

    name = "jigong.portals.entry"
    label = "entry"
    verbose_name = "登录"
