"""The account of a worker: made when they first come, never by a form."""

from jigong.accounts.models import Account, Person


def worker_account(person: Person) -> Account:
    """The person's account, with no password; made on first need."""
    account, made = Account.objects.get_or_create(person=person, defaults={"username": f"person-{person.pk}"})
    if made:
        without_password(account)
    return account


def without_password(account: Account) -> None:
    """See that nobody signs in to the account by password."""
    account.set_unusable_password()
    account.save(update_fields=["password"])
