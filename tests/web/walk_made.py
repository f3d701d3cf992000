"""The cast and the things for walking every address: what an address names belongs to worker A, to A's firm and A's office.

Everybody else has data of their own. A new kind of thing in an address needs one line in ``THINGS``.
"""

import uuid
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime, timedelta
from fnmatch import fnmatchcase
from functools import cached_property
from typing import Any

from django.utils import timezone

from jigong.accounts import staff
from jigong.accounts.cipher import seal_text
from jigong.accounts.demo import make_demo_accounts
from jigong.accounts.models import Account, Membership, Organisation, Person
from jigong.credentials.models import Credential
from jigong.delivery.ledger.models import BudgetChange
from jigong.delivery.lottery.models import Document
from jigong.delivery.lottery.models import Draw as Lottery
from jigong.delivery.models import Entitlement, Step
from jigong.delivery.payments.models import Batch, ReturnFile
from jigong.delivery.replay.models import Adjustment
from jigong.delivery.sampling.models import Audit
from jigong.delivery.sampling.models import Draw as Sample
from jigong.dossiers.law import current_run, law_of_run
from jigong.insight.law import Law
from jigong.kernel.hashing import canonical_json
from jigong.lake.claims import DEPARTMENT
from jigong.lake.held import Held, dismiss_held
from jigong.portals.office.quarantined import lake_of
from jigong.portals.worker.situation import reference_of
from jigong.services.access_tokens import actions as tokens
from jigong.services.access_tokens.enums import SCOPES_OF
from jigong.services.access_tokens.models import Token
from jigong.services.cases.actions import appeal
from jigong.services.cases.models import Case
from jigong.services.publishing.drafting import create_draft
from jigong.services.publishing.models import Version
from jigong.services.publishing.queries import head
from jigong.services.reporting.models import Report
from jigong.services.reporting.queries import forms
from jigong.services.setting_aside.models import Proposal

NOW = datetime(2023, 1, 1, 9, tzinfo=UTC)
NOBODY = "nobody"
CLAIMS = '{"name": "walk", "number": "walk", "assessor": "walk"}'
HERE = ("officer here", "approver here")
BUREAUS = (*HERE, "officer elsewhere", "approver elsewhere")
DISTRICT = ("finance", "auditor", "leader", "operator")


@dataclass(frozen=True, slots=True)
class Thing:
    """A value of an address's part, and who of the cast may reach what it names (None: whoever opens the page)."""

    value: Any
    reached_by: frozenset[str] | None = None
    sends: dict[str, str] = field(default_factory=dict)
    """What a form to this address needs to say, so that it is about the thing at all."""


def only(value: Any, *names: str, **sends: str) -> Thing:
    return Thing(value, frozenset(names), sends)


def any_of(value: Any, **sends: str) -> Thing:
    return Thing(value, None, sends)


