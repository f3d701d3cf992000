"""What a draft of one office may not do by itself, however right its text is."""

from collections.abc import Iterator
from datetime import date

from jigong.kernel.problems import Problem
from jigong.packs.model import Clause
from jigong.packs.pack import Pack
from jigong.packs.shape import Placed
from jigong.rules.rulebook import Rulebook
from jigong.services.publishing.enums import DraftKind
from jigong.services.publishing.models import Draft
from jigong.services.publishing.reach import parameters_of_clause, readers


def beyond_limits(draft: Draft, pack: Pack, before: Pack, offices: frozenset[str] | None) -> list[Problem]:
    """What of ``pack`` (the draft upon ``before``) is not for the draft's office to say.

    ``offices`` are those its author may draft for; None for every one.
    """
    if draft.clause not in pack.clauses:
        return []
    placed = pack.clauses[draft.clause].clause
    old = before.clauses.get(draft.clause)
    problems = list(_group(placed, old.clause.value if old else None, pack, offices))
    if old is not None:
        problems += _kept_identity(placed, old.clause.value)
    elif draft.kind == DraftKind.NEW:
        problems += _own(placed, draft.office)
        problems += _begun(placed, draft.in_force_on)
    return problems


def borrowed(
    draft: Draft, after: tuple[Pack, Rulebook], before: tuple[Pack, Rulebook], offices: frozenset[str] | None
) -> list[Problem]:
    """The values of other offices' clauses that the draft's clause begins to read: they could then no longer change them.

    ``after`` and ``before`` are the draft and what it is upon, with their rules.
    """
    if offices is None or draft.clause not in after[0].clauses:
        return []
    owners = readers(*before)
    read = set(parameters_of_clause(*after, draft.clause)) - set(parameters_of_clause(*before, draft.clause))
    theirs = [
        name
        for name in sorted(read & owners.keys())
        if owners[name] and "" not in owners[name] and not owners[name] & (offices | {draft.office})
    ]
    placed = after[0].clauses[draft.clause].clause
    return [
        placed.problem(
            (),
            f"数值 {name} 是其他部门条款的",
            f"the value {name} is that of another office's clause",
            remedy=("另设自己的数值，或请区级起草", "have a value of your own, or let the district draft it"),
        )
        for name in theirs
    ]


def _kept_identity(placed: Placed[Clause], old: Clause) -> Iterator[Problem]:
    """A clause keeps its number, its office and what it is about."""
    new = placed.value
    kept = (
        (("number",), new.number, old.number),
        (("per",), new.per, old.per),
        (("delivery", "office"), new.delivery.office, old.delivery.office),
    )
    for path, is_, was in kept:
        if is_ != was:
            yield placed.problem(
                path,
                f"{path[-1]} 不能从 {was} 改为 {is_}",
                f"{path[-1]} cannot change from {was} to {is_}",
                remedy=("改回原来的值", "put the old one back"),
            )


def _own(placed: Placed[Clause], office: str) -> Iterator[Problem]:
    """A new clause is decided by the office that drafts it."""
    if (placed.value.delivery.office or "") != office:
        yield placed.problem(
            ("delivery", "office"),
            f"本草案的经办部门是 {office}，不能写 {placed.value.delivery.office}",
            f"this draft is of the office {office}, not of {placed.value.delivery.office}",
            remedy=(f"写 {office}，或请那个部门起草", f"write {office}, or let that office draft it"),
        )


def _begun(placed: Placed[Clause], day: date) -> Iterator[Problem]:
    """It begins with the draft: begun later, the comparison would show nobody; begun before, it would pay for the past."""
    if placed.value.in_force.from_ != day:
        yield placed.problem(
            ("in_force", "from"),
            f"条款自 {placed.value.in_force.from_} 起，草案却自 {day} 起生效",
            f"the clause begins on {placed.value.in_force.from_}, but the draft takes effect on {day}",
            remedy=("两个日期写成同一天", "make them the same day"),
        )


def _group(
    placed: Placed[Clause], old: Clause | None, pack: Pack, offices: frozenset[str] | None
) -> Iterator[Problem]:
    """Joining a group in which only the highest is paid takes from the clauses of other offices in it."""
    new = placed.value
    if offices is None or new.exclusion is None or (old is not None and old.exclusion == new.exclusion):
        return
    members = (files.clause.value for files in pack.clauses.values())
    others = {c.delivery.office or "" for c in members if c.exclusion == new.exclusion} - offices
    if others - {new.delivery.office or ""}:
        yield placed.problem(
            ("exclusion",),
            f"互斥组 {new.exclusion} 里有其他部门的条款",
            f"the exclusion group {new.exclusion} has clauses of other offices",
            remedy=("请区级起草，或不写 exclusion", "let the district draft it, or leave exclusion out"),
        )
