"""What a token may do."""

from django.db.models import TextChoices

from jigong.accounts.enums import OrganisationKind
from jigong.kernel.text import Text


class Scope(TextChoices):
    """One thing a token may do, always within its organisation's reach."""

    EMPLOYEES_READ = "employees:read"
    ENTITLEMENTS_READ = "entitlements:read"
    ENTITLEMENTS_CONFIRM = "entitlements:confirm"
    CLASSES_DELIVER = "classes:deliver"
    CASES_READ = "cases:read"
    LEDGER_READ = "ledger:read"


S = Scope
SCOPE_LABELS = {
    S.EMPLOYEES_READ: Text("查看授权员工", "Read consenting employees"),
    S.ENTITLEMENTS_READ: Text("查看应享事项与状态", "Read entitlements and their states"),
    S.ENTITLEMENTS_CONFIRM: Text("确认企业应得资金", "Confirm the enterprise's own entitlements"),
    S.CLASSES_DELIVER: Text("报送数据、查看问题行", "Deliver data, read what was quarantined"),
    S.CASES_READ: Text("查看本部门事项", "Read the office's cases"),
    S.LEDGER_READ: Text("查看基金账", "Read the funds' accounts"),
}

SCOPES_OF: dict[str, tuple[Scope, ...]] = {
    OrganisationKind.ENTERPRISE: (
        S.EMPLOYEES_READ, S.ENTITLEMENTS_READ, S.ENTITLEMENTS_CONFIRM, S.CLASSES_DELIVER,
    ),
    OrganisationKind.BUREAU: (S.ENTITLEMENTS_READ, S.CLASSES_DELIVER, S.CASES_READ, S.LEDGER_READ),
    OrganisationKind.TOWN: (S.ENTITLEMENTS_READ, S.CASES_READ),
    OrganisationKind.DISTRICT: (S.ENTITLEMENTS_READ, S.CASES_READ, S.LEDGER_READ),
}  # fmt: skip
"""Which scopes make sense for which kind of organisation."""
