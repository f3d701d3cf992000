"""The skill code, and certificates others can verify."""

from django.apps import AppConfig


class CredentialsConfig(AppConfig):
    """The skill code, and certificates others can verify."""

    name = "jigong.credentials"
    label = "credentials"
    verbose_name = "凭证"
