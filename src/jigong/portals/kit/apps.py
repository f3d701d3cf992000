"""Layout, components and access for every portal."""

from django.apps import AppConfig


class KitConfig(AppConfig):
    """Layout, components and access for every portal."""

    name = "jigong.portals.kit"
    label = "kit"
    verbose_name = "页面"
