"""The run the portals show, and each worker's dossier from it."""

from typing import ClassVar

from django.db import models

from jigong.accounts.models import Person


class LoadedRun(models.Model):
    """A decision run that was brought to people. One is current: what the portals show."""

    run = models.CharField(max_length=64)
    """The run's id: pack × snapshot × date."""
    pack_hash = models.CharField(max_length=64)
    pack_folder = models.TextField()
    snapshot = models.CharField(max_length=64)
    known_on = models.DateField()
    as_of = models.DateField()
    kinds = models.JSONField()
    """Kinds of subjects: name, links, own facts, whether listed."""
    known = models.JSONField(default=dict)
    """What the run knows of its own data (:class:`jigong.insight.held.Known`)."""
    looked = models.JSONField(default=dict)
    """Of a period's last run: what had come of each class when its undecided were last decided again."""
    totals = models.JSONField()
    workers = models.IntegerField()
    loaded_at = models.DateTimeField()
    current = models.BooleanField(default=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["current"], condition=models.Q(current=True), name="one_current_run"
            )
        ]


class Dossier(models.Model):
    """Facts, points, subjects and standings of one person, as sealed JSON (:mod:`jigong.dossiers.read`)."""

    person = models.OneToOneField(Person, primary_key=True, on_delete=models.CASCADE, related_name="dossier")
    run = models.ForeignKey(LoadedRun, on_delete=models.CASCADE)
    snapshot = models.CharField(max_length=64, default="")
    """What was known when it was written: the run's snapshot, or a later one for a person whose data changed since."""
    known_on = models.DateField(null=True)
    body = models.BinaryField()
    body_hash = models.CharField(max_length=64, default="")
    """A keyed hash of what is sealed in ``body``: what stayed the same is not written again."""
    points = models.IntegerField(null=True)
    tier = models.TextField(default="")
    refreshed_at = models.DateTimeField()
