"""Drafts with their edits and checks, versions of the law, and every step anybody took."""

from typing import ClassVar

from django.db import models

from jigong.accounts.models import Account
from jigong.dossiers.models import LoadedRun
from jigong.kernel.text import Text
from jigong.services.publishing.enums import CheckState, DraftKind, DraftState, EditKind, VersionState


class Version(models.Model):
    """A law that is, was or will be in force: a pack, kept under its hash. Numbers grow by one."""

    number = models.IntegerField(primary_key=True)
    pack_hash = models.CharField(max_length=64)
    in_force_on = models.DateField()
    state = models.CharField(max_length=10, choices=VersionState.choices, default=VersionState.SCHEDULED)
    restores = models.ForeignKey("self", null=True, on_delete=models.PROTECT)
    """Of a roll-back: the version whose text it restores."""
    created_at = models.DateTimeField()
    took_effect_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["state"], condition=models.Q(state="in_force"), name="one_law_in_force"
            )
        ]


class Draft(models.Model):
    """A change of one clause, or a new one, that somebody of its office works on."""

    kind = models.CharField(max_length=10, choices=DraftKind.choices, default=DraftKind.CHANGE)
    office = models.CharField(max_length=64, db_index=True)
    """The office that decides the clause: its id in the pack. Empty for the whole law."""
    clause = models.CharField(max_length=64, blank=True)
    state = models.CharField(max_length=10, choices=DraftState.choices, default=DraftState.DRAFTING)
    base_hash = models.CharField(max_length=64)
    """The pack it changes; taken anew from the newest version with each check."""
    source_zh = models.TextField(default="", blank=True)
    """The document that orders the change."""
    source_en = models.TextField(default="", blank=True)
    source_on = models.DateField(null=True)
    in_force_on = models.DateField()
    restores = models.ForeignKey(Version, null=True, on_delete=models.PROTECT, related_name="+")
    version = models.OneToOneField(Version, null=True, on_delete=models.PROTECT, related_name="draft")
    edition = models.IntegerField(default=1)
    """Grows with every change; a page sends back the one it showed, so that a stale page is noticed."""
    created_by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    @property
    def source(self) -> Text:
        """The document in both languages."""
        return Text(self.source_zh, self.source_en or self.source_zh)


class Edit(models.Model):
    """One thing a draft changes: a parameter's new value as JSON, or the whole new text of a file."""

    draft = models.ForeignKey(Draft, on_delete=models.CASCADE, related_name="edits")
    kind = models.CharField(max_length=10, choices=EditKind.choices)
    target = models.CharField(max_length=128)
    """``topic.name`` of a parameter, or else the clause's id."""
    body = models.TextField()
    before = models.CharField(max_length=64)
    """Hash of what it was made from: if that has changed since, the edit must be looked at again."""

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["draft", "kind", "target"], name="edit_once")
        ]


class Check(models.Model):
    """One check of one edition of a draft: what was found wrong, and what it would change for people."""

    draft = models.ForeignKey(Draft, on_delete=models.CASCADE, related_name="checks")
    edition = models.IntegerField()
    base_hash = models.CharField(max_length=64)
    run = models.ForeignKey(LoadedRun, on_delete=models.PROTECT)
    """The run that was current: its day is the first of the months ahead."""
    snapshot = models.CharField(max_length=64, default="")
    """What everybody was decided on, whatever comes meanwhile."""
    known_on = models.DateField(null=True)
    day = models.DateField()
    """The day on which both laws were compared."""
    in_force_on = models.DateField(null=True)
    """The day of the draft when it was checked: spending by month begins to differ there."""
    pinned = models.ForeignKey("self", null=True, on_delete=models.SET_NULL, related_name="+")
    """The check of everybody whose figures these are: taken over where only words changed since, or put right by the
    people whom newer data touched."""
    anew = models.BooleanField(default=False)
    """Whether everybody was to be decided anew although an earlier check could be put right."""
    pack_hash = models.CharField(max_length=64, default="")
    meaning = models.CharField(max_length=64, default="")
    """Of the draft's pack, and of the one it changes: what can change a decision (:mod:`jigong.decisions.meaning`)."""
    base_meaning = models.CharField(max_length=64, default="")
    state = models.CharField(max_length=8, choices=CheckState.choices, default=CheckState.RUNNING)
    step = models.CharField(max_length=64, default="")
    done = models.IntegerField(default=0)
    steps = models.IntegerField(default=1)
    problems = models.JSONField(default=list)
    report = models.JSONField(default=dict)
    """See :mod:`jigong.services.publishing.report`; no personal data but ids of a few people."""
    started_by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    started_at = models.DateTimeField()
    beat_at = models.DateTimeField()
    """When it last moved on; one that stopped moving was killed."""

    class Meta:
        ordering = ("-id",)


class Move(models.Model):
    """One step of a draft. Append-only."""

    draft = models.ForeignKey(Draft, on_delete=models.PROTECT, related_name="moves")
    at = models.DateTimeField()
    by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")
    """None for the platform itself."""
    move = models.CharField(max_length=12)
    edition = models.IntegerField()
    note = models.TextField(default="")

    class Meta:
        ordering = ("id",)
