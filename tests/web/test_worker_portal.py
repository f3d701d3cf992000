"""The worker's portal: what is due and why, one tap to take it, and nobody else's."""

import re
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from jigong.accounts.actions import add_bank_account
from jigong.accounts.models import Account, BankAccount, Person
from jigong.accounts.workers import worker_account
from jigong.delivery.models import Entitlement, Step
from jigong.delivery.states import State
from jigong.dossiers.law import current_run, law_of_run
from jigong.dossiers.models import Dossier
from jigong.portals.worker.situation import reference_of, situation_of
from jigong.services.cases.models import Case

pytestmark = pytest.mark.django_db
NOW = timezone.now()
BANK = {"number": "6222021234567890128", "bank": "示例银行"}


@pytest.fixture
def grant() -> Entitlement:
    """A proposed share of an associate degree's tuition."""
    found = Entitlement.objects.filter(clause="degree-associate", branch="partial", state=State.PROPOSED)
    return found.select_related("person").order_by("-amount", "id").first()


@pytest.fixture
def me(grant: Entitlement) -> Account:
    return worker_account(grant.person)


@pytest.fixture
def worker(me: Account) -> Client:
    return signed_in(me)


@pytest.fixture
def stranger(grant: Entitlement) -> Account:
    """Another worker, with a grant of their own."""
    others = Entitlement.objects.filter(state=State.PROPOSED, person__isnull=False, fund__gt="")
    return worker_account(others.exclude(person=grant.person).order_by("id").first().person)


def signed_in(account: Account) -> Client:
    client = Client()
    client.force_login(account)
    return client


def page(client: Client, name: str, *args: object, **query: str) -> str:
    answer = client.get(reverse(f"worker:{name}", args=args), query)
    assert answer.status_code == 200, (name, answer.status_code)
    return answer.content.decode()


def bank_of(person: Person) -> BankAccount:
    return add_bank_account(
        person=person, number=BANK["number"], holder=person.name, bank=BANK["bank"], by=None, at=NOW
    )


class TestHome:
    def test_it_shows_the_money_that_waits_and_the_points(self, worker, grant):
        text = page(worker, "home")
        waiting = Entitlement.objects.filter(person=grant.person, state=State.PROPOSED, organisation=None)
        due = sum((e.amount for e in waiting if not e.in_kind), Decimal(0))
        assert f"{due:,.0f}" in text
        assert str(Dossier.objects.get(person=grant.person).points) in text
        assert reverse("worker:clause", args=[grant.clause]) in text

    def test_every_page_answers_in_both_languages(self, worker):
        for language in ("zh", "en"):
            worker.cookies["language"] = language
            for name in (
                "home", "code", "code_now", "clauses", "data", "looks", "consents", "cases", "me", "messages",
                "bank_account", "credentials",
            ):  # fmt: skip
                page(worker, name)

    def test_in_english_no_page_is_half_chinese(self, worker, grant):
        worker.cookies["language"] = "en"
        for text in (
            page(worker, "home"),
            page(worker, "clauses"),
            page(worker, "me"),
            page(worker, "looks"),
        ):
            shown = re.sub(r"<[^>]+>|工人\d+|中文|示例[^\s<]*", "", text)
            assert not re.search(r"[\u4e00-\u9fff]", shown.split("<template")[0])

    def test_somebody_without_data_is_told_so_calmly(self):
        person = Person.objects.create(number_hash="0" * 64, number=b"", name="新来的人")
        answer = signed_in(worker_account(person)).get(reverse("worker:home"))
        assert answer.status_code == 422
        assert "还没有收到您的数据" in answer.content.decode()

    def test_pages_ask_the_database_few_questions(self, worker, grant, django_assert_max_num_queries):
        page(worker, "home")
        with django_assert_max_num_queries(8):
            page(worker, "home")
        with django_assert_max_num_queries(8):
            page(worker, "clause", grant.clause)
        with django_assert_max_num_queries(6):
            page(worker, "clauses")

    def test_a_name_with_markup_stays_text(self, worker, grant):
        Person.objects.filter(pk=grant.person_id).update(name="<script>alert(1)</script>")
        text = page(worker, "home") + page(worker, "me") + page(worker, "code")
        assert "<script>alert" not in text
        assert "&lt;script&gt;alert" in text


