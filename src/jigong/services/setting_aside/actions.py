"""Proposing that a waiting row be set aside, confirming it, declining it. It takes two people of the class's office."""

from datetime import datetime

from django.db import IntegrityError, transaction

from jigong.accounts.humans import refuse_same_human
from jigong.accounts.models import Account
from jigong.audit.actions import record
from jigong.audit.days import day_of
from jigong.kernel.problems import JigongError, error
from jigong.lake.intake import set_aside
from jigong.lake.lake import Lake
from jigong.lake.patience import patiently
from jigong.lake.waiting import WaitingRow
from jigong.packs.contract import Contract
from jigong.services.anew import decide_anew, people_of_row
from jigong.services.setting_aside.enums import WHY, Why
from jigong.services.setting_aside.models import Answer, Proposal
from jigong.services.setting_aside.perms import of_office
from jigong.services.setting_aside.queries import Place, waiting_row

MOST_WORDS = 500


class SettledError(JigongError):
    """The row waits no longer, or somebody has answered: there is nothing to do any more."""


def propose(*, lake: Lake, place: Place, why: Why, text: str, by: Account, at: datetime) -> Proposal:
    """Ask for a waiting row to be set aside. Asking again while it is open gives the open proposal.

    Raises:
        SettledError: the row waits no longer.
        JigongError: the account is no officer of the class's department, or says nothing.
    """
    contract = _own(lake, place[0], by)
    text = _words(text)
    _waiting(lake, place)
    data_class, batch, file, line = place
    known = Proposal.objects.filter(data_class=data_class, batch=batch, file=file, line=line)
    last = known.select_related("by", "answer").order_by("-turn").first()
    if last is not None and not hasattr(last, "answer"):
        return last
    try:
        with transaction.atomic():
            made = Proposal.objects.create(
                data_class=data_class, batch=batch, file=file, line=line, turn=last.turn + 1 if last else 0,
                why=why, text=text, by=by, at=at,
            )  # fmt: skip
            _record("propose", made, contract, by, at, f"{WHY[why].zh}：{text}")
    except IntegrityError:
        # Somebody else of the office has asked at this very moment.
        return known.select_related("by").latest("turn")
    return made


def confirm(*, lake: Lake, proposal: int, by: Account, at: datetime) -> int:
    """The second yes: the row counts for nothing from now on, and those concerned are decided about anew.

    Gives how many were decided about at once.

    Raises:
        SettledError: the row was taken in or replaced meanwhile, or the proposal was answered.
        JigongError: the account is no officer of the department, or proposed it; the lake stays busy.
    """
    with transaction.atomic():
        found, contract = _open(lake, proposal, by)
        refuse_same_human(
            by, found.by, zh="“不再等待”要两个人：提出的人不能自己确认",
            en="it takes two people: who proposed does not confirm",
            remedy=("请本部门另一位经办确认", "ask another officer of your department to confirm"),
        )  # fmt: skip
        row = _waiting(lake, found.place)
        # Before the record is taken out of the count: what it was about is read from it.
        numbers = people_of_row(lake, contract, row)
        Answer.objects.create(proposal=found, confirmed=True, by=by, at=at)
        reason = f"{found.label.zh}：{found.text}"
        _record("confirm", found, contract, by, at, reason)
        # Last, so that a lake that stays busy undoes the answer.
        patiently(lambda: _aside(lake, row, reason, at))
    return decide_anew(numbers, at=at)


@transaction.atomic
def decline(*, lake: Lake, proposal: int, text: str, by: Account, at: datetime) -> None:
    """The row goes on waiting. Who proposed takes it back so.

    Raises:
        SettledError: it was answered.
        JigongError: the account is no officer of the department, or says nothing.
    """
    found, contract = _open(lake, proposal, by)
    text = _words(text)
    Answer.objects.create(proposal=found, confirmed=False, text=text, by=by, at=at)
    _record("decline", found, contract, by, at, text)


def _aside(lake: Lake, row: WaitingRow, reason: str, at: datetime) -> None:
    newest = max(batch.known_on for batch in lake.batches())
    set_aside(lake, [row], reason=reason, known_on=max(newest, day_of(at)))


def _own(lake: Lake, data_class: str, by: Account) -> Contract:
    contract = lake.contracts.get(data_class)
    if contract is None or not of_office(by, contract):
        raise error(
            "只有报送部门的经办可以决定不再等待",
            "only officers of the department that delivers the class set rows aside",
        )
    return contract


def _open(lake: Lake, proposal: int, by: Account) -> tuple[Proposal, Contract]:
    """The proposal, locked, if it has no answer."""
    found = Proposal.objects.select_for_update(no_key=True).get(pk=proposal)
    contract = _own(lake, found.data_class, by)
    if Answer.objects.filter(proposal=found).exists():
        raise SettledError(
            *error(
                "这项提议已有人处理过，本次操作没有执行",
                "somebody has answered this already; nothing was done",
                remedy=("刷新看看结果", "reload to see what came of it"),
            ).problems
        )
    return found, contract


def _waiting(lake: Lake, place: Place) -> WaitingRow:
    row = waiting_row(lake, place)
    if row is None:
        raise SettledError(
            *error(
                "这一行已经接入或被新的报送替代，本来就不再等待，什么也没有改变",
                "this row was taken in, or a later delivery has replaced it: nothing to set aside, nothing was changed",
                remedy=("刷新看看还有哪些行在等", "reload to see which rows still wait"),
            ).problems
        )
    return row


def _words(text: str) -> str:
    text = text.strip()
    if not text or len(text) > MOST_WORDS:
        raise error(
            f"请写明原因（不超过 {MOST_WORDS} 字）", f"please say why (at most {MOST_WORDS} characters)"
        )
    return text


def _record(
    step: str, proposal: Proposal, contract: Contract, by: Account, at: datetime, reason: str
) -> None:
    record(
        f"lake.{step}_set_aside", by=by, at=at, object_kind="set_aside", object_id=proposal.pk, reason=reason,
        detail={
            "class": contract.name, "batch": proposal.batch, "file": proposal.file, "line": proposal.line,
            "proposed_by": proposal.by_id,
        },
    )  # fmt: skip
