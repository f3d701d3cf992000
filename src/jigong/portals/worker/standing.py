"""Where each clause stands for a worker: one card a clause, from “due” to “not yet”."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import IntEnum

from jigong.delivery.models import Entitlement
from jigong.delivery.states import UNDERWAY, State
from jigong.insight.explain import Explained
from jigong.kernel.text import Text
from jigong.packs.model import Clause
from jigong.portals.worker.situation import Situation
from jigong.rules.paths import Way


class Stage(IntEnum):
    """What a clause means for the worker today; the smaller, the nearer the top."""

    ACT = 1
    """Waits for the worker's word."""
    ASK = 2
    """Undecided, and an application with the missing facts would decide it."""
    HELD = 3
    """On hold: nothing is lost, and nothing to do but wait."""
    GOING = 4
    APPEALED = 5
    DECLINED = 6
    YES = 7
    """Holds, but there is nothing to do now: outside the quota, before the draw, another clause gives more."""
    PAID = 8
    UNDECIDED = 9
    WAY = 10
    """Not yet, and there is something the worker can do about it."""
    NO = 11
    ENTERPRISE = 12
    """Not about workers."""


_OF_STATE = {
    State.PROPOSED: Stage.ACT,
    State.CORRECTED: Stage.ACT,
    State.CONFIRMED: Stage.GOING,
    State.PASSED: Stage.GOING,
    State.APPROVED: Stage.GOING,
    State.PAID: Stage.PAID,
    State.APPEALED: Stage.APPEALED,
    State.DECLINED: Stage.DECLINED,
}
BADGES = {
    Stage.ACT: ("orange", Text("待您确认", "waiting for you")),
    Stage.ASK: ("orange", Text("可以申请", "you can apply")),
    Stage.GOING: ("azure", Text("办理中", "in progress")),
    Stage.APPEALED: ("purple", Text("申诉中", "appealed")),
    Stage.DECLINED: ("red", Text("未批准", "declined")),
    Stage.YES: ("green", Text("符合", "holds")),
    Stage.PAID: ("green", Text("已兑现", "paid")),
    Stage.UNDECIDED: ("yellow", Text("待定", "undecided")),
    Stage.WAY: ("secondary", Text("还差一步", "not yet")),
    Stage.HELD: ("yellow", Text("暂缓办理", "on hold")),
    Stage.NO: ("secondary", Text("暂不符合", "not now")),
    Stage.ENTERPRISE: ("secondary", Text("面向企业", "for enterprises")),
}


@dataclass(frozen=True, slots=True)
class Matter:
    """One clause for one subject: what the rules say and what has come of it."""

    clause: Clause
    stage: Stage
    explained: Explained | None
    entitlement: Entitlement | None
    """The newest that bears on it."""

    @property
    def amount(self) -> Decimal | None:
        """Yuan it is about: of the entitlement, or of the verdict where that says yes."""
        if self.entitlement is not None:
            return self.entitlement.amount
        return self.explained.amount if self.explained and self.explained.verdict == "yes" else None

    @property
    def in_kind(self) -> bool:
        """Whether what is given is no money from a fund."""
        return self.entitlement.in_kind if self.entitlement is not None else self.clause.fund is None

    @property
    def way(self) -> Way | None:
        """What the worker could do."""
        return self.explained.way if self.explained else None

    @property
    def badge(self) -> tuple[str, Text]:
        """Colour and word."""
        return BADGES[self.stage]


def matters_of(situation: Situation, explained: Iterable[Explained]) -> list[Matter]:
    """One matter for each clause and subject, in the order of the clauses."""
    return [_matter(e, situation.entitlements_of(e.clause.id, e.subject)) for e in explained]


def _matter(entry: Explained, entitlements: Sequence[Entitlement]) -> Matter:
    chosen = min(entitlements, key=lambda e: (_OF_STATE.get(State(e.state), Stage.NO), -e.pk), default=None)
    stage = stage_of(chosen) if chosen is not None else None
    # A proposal that lapsed or was given up says less than the rules do today.
    return Matter(entry.clause, stage or _stage(entry), entry, chosen if stage is not None else None)


def stage_of(entitlement: Entitlement) -> Stage | None:
    """What its state means for the worker; None where that says less than the rules."""
    stage = _OF_STATE.get(State(entitlement.state))
    if entitlement.held and entitlement.state in UNDERWAY:
        return Stage.HELD
    if stage is Stage.ACT and entitlement.organisation_id is not None:
        # The employer gets it, and says the word.
        return Stage.GOING
    return stage


def _stage(entry: Explained) -> Stage:
    # Conditions may all hold while the amount wants a fact nobody has reported.
    if entry.verdict == "undecided" or (entry.verdict == "yes" and entry.missing):
        can_ask = entry.clause.delivery.mode == "application" and entry.subject is not None
        return Stage.ASK if can_ask else Stage.UNDECIDED
    if entry.verdict == "yes":
        return Stage.YES
    return Stage.WAY if entry.way is not None else Stage.NO


def cards_of(situation: Situation) -> dict[str, Matter]:
    """The matter nearest the top for each clause in force, by clause."""
    cards: dict[str, Matter] = {}
    for matter in matters_of(situation, situation.explained):
        known = cards.get(matter.clause.id)
        if known is None or matter.stage < known.stage:
            cards[matter.clause.id] = matter
    for clause in situation.law.clauses:
        cards.setdefault(clause.id, Matter(clause, Stage.ENTERPRISE, None, None))
    return cards


@dataclass(frozen=True, slots=True)
class BestStep:
    """The way that is worth most soonest."""

    clause: Clause
    way: Way


def best_step(situation: Situation) -> BestStep | None:
    """Of all ways, the one whose worth divided by the months until then (and one more) is greatest.

    Ways to something other than money come after all that pay.
    """
    ways = [
        BestStep(e.clause, e.way)
        for e in situation.explained
        if e.way is not None and situation.held.as_of <= e.way.on
    ]
    return max(ways, key=lambda step: _merit(step.way, situation.held.as_of), default=None)


def _merit(way: Way, today: date) -> tuple[Decimal, int]:
    days = (way.on - today).days
    return (way.worth or Decimal(0)) / Decimal(days + 30), -days
