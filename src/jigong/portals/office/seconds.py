"""What waits for a second person: one line each, first on the home of who may be that second person.

Each line asks the rule that stands on the act itself, so that nobody is shown what they proposed themself. A rule that
is added belongs in :data:`SECONDS`; a test compares the two.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.http import HttpRequest
from django.urls import reverse

from jigong.accounts import resets
from jigong.accounts.enums import Permission
from jigong.accounts.humans import is_second
from jigong.accounts.models import Account
from jigong.delivery.actions import prepared_by_others
from jigong.delivery.ledger import changes
from jigong.delivery.ledger.queries import open_changes
from jigong.delivery.lottery import queries as lottery
from jigong.delivery.lottery.enums import EventKind, Stage
from jigong.delivery.lottery.models import Draw
from jigong.delivery.models import AmountException, Entitlement
from jigong.delivery.own import own
from jigong.delivery.payments import confirming
from jigong.delivery.payments.enums import BatchState
from jigong.delivery.payments.models import Batch, ReturnFile
from jigong.delivery.payments.queries import to_confirm
from jigong.delivery.queries import exceptions_among
from jigong.delivery.ranking.models import Finalisation
from jigong.delivery.replay.models import Adjustment, AdjustmentState
from jigong.delivery.sampling.queries import findings
from jigong.delivery.states import State
from jigong.dossiers.law import current_run
from jigong.kernel.text import Text
from jigong.portals.kit.access import account_of
from jigong.portals.kit.clock import now
from jigong.portals.office.findings import findings_about
from jigong.portals.office.quarantined import lake_of
from jigong.portals.office.shared import clauses_to_run, law_for, reach_of, whole_district
from jigong.services.publishing.enums import DraftState
from jigong.services.publishing.queries import drafters
from jigong.services.publishing.reach import drafts, reaches
from jigong.services.setting_aside.models import Proposal
from jigong.services.setting_aside.perms import second_to
from jigong.services.setting_aside.queries import open_proposals, own_classes, waiting_rows

Urls = list[str]
"""Where each thing that waits is decided about."""


@dataclass(frozen=True, slots=True)
class Second:
    """One kind of thing that takes two people. ``find`` gives those for which the account may be the second."""

    label: Text
    permission: Permission
    find: Callable[[HttpRequest, Account], Urls]
    all: str
    """The page that lists them."""
    rule: str
    """The module whose rule of two humans stands behind it."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many of a kind wait for the account, and where."""

    label: Text
    count: int
    url: str


def waiting_for(request: HttpRequest) -> Sequence[Waiting]:
    """What waits for the account as a second person."""
    account, found = account_of(request), []
    for kind in SECONDS:
        urls = kind.find(request, account) if account.may(kind.permission) else []
        if urls:
            # Several things of one page are decided about there.
            url = urls[0] if len(set(urls)) == 1 else reverse(kind.all)
            found.append(Waiting(kind.label, len(urls), url))
    return found


def _drafts(request: HttpRequest, account: Account) -> Urls:
    submitted = drafts(account).filter(state=DraftState.SUBMITTED)
    return [
        reverse("office:law_draft", args=[one.pk])
        for one in submitted
        if reaches(account, one.office, Permission.APPROVE_LAW) and is_second(account, *drafters(one))
    ]


def _batches(request: HttpRequest, account: Account) -> Urls:
    if not whole_district(request, Permission.PAY):
        return []
    made = Batch.objects.filter(state=BatchState.DRAFT).select_related("made_by__person")
    return [reverse("office:batch", args=[one.pk]) for one in made if is_second(account, one.made_by)]


def _budgets(request: HttpRequest, account: Account) -> Urls:
    if not whole_district(request, Permission.PAY):
        return []
    mine = [one for one, _ in open_changes() if changes.may_confirm(account, one)]
    return [reverse("office:fund", args=[one.fund, one.year]) for one in mine]


def _returns(request: HttpRequest, account: Account) -> Urls:
    if not whole_district(request, Permission.PAY):
        return []
    waiting = to_confirm()
    files = ReturnFile.objects.select_related("taken_by").in_bulk(list(waiting)).values()
    mine = [one for one in files if confirming.may_confirm(account, one)]
    return [reverse("office:return", args=[one.pk]) for one in mine for _ in range(waiting[one.pk])]


def _aside(request: HttpRequest, account: Account) -> Urls:
    pack = law_for(request).pack
    names = own_classes(account, pack.contracts.values())
    # Reading what waits takes the lake: only where something was proposed.
    if not Proposal.objects.filter(data_class__in=names, answer=None).exists():
        return []
    rows = [row for row in waiting_rows(lake_of(pack)) if row.class_name in names]
    mine = [one for one in open_proposals(rows).values() if second_to(account, one)]
    return [reverse("office:quarantined", args=[one.data_class]) for one in mine]


