"""From a verdict to the person: entitlements, funds, payments, lotteries."""

from django.apps import AppConfig


class DeliveryConfig(AppConfig):
    """Exactly once, and fairly."""

    name = "jigong.delivery"
    label = "delivery"
    verbose_name = "兑现"
