"""The books of the funds."""

from django.apps import AppConfig


class LedgerConfig(AppConfig):
    """Double entry, append-only, never overdrawn."""

    name = "jigong.delivery.ledger"
    label = "ledger"
    verbose_name = "基金账簿"
