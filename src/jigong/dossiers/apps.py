"""What is held about each worker, ready for a page."""

from django.apps import AppConfig


class DossiersConfig(AppConfig):
    """A run's facts and standings in PostgreSQL, sealed."""

    name = "jigong.dossiers"
    label = "dossiers"
    verbose_name = "档案"
