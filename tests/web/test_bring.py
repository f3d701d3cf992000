"""A run brought to people: once, and again without any change."""

from pathlib import Path

import pytest
from django.utils import timezone

from jigong.delivery.models import Entitlement, Step
from jigong.dossiers.law import current_run, held_of, law_of_run
from jigong.dossiers.models import Dossier
from jigong.insight.explain import explain_held
from jigong.insight.held import hold
from jigong.lake.facts import build_facts
from jigong.lake.lake import Lake
from jigong.services.bring import bring

pytestmark = pytest.mark.django_db


def test_a_dossier_holds_what_the_files_hold(town, run):
    law = law_of_run(Dossier.objects.select_related("run").first().run)
    snapshot = Lake(town / "lake", law.pack.contracts).snapshot()
    facts = build_facts(snapshot, law.pack, law.values, law.day, town / "facts")
    helds = [held_of(dossier) for dossier in Dossier.objects.select_related("run").order_by("pk")]
    # Of whom something waits, and of a few others.
    helds = [held for held in helds if held.waiting][:30] + helds[:10]
    assert any(kind != "worker" for held in helds for kind in {one.kind for one in held.waiting})
    for held in helds:
        direct = hold(held.worker, facts, law, run)
        assert explain_held(held, law) == explain_held(direct, law)


def test_bringing_the_same_run_again_changes_nothing(town):
    pack = Path(law_of_run(current_run()).pack.layers[-1])
    before = list(Entitlement.objects.order_by("id").values())
    steps, bodies = Step.objects.count(), dict(Dossier.objects.values_list("pk", "body"))
    at = timezone.now()
    taken = bring(pack, town, None, at=at).taken
    assert (taken.proposed, taken.changed, taken.lapsed, taken.renewed) == (0, 0, 0, 0)
    assert list(Entitlement.objects.order_by("id").values()) == before
    assert Step.objects.count() == steps
    assert before
    # Sealed again they would be other bytes: nothing was written, but that it holds for this run.
    assert dict(Dossier.objects.values_list("pk", "body")) == bodies
    assert set(Dossier.objects.values_list("refreshed_at", flat=True)) == {at}
