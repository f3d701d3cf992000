"""The leader's pages."""

from django.apps import AppConfig


class CockpitConfig(AppConfig):
    """The leader's pages."""

    name = "jigong.portals.cockpit"
    label = "cockpit"
    verbose_name = "驾驶舱"
