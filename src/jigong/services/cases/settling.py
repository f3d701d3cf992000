"""Answering a difference: the department is right, or the platform is. What is right then stands in the lake."""

from datetime import datetime

from django.conf import settings
from django.db import transaction

from jigong.accounts.models import Account
from jigong.audit.days import day_of
from jigong.dossiers.law import current_run, law_of_run
from jigong.kernel.problems import error
from jigong.lake.claims import DEPARTMENT
from jigong.lake.lake import Lake
from jigong.packs.contract import Contract
from jigong.services.anew import decide_anew, people_of_records
from jigong.services.cases.closing import answer_case, case_to_answer
from jigong.services.cases.differences import OWNER, PLATFORM, Dispute, difference_of, dispute_of
from jigong.services.cases.models import Case, CaseState
from jigong.services.events import Change, deliver, withdraw


def lake_now() -> Lake:
    """The site's lake, by the law in force."""
    return Lake(settings.JIGONG.data / "lake", law_of_run(current_run()).pack.contracts)


def settle(
    *, case: int, right: str, reason: str, by: Account, at: datetime, version: int | None = None
) -> Case:
    """Say who is right, ``owner`` (the department) or ``platform``. Where the record says otherwise it is delivered anew,
    and those it is about are decided about anew.

    Raises:
        JigongError: no reason is given, it was answered before, or the record is gone or would break its contract.
    """
    numbers: set[str] = set()
    with transaction.atomic():
        # Locked before the lake is written, as in every answer.
        found = case_to_answer(case, version, reason, difference=True)
        lake = lake_now()
        snapshot = lake.snapshot()
        dispute = dispute_of(difference_of(found), snapshot)
        batch = ""
        if dispute.contract is not None and dispute.values is not None and dispute.holds != right:
            batch = _deliver(lake, dispute, dispute.contract, right, found, at)
            numbers = people_of_records(dispute.contract, [dict(dispute.values)])
        elif dispute.values is None and right == PLATFORM:
            raise error(
                "这条记录已不在数据湖里，无法按平台的值报送",
                "the record is not in the lake any more, so the platform’s value cannot be delivered",
                remedy=("部门已撤下这条记录，请答复“部门的对”", "the department has taken it away: answer that it is right"),
            )  # fmt: skip
        state = CaseState.UPHELD if right == OWNER else CaseState.DISMISSED
        answer_case(found, state, reason, by, at, batch)
    if batch:
        decide_anew(numbers, at=at)
    return found


def _deliver(
    lake: Lake,
    dispute: Dispute,
    contract: Contract,
    right: str,
    case: Case,
    at: datetime,
) -> str:
    """Deliver the record with the right value, or withdraw it where it is none; gives its batch."""
    if dispute.whole:
        report = withdraw(
            lake,
            dispute.data_class,
            dispute.key,
            "部门的完整报送里没有，经核实",
            origin=f"case-{case.pk}",
            known_on=day_of(at),
        )
        return report.batch or ""
    value = dispute.owner if right == OWNER else dispute.platform
    report = deliver(
        lake,
        [Change(dispute.data_class, dispute.key, {dispute.column: value or ""})],
        origin=f"case-{case.pk}",
        known_on=day_of(at),
        department=right == OWNER and _departments_own(dispute, contract),
    )
    return report.batch or (report.repeated[0].batch if report.repeated else None) or ""


def _departments_own(dispute: Dispute, contract: Contract) -> bool:
    """Whether the value is the department's to say. Corrections of other cells stand whoever delivers the record."""
    return contract.owner == DEPARTMENT and contract.column(dispute.column).owner in (None, DEPARTMENT)
