"""What every answer to a case has in common: nobody answers twice, a reason is given, and both are on the record."""

from datetime import datetime

from jigong.accounts.models import Account
from jigong.audit.actions import record
from jigong.kernel.problems import error
from jigong.kernel.text import Text
from jigong.services.cases.models import Case, CaseState, Kind
from jigong.services.cases.queries import answering
from jigong.services.notices.actions import Told, tell
from jigong.services.notices.enums import Kind as Notice
from jigong.services.notices.enums import Place


def case_to_answer(case: int, version: int | None, reason: str, *, difference: bool = False) -> Case:
    """The case, locked, if it waits for an answer and one is given.

    Raises:
        JigongError: no reason is given, or it was answered before.
    """
    if not reason.strip():
        raise error(
            "请写明理由" if difference else "请写明理由，申请人会看到",
            "please give a reason" if difference else "please give a reason; the person reads it",
        )
    Case.objects.select_for_update().get(pk=case)
    found = Case.objects.select_related("person").get(pk=case)
    mine = (found.kind == Kind.DIFFERENCE) == difference
    if found.state != CaseState.OPEN or version not in (None, found.version) or not mine:
        raise error(
            "这件事已有人处理过，本次操作没有执行", "somebody has answered this already; nothing was done",
            remedy=("刷新看看结果", "reload to see the answer"),
        )  # fmt: skip
    return found


def answer_case(found: Case, state: CaseState, reason: str, by: Account, at: datetime, batch: str) -> None:
    """Keep the answer; ``batch`` is the delivery it led to, if any."""
    found.state, found.reason, found.batch = state, reason, batch
    found.decided_at, found.decided_by, found.version = at, by, found.version + 1
    found.answered_in = answering(by, found.office)
    found.save()
    if found.kind == Kind.CORRECTION:
        _tell(found, at)
    step = state.value
    if found.kind == Kind.DIFFERENCE:
        step = "department_right" if state == CaseState.UPHELD else "platform_right"
    record(
        f"cases.{step}", by=by, at=at, object_kind="case", object_id=found.pk, person=found.person_id,
        reason=reason if found.kind == Kind.DIFFERENCE else "", detail={"batch": batch, "kind": found.kind},
    )  # fmt: skip


_ANSWERS = {
    CaseState.UPHELD: Text("您反映的问题属实，已更正", "you were right, and it was put right"),
    CaseState.DISMISSED: Text("您反映的问题已核实答复", "what you reported was looked into and answered"),
}


def _tell(case: Case, at: datetime) -> None:
    """Tell the person. An appeal needs nothing more than its step."""
    text = _ANSWERS[CaseState(case.state)]
    told = Told(
        f"case:{case.pk}",
        Notice.CASE,
        ("case", case.pk),
        text,
        Place.CASES,
        person=case.person_id,
        said=case.reason,
    )
    tell([told], at=at)
