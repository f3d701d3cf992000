"""When the background work of the night happens."""

from datetime import UTC, datetime

import pytest
from croniter import croniter
from django.utils import timezone
from procrastinate.contrib.django import app


@pytest.mark.parametrize("task", ["jigong.bring_everybody", "jigong.tidy"])
def test_the_nights_work_is_done_at_night_where_the_site_is(task: str) -> None:
    (periodic,) = (one for (name, _), one in app.periodic_registry.periodic_tasks.items() if name == task)
    at = croniter(periodic.cron, datetime(2023, 1, 1, tzinfo=UTC).timestamp()).get_next(float)
    assert timezone.localtime(datetime.fromtimestamp(at, UTC)).hour in (2, 3)
