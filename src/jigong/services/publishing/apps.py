"""Publishing a change of the law."""

from django.apps import AppConfig


class PublishingConfig(AppConfig):
    """Drafts, checks and versions of the law."""

    name = "jigong.services.publishing"
    label = "publishing"
    verbose_name = "政策发布"