class TestCode:
    def test_a_new_one_each_time_with_nobodys_name_in_it(self, worker, grant):
        first, second = page(worker, "code_now"), page(worker, "code_now")
        assert "<svg" in first
        assert first != second
        assert grant.person.name not in first

    def test_it_is_not_kept_by_any_cache(self, worker):
        answer = worker.get(reverse("worker:code_now"))
        assert answer.headers["Cache-Control"] == "no-store"


class TestClause:
    def test_every_condition_its_values_and_the_sum(self, worker, grant, me):
        text = page(worker, "clause", grant.clause)
        conditions = [part for one in situation_of(me).of_clause(grant.clause) for part in one.conditions]
        assert text.count('aria-label="符合"') == sum(part.holds is True for part in conditions) > 0
        assert "连续缴纳社会保险达到规定月数" in text
        assert "× 优惠后学费" in text
        assert f"{grant.amount:,.0f}" in text
        assert "资助优惠后学费的75%" in text
        assert "满 46 周岁的前一天" in text

    def test_what_lacks_shows_the_way(self):
        found = next(
            (account, reverse("worker:clauses"))
            for account in map(
                worker_account, Person.objects.filter(dossier__isnull=False).order_by("id")[:40]
            )
            if "还差一步" in signed_in(account).get(reverse("worker:clauses")).content.decode()
        )
        client = signed_in(found[0])
        links = re.findall(r'href="(/worker/clauses/[\w-]+)"', client.get(found[1]).content.decode())
        assert any("最短的路" in client.get(link).content.decode() for link in dict.fromkeys(links))

    def test_all_clauses_are_listed_by_field(self, worker):
        text = page(worker, "clauses")
        pack = law_of_run(current_run()).pack
        assert set(re.findall(r'href="/worker/clauses/([\w-]+)"', text)) == set(pack.clauses)
        assert text.count('<section class="card"') == len(pack.manifest.fields)

    def test_an_unknown_clause(self, worker):
        assert worker.get("/worker/clauses/free-money").status_code == 404

    def test_evidence_names_file_line_and_batch(self, worker, grant):
        reference = reference_of(grant.open_subject())
        text = page(worker, "evidence", "discounted_tuition", of=reference)
        assert re.search(r"degree_enrolment.* 第 \d+ 行 · 批次 \S+ ·", text)
        assert worker.get("/worker/evidence/discounted_tuition?of=0123456789abcdef").status_code == 404
        assert worker.get("/worker/evidence/no_such_fact").status_code == 404


