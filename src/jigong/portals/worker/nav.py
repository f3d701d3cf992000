"""The worker's navigation: five places, at the thumb."""

from jigong.kernel.text import Text
from jigong.portals.kit.navigation import NavItem, Portal, register

register(
    Portal(
        "worker",
        Text("我的技工", "My page"),
        "bottom",
        (
            NavItem("worker:home", Text("首页", "Home"), "home"),
            NavItem(
                "worker:clauses",
                Text("政策", "Policies"),
                "gift",
                within=("worker:clause", "worker:apply", "worker:appeal"),
            ),
            NavItem("worker:code", Text("技工码", "Code"), "qrcode"),
            NavItem(
                "worker:data",
                Text("数据", "My data"),
                "database",
                within=("worker:looks", "worker:consents", "worker:cases", "worker:wrong"),
            ),
            NavItem(
                "worker:me",
                Text("我的", "Me"),
                "user",
                within=("worker:messages", "worker:bank_account", "worker:credentials"),
            ),
        ),
        icon="user",
        for_worker=True,
    )
)
