"""What is under way while the law changes: it stands under the law of when it was confirmed, and the office may take what
today's law gives."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction

from jigong.accounts.models import Account
from jigong.delivery.actions import already, locked, move
from jigong.delivery.basis import open_basis
from jigong.delivery.held import held_now
from jigong.delivery.holds import lift
from jigong.delivery.models import Basis, Entitlement
from jigong.delivery.queries import exceptions_among, latest_basis
from jigong.delivery.replay.queries import judge_again
from jigong.delivery.states import Cause
from jigong.dossiers.law import current_run
from jigong.dossiers.models import LoadedRun
from jigong.kernel.problems import JigongError, error


@dataclass(frozen=True, slots=True)
class LawOf:
    """A law by its pack, and since when it is in force here."""

    pack_hash: str
    since: date
    number: int | None = None
    """Of the version, where laws are published as such; whoever shows it fills it in."""


def law_since(pack_hash: str, as_of: date) -> LawOf:
    """A law, and the first day anybody was decided by it; ``as_of`` where no run of it is left."""
    first = LoadedRun.objects.filter(pack_hash=pack_hash).order_by("as_of").first()
    return LawOf(pack_hash, first.as_of if first is not None else as_of)


@dataclass(frozen=True, slots=True)
class Newer:
    """What today's law gives, with the data of now, where that is something else; ``amount`` is 0 where nothing is due."""

    amount: Decimal
    branch: str


def newer_result(entitlement: Entitlement, basis: Basis | None = None) -> Newer | None:
    """What today's law gives instead of what an entitlement has; None where that is the same, or cannot be told.

    Nothing is asked of what is paid as a supplement, belongs to a period that has passed, or is of a clause that has ended: today's
    law does not speak of it. Of an enterprise it takes up to a second.
    """
    basis = basis or latest_basis(entitlement)
    run = current_run()
    if (
        basis is None
        or basis.pack_hash == run.pack_hash
        or entitlement.supplement
        or entitlement.amount is None
    ):
        return None
    known = held_now(entitlement)
    if known is None:
        return None
    held, law = known
    entry = law.pack.clauses.get(entitlement.clause)
    if entry is None or entry.clause.value.period_on(held.as_of) != entitlement.period:
        return None
    again = judge_again(entitlement, open_basis(basis, law.pack), law, held)
    if again.outcome is None or again.amount is None:
        return None
    amount = max(again.amount - entitlement.deducted, Decimal(0))
    made = exceptions_among([entitlement]).get(entitlement.pk)
    if amount == (entitlement.amount if made is None else made.by_law):
        return None
    return Newer(amount, again.outcome.branch or "")


def with_newer_result(entitlements: Collection[int]) -> set[int]:
    """Those of the entitlements (ids) for which today's law gives something else. One query where the law has not changed."""
    newest = Basis.objects.filter(entitlement__in=list(entitlements)).order_by("entitlement_id", "-id")
    bases = Basis.objects.filter(pk__in=newest.distinct("entitlement_id").values("pk"))
    changed = bases.exclude(pack_hash=current_run().pack_hash).select_related(
        "entitlement__person", "entitlement__organisation"
    )
    return {basis.entitlement_id for basis in changed if newer_result(basis.entitlement, basis) is not None}


def left_out() -> JigongError:
    """Why bulk approval leaves out what today's law decides otherwise."""
    return error(
        "规定改了，按现行规定结果不同，不能成批批准",
        "the law has changed and gives another result now, so it is not approved in bulk",
        remedy=(
            "打开这一件，看两种结果，再决定照原规定批准还是采用新结果",
            "open it, look at both results, and approve by the law it stands under or take the new result",
        ),
    )


@transaction.atomic
def take_newer(*, entitlement: int, by: Account, at: datetime, version: int | None = None) -> Entitlement:
    """Take what today's law gives: the amount is corrected and the worker asked again; whoever takes it does not approve it.

    Raises:
        StaleError: it is not waiting for review or approval any more.
        JigongError: today's law gives nothing else, or nothing at all (then it is for declining); or it is one's own.
    """
    found = locked(entitlement)
    if already(found, "adopt", by):
        return found
    newer = newer_result(found)
    if newer is None or newer.amount <= 0:
        raise error(
            "按现行规定没有可采用的新结果", "today's law gives no other result to take",
            remedy=("照原规定办理；不符合的请不予批准", "go on by the law it stands under; decline it if nothing is due"),
        )  # fmt: skip
    found.amount, found.branch = newer.amount, newer.branch
    lift(found, Cause.CHANGED, at=at)
    return move(found, "adopt", by=by, at=at, version=version)
