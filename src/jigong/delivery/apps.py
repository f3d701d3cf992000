"""From a verdict to the person: entitlements, funds, payments, lotteries."""

from django.apps import AppConfig


class DeliveryConfig(AppConfig):
    """Exactly once, and fairly."""

    name = "jigong.delivery"
    label = "delivery"
    verbose_name = "兑现"

    def ready(self) -> None:
        """Pass on places that come free."""
        from jigong.delivery.signals import moved
        from jigong.delivery.waitlist import on_moved

        moved.connect(on_moved, dispatch_uid="delivery.waitlist")
