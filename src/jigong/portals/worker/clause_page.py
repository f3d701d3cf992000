"""Everything one clause says about one worker, ready to be shown."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache

from django.urls import reverse

from jigong.accounts.masking import mask_number
from jigong.delivery.models import Entitlement, Step
from jigong.delivery.queries import latest_basis
from jigong.delivery.states import State
from jigong.delivery.timeline import HoldEvent, hold_events, timeline
from jigong.insight.explain import ExplainedPart, FactValue, ParameterRead
from jigong.insight.words import nobody_words, place_words, reckoned_words, withdrawn_words
from jigong.kernel.text import Language, Text
from jigong.lake.facts import Ghost
from jigong.lake.identifiers import FORMS
from jigong.packs.model import Clause
from jigong.packs.pack import Pack
from jigong.portals.kit.lawbook import Lawbook
from jigong.portals.kit.laws import Standing, standing_of
from jigong.portals.worker.reads import steps_of
from jigong.portals.worker.situation import Situation, reference_of
from jigong.portals.worker.standing import Matter, Stage, matters_of, stage_of
from jigong.portals.worker.telling import ToldWay, standing_line, told_way, why_line

WORKER = "worker"
_GOING = (State.CONFIRMED, State.PASSED, State.APPROVED)


@dataclass(frozen=True, slots=True)
class ShownFact:
    """A fact as a condition read it, with where it came from and, for evidence, which subject it is about."""

    name: str
    label: Text
    shown: str
    known: bool
    coded: bool
    """Whether it is a code that the pack has no word for."""
    denied: bool
    """Whether it is a plain no."""
    classes: tuple[Text, ...]
    departments: tuple[Text, ...]
    reading: Text | None
    reference: str
    counted: Text | None = None
    """To which month it counts, where a later one has ended and is not in yet."""

    @property
    def evidence_url(self) -> str:
        """Where its records are shown."""
        return _address("worker:evidence", self.name) + self._of

    @property
    def wrong_url(self) -> str:
        """Where to say that it is wrong."""
        return _address("worker:wrong", self.name) + self._of

    @property
    def _of(self) -> str:
        return f"?of={self.reference}" if self.reference else ""


@cache
def _address(view: str, fact: str) -> str:
    return reverse(view, args=[fact])


@dataclass(frozen=True, slots=True)
class ShownRule:
    """A value of the law, with its source."""

    label: Text
    shown: str
    source: Text
    since: date


@dataclass(frozen=True, slots=True)
class ShownCondition:
    """A condition with its words, whether it holds, and what it read."""

    label: Text
    holds: bool | None
    facts: tuple[ShownFact, ...]
    rules: tuple[ShownRule, ...]

    @property
    def brief(self) -> list[ShownFact]:
        """What is shown before the condition is opened: at most two facts that need no explanation.

        Those nobody knows come first; of a condition that holds, a no is the last thing that tells why.
        """
        plain = [fact for fact in self.facts if not fact.coded]
        return sorted(plain, key=lambda fact: (fact.known, self.holds is True and fact.denied))[:2]


@dataclass(frozen=True, slots=True)
class WaitingRecord:
    """A record of theirs that waits: of which class, at which office, since when; and whether only cells are lost."""

    label: Text
    office: Text
    since: date
    cells: bool


def waiting_records(ghosts: Sequence[Ghost], pack: Pack) -> tuple[WaitingRecord, ...]:
    """What waits, as a worker is told of it: one line for each class and office."""
    found: dict[tuple[str, bool], Ghost] = {}
    for ghost in ghosts:
        found.setdefault((ghost.class_name, bool(ghost.cells)), ghost)
    return tuple(
        WaitingRecord(
            pack.contracts[g.class_name].label,
            pack.contracts[g.class_name].department,
            g.known_on,
            bool(g.cells),
        )
        for g in found.values()
    )


@dataclass(frozen=True, slots=True)
class Section:
    """One subject of the clause."""

    matter: Matter
    reference: str
    subject: str
    """How the subject is called; empty where it is the worker."""
    conditions: tuple[ShownCondition, ...]
    sum_: tuple[str, ...]
    """How the amount came about, line by line."""
    award_facts: tuple[ShownFact, ...]
    way: ToldWay | None
    why: str
    standing: Text | None
    steps: tuple[Step | HoldEvent, ...]
    others: tuple[Entitlement, ...]
    """Other periods of the same."""
    past: bool = False
    """Whether it is of a period that has passed: what it rests on is of then, the conditions below are of today."""
    waits: tuple[WaitingRecord, ...] = ()
    """Records that wait to be put right, and keep this open."""
    nobody: Text | None = None
    """That rows wait of which nobody can tell whose they are."""
    withdrawn: tuple[Text, ...] = ()
    """Which records count no more."""
    law: Standing | None = None
    """Of what is under way: the law it stands under, and today's where that is another."""

    @property
    def met(self) -> int:
        """How many conditions hold."""
        return sum(part.holds is True for part in self.conditions)

    @property
    def entitlement(self) -> Entitlement | None:
        """What has come of it."""
        return self.matter.entitlement

    @property
    def can_appeal(self) -> bool:
        """Whether an objection is possible now."""
        found = self.entitlement
        return found is not None and found.state in (State.PROPOSED, State.CORRECTED, State.DECLINED)

    @property
    def can_withdraw(self) -> bool:
        """Whether it can be given up."""
        found = self.entitlement
        open_ = (State.PROPOSED, State.CONFIRMED, State.PASSED, State.CORRECTED)
        return found is not None and found.state in open_

    @property
    def can_ask(self) -> bool:
        """Whether an application with the missing facts is possible."""
        return self.matter.stage is Stage.ASK


