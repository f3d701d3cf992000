"""What the worker's pages say in words: sums that end in the amount, ways, and the best of them."""

from datetime import date
from decimal import Decimal

import pytest
from django.utils import timezone

from jigong.accounts.models import BankAccount, Person
from jigong.accounts.workers import worker_account
from jigong.delivery.models import Entitlement
from jigong.dossiers.law import current_run, held_of, law_of_run
from jigong.dossiers.models import Dossier
from jigong.insight.explain import explain_held
from jigong.insight.shown import value_text
from jigong.kernel.text import Text
from jigong.packs.model import Clause
from jigong.portals.kit.arithmetic import Words
from jigong.portals.kit.lawbook import Lawbook, book_of
from jigong.portals.worker.clause_page import ShownCondition, ShownFact
from jigong.portals.worker.reads import StoredAccount, entitlements_of, reader_of
from jigong.portals.worker.situation import situation_of
from jigong.portals.worker.standing import best_step
from jigong.portals.worker.telling import points_of, told_way
from jigong.rules.paths import Step, Way

pytestmark = pytest.mark.django_db
DAY = date(2023, 1, 1)


@pytest.fixture
def book() -> Lawbook:
    return book_of(law_of_run(current_run()))


def words(book: Lawbook, language: str) -> Words:
    return Words(language, book.label, book.unit)


def worked_cases(book: Lawbook):
    """Every worked example of the pack that gives money: clause, branch, facts, day, amount."""
    for files in book.law.pack.clauses.values():
        clause: Clause = files.clause.value
        for case in files.cases.value.cases if files.cases else ():
            facts = {**files.cases.value.base, **case.given}
            day = case.as_of or DAY
            outcome = book.law.rule(clause.id).decide(facts, day)
            if outcome.branch and outcome.amount:
                yield clause, outcome.branch, facts, day, outcome.amount


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_sum_ends_in_the_amount_the_rules_give(book, language):
    seen = 0
    for clause, branch, facts, day, amount in worked_cases(book):
        plan = book.plan(clause.id, branch)
        lines = plan.steps(facts, day, words(book, language))
        assert lines, (clause.id, branch)
        assert lines[-1].endswith(value_text(amount, "yuan", language)), (clause.id, branch, lines)
        seen += 1
    assert seen > 40


def test_a_share_with_a_cap_is_two_lines(book):
    facts = {"discounted_tuition": Decimal("9540.00"), "paid_before": Decimal("0.00")}
    lines = book.plan("degree-associate", "partial").steps(facts, DAY, words(book, "zh"))
    assert lines == [
        "专科：资助优惠后学费的比例 75% × 优惠后学费 9,540 元 = 7,155 元",
        "7,155 元与专科：按比例资助的最高金额 5,000 元，取较小者 = 5,000 元",
    ]


def test_half_a_cent_is_shown_and_rounded_up(book):
    facts = {"discounted_tuition": Decimal("6666.66"), "paid_before": Decimal("0.00")}
    lines = book.plan("degree-associate", "partial").steps(facts, DAY, words(book, "en"))
    assert "4,999.995 yuan" in lines[0]
    assert lines[-1] == "4,999.995 yuan, rounded to the cent: 5,000 yuan"


def test_what_was_paid_before_is_taken_off_and_never_below_zero(book):
    facts = {"discounted_tuition": Decimal("4000.00"), "paid_before": Decimal("1000.00")}
    lines = book.plan("degree-associate", "partial").steps(facts, DAY, words(book, "en"))
    assert lines[-1] == "3,000 yuan − Paid before 1,000 yuan = 2,000 yuan"
    facts["paid_before"] = Decimal("9000.00")
    assert (
        book.plan("degree-associate", "partial").steps(facts, DAY, words(book, "en"))[-1] == "below 0, so 0"
    )


def test_an_unknown_part_gives_no_sum(book):
    facts = {"discounted_tuition": None, "paid_before": Decimal(0)}
    assert book.plan("degree-associate", "partial").steps(facts, DAY, words(book, "zh")) == []


