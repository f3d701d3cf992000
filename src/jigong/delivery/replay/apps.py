"""Decisions decided again: under law then or now, with data then or now."""

from django.apps import AppConfig


class ReplayConfig(AppConfig):
    """Replay, and the arrears and recoveries that follow from it."""

    name = "jigong.delivery.replay"
    label = "replay"
    verbose_name = "复核重算"
