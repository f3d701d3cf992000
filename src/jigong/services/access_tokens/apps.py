"""Tokens for the API, and the memory that makes repeated requests harmless."""

from django.apps import AppConfig


class AccessTokensConfig(AppConfig):
    """Tokens, their limits, and answers kept for repeated requests."""

    name = "jigong.services.access_tokens"
    label = "access_tokens"
    verbose_name = "接口令牌"
