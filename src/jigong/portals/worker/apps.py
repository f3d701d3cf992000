"""The worker's portal."""

from django.apps import AppConfig


class WorkerConfig(AppConfig):
    """The worker's portal."""

    name = "jigong.portals.worker"
    label = "worker"
    verbose_name = "工人端"
