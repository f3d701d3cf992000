"""Reading draws: how far each has come, who has won, where a person stands."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from django.db.models import Q

from jigong.accounts.enums import OrganisationKind, Permission
from jigong.accounts.models import Account, Person
from jigong.accounts.scope import NOBODY, organisations
from jigong.delivery.lottery.enums import STAGE_LABELS, UNFULFILLED, DocumentKind, EventKind, Stage, stage_of
from jigong.delivery.lottery.models import Document, Draw, Entrant, Event, Result
from jigong.kernel.text import Text


@dataclass(frozen=True)
class View:
    """A draw with its events, oldest first."""

    draw: Draw
    events: tuple[Event, ...]
    replaced_by: int | None
    """The draw that was sealed in its place."""

    @cached_property
    def stage(self) -> Stage:
        """How far it has come."""
        return stage_of({event.kind for event in self.events})

    @property
    def label(self) -> Text:
        """The stage in words."""
        return STAGE_LABELS[self.stage]

    @property
    def standing(self) -> bool:
        """Whether its results count: published, and not drawn again."""
        return self.stage == Stage.PUBLISHED and self.replaced_by is None

    @property
    def sealed(self) -> bool:
        """Whether its roster is public and fixed."""
        return self.stage not in (Stage.PREPARED, Stage.DISCARDED)

    def last(self, kind: EventKind) -> Event | None:
        """The newest event of a kind."""
        return next((event for event in reversed(self.events) if event.kind == kind), None)

    @property
    def seed(self) -> str | None:
        """The seed, once two officers have read the same."""
        event = self.last(EventKind.CONFIRM_SEED)
        return None if event is None else event.given["seed"]

    @property
    def results_sha256(self) -> str | None:
        """The results file's hash, once they are public."""
        event = self.last(EventKind.DRAW)
        return event.given["results"] if event is not None and self.stage == Stage.PUBLISHED else None

    @cached_property
    def withdrawn(self) -> frozenset[str]:
        """Codes of those who gave up or lost their place."""
        return frozenset(event.code for event in self.events if event.kind == EventKind.WITHDRAW)

    @cached_property
    def promoted(self) -> frozenset[str]:
        """Codes of those who came in for them."""
        return frozenset(event.code for event in self.events if event.kind == EventKind.PROMOTE)

    @cached_property
    def lost(self) -> frozenset[str]:
        """Codes of those of the withdrawn whose place waited in vain: not entitled, or undecided to the end."""
        return frozenset(
            e.code for e in self.events if e.kind == EventKind.WITHDRAW and e.given["why"] in UNFULFILLED
        )

    @cached_property
    def given_back(self) -> frozenset[str]:
        """Codes of the withdrawn, but for those whose place had only waited for them: what they won was nothing yet."""
        waited = {event.code for event in self.events if event.kind == EventKind.WAIT}
        return self.withdrawn - (waited - {e.code for e in self.events if e.kind == EventKind.DECIDE})

    @cached_property
    def waiting(self) -> frozenset[str]:
        """Codes of those whose place waits until they are decided."""
        waits = {event.code for event in self.events if event.kind == EventKind.WAIT}
        return frozenset(waits - self.withdrawn - {e.code for e in self.events if e.kind == EventKind.DECIDE})


def views(draws: Sequence[Draw]) -> list[View]:
    """Draws with their events, in the same order."""
    ids = [draw.pk for draw in draws]
    events: dict[int, list[Event]] = {pk: [] for pk in ids}
    for event in Event.objects.filter(draw__in=ids).order_by("id"):
        events[event.draw_id].append(event)
    replaced = dict(
        Draw.objects.filter(replaces__in=ids, events__kind=EventKind.COMMIT).values_list("replaces", "pk")
    )
    return [View(draw, tuple(events[draw.pk]), replaced.get(draw.pk)) for draw in draws]


def view(draw: Draw) -> View:
    """One draw with its events."""
    return views([draw])[0]


def public_views() -> list[View]:
    """The draws everybody may see, newest first: those whose roster is sealed."""
    sealed = Draw.objects.filter(events__kind=EventKind.COMMIT).order_by("-id")
    return views(list(sealed))


def public_view(draw: int) -> View | None:
    """A sealed draw by its number."""
    found = Draw.objects.filter(pk=draw, events__kind=EventKind.COMMIT).first()
    return None if found is None else view(found)


def reach(account: Account, permission: Permission) -> Q:
    """A condition on draws that keeps those of the account's bureaus; of the district, all."""
    found = NOBODY
    for organisation in organisations(account, permission):
        if organisation.kind == OrganisationKind.DISTRICT:
            return Q()
        if organisation.kind == OrganisationKind.BUREAU:
            found |= Q(office=organisation.code)
    return found


def document(draw: int, kind: DocumentKind) -> Document | None:
    """One of a draw's files."""
    return Document.objects.filter(draw=draw, kind=kind).first()


