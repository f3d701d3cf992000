"""Second looks: a random sample of what was approved, and whatever carries a high risk."""

from django.apps import AppConfig


class SamplingConfig(AppConfig):
    """Audits of single decisions, and how they were picked."""

    name = "jigong.delivery.sampling"
    label = "sampling"
    verbose_name = "抽查"

    def ready(self) -> None:
        """Listen to what happens to entitlements."""
        from jigong.delivery.sampling import receivers  # noqa: F401
