"""Places in a queue that two people give out before all data are there."""

from django.apps import AppConfig


class RankingConfig(AppConfig):
    """Who asked for it, who agreed, and why."""

    name = "jigong.delivery.ranking"
    label = "ranking"
    verbose_name = "名额定案"
