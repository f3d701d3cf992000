"""Checks made before are of the data of their run, and are not taken over; a roll-back that waits has to be checked."""

from django.db import migrations
from django.db.models import F, OuterRef, Subquery


def name_data(apps, schema_editor):
    check, run = apps.get_model("publishing", "Check"), apps.get_model("dossiers", "LoadedRun")
    draft = apps.get_model("publishing", "Draft")
    of_run = run.objects.filter(pk=OuterRef("run"))
    of_draft = draft.objects.filter(pk=OuterRef("draft"))
    check.objects.update(
        snapshot=Subquery(of_run.values("snapshot")),
        known_on=Subquery(of_run.values("known_on")),
        in_force_on=Subquery(of_draft.values("in_force_on")),
    )
    # A roll-back that waits was never checked: it goes the way of every draft.
    draft.objects.filter(kind="rollback", state="submitted").update(
        state="drafting", edition=F("edition") + 1
    )


class Migration(migrations.Migration):
    dependencies = [
        ("publishing", "0004_pinned_checks"),
        ("dossiers", "0002_dossier_known_on_dossier_snapshot"),
    ]

    operations = [migrations.RunPython(name_data, migrations.RunPython.noop)]
