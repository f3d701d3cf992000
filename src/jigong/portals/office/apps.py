"""The officers' portal."""

from django.apps import AppConfig


class OfficeConfig(AppConfig):
    """The officers' portal."""

    name = "jigong.portals.office"
    label = "office"
    verbose_name = "办公端"

    def ready(self) -> None:
        """Make its navigation known."""
        from jigong.portals.office import nav  # noqa: F401
