"""People, organisations, roles and consent."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Who somebody is and what they may see."""

    name = "jigong.accounts"
    label = "accounts"
    verbose_name = "账户与权限"

    def ready(self) -> None:
        """Make ``__in`` fit for a whole district."""
        from jigong.accounts import lookups  # noqa: F401
