"""Bank accounts, consent, preferences, and showing what is masked: written once, recorded always."""

from datetime import timedelta

import pytest

from access_made import AT, make_member, make_organisation, make_person
from jigong.accounts import actions, queries
from jigong.accounts.models import BankAccount, Consent
from jigong.accounts.unmask import unmask
from jigong.accounts.workers import worker_account
from jigong.audit.models import Entry
from jigong.kernel.problems import JigongError

pytestmark = pytest.mark.django_db
GOOD_CARD = "6222 0212 3456 7890 128"


@pytest.fixture
def person():
    return make_person("330114199003071236", mobile="13800001234", name="张三")


def add(person, number="12345678", **more):
    given = {"holder": "张三", "bank": "工商银行", "by": None, "at": AT, **more}
    return actions.add_bank_account(person=person, number=number, **given)


def test_the_newest_bank_account_counts_and_the_old_one_stays(person):
    first, second = add(person), add(person, "87654321")
    assert queries.bank_account_of(person) == second
    assert second.open_number() == "87654321"
    first.refresh_from_db()
    assert first.open_number() == "12345678"
    assert not first.active


def test_the_same_account_again_changes_nothing(person):
    assert add(person) == add(person, "1234 5678")
    assert BankAccount.objects.filter(person=person).count() == 1
    assert Entry.objects.filter(action="accounts.add_bank_account", person=person.pk).count() == 1


def test_the_number_is_sealed_and_the_record_has_none_of_it(person):
    made = add(person, GOOD_CARD)
    assert b"6222021" not in bytes(made.number)
    assert made.last4 == "0128"
    entry = Entry.objects.get(action="accounts.add_bank_account", person=person.pk)
    assert "6222" not in f"{entry.detail}{entry.object_id}{entry.reason}"


@pytest.mark.parametrize(
    ("number", "more"),
    [
        ("1234567", {}),
        ("1" * 33, {}),
        ("=1+1", {}),
        ("１２３４５６７８", {}),
        ("6222021234567890129", {}),
        ("12345678", {"holder": "李四"}),
        ("12345678", {"bank": " "}),
    ],
)
def test_what_cannot_be_right_is_refused_with_a_remedy(person, number, more):
    with pytest.raises(JigongError) as refused:
        add(person, number, **more)
    assert all(problem.remedy for problem in refused.value.problems)
    assert queries.bank_account_of(person) is None


def test_an_organisation_has_one_too(person):
    firm = make_organisation("enterprise", "A", zh="示例企业")
    given = {"number": "12345678", "bank": "中国银行", "by": None, "at": AT}
    made = actions.add_bank_account(organisation=firm, holder="示例企业", **given)
    assert queries.bank_account_of(firm) == made
    with pytest.raises(TypeError):
        actions.add_bank_account(person=person, organisation=firm, holder="示例企业", **given)


def test_consent_is_given_once_and_withdrawn_for_good(person):
    firm = make_organisation("enterprise", "A")
    given = {"person": person, "organisation": firm, "purpose": "benefits", "by": None}
    consent = actions.give_consent(**given, at=AT)
    assert actions.give_consent(**given, at=AT) == consent
    assert queries.has_consent(person, firm, "benefits")
    assert not queries.has_consent(person, firm, "skills")
    actions.withdraw_consent(consent_id=consent.pk, by=None, at=AT + timedelta(days=1))
    actions.withdraw_consent(consent_id=consent.pk, by=None, at=AT + timedelta(days=2))
    assert not queries.has_consent(person, firm, "benefits")
    again = actions.give_consent(**given, at=AT + timedelta(days=3))
    lines = queries.consents_of(person)
    assert [(line.id, line.withdrawn_at) for line in lines] == [
        (again.pk, None),
        (consent.pk, AT + timedelta(days=1)),
    ]
    assert Consent.objects.filter(person=person).count() == 2
    assert Entry.objects.filter(action__endswith="consent", person=person.pk).count() == 3


def test_there_is_no_consent_for_other_purposes(person):
    firm = make_organisation("enterprise", "A")
    with pytest.raises(JigongError):
        actions.give_consent(person=person, organisation=firm, purpose="everything", by=None, at=AT)


def test_preferences_are_kept_and_nonsense_is_not(person):
    account = worker_account(person)
    actions.set_preferences(account=account, language="en", elder=True, dark="dark", by=account, at=AT)
    account.refresh_from_db()
    assert (account.language, account.elder, account.dark) == ("en", True, "dark")
    with pytest.raises(JigongError):
        actions.set_preferences(account=account, language="fr", elder=True, dark="dark", by=account, at=AT)


@pytest.mark.parametrize(
    ("what", "value"), [("number", "330114199003071236"), ("mobile", "13800001234"), ("name", "张三")]
)
def test_unmasking_shows_the_value_and_writes_who_and_why(person, what, value):
    officer = make_member("o", "officer", make_organisation("bureau", "union"))
    assert unmask(person=person, what=what, reason="核对申请材料", by=officer, at=AT) == value
    entry = Entry.objects.get(action="accounts.unmask", person=person.pk)
    assert (entry.actor, entry.person, entry.reason) == (officer.pk, person.pk, "核对申请材料")
    assert value not in entry.detail


@pytest.mark.parametrize(
    ("what", "reason"), [("number", ""), ("number", "  x  "), ("password", "核对申请材料")]
)
def test_without_a_reason_nothing_is_shown_or_recorded(person, what, reason):
    officer = make_member("o", "officer", make_organisation("bureau", "union"))
    with pytest.raises(JigongError):
        unmask(person=person, what=what, reason=reason, by=officer, at=AT)
    assert not Entry.objects.filter(action="accounts.unmask", person=person.pk).exists()


def test_people_are_found_by_sealed_number_and_mobile(person):
    assert queries.person_with_number("330114199003071236") == person
    assert queries.person_with_number("110105194912310036") is None
    assert queries.people_with_mobile("13800001234") == [person]
