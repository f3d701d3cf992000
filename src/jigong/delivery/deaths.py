"""Notices of death: what somebody was to get is held, not paid, until it is known to be wrong or the office has seen to it."""

from collections.abc import Collection
from datetime import datetime

from django.conf import settings
from django.db import connection, transaction

from jigong.accounts.cipher import lookup
from jigong.audit.days import day_of
from jigong.decisions.points import WORKER
from jigong.delivery import holds
from jigong.delivery.held import facts_about
from jigong.delivery.models import Entitlement
from jigong.delivery.states import UNDERWAY, Cause, State
from jigong.dossiers.law import law_of_run
from jigong.dossiers.models import LoadedRun
from jigong.insight.law import Law
from jigong.lake.facts import PERSON, FactTables
from jigong.lake.lake import Lake
from jigong.rules.engines.duckdb import quoted


def note_deaths(
    facts: FactTables, law: Law, *, only: Collection[str] | None = None, at: datetime
) -> holds.Kept:
    """Hold what is on its way to people of whom the facts say that they have died, and lift what proved wrong.

    Where the facts cannot tell (a record waits), what is held stays held.
    ``only`` limits it to some workers (their numbers). What an enterprise gets for somebody is not theirs. A pack
    whose workers have no such fact holds nothing.
    """
    fact = law.pack.subjects[WORKER].value.death
    if fact is None:
        return holds.Kept(0, 0)
    with facts.connect(WORKER) as duck:
        rows = duck.execute(
            f"SELECT worker, {quoted(fact)} FROM {quoted(WORKER)} WHERE coalesce({quoted(fact)}, TRUE)"
        ).fetchall()
    dead = [lookup(number, "person.number") for number, known in rows if known]
    perhaps = [lookup(number, "person.number") for number, known in rows if not known]
    mine = Entitlement.objects.filter(state__in=(*UNDERWAY, State.APPEALED), organisation=None)
    if only is not None:
        mine = mine.filter(person__number_hash__in=[lookup(number, "person.number") for number in only])
    wanted = set(mine.filter(person__number_hash__in=dead).values_list("pk", flat=True))
    there = mine.filter(holds__cause=Cause.DEATH, holds__lifted_at=None).values_list("pk", flat=True)
    wanted |= set(there.filter(person__number_hash__in=perhaps))
    with transaction.atomic(), connection.cursor() as cursor:
        return holds.keep(
            cursor,
            Cause.DEATH,
            [(pk, holds.NOTHING) for pk in sorted(wanted)],
            among=wanted | set(there),
            at=at,
        )


def ask_about_deaths(entitlements: Collection[int], *, at: datetime) -> None:
    """:func:`note_deaths` for the people of some entitlements (ids), with what the lake knows at this moment."""
    loaded = LoadedRun.objects.filter(current=True).first()
    about = Entitlement.objects.filter(pk__in=list(entitlements), organisation=None, person__isnull=False)
    numbers = sorted({one.person.open_number() for one in about.select_related("person") if one.person})
    if loaded is None or not numbers:
        return
    law = law_of_run(loaded)
    snapshot = Lake(settings.JIGONG.data / "lake", law.pack.contracts).snapshot()
    with facts_about(PERSON, numbers, law, max(law.day, day_of(at)), snapshot) as facts:
        note_deaths(facts, law, only=numbers, at=at)