class Scene:
    """The made-up district with its cast; made things are kept, so that one address names one thing."""

    def __init__(self) -> None:
        demo = {one.username: one.account for one in make_demo_accounts(at=timezone.now())}
        self.a, self.b = _person(demo["demo-worker"]), _person(demo["demo-worker-elsewhere"])
        self.entitlement = self.a.entitlements.filter(mode="application").order_by("-amount")[0]
        here = self.entitlement.office
        elsewhere = next(name[len("demo-officer-") :] for name in demo if name.startswith("demo-officer-") and here not in name)  # fmt: skip
        self.cast: dict[str, Account | None] = {
            NOBODY: None,
            "worker A": demo["demo-worker"],
            "worker B": demo["demo-worker-elsewhere"],
            "HR A": demo["demo-hr"],
            "HR B": demo["demo-hr-elsewhere"],
            "officer here": demo[f"demo-officer-{here}"],
            "approver here": demo[f"demo-approver-{here}"],
            "officer elsewhere": demo[f"demo-officer-{elsewhere}"],
            "approver elsewhere": demo[f"demo-approver-{elsewhere}"],
            "town elsewhere": self._town_officer(),
            "finance": demo["demo-finance"],
            "auditor": demo["demo-auditor"],
            "leader": demo["demo-leader"],
            "operator": demo["demo-operator"],
        }
        self._outsiders_have_data_too()

    def _town_officer(self) -> Account:
        towns = Organisation.objects.filter(kind="town").exclude(town=self.a.town)
        town = next(
            t for t in towns if Person.objects.filter(town=t.town, entitlements__isnull=False).exists()
        )
        account = Account.objects.create(username="walk-town")
        Membership.objects.create(account=account, organisation=town, role="officer")
        return account

    def _outsiders_have_data_too(self) -> None:
        assert self.b.entitlements.exists()
        assert self.b.employer != self.a.employer
        for code in (self.entitlement.office, self._office_of("officer elsewhere").code):
            assert Entitlement.objects.filter(office=code).exists()

    def _office_of(self, name: str) -> Organisation:
        account = self.cast[name]
        assert account is not None
        return account.memberships.get().organisation

    def fresh(self, name: str) -> Account | None:
        """One of the cast, with what they may do read anew."""
        account = self.cast[name]
        return None if account is None else Account.objects.get(pk=account.pk)

    def named(self, name: str) -> Account:
        account = self.cast[name]
        assert account is not None
        return account

    @cached_property
    def firms_own(self) -> Entitlement:
        """Something due to the first worker's employer itself."""
        firm = self.a.employer
        made = self.a.entitlements.filter(organisation=None)[0]
        made.pk, made.person, made.organisation, made.subject_hash = None, None, firm, "walk"
        made.save()
        return made

    @cached_property
    def law(self) -> Law:
        return law_of_run(current_run())

    @cached_property
    def other_staff(self) -> Membership:
        """Somebody the operator keeps."""
        account = staff.make_staff(username="walk-kept", label="", by=None, at=NOW)
        return staff.grant(
            account=account, organisation=self._office_of("officer here"), role="officer", by=None, at=NOW
        )

    @cached_property
    def report(self) -> Report:
        firm = self._office_of("HR A")
        return Report.objects.create(
            organisation=firm, data_class=next(iter(forms())), file="a.xlsx", state="discarded", faults=b"",
            rows_in=0, accepted=0, corrected=0, duplicates=0, refused=0, by=self.named("HR A"), at=NOW,
        )  # fmt: skip

    @cached_property
    def case(self) -> Case:
        return appeal(entitlement=self.entitlement.pk, text="金额不对", by=self.named("worker A"), at=NOW)

    @cached_property
    def batch(self) -> Batch:
        return Batch.objects.create(
            fund=next(iter(self.law.pack.funds)), number="WALK1", count=0, total=0, made_by=self.named("finance"), made_at=NOW
        )  # fmt: skip

    @cached_property
    def budget_change(self) -> BudgetChange:
        return BudgetChange.objects.create(
            fund=next(iter(self.law.pack.funds)), year=2023, amount=1, reference="示例", turn=0, reason="示例",
            by=self.named("finance"), at=NOW,
        )  # fmt: skip

    @cached_property
    def return_file(self) -> ReturnFile:
        return ReturnFile.objects.create(
            content_hash="0" * 64,
            filename="a.csv",
            format="csv",
            taken_by=self.named("finance"),
            taken_at=NOW,
        )

    @cached_property
    def sample(self) -> Sample:
        return Sample.objects.create(
            month="2023-01", at=NOW, population=0, size=0, share="0.05", at_least=1, list_hash="0" * 64, line=1,
            line_hash="0" * 64, seed="0" * 64,
        )  # fmt: skip

    @cached_property
    def audit(self) -> Audit:
        step = Step.objects.create(
            entitlement=self.entitlement,
            at=NOW,
            by=self.named("approver here"),
            move="approve",
            to_state="approved",
        )
        return Audit.objects.create(
            step=step, entitlement=self.entitlement, why="risk", risk=50, deadline=date(2023, 2, 1), opened_at=NOW
        )  # fmt: skip

    def clause_of(self, office: str, mode: str | None = None) -> str:
        """A clause an office decides."""
        clauses = self.law.clauses
        return next(c.id for c in clauses if c.delivery.office == office and mode in (None, c.delivery.mode))

    @cached_property
    def lottery(self) -> Lottery:
        clause = self.clause_of(self.entitlement.office, "lottery")
        draw = Lottery.objects.create(
            clause=clause, clause_zh="条款", clause_en="clause", office=self.entitlement.office, run=current_run(),
            day=date(2023, 1, 1), places=1, entrants=0, roster_sha256="0" * 64, sampler_version="1",
            sampler_sha256="0" * 64, seed_source="x", seed_form="1", seed_known_at=NOW + timedelta(days=9),
            prepared_at=NOW, prepared_by=self.named("officer here"),
        )  # fmt: skip
        Document.objects.create(draw=draw, kind="roster", body=b"lottery: 1\nplaces: 1\n\n", sha256="0" * 64)
        return draw

    @cached_property
    def draft(self) -> int:
        made = create_draft(
            clause=self.entitlement.clause, by=self.named("officer here"), at=NOW, on=date(2023, 3, 1)
        )
        return made.pk

    @cached_property
    def version(self) -> int:
        found = Version.objects.first()
        if found is None:
            found = Version.objects.create(
                number=1, pack_hash=head().pack_hash, in_force_on=date(2023, 1, 1), created_at=NOW
            )
        return found.number  # fmt: skip

    @cached_property
    def token(self) -> Token:
        firm = self._office_of("HR A")
        made, _ = tokens.create(
            organisation=firm,
            name="walk",
            scopes=SCOPES_OF[firm.kind],
            days=30,
            by=self.named("HR A"),
            at=NOW,
        )
        return made

    @cached_property
    def credential(self) -> uuid.UUID:
        """One of A's; B has one too."""
        made = [
            Credential.objects.create(
                kind=next(iter(self.law.pack.credentials)), subject_hash=f"walk {place}", person=person, achievement="walk",
                zh="证书", en="certificate", awarded_on=date(2022, 5, 1), claims=seal_text(CLAIMS, "credential.claims"),
                claims_hash="0" * 64, issued_at=NOW, status_list=9, status_index=place,
            )
            for place, person in enumerate((self.a, self.b))
        ]  # fmt: skip
        return made[0].pk

    @cached_property
    def adjustment(self) -> Adjustment:
        body = seal_text('{"changes": []}', "adjustment.body")
        return Adjustment.objects.create(
            entitlement=self.entitlement,
            direction="arrears",
            amount=1,
            body=body,
            key="0" * 64,
            created_at=NOW,
        )

    @cached_property
    def firms_adjustment(self) -> Adjustment:
        """What the first worker's employer may have to pay back."""
        return Adjustment.objects.create(
            entitlement=self.firms_own, direction="recovery", amount=1, key="1" * 64, created_at=NOW,
            body=seal_text('{"changes": []}', "adjustment.body"), hear_until=date(2023, 1, 11),
        )  # fmt: skip

    def data_class(self, office: Organisation) -> str:
        """A class that office delivers."""
        contracts = self.law.pack.contracts.values()
        return next(c.name for c in contracts if c.department.zh == office.zh)

    @cached_property
    def held(self) -> Held:
        """A delivery of a class of A's office that leaves out too much, and waits for a word."""
        name = self.data_class(self.department)
        made = Held(name, NOW.date(), DEPARTMENT, 9, 10, (), ())
        store = lake_of(self.law.pack).store
        store.note_held(made.id, canonical_json(asdict(made)), store.root)
        return made

    def forget(self) -> None:
        """Leave nothing of it where no database rolls it back."""
        if "held" in vars(self):
            dismiss_held(lake_of(self.law.pack), self.held)

    @cached_property
    def proposal(self) -> Proposal:
        """A row of a class of A's office that somebody wants set aside."""
        return Proposal.objects.create(
            data_class=self.data_class(self.department), batch="walk", file="walk.csv", line=2, turn=0, why="other",
            text="walk", by=self.named("officer here"), at=NOW,
        )  # fmt: skip

    @property
    def department(self) -> Organisation:
        """The department of A's office."""
        return self._office_of("officer here")

    @cached_property
    def reference(self) -> str:
        """How the worker portal names the thing A's entitlement is about."""
        return reference_of(self.entitlement.open_subject())

    def thing(self, route: str, part: str) -> Thing | None:
        """What stands for ``part`` at the end of ``route``."""
        for pattern, make in THINGS:
            if fnmatchcase(route, pattern):
                return make(self)
        return None


