"""Telling, withdrawing and reading: one statement each, for one notice or for a night's thousands."""

import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from django.db import connection, transaction

from jigong.accounts.cipher import seal_text
from jigong.kernel.text import Text
from jigong.services.notices.channels import channels
from jigong.services.notices.enums import PUSHED, Kind, Place
from jigong.services.notices.models import TEXT, Notice

AT_ONCE = 5000
"""Notices in one statement."""
_NOTHING = Text("", "")


@dataclass(frozen=True, slots=True)
class Told:
    """One thing to tell. Exactly one of ``person`` and ``organisation`` (ids) is told."""

    key: str
    """Names the event: ``step:17``."""
    kind: Kind
    about: tuple[str, int]
    text: Text
    place: Place
    argument: str = ""
    person: int | None = None
    organisation: int | None = None
    more: Text = _NOTHING
    said: str = ""


def tell(told: Iterable[Told], *, at: datetime) -> None:
    """Write notices, and what is pushed of each. Told again, the same event changes nothing.

    Belongs into the transaction of what it tells: both happen, or neither.
    """
    rest = iter(told)
    while some := list(islice(rest, AT_ONCE)):
        columns = (
            [one.key for one in some], [one.kind.value for one in some],
            [one.about[0] for one in some], [one.about[1] for one in some],
            [_sealed(one) for one in some], [one.place.value for one in some], [one.argument for one in some],
            [one.person for one in some], [one.organisation for one in some],
        )  # fmt: skip
        ways = [channel.value for channel in channels()]
        with connection.cursor() as cursor:
            if ways:
                cursor.execute(f"WITH told AS ({_TELL}) {_PUSH}", [at, *columns, at, ways, sorted(PUSHED)])
            else:
                cursor.execute(_TELL, [at, *columns])


def _sealed(one: Told) -> bytes:
    body = {"text": (one.text.zh, one.text.en), "more": (one.more.zh, one.more.en), "said": one.said}
    return seal_text(json.dumps(body, ensure_ascii=False), TEXT)


_TELL = """
INSERT INTO notices_notice (at, key, kind, about_kind, about_id, body, place, argument, person_id, organisation_id)
SELECT %s, g.* FROM unnest(%s::text[], %s::text[], %s::text[], %s::bigint[], %s::bytea[], %s::text[], %s::text[],
  %s::bigint[], %s::bigint[]) AS g
ON CONFLICT (key) DO NOTHING RETURNING id, kind, person_id"""
# An enterprise has no phone: it reads its portal.
_PUSH = """
INSERT INTO notices_push (notice_id, channel, due_at)
SELECT t.id, w.way, %s FROM told t CROSS JOIN unnest(%s::text[]) AS w (way) WHERE t.person_id IS NOT NULL AND t.kind = ANY(%s)"""


def withdraw(about: str, ids: Collection[int], *kinds: Kind, at: datetime) -> None:
    """Take back what is moot: the notices of these kinds about these things. Again it changes nothing."""
    rows = Notice.objects.filter(about_kind=about, about_id__in=list(ids), withdrawn_at=None)
    rows.filter(kind__in=kinds).update(withdrawn_at=at)


@transaction.atomic
def mark_read(
    ids: Collection[int], *, person: int | None = None, organisation: int | None = None, at: datetime
) -> None:
    """Note that these notices were shown to whom they are for; those of anybody else are left alone."""
    if (person is None) == (organisation is None):
        raise TypeError("a notice is read by a person or an enterprise")
    rows = Notice.objects.filter(pk__in=list(ids), person=person, organisation=organisation, read_at=None)
    # One that is just being withdrawn needs no reading; waiting for it, both could wait for each other.
    free = rows.select_for_update(skip_locked=True, no_key=True).values_list("pk", flat=True)
    Notice.objects.filter(pk__in=list(free)).update(read_at=at)
