"""What the operator sees beside the pages of access."""

from jigong.accounts.enums import Permission
from jigong.kernel.text import Text
from jigong.portals.kit.navigation import NavItem, Portal, register

register(
    Portal(
        "access",
        Text("账户与权限", "Access"),
        "side",
        (
            NavItem(
                "access:index",
                Text("工作人员账户", "Staff accounts"),
                "users",
                (Permission.MANAGE_ACCOUNTS,),
                within=("access:account", "access:new", "access:grant", "access:invite"),
            ),
        ),
        icon="key",
    )
)