class TestConfirm:
    def send(self, client: Client, grant: Entitlement, **given: object) -> object:
        return client.post(reverse("worker:confirm", args=[grant.pk]), {"version": grant.version, **given})

    def test_one_form_brings_the_account_and_the_word(self, worker, grant):
        assert self.send(worker, grant, **BANK).status_code == 302
        grant.refresh_from_db()
        assert grant.state in (State.CONFIRMED, State.PASSED)
        assert grant.bank_account.last4 == BANK["number"][-4:]
        assert "确认申领" in page(worker, "clause", grant.clause)

    def test_a_double_click_confirms_once(self, worker, grant):
        for _ in range(2):
            assert self.send(worker, grant, **BANK).status_code == 302
        assert Step.objects.filter(entitlement=grant, move="confirm").count() == 1
        assert BankAccount.objects.filter(person=grant.person).count() == 1

    def test_a_wrong_card_number_is_said_beside_the_form_and_nothing_happens(self, worker, grant):
        answer = self.send(worker, grant, number="6222021234567890123", bank="示例银行")
        assert answer.status_code == 422
        assert "校验位不对" in answer.content.decode()
        grant.refresh_from_db()
        assert grant.state == State.PROPOSED
        assert not BankAccount.objects.filter(person=grant.person).exists()

    def test_without_an_account_it_asks_for_one(self, worker, grant):
        answer = self.send(worker, grant)
        assert answer.status_code == 422
        assert "收款账户" in answer.content.decode()

    def test_a_stale_page_does_nothing(self, worker, grant):
        Entitlement.objects.filter(pk=grant.pk).update(version=grant.version + 1)
        answer = self.send(worker, grant, **BANK)
        assert answer.status_code == 409
        assert "刚被更新过" in answer.content.decode()
        grant.refresh_from_db()
        assert grant.state == State.PROPOSED

    @pytest.mark.parametrize("version", ["", "x", "-1", "9" * 30])
    def test_a_made_up_version_does_nothing(self, worker, grant, version):
        answer = worker.post(reverse("worker:confirm", args=[grant.pk]), {"version": version, **BANK})
        assert answer.status_code == 409

    def test_two_tabs_one_gives_up_and_the_other_confirms(self, worker, grant):
        worker.post(reverse("worker:withdraw", args=[grant.pk]), {"version": grant.version})
        assert self.send(worker, grant, **BANK).status_code == 409
        grant.refresh_from_db()
        assert grant.state == State.WITHDRAWN

    @pytest.mark.parametrize("name", ["confirm", "withdraw", "appeal"])
    def test_somebody_elses_does_not_exist(self, stranger, grant, name):
        client = signed_in(stranger)
        assert Entitlement.objects.filter(person=stranger.person).exists()
        answer = client.post(
            reverse(f"worker:{name}", args=[grant.pk]), {"version": grant.version, "text": "我的", **BANK}
        )
        assert answer.status_code == 404
        grant.refresh_from_db()
        assert grant.state == State.PROPOSED
        assert not Case.objects.filter(entitlement=grant).exists()

    def test_all_at_once_takes_only_ones_own_as_shown(self, worker, grant, stranger):
        bank_of(grant.person)
        theirs = Entitlement.objects.filter(person=stranger.person, state=State.PROPOSED).first()
        answer = worker.post(
            reverse("worker:confirm_all"),
            {
                "entitlement": [
                    f"{grant.pk}:{grant.version}",
                    f"{theirs.pk}:{theirs.version}",
                    "x",
                    "1:2:3",
                    "9" * 40,
                ]
            },
        )
        assert answer.status_code == 302
        grant.refresh_from_db()
        theirs.refresh_from_db()
        assert grant.state in (State.CONFIRMED, State.PASSED)
        assert theirs.state == State.PROPOSED

    def test_reading_never_confirms(self, worker, grant):
        assert worker.get(reverse("worker:confirm", args=[grant.pk])).status_code == 405
        assert worker.get(reverse("worker:confirm_all")).status_code == 405


class TestAppeal:
    def test_an_appeal_waits_for_its_answer_and_is_shown(self, worker, grant):
        address = reverse("worker:appeal", args=[grant.pk])
        assert worker.get(address).status_code == 200
        for _ in range(2):
            worker.post(address, {"version": grant.version, "text": "<b>少算了</b>"})
        assert Case.objects.filter(entitlement=grant).count() == 1
        text = page(worker, "cases")
        assert "&lt;b&gt;少算了&lt;/b&gt;" in text
        assert "申诉中" in page(worker, "clauses")

    def test_an_empty_one_is_refused_where_it_was_written(self, worker, grant):
        answer = worker.post(
            reverse("worker:appeal", args=[grant.pk]), {"version": grant.version, "text": " "}
        )
        assert answer.status_code == 422
        assert not Case.objects.filter(entitlement=grant).exists()
