"""The officers' portal."""

from django.apps import AppConfig


class OfficeConfig(AppConfig):
    """The officers' portal."""

    name = "jigong.portals.office"
    label = "office"
    verbose_name = "办公端"
