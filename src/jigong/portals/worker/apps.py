"""The worker's portal."""

from django.apps import AppConfig


class WorkerConfig(AppConfig):
    """The worker's portal."""

    name = "jigong.portals.worker"
    label = "worker"
    verbose_name = "工人端"

    def ready(self) -> None:
        """Make the portal's navigation known."""
        from jigong.portals.worker import nav  # noqa: F401
