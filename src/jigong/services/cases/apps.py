"""Questions, objections and corrections: steps with deadlines."""

from django.apps import AppConfig


class CasesConfig(AppConfig):
    """Questions, objections and corrections: steps with deadlines."""

    name = "jigong.services.cases"
    label = "cases"
    verbose_name = "事项"
