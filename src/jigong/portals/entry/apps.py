"""Signing in and out."""

from django.apps import AppConfig


class EntryConfig(AppConfig):
    """Signing in and out, and keeping staff accounts."""

    name = "jigong.portals.entry"
    label = "entry"
    verbose_name = "登录"

    def ready(self) -> None:
        """Register the operator's pages."""
        from jigong.portals.entry import nav  # noqa: F401
