"""Reading accounts, bank accounts and consent."""

from dataclasses import dataclass
from datetime import datetime

from jigong.accounts.cipher import lookup
from jigong.accounts.enums import CONSENT_PURPOSES
from jigong.accounts.models import BankAccount, Consent, Organisation, Person
from jigong.kernel.problems import error
from jigong.kernel.text import Text


@dataclass(frozen=True, slots=True)
class ConsentLine:
    """One consent, in force while ``withdrawn_at`` is None."""

    id: int
    organisation_id: int
    organisation: Text
    purpose: str
    label: Text
    given_at: datetime
    withdrawn_at: datetime | None


def bank_account_of(owner: Person | Organisation) -> BankAccount | None:
    """Where the owner's money goes now, or None."""
    return owner.bank_accounts.filter(active=True).order_by("-id").first()


def consents_of(person: Person) -> list[ConsentLine]:
    """Every consent the person ever gave: those in force first, then the newest."""
    found = person.consents.select_related("organisation").order_by("-id")
    lines = [
        ConsentLine(
            consent.pk, consent.organisation_id, consent.organisation.label, consent.purpose,
            CONSENT_PURPOSES[consent.purpose], consent.given_at, consent.withdrawn_at,
        )
        for consent in found
    ]  # fmt: skip
    return sorted(lines, key=lambda line: line.withdrawn_at is not None)


def has_consent(person: Person, organisation: Organisation, purpose: str) -> bool:
    """Whether the person lets the organisation see personal detail for this purpose now."""
    return Consent.objects.filter(
        person=person, organisation=organisation, purpose=purpose, withdrawn_at=None
    ).exists()


def people_with_mobile(mobile: str) -> list[Person]:
    """The people the data name with this mobile number; a family may share one."""
    return list(
        Person.objects.filter(mobile_hash=lookup(mobile, "person.mobile"), listed=True).order_by("pk")
    )


def person_with_number(number: str) -> Person | None:
    """The person with this citizen number, if the data know them."""
    return Person.objects.filter(number_hash=lookup(number, "person.number"), listed=True).first()


def check_keys() -> None:
    """See that the site's keys are those of its database; nothing to see in an empty one.

    Raises:
        JigongError: what is sealed does not open, or people would not be found.
    """
    person = Person.objects.order_by("pk").first()
    if person is not None and lookup(person.open_number(), "person.number") != person.number_hash:
        raise error(
            "查找密钥不是建库时的那一把，名册里的人都会查不到",
            "the look-up key is not the one the database was begun with; nobody on file would be found",
            remedy=(
                "把 JIGONG_LOOKUP_KEY 设回原来的值；从前没有这个变量的站点，用最初的 JIGONG_DATA_KEY",
                "set JIGONG_LOOKUP_KEY back; a site from before there was one uses its first JIGONG_DATA_KEY",
            ),
        )
