"""Background work of the cockpit."""

from procrastinate.contrib.django import app

from jigong.dossiers.models import LoadedRun
from jigong.portals.cockpit import figures


@app.periodic(cron="*/5 * * * *")
@app.task(name="cockpit.prepare", queueing_lock="cockpit.prepare")
def prepare(timestamp: int) -> None:
    """Make the figures of a run that has none yet."""
    if LoadedRun.objects.filter(current=True).exists():
        figures.prepare()
