"""A changed account waits some working days before money goes there; and who else has given the same account."""

from collections.abc import Collection
from datetime import date, datetime, timedelta

from django.db.models import Q
from django.utils.timezone import localdate

from jigong.accounts.models import BankAccount, FormerMobile
from jigong.delivery.ledger.budgets import current_pack

STEP = "changed_account"
"""The pack's number of working days (``deadlines.yaml``); none where it does not say."""
_SATURDAY = 5


def days_to_wait() -> int:
    """How many working days money waits after a change; 0 for none."""
    pack = current_pack()
    return pack.days_for(STEP) if STEP in pack.deadlines else 0


def working_days_after(day: date, days: int) -> date:
    """The ``days``-th working day after ``day``. Weekends do not count; public holidays are not known, and do."""
    while days:
        day += timedelta(days=1)
        days -= day.weekday() < _SATURDAY
    return day


def waits_until(accounts: Collection[BankAccount], *, at: datetime) -> dict[int, date]:
    """Of those of the accounts (by id) to which nothing is paid yet ``at`` a moment, the first day on which it is.

    An account waits if its owner had another before, or if it came shortly after their mobile number was changed: the first
    account somebody gives does not. Days are the clock's, as accounts are given by the clock, also where a demonstration
    lives in one day.
    """
    days, on = days_to_wait(), localdate(at)
    begun = {one.pk: localdate(one.created_at) for one in accounts}
    recent = [one for one in accounts if days and on < working_days_after(begun[one.pk], days)]
    if not recent:
        return {}
    people = [one.person_id for one in recent if one.person_id is not None]
    firms = [one.organisation_id for one in recent if one.organisation_id is not None]
    before: dict[tuple[int | None, int | None], list[tuple[int, str]]] = {}
    rows = BankAccount.objects.filter(Q(person__in=people) | Q(organisation__in=firms))
    for pk, person, firm, number in rows.values_list("pk", "person", "organisation", "number_hash"):
        before.setdefault((person, firm), []).append((pk, number))
    phones: dict[int, list[datetime]] = {}
    for person, until in FormerMobile.objects.filter(person__in=people).values_list("person", "until"):
        phones.setdefault(person, []).append(until)
    found = {}
    for one in recent:
        owned = before.get((one.person_id, one.organisation_id), [])
        another = any(pk < one.pk and number != one.number_hash for pk, number in owned)
        phone = any(
            until <= one.created_at and begun[one.pk] <= working_days_after(localdate(until), days)
            for until in phones.get(one.person_id or 0, [])
        )
        if another or phone:
            found[one.pk] = working_days_after(begun[one.pk], days)
    return found


def paid_from(account: BankAccount | None, at: datetime) -> date | None:
    """The first day on which money goes to an account that was changed lately; None where it goes there now."""
    return None if account is None else waits_until([account], at=at).get(account.pk)


def also_given_by(accounts: Collection[BankAccount]) -> dict[int, list[BankAccount]]:
    """By account (id) the accounts of others with the same number, one for each of them; nothing where there are none."""
    hashes = {one.number_hash for one in accounts}
    same: dict[str, list[BankAccount]] = {}
    rows = BankAccount.objects.filter(number_hash__in=hashes).select_related("person", "organisation")
    for row in rows.order_by("pk"):
        same.setdefault(row.number_hash, []).append(row)
    found = {}
    for one in accounts:
        mine = (one.person_id, one.organisation_id)
        others = {(row.person_id, row.organisation_id): row for row in same.get(one.number_hash, ())}
        others.pop(mine, None)
        if others:
            found[one.pk] = list(others.values())
    return found
