"""The cockpit's navigation."""

from jigong.accounts.enums import Permission
from jigong.kernel.text import Text
from jigong.portals.kit.navigation import NavItem, Portal, register

SEE = (Permission.SEE_COCKPIT,)

register(
    Portal(
        "cockpit",
        Text("驾驶舱", "Cockpit"),
        "side",
        (
            NavItem("cockpit:overview", Text("总览", "Overview"), "dashboard", SEE),
            NavItem("cockpit:budget", Text("资金", "Budget"), "building-bank", SEE),
            NavItem("cockpit:clauses", Text("政策兑现", "Delivery"), "license", SEE),
            NavItem("cockpit:portrait", Text("画像指标", "Portrait"), "target-arrow", SEE, ("cockpit:indicator",)),
            NavItem("cockpit:ways", Text("一步之遥", "One step away"), "route", SEE),
            NavItem("cockpit:data", Text("数据质量", "Data"), "database-search", SEE),
        ),
        icon="dashboard",
    )
)  # fmt: skip