def _person(account: Account) -> Person:
    assert account.person is not None
    return account.person


OF_A = ("worker A", "HR A", *HERE, "finance", "auditor")
Make = Callable[[Scene], Thing]
# A route up to and with the part in question (glob) → what to put there. The first that fits counts.
THINGS: Iterable[tuple[str, Make]] = (
    # Entry and accounts
    ("sign-in/invitation/<int:account>", lambda s: any_of(s.other_staff.account_id)),
    ("sign-in/invitation/*/<str:token>", lambda s: any_of("spent-token")),
    ("access/<int:account>", lambda s: only(s.other_staff.account_id, "operator")),
    ("access/<int:account>/end/<int:membership>", lambda s: only(s.other_staff.pk, "operator")),
    ("access/unmask/<int:person>", lambda s: only(s.a.pk, *BUREAUS)),
    ("access/unmask/*/<str:what>", lambda s: any_of("mobile", reason="核对申请材料")),
    # Public
    ("verify/seen/<str:ticket>", lambda s: any_of("spent")),
    ("V/<str:token>", lambda s: any_of("forged")),
    ("credentials/<uuid:id_>", lambda s: any_of(s.credential)),
    ("achievements/<str:kind>", lambda s: any_of("none")),
    ("achievements/*/<str:code>", lambda s: any_of("none")),
    ("status/<int:number>", lambda s: any_of(1)),
    ("lottery/<int:number>", lambda s: any_of(s.lottery.pk)),
    ("lottery/programs/<str:name>", lambda s: any_of("none")),
    ("law/<slug:clause>", lambda s: any_of(s.entitlement.clause)),
    # Worker
    ("worker/clauses/<slug:clause>", lambda s: any_of(s.entitlement.clause)),
    ("worker/clauses/*/apply/<slug:reference>", lambda s: only(s.reference, "worker A")),
    ("worker/entitlements/<int:pk>", lambda s: only(s.entitlement.pk, "worker A")),
    ("worker/recoveries/<int:pk>", lambda s: only(s.adjustment.pk, "worker A")),
    ("worker/*/<slug:fact>", lambda s: any_of("age")),
    ("worker/me/credentials/<uuid:pk>", lambda s: only(s.credential, "worker A")),
    ("worker/me/credentials/*.<slug:ending>", lambda s: any_of("json")),
    # Enterprise
    ("enterprise/money/<int:pk>", lambda s: only(s.firms_own.pk, "HR A")),
    ("enterprise/money/recoveries/<int:pk>", lambda s: only(s.firms_adjustment.pk, "HR A", kind="hearing", text="已结清")),
    ("enterprise/people/<int:pk>", lambda s: only(s.a.pk, "HR A")),
    ("enterprise/reports/<int:pk>", lambda s: only(s.report.pk, "HR A")),
    ("enterprise/reports/<str:data_class>", lambda s: any_of(s.report.data_class)),
    # Office
    ("office/entitlements/<int:number>", lambda s: only(s.entitlement.pk, *OF_A)),
    ("office/entitlements/*/<slug:fact>", lambda s: any_of("age")),
    ("office/entitlements/*/do/<slug:move>", lambda s: any_of("decline", version="1", reason="x")),
    ("office/queue/<slug:kind>", lambda s: any_of("review", move="review")),
    ("office/cases/<int:number>", lambda s: only(s.case.pk, *HERE, answer="dismiss", version="1")),
    ("office/adjustments/<int:number>", lambda s: only(s.adjustment.pk, *HERE, "finance", answer="reject", reason="核对无误")),
    ("office/audits/draws/<int:number>", lambda s: only(s.sample.pk, "auditor")),
    ("office/audits/<int:number>", lambda s: only(s.audit.pk, "auditor", finding="right")),
    ("office/findings/<int:number>", lambda s: only(s.audit.pk, *HERE, answer="neither")),
    ("office/payments/returns/<int:number>", lambda s: only(s.return_file.pk, "finance")),
    ("office/payments/<int:number>", lambda s: only(s.batch.pk, "finance", act="discard", **{"as": "csv"})),
    ("office/funds/<slug:name>", lambda s: any_of(next(iter(s.law.pack.funds)))),
    ("office/funds/*/<int:year>", lambda s: any_of(2023)),
    ("office/funds/*/budget/<int:number>", lambda s: only(s.budget_change.pk, "finance", answer="decline", text="x")),
    ("office/people/<int:number>", lambda s: only(s.a.pk, *BUREAUS, "auditor")),
    ("office/data/quarantine/*/aside/<int:number>", lambda s: only(s.proposal.pk, *HERE, answer="decline", text="x")),
    ("office/data/quarantine/*/held/<slug:held>", lambda s: only(s.held.id, *HERE, "operator", answer="neither")),
    ("office/data/quarantine/<slug:name>", lambda s: only(s.data_class(s.department), *HERE, "auditor", "operator")),
    ("office/lotteries/new/<slug:clause>", lambda s: only(s.lottery.clause, *HERE)),
    ("office/lotteries/<int:number>", lambda s: only(s.lottery.pk, *HERE, "finance", "auditor")),
    ("office/lotteries/*/<slug:step>", lambda s: any_of("discard", reason="x")),
    ("office/places/<slug:clause>", lambda s: only(s.clause_of(s.entitlement.office, "quota"), *HERE, reason="x")),
    ("office/publishing/clauses/<slug:clause>", lambda s: only(s.entitlement.clause, *HERE)),
    ("office/publishing/versions/<int:number>", lambda s: any_of(s.version)),
    ("office/publishing/drafts/<int:number>", lambda s: only(s.draft, *HERE, edition="1")),
    ("office/publishing/drafts/*/text/<slug:kind>", lambda s: any_of("clause", edition="1")),
    ("office/publishing/drafts/*/<slug:move>", lambda s: any_of("drop", edition="1")),
    # Cockpit
    ("cockpit/portrait/<slug:name>", lambda s: any_of(next(iter(s.law.pack.indicators)))),
    # API
    ("api/tokens/<int:pk>", lambda s: only(s.token.pk, "HR A")),
    ("api/v1/*<*>", lambda s: any_of("none")),
)  # fmt: skip
