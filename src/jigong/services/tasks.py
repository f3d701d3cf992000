"""Background work. Each task may run twice, or be killed and run again, without harm."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import timezone
from procrastinate import JobContext
from procrastinate.contrib.django import app

from jigong.accounts.limits import tidy
from jigong.accounts.sessions.store import SessionStore
from jigong.audit.days import day_of
from jigong.dossiers.law import current_run
from jigong.services.bring import afterwards, bring
from jigong.services.draws import carry
from jigong.services.notices.pushing import drain

_NIGHT, _LATER = "30 18 * * *", "10 19 * * *"
"""02:30 and 03:10 in China: the schedule is reckoned in UTC."""
_SILENT_SECONDS = 60
"""A worker not heard from for so long is taken for dead, and its jobs are begun again."""


@app.periodic(cron=_NIGHT)
@app.task(lock="bring", queueing_lock="bring", name="jigong.bring_everybody")
def bring_everybody(timestamp: int) -> None:
    """Every night: decide everybody with the newest data, bring the results, and do what follows from them."""
    at = timezone.now()
    afterwards(bring(Path(current_run().pack_folder), settings.JIGONG.data, day_of(at), at=at), at=at)


@app.task(lock="bring", queueing_lock="bring", name="jigong.bring_now")
def bring_now() -> None:
    """As soon as new data came: the same."""
    bring_everybody(0)


@app.task(name="jigong.carry_draw", retry=5)
def carry_draw(draw: int) -> None:
    """Write down what a draw decided."""
    carry(draw, at=timezone.now())


@app.periodic(cron="* * * * *")
@app.task(lock="push", queueing_lock="push", name="jigong.push_notices")
def push_notices(timestamp: int) -> None:
    """Every minute: send what was told to the phones of those it was told to."""
    drain(at=timezone.now())


@app.periodic(cron=_LATER)
@app.task(queueing_lock="tidy", name="jigong.tidy")
def tidy_up(timestamp: int) -> None:
    """Every night: forget ended sessions and limits that no longer limit anybody."""
    tidy(at=timezone.now())
    SessionStore.clear_expired()


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="retry_stalled", name="jigong.retry_stalled", pass_context=True)
async def retry_stalled(context: JobContext, timestamp: int) -> None:
    """Every minute: begin again the jobs of a worker that was killed."""
    manager: Any = context.app.job_manager
    for job in await manager.get_stalled_jobs(seconds_since_heartbeat=_SILENT_SECONDS):
        await manager.retry_job(job)
