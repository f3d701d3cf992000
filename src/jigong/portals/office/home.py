"""The officer's first page: my numbers, what is late, where to go on."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from jigong.accounts.enums import Permission
from jigong.accounts.models import Account
from jigong.delivery import queries
from jigong.delivery.payments.obstacles import held_up
from jigong.delivery.sampling.enums import Finding
from jigong.delivery.sampling.queries import within
from jigong.kernel.text import Text
from jigong.portals.kit.access import account_of, staff_with
from jigong.portals.kit.clock import now, today
from jigong.portals.office.quarantined import lake_of
from jigong.portals.office.queues import QUEUES
from jigong.portals.office.seconds import waiting_for
from jigong.portals.office.shared import law_for, reach_of, run_for, whole_district
from jigong.services.cases.queries import by_office
from jigong.services.cases.queries import queue as case_queue
from jigong.services.setting_aside.queries import STEP, mine

SOON = timedelta(days=3)
ANY = (
    Permission.SEE_QUEUE,
    Permission.SEE_FUNDS,
    Permission.SEE_DATA,
    Permission.AUDIT,
    Permission.HANDLE_CASES,
    Permission.SEARCH_PEOPLE,
)
"""Any of these opens the office."""


@dataclass(frozen=True, slots=True)
class Number:
    """One number of the first page: how many wait, how many are late, where they are."""

    label: Text
    hint: Text
    icon: str
    count: queries.Counted
    late: int
    soon: int
    url: str
    mine: bool
    """Whether the account itself moves them on."""


@require_safe
@staff_with(*ANY)
def home(request: HttpRequest) -> HttpResponse:
    """What waits, what is late, and where everything else is."""
    account = account_of(request)
    numbers = [
        *_queues(request, account),
        *_cases(account),
        *_audits(request, account),
        *_quarantine(request, account),
        *_money(request, account),
    ]
    return render(
        request,
        "office/home.html",
        {
            "seconds": waiting_for(request),
            "numbers": sorted(numbers, key=lambda number: not number.mine),
            "late": sum(number.late for number in numbers if number.mine),
            "run": run_for(request),
            "memberships": account.active_memberships,
        },
    )


def _queues(request: HttpRequest, account: Account) -> Iterator[Number]:
    if not account.may(Permission.SEE_QUEUE):
        return
    reach = reach_of(request, Permission.SEE_QUEUE)
    for queue in QUEUES.values():
        due = queries.overdue(reach, queue.states, today(), today() + SOON, held=queue.held)
        count = queries.count(reach, queue.states, queries.Wanted(held=queue.held))
        yield Number(
            queue.label, queue.hint, queue.icon, count, due.late, due.soon,
            reverse("office:queue", args=[queue.id]), account.may(queue.permission),
        )  # fmt: skip


def _cases(account: Account) -> Iterator[Number]:
    day = today()
    if account.may(Permission.SEE_COCKPIT) or account.may(Permission.MANAGE_ACCOUNTS):
        lines = by_office(account, day=day)
        yield Number(
            Text("各部门答复期限", "Answers due by office"), Text("申诉与更正", "appeals and corrections"), "calendar-due",
            queries.Counted(sum(line.open for line in lines)), sum(line.late for line in lines),
            sum(line.soon for line in lines), reverse("office:case_offices"), False,
        )  # fmt: skip
    if not account.may(Permission.HANDLE_CASES):
        return
    cases = case_queue(account)
    yield Number(
        Text("申诉与更正", "Appeals and corrections"), Text("在期限前答复本人", "answer by the deadline"),
        "message-report", queries.Counted(cases.count()), cases.filter(deadline__lt=day).count(),
        cases.filter(deadline__gte=day, deadline__lte=day + SOON).count(), reverse("office:cases"), True,
    )  # fmt: skip


def _audits(request: HttpRequest, account: Account) -> Iterator[Number]:
    if not (account.may(Permission.AUDIT) and account.may(Permission.SEE_QUEUE)):
        return
    day = today()
    audits = within(reach_of(request, Permission.AUDIT)).filter(finding=Finding.OPEN)
    yield Number(
        Text("待抽查", "To audit"), Text("随机与风险抽查", "random and by risk"), "zoom-check",
        queries.Counted(audits.count()), audits.filter(deadline__lt=day).count(),
        audits.filter(deadline__gte=day, deadline__lte=day + SOON).count(), reverse("office:audits"), True,
    )  # fmt: skip


def _quarantine(request: HttpRequest, account: Account) -> Iterator[Number]:
    """What waits of the classes of one's own department."""
    pack = law_for(request).pack
    found = mine(account, lake_of(pack), days=pack.days_for(STEP), day=today(), soon=SOON)
    if found is None:
        return
    overview = reverse("office:quarantine")
    hint = Text("在源头改正后重新报送", "put right at the source, deliver again")
    if found.cells:
        hint = Text(f"其中 {found.cells} 行只丢了一格", f"{found.cells} of them lost a cell only")
    yield Number(
        Text("问题数据", "Rows in quarantine"), hint,
        "database-search", queries.Counted(found.waiting + found.cells), found.late, found.soon, overview, True,
    )  # fmt: skip


def _money(request: HttpRequest, account: Account) -> Iterator[Number]:
    """What waits for finance."""
    if not (account.may(Permission.PAY) and whole_district(request, Permission.PAY)):
        return
    stuck = len(held_up(on=today(), at=now()))
    yield Number(
        Text("付不出去的", "Held up"), Text("为什么，下一步做什么", "why, and what next"), "alert-triangle",
        queries.Counted(stuck), 0, 0, reverse("office:held_up"), True,
    )  # fmt: skip
