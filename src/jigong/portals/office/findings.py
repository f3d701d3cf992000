"""What second looks found wrong: who has to answer, until when, and the answers."""

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from jigong.accounts.enums import Permission
from jigong.accounts.humans import is_second
from jigong.accounts.models import Account
from jigong.delivery.models import Entitlement
from jigong.delivery.own import own
from jigong.delivery.sampling import queries
from jigong.delivery.sampling.enums import AnswerKind, Waits
from jigong.delivery.sampling.models import Audit
from jigong.kernel.problems import error
from jigong.portals.kit.access import staff_with
from jigong.portals.kit.clock import today
from jigong.portals.office.shared import may_on, reach_of

PAGE = 50


@dataclass(frozen=True, slots=True)
class Finding:
    """A finding as a page shows it, and what the account may answer."""

    audit: Audit
    may_answer: bool
    may_disagree: bool
    may_settle: bool


def findings_about(account: Account, entitlement: Entitlement) -> list[Finding]:
    """What was found wrong with an entitlement, as the account sees it."""
    found = queries.findings_of(entitlement.pk)
    if not any(audit.waits for audit in found):
        return [Finding(audit, False, False, False) for audit in found]
    officer = may_on(account, entitlement, Permission.REVIEW) and own(account, entitlement) is None
    auditor = may_on(account, entitlement, Permission.AUDIT) and own(account, entitlement) is None
    return [_seen(audit, account, officer, auditor) for audit in found]


def _seen(audit: Audit, account: Account, officer: bool, auditor: bool) -> Finding:
    answers = list(audit.answers.all())
    answer = officer and audit.waits == Waits.OFFICE and is_second(account, audit.by)
    disagreed = any(one.kind == AnswerKind.DISAGREED for one in answers)
    others = [audit.by, *(one.by for one in answers), audit.step.by]
    settle = auditor and audit.waits == Waits.SECOND and is_second(account, *others)
    return Finding(audit, answer, answer and not disagreed, settle)


@require_safe
@staff_with(Permission.SEE_QUEUE)
def findings(request: HttpRequest) -> HttpResponse:
    """Every finding that waits for an answer, whatever is late first."""
    reach = reach_of(request, Permission.SEE_QUEUE)
    after = request.GET.get("after", "")
    start = int(after) if after.isdecimal() and len(after) < 6 else 0
    rows = queries.findings(reach).select_related("entitlement__person", "entitlement__organisation", "by")
    found = list(rows[start : start + PAGE + 1])
    return render(
        request,
        "office/findings.html",
        {
            "found": found[:PAGE],
            "counted": queries.unanswered(reach, today()),
            "after": start + PAGE if len(found) > PAGE else None,
        },
    )


def amount_of(text: str) -> Decimal | None:
    """An amount in yuan as somebody typed it, 0 included; None for nothing.

    Raises:
        JigongError: it is no amount.
    """
    text = text.strip().replace(",", "")
    if not text:
        return None
    try:
        amount = Decimal(text)
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite() or not 0 <= amount < 10**12:
        raise error(
            f"应为金额不是数字：{text[:40]}", f"not an amount: {text[:40]}", remedy=("写成 5000 或 5000.00", "write 5000 or 5000.00")
        )  # fmt: skip
    return amount.quantize(Decimal("0.01"))