@dataclass(frozen=True, slots=True)
class Placed:
    """An entrant with a rank, and what became of it."""

    rank: int
    entrant: Entrant
    state: str
    """``won``, ``promoted``, ``waits`` (a place that waits until they are decided), ``waitlist``, ``withdrawn`` or ``lost``
    (it waited in vain)."""


def placed(found: View, start: int, count: int) -> list[Placed]:
    """The entrants from rank ``start`` (1 is first) on, in order. Empty before the draw."""
    lines = dict(
        Result.objects.filter(draw=found.draw, rank__gte=start, rank__lt=start + count).values_list(
            "line", "rank"
        )
    )
    entrants = Entrant.objects.filter(draw=found.draw, line__in=lines).select_related(
        "person", "organisation"
    )
    rows = sorted(((lines[entrant.line], entrant) for entrant in entrants), key=lambda row: row[0])
    return [Placed(rank, entrant, _state(found, rank, entrant.code)) for rank, entrant in rows]


def _state(found: View, rank: int, code: str) -> str:
    if code in found.withdrawn:
        return "lost" if code in found.lost else "withdrawn"
    if code in found.waiting:
        return "waits"
    if code in found.promoted:
        return "promoted"
    return "won" if rank <= found.draw.places else "waitlist"


def winners(found: View) -> list[Placed]:
    """Who has a place now, or one that waits for them, in order.

    The first ones, less those who gave it up or lost it, and those who came in for them.
    """
    reserve = placed(found, 1, found.draw.places + len(found.withdrawn))
    return [one for one in reserve if one.state in ("won", "promoted", "waits")]


def standing_winners(clause: str, year: int | None = None) -> dict[str, Placed]:
    """Who has a place of a clause, or one that waits, by draws that count, by subject; of one year's, if ``year`` is given."""
    draws = Draw.objects.filter(clause=clause, events__kind=EventKind.PUBLISH)
    if year is not None:
        draws = draws.filter(day__year=year)
    return {
        one.entrant.subject_hash: one
        for found in views(list(draws))
        if found.standing
        for one in winners(found)
    }


def waiting_subjects(clause: str, period: str) -> set[str]:
    """Subjects for whom a place waits by a draw that counts, of a clause and period."""
    draws = views(list(Draw.objects.filter(clause=clause, period=period, events__kind=EventKind.PUBLISH)))
    codes = {found.draw.pk: found.waiting for found in draws if found.standing and found.waiting}
    return {
        hash_
        for draw, waiting in codes.items()
        for hash_ in Entrant.objects.filter(draw=draw, code__in=waiting).values_list(
            "subject_hash", flat=True
        )
    }


def next_in_line(found: View) -> Placed | None:
    """The first of the waitlist."""
    start = found.draw.places + 1
    while batch := placed(found, start, len(found.withdrawn) + 1):
        waiting = next((one for one in batch if one.state == "waitlist"), None)
        if waiting is not None:
            return waiting
        start += len(batch)
    return None


@dataclass(frozen=True, slots=True)
class Entry:
    """A person's part in one draw."""

    draw: Draw
    code: str
    """Shown to nobody but the person."""
    stage: Stage
    label: Text
    rank: int | None
    """None until the results are public."""
    state: str
    """``waiting`` for the results, else as of :class:`Placed`; ``replaced`` where the draw was drawn again."""
    conditional: bool
    """Whether they were undecided when the roster was drawn up."""
    subject: str
    """The key of what they take part with: themself, or something of theirs."""
    places: int
    entrants: int
    seed_known_at: datetime

    @property
    def won(self) -> bool | None:
        """Whether they have a place now; None while nobody knows."""
        return None if self.state in ("waiting", "waits") else self.state in ("won", "promoted")


def entries_of(person: Person) -> list[Entry]:
    """The draws the person takes part in, newest first. Drafts do not count."""
    mine = list(
        Entrant.objects.filter(person=person, draw__events__kind=EventKind.COMMIT)
        .select_related("draw")
        .order_by("-draw_id", "line")
    )
    by_draw = {found.draw.pk: found for found in views(list({e.draw_id: e.draw for e in mine}.values()))}
    return [_entry(by_draw[entrant.draw_id], entrant) for entrant in mine]


def _entry(found: View, entrant: Entrant) -> Entry:
    rank, state = None, "waiting"
    if found.stage == Stage.PUBLISHED:
        rank = Result.objects.values_list("rank", flat=True).get(draw=found.draw, line=entrant.line)
        state = _state(found, rank, entrant.code)
    if found.replaced_by is not None:
        state = "replaced"
    draw = found.draw
    return Entry(
        draw,
        entrant.code,
        found.stage,
        found.label,
        rank,
        state,
        entrant.conditional,
        entrant.open_subject(),
        draw.places,
        draw.entrants,
        draw.seed_known_at,
    )
