"""The leader's pages."""

from django.apps import AppConfig


class CockpitConfig(AppConfig):
    """The leader's pages: sums, never people."""

    name = "jigong.portals.cockpit"
    label = "cockpit"
    verbose_name = "驾驶舱"

    def ready(self) -> None:
        """Make its navigation known."""
        from jigong.portals.cockpit import nav  # noqa: F401
