"""What people change about themselves: where money goes, who may see what, how pages look."""

from datetime import datetime

from django.db import transaction

from jigong.accounts.bank import check_holder, clean_bank_number
from jigong.accounts.cipher import lookup, seal_text
from jigong.accounts.enums import CONSENT_PURPOSES
from jigong.accounts.models import Account, BankAccount, Consent, Organisation, Person
from jigong.accounts.old_phone import ACCOUNT, phones_of_before, tell
from jigong.accounts.signals import account_given
from jigong.audit.actions import record
from jigong.kernel.problems import error

_DARK = ("auto", "light", "dark")
_LANGUAGES = ("zh", "en")


@transaction.atomic
def add_bank_account(
    *,
    person: Person | None = None,
    organisation: Organisation | None = None,
    number: str,
    holder: str,
    bank: str,
    by: Account | None,
    at: datetime,
) -> BankAccount:
    """Make this where the owner's money goes from now on; what was paid elsewhere keeps its account.

    Giving the account that already counts changes nothing.

    Raises:
        JigongError: the number cannot be right, the bank is missing, or the holder is somebody else.
    """
    owner = person or organisation
    if owner is None or (person is not None and organisation is not None):
        raise TypeError("a bank account belongs to one person or one organisation")
    digits, holder = clean_bank_number(number), check_holder(owner, holder)
    if not bank.strip():
        raise error(
            "还没有填写开户银行", "the bank is missing", remedy=("填写银行名称", "give the bank's name")
        )
    # Two tabs at once: the second waits here, and finds what the first did.
    type(owner).objects.select_for_update(no_key=True).get(pk=owner.pk)
    active = owner.bank_accounts.filter(active=True)
    number_hash = lookup(digits, "bank.number")
    known = active.filter(number_hash=number_hash, bank=bank.strip()).first()
    if known is not None:
        return known
    replaced = active.update(active=False)
    made = BankAccount.objects.create(
        person=person, organisation=organisation, number=seal_text(digits, "bank.number"),
        number_hash=number_hash, last4=digits[-4:], holder=holder, bank=bank.strip(), created_at=at,
    )  # fmt: skip
    record(
        "accounts.add_bank_account", by=by, at=at, object_kind="bank_account", object_id=made.pk,
        person=person.pk if person else None,
        detail={"organisation": organisation.pk} if organisation else {},
    )  # fmt: skip
    if replaced and person is not None:
        tell(person, phones_of_before(person, at), ACCOUNT, at=at)
    account_given.send(sender=BankAccount, bank_account=made, at=at)
    return made


@transaction.atomic
def give_consent(
    *, person: Person, organisation: Organisation, purpose: str, by: Account | None, at: datetime
) -> Consent:
    """Let an organisation see personal detail for one purpose. Giving it twice changes nothing.

    Raises:
        JigongError: there is no such purpose.
    """
    if purpose not in CONSENT_PURPOSES:
        raise error(f"没有这项授权用途：{purpose}", f"there is no such purpose: {purpose}")
    consent, made = Consent.objects.get_or_create(
        person=person, organisation=organisation, purpose=purpose, withdrawn_at=None, defaults={"given_at": at}
    )  # fmt: skip
    if made:
        _record_consent("accounts.give_consent", consent, by, at)
    return consent


@transaction.atomic
def withdraw_consent(*, consent_id: int, by: Account | None, at: datetime) -> None:
    """End a consent from now on. Ending it twice changes nothing; the caller has checked whose it is."""
    consent = Consent.objects.select_for_update(no_key=True).get(pk=consent_id)
    if consent.withdrawn_at is None:
        consent.withdrawn_at = at
        consent.save(update_fields=["withdrawn_at"])
        _record_consent("accounts.withdraw_consent", consent, by, at)


def _record_consent(action: str, consent: Consent, by: Account | None, at: datetime) -> None:
    record(
        action, by=by, at=at, object_kind="consent", object_id=consent.pk, person=consent.person_id,
        detail={"organisation": consent.organisation_id, "purpose": consent.purpose},
    )  # fmt: skip


@transaction.atomic
def set_preferences(
    *, account: Account, language: str, elder: bool, dark: str, by: Account | None, at: datetime
) -> None:
    """Keep how the account's pages look.

    Raises:
        JigongError: a choice that does not exist.
    """
    if language not in _LANGUAGES or dark not in _DARK:
        raise error(
            "没有这个选项", "there is no such choice", remedy=("在页面上重新选择", "choose again on the page")
        )
    account.language, account.elder, account.dark = language, elder, dark
    account.save(update_fields=["language", "elder", "dark"])
    record(
        "accounts.set_preferences", by=by, at=at, object_kind="account", object_id=account.pk,
        detail={"language": language, "elder": elder, "dark": dark},
    )  # fmt: skip
