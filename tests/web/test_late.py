"""A period that was undecided when it ended is decided when its data come, and offered late."""

from datetime import date
from pathlib import Path

import duckdb
import pytest
from django.utils import timezone
from tests.web.office_site import account_for

from jigong.accounts.workers import worker_account
from jigong.delivery.actions import confirm
from jigong.delivery.models import Basis, Entitlement
from jigong.delivery.offers import subject_hash
from jigong.delivery.replay.actions import look_again
from jigong.delivery.replay.models import Adjustment
from jigong.delivery.states import State
from jigong.dossiers.law import current_run, law_of_run
from jigong.lake.intake import set_aside
from jigong.lake.lake import Lake
from jigong.services.bring import Brought, bring

pytestmark = pytest.mark.django_db
NOW = timezone.now()
CLAUSE, JANUARY, FEBRUARY = "transit", "2023-01", date(2023, 2, 10)


def undecided_in(run) -> set[str]:
    rows = duckdb.execute(
        "SELECT subject FROM read_parquet(?) WHERE verdict = 'undecided'", [str(run.verdicts(CLAUSE))]
    ).fetchall()
    return {subject_hash(subject) for (subject,) in rows}


def settle_what_waits(town: Path) -> None:
    """The offices find that no waiting row is about anybody."""
    lake = Lake(town / "lake", law_of_run(current_run()).pack.contracts)
    snapshot = lake.snapshot()
    rows = [row for name in snapshot.contracts for row in snapshot.waiting.of(name)]
    set_aside(lake, rows, reason="示例：查无此人", known_on=FEBRUARY)


def brought(town: Path, day: date = FEBRUARY) -> Brought:
    return bring(Path(current_run().pack_folder), town, day, at=NOW)


def of_january() -> dict[str, Entitlement]:
    found = Entitlement.objects.filter(clause=CLAUSE, period=JANUARY, state=State.PROPOSED)
    return {one.subject_hash: one for one in found.select_related("person", "run")}


def test_without_their_data_nothing_is_offered_late(own_town):
    before = set(of_january())
    assert brought(own_town).late.proposed == 0
    assert set(of_january()) == before


def test_what_was_undecided_is_offered_when_its_data_come_once(run, own_town):
    first, before = current_run().pk, of_january()
    settle_what_waits(own_town)
    came = brought(own_town)
    late = {hash_: one for hash_, one in of_january().items() if hash_ not in before}
    assert late
    assert set(late) <= undecided_in(run)
    assert came.late.proposed >= len(late)
    for one in late.values():
        assert (one.run_id, one.run.current) == (first, False)
        assert one.amount > 0
        assert one.deadline > FEBRUARY
    again = brought(own_town, date(2023, 2, 11))
    assert (again.late.proposed, again.late.renewed) == (0, 0)


def test_what_is_confirmed_late_rests_on_its_own_period(own_town):
    before = of_january()
    settle_what_waits(own_town)
    brought(own_town)
    late = next(one for hash_, one in of_january().items() if hash_ not in before)
    worker = worker_account(late.person)
    confirm(entitlement=late.pk, by=worker, at=NOW, bank_account=account_for(late.person))
    basis = Basis.objects.get(entitlement=late)
    assert basis.as_of == date(2023, 1, 1)
    Entitlement.objects.filter(pk=late.pk).update(state=State.APPROVED)
    look_again(by=None, at=NOW)
    assert not Adjustment.objects.filter(entitlement=late).exists()
