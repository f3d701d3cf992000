"""The office's navigation; each line shows to those who may open it."""

from jigong.accounts.enums import Permission
from jigong.kernel.text import Text
from jigong.portals.kit.navigation import NavItem, Portal, register
from jigong.portals.office.home import ANY

P = Permission
register(
    Portal(
        "office",
        Text("办事端", "Office"),
        "side",
        (
            NavItem("office:home", Text("首页", "Home"), "home", ANY),
            NavItem(
                "office:queues", Text("待办", "Queues"), "inbox", (P.SEE_QUEUE,),
                ("office:queue", "office:entitlement", "office:bulk_result", "office:move"),
            ),
            NavItem("office:cases", Text("申诉与更正", "Cases"), "message-report", (P.HANDLE_CASES,), ("office:case", "office:answer", "office:case_offices")),
            NavItem("office:case_offices", Text("答复期限", "Answers due"), "calendar-due", (P.SEE_COCKPIT, P.AUDIT, P.MANAGE_ACCOUNTS)),
            NavItem("office:adjustments", Text("补发与追回", "Arrears"), "arrows-exchange", (P.APPROVE, P.PAY)),
            NavItem("office:audits", Text("抽查", "Audits"), "zoom-check", (P.AUDIT,), ("office:audit", "office:conclude", "office:draw")),
            NavItem("office:lotteries", Text("摇号", "Lotteries"), "dice-5", (P.RUN_LOTTERY,), ("office:lottery", "office:lottery_new")),
            NavItem("office:places", Text("名额", "Places"), "list-details", (P.RUN_LOTTERY,), ("office:queue_of",)),
            NavItem("office:payments", Text("付款", "Payments"), "cash", (P.PAY,), ("office:batch", "office:return", "office:held_up")),
            NavItem("office:funds", Text("资金", "Funds"), "building-bank", (P.SEE_FUNDS,), ("office:fund",)),
            NavItem(
                "office:search", Text("查询", "Search"), "search", (P.SEARCH_PEOPLE,),
                ("office:person", "office:dossier"),
            ),
            NavItem(
                "office:law", Text("政策", "The law"), "gavel", (P.DRAFT_LAW, P.APPROVE_LAW),
                ("office:law_clause", "office:law_version", "office:law_draft", "office:law_text", "office:law_begin", "office:law_new"),
            ),
            NavItem(
                "office:quarantine", Text("问题数据", "Quarantine"), "database-search", (P.SEE_DATA,),
                ("office:quarantined", "office:delivered"),
            ),
            NavItem("office:quality", Text("数据质量", "Data quality"), "chart-bar", (P.SEE_DATA,)),
            NavItem("office:record", Text("办理留痕", "Who did what"), "history", (P.AUDIT,)),
        ),
    )
)  # fmt: skip
