"""Which law something under way stands under, and what it gives; beside it today's law, where that is another."""

from dataclasses import dataclass, replace

from jigong.delivery.basis import open_basis
from jigong.delivery.models import Basis, Entitlement
from jigong.delivery.replay.newer_law import LawOf, Newer, law_since, newer_result
from jigong.delivery.replay.queries import law_then
from jigong.dossiers.law import current_run
from jigong.kernel.problems import JigongError
from jigong.kernel.text import Language
from jigong.portals.kit.lawbook import book_of
from jigong.services.publishing.enums import VersionState
from jigong.services.publishing.models import Version


@dataclass(frozen=True, slots=True)
class Standing:
    """The law an entitlement stands under, and today's, where it is another.

    ``sum`` is the arithmetic of then, where today's result is another. ``newer`` is what today's law gives, where that is something else.
    """

    then: LawOf
    sum: tuple[str, ...]
    now: LawOf | None
    newer: Newer | None


def standing_of(
    entitlement: Entitlement, basis: Basis | None, language: Language, *, differs: bool = False
) -> Standing | None:
    """Under which law it stands; None before somebody confirmed it.

    The arithmetic of then is worked out where today's result is another: by the law, or because it ``differs`` anyhow.
    """
    if basis is None:
        return None
    run = current_run()
    then = _published(law_since(basis.pack_hash, basis.as_of))
    now, newer = None, None
    if run.pack_hash != basis.pack_hash:
        now = _published(law_since(run.pack_hash, run.as_of))
        newer = newer_result(entitlement, basis)
    sum_ = _sum(entitlement, basis, language) if differs or newer is not None else ()
    return Standing(then, sum_, now, newer)


def _sum(entitlement: Entitlement, basis: Basis, language: Language) -> tuple[str, ...]:
    """How the amount came about when it was confirmed; nothing where that was not kept."""
    try:
        law = law_then(basis)
    except JigongError:
        return ()
    if entitlement.clause not in law.pack.clauses:
        return ()
    frozen = open_basis(basis, law.pack)
    facts = {**frozen.facts, **{n: v for n, v in frozen.claimed.items() if frozen.facts.get(n) is None}}
    outcome = law.rule(entitlement.clause).decide(facts, basis.as_of)
    if not facts or outcome.branch is None or not outcome.amount:
        return ()
    return tuple(book_of(law).sum_lines(entitlement.clause, outcome.branch, facts, basis.as_of, language))


def _published(law: LawOf) -> LawOf:
    """The law with the number of the version it was published as, and since when that is in force."""
    took_effect = (VersionState.IN_FORCE, VersionState.PAST)
    version = Version.objects.filter(pack_hash=law.pack_hash, state__in=took_effect).order_by("number").last()
    return law if version is None else replace(law, number=version.number, since=version.in_force_on)
