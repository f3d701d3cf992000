"""Accounts of a demonstration: chosen from whatever the loaded district holds, signed in from a list.

Nothing here names a place, an office or a clause: the choice follows from the loaded data.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from django.db import transaction
from django.db.models import Count, Exists, OuterRef, QuerySet, Sum

from jigong.accounts.enums import ROLE_EN, OrganisationKind, Role
from jigong.accounts.humans import set_number
from jigong.accounts.models import Account, Membership, Organisation, Person
from jigong.accounts.workers import without_password, worker_account
from jigong.audit.actions import record
from jigong.kernel.text import Text

PREFIX = "demo-"
_IN_A_DRAW = "worker-draw"
_OFFICES = 3
_VARIED = 3
"""From how many different amounts on a clause is taken to compute what it gives."""


@dataclass(frozen=True, slots=True)
class DemoAccount:
    """One line of the list: whom one can be, and what there is to see as them."""

    username: str
    title: Text
    note: Text
    account: Account
    kind: Literal["worker", "enterprise", "office", "district"] = "worker"


@transaction.atomic
def make_demo_accounts(*, at: datetime) -> list[DemoAccount]:
    """The accounts of the list, in its order; made where they are missing. Doing it again changes nothing."""
    return _listed(at)


def demo_accounts() -> list[DemoAccount]:
    """Those of the list that were made."""
    return _listed(None)


def _listed(at: datetime | None) -> list[DemoAccount]:
    found = (*_workers(at), *_enterprises(at), *_offices(at), *_district(at))
    return [account for account in found if account is not None]


def demo_account(username: str) -> Account | None:
    """The account of one line of the list."""
    if not username.startswith(PREFIX):
        return None
    return Account.objects.filter(username=username, is_active=True).first()


@dataclass(frozen=True, slots=True)
class _Part:
    key: str
    title: Text
    note: Text
    people: Callable[[], QuerySet[Person]]


def _workers(at: datetime | None) -> Iterator[DemoAccount]:
    chosen: list[int] = []
    parts = (
        _Part(
            "worker",
            Text("有补助可以申请的职工", "A worker who can apply for a grant"),
            Text("资料已经预填，看清理由再确认", "prefilled from the data; see why, then confirm"),
            _applicants,
        ),
        _Part(
            "worker-proactive",
            Text("免申即享的职工", "A worker with grants waiting"),
            Text("多笔补助不用申请，点一下确认", "several grants that need one tap, no form"),
            lambda: _due("proactive"),
        ),
        _Part(
            _IN_A_DRAW,
            Text("参加过摇号的职工", "A worker in a draw"),
            Text("看名次怎样由公开的种子算出", "see how a public seed decides the order"),
            # Who it is follows from a draw: put_in_draw.
            Person.objects.none,
        ),
        _Part(
            "worker-elsewhere",
            Text("另一家企业的职工", "A worker of another enterprise"),
            Text("与上面几位不在同一家企业", "employed elsewhere than those above"),
            lambda: _elsewhere(chosen),
        ),
    )
    for part in parts:
        kept = Account.objects.select_related("person").filter(username=PREFIX + part.key).first()
        account = kept or _worker(part, chosen, at)
        if account is not None and account.person_id is not None:
            chosen.append(account.person_id)
            yield DemoAccount(account.username, part.title, part.note, account)


def put_in_draw(person: Person, *, at: datetime) -> None:
    """Let this entrant of a draw be the one of the list."""
    _on_list(person, _IN_A_DRAW, at)


def _worker(part: _Part, chosen: list[int], at: datetime | None) -> Account | None:
    if at is None:
        return None
    person = part.people().exclude(pk__in=chosen).first()
    if person is None:
        return None
    return _on_list(person, part.key, at)


def _on_list(person: Person, key: str, at: datetime) -> Account:
    account = worker_account(person)
    account.username = PREFIX + key
    account.save(update_fields=["username"])
    _record(account, at)
    return account


def _employed() -> QuerySet[Person]:
    return Person.objects.filter(listed=True, employer__isnull=False, dossier__isnull=False)


_OWN_MONEY = Exists(Organisation.objects.filter(pk=OuterRef("employer"), entitlements__amount__gt=0))
"""Whether a person's employer has money of its own to claim: its HR's pages are then not empty."""


def _applicants() -> QuerySet[Person]:
    """Those due the amount that most get under the clause on application with the most proposals.

    A clause whose amounts differ goes first: there the way an amount came about is worth seeing, and
    the amount many share is its cap.
    """
    due: dict[str, Any] = {
        "entitlements__mode": "application", "entitlements__amount__gt": 0, "entitlements__organisation": None,
    }  # fmt: skip
    clauses = _employed().filter(**due).values("entitlements__clause").annotate(
        proposals=Count("entitlements__id"), amounts=Count("entitlements__amount", distinct=True)
    )  # fmt: skip
    ranked = sorted(
        clauses, key=lambda row: (row["amounts"] < _VARIED, -row["proposals"], row["entitlements__clause"])
    )
    if not ranked:
        return _employed().order_by("pk")
    due["entitlements__clause"] = ranked[0]["entitlements__clause"]
    amounts = _employed().filter(**due).values("entitlements__amount").annotate(n=Count("entitlements__id"))
    most = max(amounts, key=lambda row: (row["n"], row["entitlements__amount"]))["entitlements__amount"]
    of_amount = _employed().filter(**{**due, "entitlements__amount": most})
    ranked_people = of_amount.annotate(own=_OWN_MONEY, colleagues=Count("employer__employees"))
    return ranked_people.order_by("-own", "-colleagues", "pk")


def _due(mode: str) -> QuerySet[Person]:
    of_mode = _employed().filter(
        entitlements__mode=mode, entitlements__amount__gt=0, entitlements__organisation=None
    )
    return of_mode.annotate(n=Count("entitlements__id"), sum=Sum("entitlements__amount")).order_by(
        "-n", "-sum", "pk"
    )


def _elsewhere(chosen: list[int]) -> QuerySet[Person]:
    employers = Person.objects.filter(pk__in=chosen).values("employer")
    others = _employed().exclude(employer__in=employers).annotate(own=_OWN_MONEY)
    return others.order_by("-own", "-dossier__points", "pk")


def _enterprises(at: datetime | None) -> Iterator[DemoAccount | None]:
    """HR of the first worker's employer, and of the last one's."""
    parts = (
        ("hr", "worker", Text("看谁还差哪一步、批量协助", "who lacks which step, and bulk help")),
        ("hr-elsewhere", "worker-elsewhere", Text("另一家企业，互不可见", "another enterprise; neither sees the other")),
    )  # fmt: skip
    for key, whose, note in parts:
        worker = Account.objects.select_related("person__employer").filter(username=PREFIX + whose).first()
        if worker is not None and worker.person is not None and worker.person.employer is not None:
            yield _staff(key, Role.HR, worker.person.employer, note, at)


def _offices(at: datetime | None) -> Iterator[DemoAccount | None]:
    """Officer and approver of the offices that give the most kinds of things, the first worker's office first; a town's officer."""
    own = Person.objects.filter(
        account__username=PREFIX + "worker", entitlements__mode="application", entitlements__organisation=None
    )
    first = own.values_list("entitlements__office", flat=True).order_by("-entitlements__amount").first()
    counts = Person.objects.filter(entitlements__isnull=False).values("entitlements__office")
    given = counts.annotate(clauses=Count("entitlements__clause", distinct=True), n=Count("entitlements__id"))
    ranked = [row["entitlements__office"] for row in given.order_by("-clauses", "-n")]
    codes = list(dict.fromkeys([code for code in (first, *ranked) if code]))[:_OFFICES]
    bureaus = {o.code: o for o in Organisation.objects.filter(kind=OrganisationKind.BUREAU, code__in=codes)}
    for code in codes:
        office = bureaus[code]
        yield _staff(f"officer-{code}", Role.OFFICER, office, _NOTES[Role.OFFICER], at)
        yield _staff(f"approver-{code}", Role.APPROVER, office, _NOTES[Role.APPROVER], at)
    towns = Organisation.objects.filter(kind=OrganisationKind.TOWN).order_by("code")
    people = Person.objects.filter(listed=True).values("town").annotate(n=Count("pk")).order_by("-n")
    busiest = next((t for row in people for t in towns if t.town == row["town"]), None)
    if busiest is not None:
        note = Text("只见住在本街道的职工", "sees only the workers who live there")
        yield _staff("officer-town", Role.OFFICER, busiest, note, at)


def _district(at: datetime | None) -> Iterator[DemoAccount | None]:
    district = Organisation.objects.filter(kind=OrganisationKind.DISTRICT).first()
    if district is None:
        return
    absent = Text("代没有经办人的部门答复", "answers for offices that have nobody here")
    yield _staff("officer-district", Role.OFFICER, district, absent, at)
    second = Text("第二位财务：复核并放款", "a second one, who releases what the first made")
    yield _staff("finance", Role.FINANCE, district, _NOTES[Role.FINANCE], at)
    yield _staff("finance-second", Role.FINANCE, district, second, at)
    for role in (Role.AUDITOR, Role.LEADER, Role.OPERATOR):
        yield _staff(role.value, role, district, _NOTES[role], at)


_NOTES = {
    Role.OFFICER: Text("复核、处理申诉、起草条款", "reviews, answers appeals, drafts clauses"),
    Role.APPROVER: Text("批准、发布条款", "approves grants and clauses"),
    Role.FINANCE: Text(
        "编制付款批次、匹配回单、看预算", "makes payment batches, matches returns, sees budgets"
    ),
    Role.AUDITOR: Text("查记录、抽查，只看不改", "checks the record and samples; changes nothing"),
    Role.LEADER: Text("看目标、差距和资金", "sees goals, gaps and money"),
    Role.OPERATOR: Text("管账号和数据质量，看不到个人", "keeps accounts and data quality; sees no person"),
}


def _staff(
    key: str, role: Role, organisation: Organisation, note: Text, at: datetime | None
) -> DemoAccount | None:
    """The demonstration's account of a role; where it is from was decided when it was first made."""
    account = Account.objects.filter(username=PREFIX + key).first()
    if account is None:
        if at is None:
            return None
        account = Account.objects.create(username=PREFIX + key, label_zh=f"演示·{role.label}")
        without_password(account)
        # Nobody has such a number: it is not one, and each of these accounts is another made-up human.
        set_number(account, account.username)
        Membership.objects.create(account=account, organisation=organisation, role=role)
        _record(account, at)
    elif at is not None and not account.number_hash:
        set_number(account, account.username)
    organisation = account.memberships.select_related("organisation").get(role=role).organisation
    name = organisation.label
    title = Text(f"{name.zh} · {role.label}", f"{name.en} · {ROLE_EN[role]}")
    return DemoAccount(account.username, title, note, account, _KINDS[organisation.kind])


_KINDS: dict[str, Literal["enterprise", "office", "district"]] = {
    OrganisationKind.ENTERPRISE: "enterprise",
    OrganisationKind.BUREAU: "office",
    OrganisationKind.TOWN: "office",
    OrganisationKind.DISTRICT: "district",
}


def _record(account: Account, at: datetime) -> None:
    record(
        "accounts.make_demo", by=None, at=at, object_kind="account", object_id=account.pk,
        person=account.person_id,
    )  # fmt: skip
