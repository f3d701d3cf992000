"""Batches of payments, their files, and what the bank says."""

from django.apps import AppConfig


class PaymentsConfig(AppConfig):
    """Nobody paid twice, nobody lost."""

    name = "jigong.delivery.payments"
    label = "payments"
    verbose_name = "支付"
