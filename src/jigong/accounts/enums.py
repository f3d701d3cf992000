"""Kinds of organisations, roles, and what each role may do."""

from django.db.models import TextChoices

from jigong.kernel.text import Text


class OrganisationKind(TextChoices):
    """What an organisation is."""

    ENTERPRISE = "enterprise", "企业"
    BUREAU = "bureau", "部门"
    TOWN = "town", "街道"
    DISTRICT = "district", "区"


class Role(TextChoices):
    """What somebody is in an organisation."""

    HR = "hr", "企业人事"
    OFFICER = "officer", "经办"
    APPROVER = "approver", "审批"
    FINANCE = "finance", "财务"
    AUDITOR = "auditor", "审计"
    LEADER = "leader", "领导"
    OPERATOR = "operator", "系统管理员"


ROLE_EN = {
    Role.HR: "Enterprise HR",
    Role.OFFICER: "Officer",
    Role.APPROVER: "Approver",
    Role.FINANCE: "Finance",
    Role.AUDITOR: "Auditor",
    Role.LEADER: "Leader",
    Role.OPERATOR: "Operator",
}


class Permission(TextChoices):
    """What a role may do, always within its organisation's reach (:mod:`jigong.accounts.scope`)."""

    SEE_QUEUE = "see_queue"
    REVIEW = "review"
    APPROVE = "approve"
    PAY = "pay"
    SEE_FUNDS = "see_funds"
    DRAFT_LAW = "draft_law"
    APPROVE_LAW = "approve_law"
    RUN_LOTTERY = "run_lottery"
    HANDLE_CASES = "handle_cases"
    SEE_DATA = "see_data"
    UNMASK = "unmask"
    SEARCH_PEOPLE = "search_people"
    AUDIT = "audit"
    SEE_COCKPIT = "see_cockpit"
    MANAGE_ACCOUNTS = "manage_accounts"
    SEE_EMPLOYEES = "see_employees"


P = Permission
PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.HR: frozenset({P.SEE_EMPLOYEES}),
    Role.OFFICER: frozenset(
        {P.SEE_QUEUE, P.REVIEW, P.DRAFT_LAW, P.HANDLE_CASES, P.SEE_DATA, P.UNMASK, P.SEARCH_PEOPLE, P.SEE_FUNDS, P.RUN_LOTTERY}
    ),
    Role.APPROVER: frozenset(
        {P.SEE_QUEUE, P.REVIEW, P.APPROVE, P.APPROVE_LAW, P.HANDLE_CASES, P.SEE_DATA, P.UNMASK, P.SEARCH_PEOPLE, P.SEE_FUNDS, P.RUN_LOTTERY}
    ),
    Role.FINANCE: frozenset({P.PAY, P.SEE_FUNDS, P.SEE_QUEUE}),
    Role.AUDITOR: frozenset({P.SEE_QUEUE, P.SEE_FUNDS, P.SEE_DATA, P.AUDIT, P.SEARCH_PEOPLE, P.SEE_COCKPIT}),
    Role.LEADER: frozenset({P.SEE_COCKPIT, P.SEE_FUNDS}),
    # Who keeps the accounts does not also check what was done with them.
    Role.OPERATOR: frozenset({P.SEE_DATA, P.MANAGE_ACCOUNTS}),
}  # fmt: skip


CONSENT_PURPOSES: dict[str, Text] = {
    "benefits": Text("协助享受政策", "help with benefits"),
    "skills": Text("技能培养", "developing skills"),
    "certificates": Text("证书管理", "keeping certificates up to date"),
}
"""For what a person may let an enterprise see personal detail."""
