"""What somebody is told: unread first, then the newest."""

from django.db.models import F, QuerySet

from jigong.accounts.models import Organisation, Person
from jigong.services.notices.models import Notice

MOST = 60
"""On one page."""


def inbox_of(addressee: Person | Organisation) -> list[Notice]:
    """The notices of a person or an enterprise that are not moot. Whatever is unread comes first, so that it is seen."""
    return list(_of(addressee).order_by(F("read_at").desc(nulls_first=True), F("id").desc())[:MOST])


def has_unread(addressee: Person | Organisation) -> bool:
    """Whether a red dot is due: exactly when :func:`inbox_of` has something unread."""
    return _of(addressee).filter(read_at=None).exists()


def _of(addressee: Person | Organisation) -> QuerySet[Notice]:
    mine = {"person" if isinstance(addressee, Person) else "organisation": addressee}
    return Notice.objects.filter(**mine, withdrawn_at=None)
