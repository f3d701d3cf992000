"""The API for enterprises and bureaus."""

from django.apps import AppConfig


class ApiConfig(AppConfig):
    """The API for enterprises and bureaus."""

    name = "jigong.portals.api"
    label = "api"
    verbose_name = "接口"
