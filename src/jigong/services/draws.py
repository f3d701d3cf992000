"""What a draw decided becomes data: the winners' records say so, and they are decided about anew."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction

from jigong.audit.days import day_of
from jigong.delivery.lottery.models import Draw, Entrant
from jigong.delivery.lottery.prizes import winners_as_records
from jigong.delivery.lottery.queries import view
from jigong.dossiers.law import current_run, law_of_run
from jigong.lake.lake import Lake
from jigong.services.bring import refresh
from jigong.services.events import Change, deliver


def on_winners_changed(sender: Any, draw: Draw, at: datetime, **_: Any) -> None:
    """Write the results down in the background, once they are certain."""
    from jigong.services.tasks import carry_draw

    transaction.on_commit(lambda: carry_draw.defer(draw=draw.pk))


def carry(draw: int, *, at: datetime) -> int:
    """Deliver the records that say who has won, and refresh their people; gives how many. Again, it changes nothing.

    Raises:
        JigongError: a record has gone, or would break its contract.
    """
    found = view(Draw.objects.select_related("run").get(pk=draw))
    records = winners_as_records(found)
    if not records:
        return 0
    law = law_of_run(current_run())
    lake = Lake(settings.JIGONG.data / "lake", law.pack.contracts)
    changes = [
        Change(
            record.data_class,
            {law.pack.contracts[record.data_class].key[0]: record.key},
            {record.column: "true" if record.value else "false"},
        )
        for record in records
    ]
    deliver(lake, changes, origin=f"draw-{draw}", known_on=day_of(at))
    people = Entrant.objects.filter(draw=draw, person__isnull=False).select_related("person")
    keys = {record.key for record in records}
    numbers = [one.person.open_number() for one in people if one.person and one.open_subject() in keys]
    refresh(numbers, settings.JIGONG.data, at=at)
    return len(records)
