"""Pages for everybody: the law, verification, lotteries."""

from django.apps import AppConfig


class PublicConfig(AppConfig):
    """Pages for everybody: the law, verification, lotteries."""

    name = "jigong.portals.public"
    label = "public"
    verbose_name = "公开"
