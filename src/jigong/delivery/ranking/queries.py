"""How the places of a clause with a quota stand: asked, safe, waiting, and for whose data."""

from dataclasses import dataclass

from jigong.decisions.run import Run
from jigong.delivery.codes import code_in
from jigong.delivery.quota import Contender, Line, Places, line_of, places_of
from jigong.delivery.ranking.models import Finalisation
from jigong.dossiers.models import LoadedRun
from jigong.insight.law import Law
from jigong.packs.model import Clause


@dataclass(frozen=True, slots=True)
class Coded:
    """Somebody in the queue, by a code that tells nothing."""

    code: str
    contender: Contender


@dataclass(frozen=True)
class Queue:
    """The queue of a clause in the current period, by the run the portals show."""

    loaded: LoadedRun
    law: Law
    clause: Clause
    period: str
    places: Places
    line: Line

    @property
    def waiting(self) -> list[Coded]:
        """Those to whom the places that wait would go by what is certain, best first."""
        return [self._coded(one) for one in self.line.waiting]

    @property
    def open(self) -> list[Coded]:
        """Those whose data could still bring them such a place."""
        return [self._coded(one) for one in self.line.open]

    @property
    def finalisation(self) -> Finalisation | None:
        """What was asked for, or agreed to, last; one that newer data have overtaken does not count."""
        rows = Finalisation.objects.filter(clause=self.clause.id, period=self.period)
        rows = rows.select_related("confirmation", "proposed_by", "confirmation__by")
        return rows.filter(confirmation__isnull=False).first() or rows.filter(run=self.loaded).first()

    def _coded(self, one: Contender) -> Coded:
        # Whoever has no subject yet has no code either: nobody can say what they would be given.
        return Coded(
            "" if one.subject is None else code_in(f"{self.clause.id}|{self.period}", one.subject), one
        )


def queue_of(loaded: LoadedRun, law: Law, clause: Clause, run: Run) -> Queue:
    """How the places of a clause stand by a run."""
    period = clause.period_on(law.day)
    places = places_of(law, clause, period)
    return Queue(loaded, law, clause, period, places, line_of(run, clause, places))
