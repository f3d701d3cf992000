"""The outbox of pushes: drained by the background worker, at least once each, with a bounded number of tries."""

from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone

from jigong.accounts.external.http import OutsideError
from jigong.accounts.models import Account
from jigong.services.notices.channels import SENTENCE, channels
from jigong.services.notices.enums import Channel
from jigong.services.notices.models import Push

AT_ONCE = 300
"""Pushes of one drain: a gateway is not flooded, and a drain ends before the next begins."""
MOST_TRIES = 6
OPENS, CLOSES = 8, 20
"""The hours of the day within which a phone may ring."""
_LEASE = timedelta(minutes=5)
"""How long a push that is being sent is left alone; a worker killed meanwhile sends it again afterwards."""

# What needs no message any more: read, moot, or the same person was sent the sentence the same day. One statement
# for a night's thousands, of which each person gets one.
_SKIP = """
UPDATE notices_push p SET skipped_at = %(at)s FROM notices_notice n
WHERE n.id = p.notice_id AND p.sent_at IS NULL AND p.skipped_at IS NULL AND p.failed_at IS NULL AND p.due_at <= %(at)s
  AND (n.read_at IS NOT NULL OR n.withdrawn_at IS NOT NULL OR EXISTS (
    SELECT FROM notices_push o JOIN notices_notice m ON m.id = o.notice_id
    WHERE m.person_id = n.person_id AND o.channel = p.channel AND o.id <> p.id
      AND (o.sent_at >= %(day)s OR (o.id < p.id AND o.sent_at IS NULL AND o.skipped_at IS NULL AND o.failed_at IS NULL
        AND m.read_at IS NULL AND m.withdrawn_at IS NULL))))"""


def drain(*, at: datetime) -> int:
    """Send what is due, within the hours of the day; gives how many arrived. Each is tried again later until it is given up."""
    local = timezone.localtime(at)
    if not OPENS <= local.hour < CLOSES:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(_SKIP, {"at": at, "day": local.replace(hour=0, minute=0, second=0, microsecond=0)})
    return sum(_send(push, at) for push in _claim(at))


@transaction.atomic
def _claim(at: datetime) -> list[Push]:
    """The next pushes, counted as tried and left alone by others for a while before anything is sent."""
    waiting = Push.objects.filter(sent_at=None, skipped_at=None, failed_at=None, due_at__lte=at)
    ids = list(
        waiting.order_by("due_at", "id")
        .select_for_update(skip_locked=True)
        .values_list("pk", flat=True)[:AT_ONCE]
    )
    Push.objects.filter(pk__in=ids).update(tries=F("tries") + 1, due_at=at + _LEASE)
    return list(Push.objects.filter(pk__in=ids).select_related("notice__person").order_by("pk"))


def _send(push: Push, at: datetime) -> bool:
    pusher, person = channels().get(Channel(push.channel)), push.notice.person
    row = Push.objects.filter(pk=push.pk)
    if pusher is None or person is None or not pusher.reaches(person):
        row.update(skipped_at=at, problem="nowhere")
        return False
    account = Account.objects.filter(person=person).first()
    text = SENTENCE.en if account is not None and account.language == "en" else SENTENCE.zh
    try:
        pusher.send(person, text, f"notice-{push.pk}", at=at)
    except OutsideError as failed:
        if push.tries >= MOST_TRIES:
            row.update(failed_at=at, problem=failed.kind)
        else:
            row.update(due_at=at + timedelta(minutes=2**push.tries), problem=failed.kind)
        return False
    row.update(sent_at=at, problem="")
    return True