def sections_of(situation: Situation, clause: str, language: Language) -> list[Section]:
    """One section for each subject, what matters most first. Two queries: the steps of all, and their holds."""
    matters = sorted(matters_of(situation, situation.of_clause(clause)), key=lambda m: m.stage)
    steps = _happened([m.entitlement.pk for m in matters if m.entitlement is not None])
    return [_section(situation, matter, steps, language) for matter in matters]


def ended_sections(situation: Situation, clause: Clause, language: Language) -> list[Section]:
    """What has come of a clause the law no longer has: where each stands, and no conditions."""
    mine = [found for found in situation.entitlements if found.clause == clause.id]
    steps = _happened([found.pk for found in mine])
    # Of what lapsed or was given up nothing is due: the steps tell, no sum does.
    stages = [(stage_of(found), found) for found in mine]
    matters = [Matter(clause, stage or Stage.NO, None, found if stage else None) for stage, found in stages]
    why = Text("这项政策已停止", "this policy has ended").in_(language)
    return [
        Section(matter, "", "", (), (), (), None, why, None, tuple(steps.get(found.pk, ())), ())
        for matter, found in zip(matters, mine, strict=True)
    ]


def _happened(entitlements: list[int]) -> dict[int, list[Step | HoldEvent]]:
    """What happened to each of these entitlements (ids)."""
    if not entitlements:
        return {}
    steps, events = steps_of(entitlements), hold_events(entitlements)
    return {
        pk: timeline([s for s in steps if s.entitlement_id == pk], [e for e in events if e.hold.entitlement_id == pk])
        for pk in entitlements
    }  # fmt: skip


def _section(
    situation: Situation, matter: Matter, steps: dict[int, list[Step | HoldEvent]], language: Language
) -> Section:
    explained, book = matter.explained, situation.book
    assert explained is not None
    reader = _Reader(situation, matter, language)
    subject = explained.subject
    found = matter.entitlement
    others = situation.entitlements_of(matter.clause.id, subject)
    facts = situation.row(matter.clause.per, subject)
    past = found is not None and found.period != matter.clause.period_on(situation.law.day)
    return Section(
        matter,
        reference_of(subject) if subject else "",
        _called(situation, matter, language),
        tuple(reader.condition(part) for part in explained.conditions),
        tuple(book.sum_lines(matter.clause.id, explained.branch, facts, situation.held.as_of, language))
        if explained.branch and explained.amount and not past
        else (),
        reader.facts(explained.award),
        told_way(explained.way, book, language) if explained.way else None,
        why_line(matter, book, language),
        standing_line(matter, book) if _has_standing(matter) else None,
        tuple(steps.get(found.pk, ())) if found else (),
        tuple(e for e in others if found is None or e.pk != found.pk),
        past,
        waiting_records(explained.waiting, situation.law.pack),
        nobody_words(explained.nobody, situation.law.pack),
        tuple(withdrawn_words(one, situation.law.pack) for one in explained.withdrawn),
        standing_of(found, latest_basis(found), language)
        if found is not None and found.state in _GOING
        else None,
    )


def _has_standing(matter: Matter) -> bool:
    standing = matter.explained.standing if matter.explained else None
    return standing is not None and (place_words(standing) is not None or standing.excluded_by is not None)


def _called(situation: Situation, matter: Matter, language: Language) -> str:
    """What a subject other than the worker is called; numbers of people are masked."""
    subject = matter.explained.subject if matter.explained else None
    if subject is None or matter.clause.per == WORKER:
        return ""
    shown = hidden(subject)
    return f"{situation.book.label(matter.clause.per).in_(language)} {shown}"


def hidden(key: str) -> str:
    """A subject's key as a page shows it: masked where it is the number of a person."""
    return mask_number(key) if re.fullmatch(FORMS["person"], key) else key


class _Reader:
    """Turns what a condition read into what a page shows."""

    def __init__(self, situation: Situation, matter: Matter, language: Language) -> None:
        self._situation, self._matter, self._language = situation, matter, language

    def condition(self, part: ExplainedPart) -> ShownCondition:
        """A condition."""
        rules = tuple(self._rule(parameter) for parameter in part.parameters)
        return ShownCondition(part.label, part.holds, self.facts(part.facts), rules)

    def facts(self, given: Sequence[FactValue]) -> tuple[ShownFact, ...]:
        """Facts, with where they came from."""
        return tuple(self._fact(fact) for fact in given)

    def _fact(self, fact: FactValue) -> ShownFact:
        book: Lawbook = self._situation.book
        pack = self._situation.law.pack
        contracts = book.sources(fact.name)
        entry = pack.facts.get(fact.name)
        kind = pack.fact_topics[fact.name].header.value.subject if entry else WORKER
        explained = self._matter.explained
        subject = explained.subject if explained and kind == self._matter.clause.per != WORKER else None
        return ShownFact(
            fact.name if entry else "",
            fact.label,
            book.read(fact, self._language),
            fact.value is not None,
            isinstance(fact.value, str) and pack.words_for(fact.name, fact.value) is None,
            fact.value is False,
            tuple(contract.label for contract in contracts),
            tuple(dict.fromkeys(contract.department for contract in contracts)),
            entry.reading.label if entry and entry.reading else None,
            reference_of(subject) if subject else "",
            reckoned_words(fact.reckoned, self._situation.held.as_of),
        )

    def _rule(self, read: ParameterRead) -> ShownRule:
        book = self._situation.book
        values = read.value[:4] if isinstance(read.value, tuple) else read.value
        more = "…" if isinstance(read.value, tuple) and len(read.value) > 4 else ""
        source = self._situation.law.pack.manifest.sources[read.source].label
        return ShownRule(
            read.label, book.shown(read.name, values, self._language) + more, source, read.since,
        )  # fmt: skip
