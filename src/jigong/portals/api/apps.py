"""The API for enterprises and bureaus."""

from django.apps import AppConfig


class ApiConfig(AppConfig):
    """The API for enterprises and bureaus."""

    name = "jigong.portals.api"
    label = "api"
    verbose_name = "接口"

    def ready(self) -> None:
        """Make the pages' navigation known."""
        from jigong.accounts.enums import Permission
        from jigong.kernel.text import Text
        from jigong.portals.kit.navigation import NavItem, Portal, register

        managers = (Permission.SEE_EMPLOYEES, Permission.MANAGE_ACCOUNTS)
        register(
            Portal(
                "api",
                Text("接口", "API"),
                "side",
                (
                    NavItem("api:tokens", Text("令牌", "Tokens"), "key", managers),
                    NavItem("api:docs", Text("接口说明", "Description"), "file-text", managers),
                ),
                icon="key",
            )
        )
