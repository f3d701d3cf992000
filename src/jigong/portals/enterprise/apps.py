"""The enterprise's portal."""

from django.apps import AppConfig


class EnterpriseConfig(AppConfig):
    """The enterprise's portal."""

    name = "jigong.portals.enterprise"
    label = "enterprise"
    verbose_name = "企业端"

    def ready(self) -> None:
        """Make the portal's navigation known."""
        from jigong.accounts.enums import Permission
        from jigong.kernel.text import Text
        from jigong.portals.kit.navigation import NavItem, Portal, register

        see = (Permission.SEE_EMPLOYEES,)
        register(
            Portal(
                "enterprise",
                Text("企业端", "Enterprise"),
                "side",
                (
                    NavItem("enterprise:home", Text("概览", "Overview"), "layout-dashboard", see),
                    NavItem("enterprise:messages", Text("消息", "Messages"), "bell", see),
                    NavItem(
                        "enterprise:people",
                        Text("我的职工", "My people"),
                        "users",
                        see,
                        ("enterprise:person",),
                    ),
                    NavItem("enterprise:benefits", Text("政策协助", "Benefits"), "gift", see),
                    NavItem("enterprise:papers", Text("证书与合同", "Papers"), "certificate", see),
                    NavItem(
                        "enterprise:money",
                        Text("企业资金", "Our money"),
                        "report-money",
                        see,
                        ("enterprise:bank", "enterprise:due"),
                    ),
                    NavItem(
                        "enterprise:reports",
                        Text("数据报送", "Reports"),
                        "file-import",
                        see,
                        ("enterprise:report", "enterprise:form"),
                    ),
                ),
                icon="building-factory-2",
            )
        )
