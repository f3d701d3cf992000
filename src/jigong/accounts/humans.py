"""Who is behind an account: what takes two people takes two humans, not two accounts.

A worker's account is the person's it belongs to; a staff account is linked to a citizen number by an operator. Of an
account that is linked to nobody it is not known who it is, and what is not known is never a no: it is neither the
same human as another nor a second one (ADR 30).
"""

import re
from collections.abc import Iterable, Sequence

from django.db.models import Q, QuerySet

from jigong.accounts.cipher import lookup, seal_text, unseal_text
from jigong.accounts.models import Account, Person
from jigong.kernel.problems import error

NUMBER = "account.number"
"""What seals the number of a staff account. It is looked up by the same hash as a person's."""
_CITIZEN = re.compile(r"\d{17}[\dX]")
_CHECKS = "10X98765432"
_SHOWN = 3


def human_of(account: Account) -> str:
    """The keyed hash of the citizen number behind an account; empty where nobody is linked."""
    return account.person.number_hash if account.person is not None else account.number_hash


def same_human(one: Account, other: Account) -> bool | None:
    """Whether two accounts are one human; None where that is not known, because one of them is linked to nobody."""
    if one.pk == other.pk:
        return True
    ours, theirs = human_of(one), human_of(other)
    return ours == theirs if ours and theirs else None


def is_second(by: Account, *others: Account | None) -> bool:
    """Whether ``by`` is known to be another human than each of the others. None stands for a rule, and is nobody."""
    return bool(human_of(by)) and all(same_human(by, one) is False for one in others if one is not None)


def refuse_same_human(
    by: Account, *others: Account | None, zh: str, en: str, remedy: tuple[str, str] | None = None
) -> None:
    """Refuse an act of a second person to whoever is, or could be, the first.

    Raises:
        JigongError: ``by`` is one of the others (``zh``, ``en`` and ``remedy`` say it), or it is not known who is behind one
            of the accounts.
    """
    known = [one for one in others if one is not None]
    if any(same_human(by, one) for one in known):
        raise error(zh, en, remedy=remedy or ("请另一位同事办理", "let a colleague do it"))
    unlinked = next((one for one in (by, *known) if not human_of(one)), None)
    if unlinked is not None:
        name = unlinked.label_zh or unlinked.username
        raise error(
            f"这一步须由另一人办理，而账户“{name}”还没有关联到本人，无法确认是两个人",
            f"this is for a second person, and the account “{name}” is linked to nobody, so nobody can tell that you are two",
            remedy=(
                "请系统管理员在该账户的页面上填写本人身份号码",
                "have an operator enter the owner's citizen number on the account's page",
            ),
        )


def accounts_of(account: Account) -> QuerySet[Account]:
    """Every account of the human behind this one, itself included."""
    human = human_of(account)
    same = Q(number_hash=human) | Q(person__number_hash=human) if human else Q(pk=account.pk)
    return Account.objects.filter(same)


def person_of(account: Account) -> Person | None:
    """What the data know of the human behind an account; None where they do not know them."""
    if account.person is not None:
        return account.person
    human = human_of(account)
    return Person.objects.filter(number_hash=human).first() if human else None


def clean_number(text: str) -> str:
    """A citizen number as it is kept.

    Raises:
        JigongError: it has not 18 characters, or its last does not fit the others (GB 11643).
    """
    number = "".join(text.split()).upper()
    if _CITIZEN.fullmatch(number):
        total = sum(int(digit) * (2 ** (17 - place) % 11) for place, digit in enumerate(number[:17]))
        if _CHECKS[total % 11] == number[17]:
            return number
    raise error(
        "身份号码不对",
        "this is no citizen number",
        remedy=("对照身份证逐位核对，共 18 位", "compare it with the identity card: 18 characters"),
    )


def set_number(account: Account, number: str) -> None:
    """Keep whose account it is. Whoever calls has checked the number, and records it."""
    account.number_hash = lookup(number, "person.number")
    account.number = seal_text(number, NUMBER)
    account.save(update_fields=["number_hash", "number"])


def open_number(account: Account) -> str:
    """The citizen number a staff account is linked to; empty where it is linked to nobody."""
    return unseal_text(account.number, NUMBER) if account.number else ""


def named(accounts: Iterable[Account]) -> Sequence[str]:
    """What the first few accounts are called, for a refusal that says who else can do it."""
    found: dict[str, str] = {}
    for one in accounts:
        found.setdefault(human_of(one), one.label_zh or one.username)
        if len(found) == _SHOWN:
            break
    return list(found.values())
