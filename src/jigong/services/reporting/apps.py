"""Rows of a class of data, reported by whoever may: an enterprise about its people, a bureau of its classes."""

from django.apps import AppConfig


class ReportingConfig(AppConfig):
    """Reports: read, checked, shown, taken into the lake."""

    name = "jigong.services.reporting"
    label = "reporting"
    verbose_name = "数据报送"
