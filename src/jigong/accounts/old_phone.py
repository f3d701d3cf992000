"""Telling the phone of before: whoever takes over an account cannot keep its owner from hearing of it."""

from collections.abc import Collection
from datetime import datetime, timedelta

from django.db import transaction

from jigong.accounts.codes import sender
from jigong.accounts.models import FormerMobile, Person
from jigong.audit.actions import record
from jigong.kernel.text import Text

BEFORE = timedelta(days=30)
"""So long a number that was replaced is still told of what is changed."""
PHONE = Text(
    "您在本区技工平台登记的手机号已更换。不是您本人要求的，请尽快联系工作单位或区总工会。",
    "The mobile number kept for you on the district's platform for skilled workers has changed. If you did not ask for that, please get in touch with your employer or the district's union soon.",
)
ACCOUNT = Text(
    "您在本区技工平台登记的收款账户已更换。不是您本人操作的，请尽快登录查看，或联系区总工会。",
    "The bank account kept for you on the district's platform for skilled workers has changed. If that was not you, please sign in and look, or get in touch with the district's union, soon.",
)


def phones_of_before(person: Person, at: datetime) -> list[str]:
    """The number the data name now, and those they named until shortly before."""
    former = FormerMobile.objects.filter(person=person, until__gte=at - BEFORE).order_by("-id")
    numbers = [person.open_mobile(), *(one.open_mobile() for one in former)]
    return [number for number in dict.fromkeys(numbers) if number]


def tell(person: Person, mobiles: Collection[str], said: Text, *, at: datetime) -> None:
    """Send a sentence to these phones once the transaction has committed; that it was done is on the record.

    The sentence carries no name, clause or sum. Where no gateway for messages is configured nothing is sent, and the record says so.
    """
    by = sender()
    sends = by is not None and by.tells
    record(
        "accounts.tell_old_phone", by=None, at=at, object_kind="person", object_id=person.pk, person=person.pk,
        detail={"phones": len(mobiles), "sent": sends},
    )  # fmt: skip
    for mobile in mobiles if by is not None and sends else ():
        transaction.on_commit(lambda by=by, mobile=mobile: by.tell(mobile, said.zh), robust=True)  # type: ignore[misc]
