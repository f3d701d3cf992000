"""Clauses the law no longer has (a roll-back took them out), for what people still have under them."""

from django.db.models import Count

from jigong.delivery.models import Entitlement
from jigong.delivery.states import State
from jigong.dossiers.law import law_of_run
from jigong.dossiers.models import LoadedRun
from jigong.packs.model import Clause
from jigong.packs.pack import Pack


def clause_of(id_: str, pack: Pack) -> Clause | None:
    """A clause of the pack; where it has none, as it was when somebody was last proposed something under it.

    None for a clause under which nobody ever had anything.
    """
    found = pack_of(id_, pack)
    return found.clauses[id_].clause.value if found is not None else None


def pack_of(id_: str, pack: Pack) -> Pack | None:
    """The pack itself where it has the clause; else the one by which somebody was last proposed something under it."""
    if id_ in pack.clauses:
        return pack
    run = last_run(id_)
    return law_of_run(run).pack if run is not None else None


def last_run(clause: str) -> LoadedRun | None:
    """The last run that proposed something under a clause: its law had it. Supplements come after, and do not count."""
    rows = Entitlement.objects.filter(clause=clause, supplement=0)
    last = rows.select_related("run").order_by("-run_id").first()
    return last.run if last is not None and clause in law_of_run(last.run).pack.clauses else None


_GOING = (State.CONFIRMED, State.PASSED, State.APPROVED, State.APPEALED, State.CORRECTED)


def held_under(clause: str) -> tuple[int, int, int]:
    """How many entitlements of a clause wait to be confirmed, are under way, and were paid."""
    rows = Entitlement.objects.filter(clause=clause).order_by()
    counts: dict[str, int] = dict(rows.values_list("state").annotate(Count("pk")))
    going = sum(counts.get(state, 0) for state in _GOING)
    return counts.get(State.PROPOSED, 0), going, counts.get(State.PAID, 0)
