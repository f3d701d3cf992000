"""Background work: checks, and the day on which a law takes effect."""

from contextlib import suppress
from datetime import UTC, date, datetime

from django.db import transaction
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from jigong.audit.days import day_of
from jigong.services.publishing import actions, checks
from jigong.services.publishing.models import Check

BRING = "bring"
"""Of all that brings a run to people one is done at a time, or an older law could come after a newer one."""


@app.task(name="publishing.check", queue="checks", lock="publishing.check")
def check_draft(check_id: int) -> None:
    """Run a check that was started; one at a time, each after those that were asked for before."""
    checks.run_check(check_id)


def begin(check: Check) -> None:
    """Have a check done in the background; one that waits there already is not queued twice."""
    job = check_draft.configure(queueing_lock=f"publishing.check.{check.pk}")
    with suppress(AlreadyEnqueued), transaction.atomic():
        job.defer(check_id=check.pk)


@app.task(name="publishing.take_effect", lock=BRING, retry=3)
def take_effect(at: str, on: str) -> None:
    """Put in force what is due on a day."""
    actions.due(on=date.fromisoformat(on), at=datetime.fromisoformat(at))


@app.periodic(cron="1 * * * *")
@app.task(name="publishing.due", lock=BRING, queueing_lock="publishing.due")
def hourly(timestamp: int) -> None:
    """Put in force what is due today; each hour, so that a site that was down catches up."""
    at = datetime.fromtimestamp(timestamp, UTC)
    actions.due(on=day_of(at), at=at)
