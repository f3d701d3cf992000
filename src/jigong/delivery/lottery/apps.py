"""Lotteries anybody can run again."""

from django.apps import AppConfig


class LotteryConfig(AppConfig):
    """Draws, their rosters, seeds, results, and everything that was done with them."""

    name = "jigong.delivery.lottery"
    label = "lottery"
    verbose_name = "摇号"

    def ready(self) -> None:
        """Pass on places that come free."""
        from jigong.delivery.lottery.changes import on_moved
        from jigong.delivery.signals import moved

        moved.connect(on_moved, dispatch_uid="delivery.lottery")
