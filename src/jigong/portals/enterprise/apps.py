"""The enterprise's portal."""

from django.apps import AppConfig


class EnterpriseConfig(AppConfig):
    """The enterprise's portal."""

    name = "jigong.portals.enterprise"
    label = "enterprise"
    verbose_name = "企业端"
