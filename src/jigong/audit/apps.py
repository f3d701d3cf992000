"""The record of who did what."""

from django.apps import AppConfig


class AuditConfig(AppConfig):
    """An append-only, hash-chained record."""

    name = "jigong.audit"
    label = "audit"
    verbose_name = "操作记录"