def test_a_benefit_in_kind_has_no_sum(book):
    assert book.plan("public-rental", "home") is None


def test_a_way_in_words(book):
    insured = Step("keep_insured", "insured_streak_months", 4, 6, 2, date(2023, 3, 1))
    way = told_way(Way((insured,), insured.on, Decimal("5000.00")), book, "zh")
    assert (way.what, way.when, way.worth) == ("继续参加四险（再 2 个月）", "2023年3月1日起", "可得 5,000 元")
    way = told_way(Way((insured,), insured.on, None), book, "en")
    assert (way.what, way.when, way.worth) == (
        "Stay in all four insurances (2 more months)",
        "from 1 Mar 2023",
        "you are entitled",
    )
    level = Step("next_certificate", "certificate_rank", 2, 3, None, date(2023, 6, 30))
    assert told_way(Way((level,), level.on, None), book, "zh").what == "考取更高技能等级 → 高级工"


def test_the_best_step_is_the_most_money_soonest_and_money_before_kind():
    for dossier in Dossier.objects.select_related("run", "person").order_by("person_id")[:60]:
        situation = situation_of(worker_account(dossier.person))
        held = held_of(dossier)
        ways = [e.way for e in explain_held(held, situation.law).clauses if e.way is not None]
        best = best_step(situation)
        if not ways:
            assert best is None
            continue
        assert best.way in ways
        for way in ways:
            assert not ((way.worth or 0) > (best.way.worth or 0) and way.on <= best.way.on)
            assert not (way.worth == best.way.worth and way.on < best.way.on)


def test_points_add_up_and_the_next_tier_is_ahead():
    for dossier in Dossier.objects.select_related("person").order_by("-points")[::60]:
        points = points_of(situation_of(worker_account(dossier.person)))
        assert points.total == dossier.points == sum(dimension.earned for dimension in points.dimensions)
        assert (points.next_tier is None) == (points.missing == 0)
        for dimension in points.dimensions:
            earned = sum(got or 0 for _, got, _ in dimension.items)
            assert dimension.earned == min(earned, dimension.most)


def test_written_out_reads_give_what_the_models_give():
    for person in Person.objects.filter(dossier__isnull=False).select_related("dossier").order_by("pk")[::50]:
        made = BankAccount.objects.create(
            person=person,
            number=b"",
            last4="1234",
            holder=person.name,
            bank="示例银行",
            created_at=timezone.now(),
        )
        BankAccount.objects.create(
            person=person, number=b"", last4="9", holder="", bank="", active=False, created_at=timezone.now()
        )
        reader = reader_of(person.pk)
        assert (
            vars(reader.person).items()
            >= {"number": bytes(person.number), "employer_id": person.employer_id}.items()
        )
        assert reader.bank_account == StoredAccount(made.bank, made.last4)
        assert reader.asked is False
        assert bytes(reader.dossier.body) == bytes(person.dossier.body)
        for field in Dossier._meta.concrete_fields:
            if field.name != "body":
                assert getattr(reader.dossier, field.attname) == getattr(person.dossier, field.attname)
        wanted = Entitlement.objects.filter(person=person).order_by("-id")
        assert [(e, e.amount, e.updated_at, e.state) for e in entitlements_of(person.pk)] == [
            (e, e.amount, e.updated_at, e.state) for e in wanted
        ]
        assert reader.cases == ()
    assert reader_of(0) is None


def shown(name: str, *, known: bool = True, denied: bool = False) -> ShownFact:
    label = Text(name, name)
    return ShownFact(name, label, name, known, False, denied, (), (), None, "")


@pytest.mark.parametrize(
    ("holds", "brief"), [(True, ["unknown", "yes"]), (False, ["unknown", "no"]), (None, ["unknown", "no"])]
)
def test_a_condition_shows_first_what_nobody_knows_and_what_makes_it_hold(holds, brief):
    facts = (
        shown("no", denied=True),
        shown("other no", denied=True),
        shown("yes"),
        shown("unknown", known=False),
    )
    condition = ShownCondition(Text("条件", "condition"), holds, facts, ())
    assert [fact.name for fact in condition.brief] == brief