def _exceptions(request: HttpRequest, account: Account) -> Urls:
    reached = Entitlement.objects.filter(
        reach_of(request, Permission.APPROVE), state=State.PASSED, held=False
    )
    asked = reached.filter(pk__in=AmountException.objects.values("entitlement"))
    some = list(asked.select_related("person"))
    mine = exceptions_among(some).keys() & prepared_by_others(account, some)
    return [
        reverse("office:entitlement", args=[one.pk])
        for one in some
        if one.pk in mine and own(account, one) is None
    ]


def _recoveries(request: HttpRequest, account: Account) -> Urls:
    reached = Entitlement.objects.filter(reach_of(request, Permission.REVIEW))
    appealed = Adjustment.objects.filter(entitlement__in=reached, state=AdjustmentState.APPEALED)
    rows = appealed.select_related("decided_by__person", "entitlement__person")
    return [
        reverse("office:adjustments")
        for row in rows
        if is_second(account, row.decided_by) and own(account, row.entitlement) is None
    ]


_FIRST = {
    Stage.PREPARED: EventKind.PREPARE,
    Stage.SEED_ENTERED: EventKind.ENTER_SEED,
    Stage.DRAWN: EventKind.DRAW,
}
"""By what a draw came to a stage that another human ends."""


def _findings(request: HttpRequest, account: Account, permission: Permission) -> Urls:
    """What a second look found wrong: whose office answers it, or who settles a disagreement about it."""
    rows = findings(reach_of(request, permission)).select_related("entitlement__person")
    return [
        reverse("office:entitlement", args=[one.entitlement_id])
        for one in rows
        for seen in findings_about(account, one.entitlement)
        if seen.audit.pk == one.pk
        and (seen.may_answer if permission == Permission.REVIEW else seen.may_settle)
    ]


def _draws(request: HttpRequest, account: Account) -> Urls:
    found = lottery.views(list(Draw.objects.filter(lottery.reach(account, Permission.RUN_LOTTERY))))
    waiting = [one for one in found if one.replaced_by is None and one.stage in _FIRST]
    firsts = {one.draw.pk: one.last(_FIRST[Stage(one.stage)]) for one in waiting}
    actors = Account.objects.select_related("person").in_bulk(
        [e.actor for e in firsts.values() if e and e.actor]
    )
    return [
        reverse("office:lottery", args=[one.draw.pk])
        for one in waiting
        if (event := firsts[one.draw.pk]) and event.actor and is_second(account, actors[event.actor])
    ]


def _finals(request: HttpRequest, account: Account) -> Urls:
    clauses = [one.id for one in clauses_to_run(account, law_for(request), "quota")]
    rows = Finalisation.objects.filter(clause__in=clauses, confirmation=None, run=current_run())
    mine = [one for one in rows.select_related("proposed_by__person") if is_second(account, one.proposed_by)]
    return [reverse("office:queue_of", args=[one.clause]) for one in mine]


def _resets(request: HttpRequest, account: Account) -> Urls:
    mine = [one for one in resets.pending(at=now()) if is_second(account, one.asked_by)]
    return [reverse("access:account", args=[one.account_id]) for one in mine if one.account_id != account.pk]


P = Permission
SECONDS = (
    Second(Text("付款批次待放行", "Payment batches to release"), P.PAY, _batches, "office:payments", "delivery.payments.releasing"),
    Second(Text("失败与退汇待确认", "Failed or returned payments to confirm"), P.PAY, _returns, "office:payments", "delivery.payments.confirming"),
    Second(Text("预算调整待确认", "Budget changes to confirm"), P.PAY, _budgets, "office:funds", "delivery.ledger.changes"),
    Second(Text("例外金额待批准", "Exceptional amounts to approve"), P.APPROVE, _exceptions, "office:queues", "delivery.actions"),
    Second(Text("追回的申诉待答复", "Appeals against recoveries to answer"), P.REVIEW, _recoveries, "office:adjustments", "delivery.replay.recoveries"),
    Second(
        Text("查出有误的待答复", "Findings to answer"), P.REVIEW, lambda r, a: _findings(r, a, P.REVIEW), "office:findings",
        "delivery.sampling.answering",
    ),
    Second(
        Text("有异议的查出问题待裁定", "Disagreements about findings to settle"), P.AUDIT, lambda r, a: _findings(r, a, P.AUDIT), "office:findings",
        "delivery.sampling.answering",
    ),
    Second(Text("政策草案待批准", "Drafts of the law to approve"), P.APPROVE_LAW, _drafts, "office:law", "services.publishing.actions"),
    Second(Text("摇号待另一人办理", "Draws that wait for another officer"), P.RUN_LOTTERY, _draws, "office:lotteries", "delivery.lottery.actions"),
    Second(Text("名额定案待确认", "Final orders of places to confirm"), P.RUN_LOTTERY, _finals, "office:places", "delivery.ranking.actions"),
    Second(Text("不再等待的行待确认", "Rows set aside, to confirm"), P.SEE_DATA, _aside, "office:quarantine", "services.setting_aside.actions"),
    Second(Text("清除二次验证待确认", "Resets of second factors to confirm"), P.MANAGE_ACCOUNTS, _resets, "access:index", "accounts.resets"),
)  # fmt: skip
