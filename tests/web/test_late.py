"""A period that was undecided when it ended is decided when its data come, and offered late."""

import shutil
from dataclasses import replace
from datetime import date
from pathlib import Path

import duckdb
import pytest
from django.utils import timezone
from tests.web.office_site import account_for

from jigong.accounts.models import Organisation
from jigong.accounts.workers import worker_account
from jigong.delivery import late
from jigong.delivery.actions import confirm
from jigong.delivery.models import Basis, Entitlement
from jigong.delivery.offers import TERMS, Offer, offer_one, subject_hash
from jigong.delivery.replay.looking import look_again
from jigong.delivery.replay.models import Adjustment
from jigong.delivery.states import State
from jigong.dossiers.law import current_run, law_of_run
from jigong.dossiers.models import LoadedRun
from jigong.insight.law import Law
from jigong.lake.intake import set_aside
from jigong.lake.lake import Lake
from jigong.services.bring import Brought, bring

pytestmark = pytest.mark.django_db
NOW = timezone.now()
CLAUSE, JANUARY, FEBRUARY = "transit", "2023-01", date(2023, 2, 10)


def undecided_in(run) -> set[str]:
    rows = duckdb.execute(f"SELECT subject FROM {run.rows(CLAUSE)} WHERE verdict = 'undecided'").fetchall()
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
    assert brought(own_town).late.new == 0
    assert set(of_january()) == before


def test_what_was_undecided_is_offered_when_its_data_come_once(run, own_town):
    first, before = current_run().pk, of_january()
    settle_what_waits(own_town)
    came = brought(own_town)
    new = {hash_: one for hash_, one in of_january().items() if hash_ not in before}
    assert new
    assert set(new) <= undecided_in(run)
    assert came.late.new >= len(new)
    for one in new.values():
        assert (one.run_id, one.run.current) == (first, False)
        assert one.amount > 0
        assert one.deadline > FEBRUARY
    again = brought(own_town, date(2023, 2, 11))
    assert (again.late.new, again.late.renewed) == (0, 0)


def test_the_files_of_the_periods_run_may_be_gone(run, own_town):
    settle_what_waits(own_town)
    shutil.rmtree(own_town / "runs" / run.folder.name)
    assert brought(own_town).late.new > 0


def test_a_clause_the_law_no_longer_has_is_offered_to_nobody(own_town, monkeypatch):
    settle_what_waits(own_town)
    first = current_run().pk

    def without(loaded: LoadedRun) -> Law:
        law = law_of_run(loaded)
        if loaded.pk == first:
            return law
        clauses = {name: files for name, files in law.pack.clauses.items() if name != CLAUSE}
        return replace(law, pack=replace(law.pack, clauses=clauses))

    before = set(of_january())
    monkeypatch.setattr(late, "law_of_run", without)
    brought(own_town)
    assert set(of_january()) == before


def test_what_is_offered_again_takes_all_the_terms():
    one = Entitlement.objects.filter(clause=CLAUSE, period=JANUARY, state=State.PROPOSED).first()
    firm = Organisation.objects.filter(kind="enterprise").first()
    stale = {"organisation": firm, "office": "elsewhere", "fund": "other", "mode": "quota", "branch": "other"}
    Entitlement.objects.filter(pk=one.pk).update(**stale, state=State.LAPSED)
    terms = {name: getattr(one, name) for name in TERMS}
    made = Offer(one.clause, one.open_subject(), one.period, **terms)
    again = offer_one(made, run=one.run_id, deadline=FEBRUARY, at=NOW)
    assert (again.pk, again.state, again.deadline) == (one.pk, State.PROPOSED, FEBRUARY)
    assert {name: getattr(again, name) for name in TERMS} == terms


def test_what_is_confirmed_late_rests_on_its_own_period(own_town):
    before = of_january()
    settle_what_waits(own_town)
    brought(own_town)
    one = next(one for hash_, one in of_january().items() if hash_ not in before)
    worker = worker_account(one.person)
    confirm(entitlement=one.pk, by=worker, at=NOW, bank_account=account_for(one.person))
    basis = Basis.objects.get(entitlement=one)
    assert basis.as_of == date(2023, 1, 1)
    Entitlement.objects.filter(pk=one.pk).update(state=State.APPROVED)
    look_again(by=None, at=NOW)
    assert not Adjustment.objects.filter(entitlement=one).exists()
