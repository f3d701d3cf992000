"""Deciding anew about those who entered a draw undecided: as on its day, by its law, with what is known now."""

from dataclasses import dataclass
from typing import Literal

import duckdb
from django.conf import settings

from jigong.decisions.run import Run
from jigong.delivery.again import decided_again
from jigong.delivery.lottery.models import Entrant
from jigong.delivery.lottery.prizes import Terms
from jigong.delivery.lottery.queries import View
from jigong.dossiers.law import current_run, law_of_run
from jigong.lake.lake import Lake


@dataclass(frozen=True, slots=True)
class Decided:
    """What the rules say now of an entrant who was undecided, and what winning gives them."""

    verdict: Literal["yes", "no", "undecided"]
    terms: Terms


def decide_conditional(found: View) -> dict[int, Decided]:
    """What everybody who entered undecided is now, by line of the roster; nothing where no place waits.

    All of them are looked at, not only whose place waits: when one passes on, the next is known. They are decided on
    the draw's day like everybody else on the roster, so it does not matter when somebody's data came, and what they
    did or missed since counts neither for nor against them.
    """
    if not found.standing or not found.waiting:
        return {}
    entrants = Entrant.objects.filter(draw=found.draw, conditional=True).exclude(code__in=found.withdrawn)
    subjects = {one.line: one.open_subject() for one in entrants}
    numbers = [one.person.open_number() for one in entrants.select_related("person") if one.person]
    lake = Lake(settings.JIGONG.data / "lake", law_of_run(current_run()).pack.contracts)
    # Of whom the platform does not know nobody can say by whom to ask for them: then everybody is decided.
    only = numbers if len(numbers) == len(subjects) else None
    with decided_again(found.draw.run, lake, settings.JIGONG.data, only=only) as run:
        rows = _read(run, found.draw.clause, set(subjects.values()))
    # A subject that no run finds any more is undecided: a record that has gone is no reason for a no.
    nothing = Decided("undecided", Terms("", None))
    return {line: rows.get(subject, nothing) for line, subject in subjects.items()}


def _read(run: Run, clause: str, subjects: set[str]) -> dict[str, Decided]:
    rows = duckdb.execute(
        "SELECT subject, verdict, branch, amount FROM"
        f" {run.rows(clause)} WHERE subject IN (SELECT unnest(?))",
        [sorted(subjects)],
    ).fetchall()
    return {
        subject: Decided(verdict, Terms(branch or "", amount)) for subject, verdict, branch, amount in rows
    }
