"""How a clause came to be as it is: every version that changed it, what changed, and who did it, by role."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

from jigong.accounts.enums import ROLE_EN, Role
from jigong.accounts.models import Organisation
from jigong.audit.models import Entry
from jigong.dossiers.packs import pack_folder
from jigong.kernel.text import Language, Text
from jigong.packs.model import Clause
from jigong.packs.pack import Pack
from jigong.packs.reader import read_pack
from jigong.portals.public.formula import said
from jigong.portals.public.lawbook import DayLaw, awards_of, clause_figures, conditions_of
from jigong.rules.rulebook import read_rulebook
from jigong.services.publishing.changes import text_changes, value_changes
from jigong.services.publishing.enums import VERSION_LABELS, DraftKind, VersionState
from jigong.services.publishing.models import Draft, Version

_HANDS = {
    "publishing.create": Text("起草", "drafted"),
    "publishing.submit": Text("送审", "sent for approval"),
    "publishing.approve": Text("批准", "approved"),
    "publishing.take_effect": Text("生效", "took effect"),
}
_PLATFORM = Text("平台", "the platform")
_BEGAN = Text("新设条款", "New clause")
_CHANGED = Text("修订", "Changed")
_ENDED = Text("停止施行", "Ended")
_RESTORED = Text("恢复为第 {n} 版的内容", "Restored as of version {n}")
_LOADED = Text("随新的技工包更新", "Changed with a new pack")
_NOTHING = Text("无", "none")


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that changed, before and after; both empty where only that it changed is said."""

    label: str
    before: str
    after: str
    from_: date | None = None
    """Of a figure: the day from which the new one holds."""


@dataclass(frozen=True, slots=True)
class Hand:
    """A step somebody took: what, as whom, when."""

    what: Text
    who: Text
    at: datetime


@dataclass(frozen=True, slots=True)
class Event:
    """A version of the law that changed the clause."""

    number: int
    on: date
    what: Text
    state: Text
    waiting: bool
    """Whether it is approved, but not in force yet."""
    document: Text | None
    """The document that ordered it."""
    lines: tuple[Line, ...]
    hands: tuple[Hand, ...]


def history_of(clause: str, language: Language) -> list[Event]:
    """The versions that changed a clause, the newest first."""
    versions = list(
        Version.objects.exclude(state=VersionState.SKIPPED).select_related("draft").order_by("number")
    )
    concerned = [
        (before, after, draft)
        for before, after in pairwise(versions)
        if (draft := _draft(after)) is None or draft.clause in (clause, "")
    ]
    hands = _hands([draft for _, _, draft in concerned if draft is not None])
    found = [
        _event(clause, before, after, draft, hands.get(draft.pk, ()) if draft else (), language)
        for before, after, draft in concerned
    ]
    return [event for event in reversed(found) if event is not None]


def _draft(version: Version) -> Draft | None:
    return version.draft if hasattr(version, "draft") else None


def _event(
    clause: str,
    before: Version,
    after: Version,
    draft: Draft | None,
    hands: tuple[Hand, ...],
    language: Language,
) -> Event | None:
    what, lines = _difference(before.pack_hash, after.pack_hash, clause, after.in_force_on, language)
    if what is None:
        return None
    if what == _CHANGED and draft is None:
        what = _LOADED
    elif what == _CHANGED and draft is not None and draft.kind == DraftKind.ROLLBACK:
        what = Text(_RESTORED.zh.format(n=draft.restores_id), _RESTORED.en.format(n=draft.restores_id))
    state = VersionState(after.state)
    document = draft.source if draft is not None and draft.source_zh else None
    waiting = state == VersionState.SCHEDULED
    return Event(
        after.number, after.in_force_on, what, VERSION_LABELS[state], waiting, document, lines, tuple(hands)
    )


@lru_cache(maxsize=512)
def _difference(
    before: str, after: str, clause: str, day: date, language: Language
) -> tuple[Text | None, tuple[Line, ...]]:
    """What a version did to a clause, and how; None where it left it alone, or a text is no longer kept."""
    old, new = _thin(before), _thin(after)
    if old is None or new is None or before == after:
        return None, ()
    had, has = clause in old.clauses, clause in new.clauses
    if not has or not had:
        return (_ENDED if had else _BEGAN if has else None), ()
    then, now = (DayLaw(pack, read_rulebook(pack, clauses=[clause]), day) for pack in (old, new))
    lines = tuple(_lines(then, now, clause, language))
    return (_CHANGED, lines) if lines else (None, ())


def _lines(old: DayLaw, new: DayLaw, clause: str, language: Language) -> Iterator[Line]:
    read = set(clause_figures(new.pack, new.rulebook, clause))
    for value in value_changes(old.pack, new.pack):
        if value.name in read:
            before, after = (
                _NOTHING.in_(language) if one is None else said(new.pack, one, value.unit, language)
                for one in (value.before, value.after)
            )
            yield Line(value.label.in_(language), before, after, value.from_)
    then, now = (law.pack.clauses[clause].clause.value for law in (old, new))
    for text in text_changes(then, now):
        if text.part == text.label:
            yield Line(text.label.in_(language), "", "")
    was, is_ = (_worded(law, one, language) for law, one in ((old, then), (new, now)))
    # Only what was written anew: a new figure alone is told above.
    for id_ in dict.fromkeys([*was, *is_]):
        if was.get(id_, (None, ""))[0] != is_.get(id_, (None, ""))[0]:
            yield Line("", was[id_][1] if id_ in was else "", is_[id_][1] if id_ in is_ else "")


def _worded(law: DayLaw, clause: Clause, language: Language) -> dict[str, tuple[object, str]]:
    """Conditions and branches: as written, and in words."""
    wording, colon = law.wording(language), "：" if language == "zh" else ": "
    parts: dict[str, tuple[object, str]] = {}
    for entry, condition in zip(clause.conditions, conditions_of(law, clause, wording), strict=True):
        said_ = [entry.label.in_(language), condition.rule]
        parts[f"condition {entry.id}"] = entry, colon.join(filter(None, said_))
    awards = zip(law.rulebook.clauses[clause.id].awards, awards_of(law, clause, wording), strict=True)
    written = {entry.id: entry for entry in clause.awards}
    for award, told in awards:
        said_ = [told.label.in_(language), told.when, told.amount]
        parts[f"award {award.id}"] = written[award.id], colon.join(filter(None, said_))
    return parts


@lru_cache(maxsize=16)
def _thin(pack_hash: str) -> Pack | None:
    """A kept pack without its data contracts: quick to read, and enough to compare."""
    folder: Path | None = pack_folder(pack_hash)
    return None if folder is None else read_pack(folder, contracts=False)


def _hands(drafts: list[Draft]) -> Mapping[int, tuple[Hand, ...]]:
    """Who did what with each draft, from the platform's record: it keeps the role of that moment."""
    entries = Entry.objects.filter(
        object_kind="draft", object_id__in=[str(draft.pk) for draft in drafts], action__in=_HANDS
    ).order_by("id")
    rows = list(entries.values_list("object_id", "action", "actor_label", "at")) if drafts else []
    offices = _offices({part for _, _, label, _ in rows for part in label.split(", ")})
    found: dict[int, list[Hand]] = {}
    for draft, action, label, at in rows:
        found.setdefault(int(draft), []).append(Hand(_HANDS[action], _who(label, offices), at))
    return {draft: tuple(hands) for draft, hands in found.items()}


def _offices(roles: set[str]) -> dict[str, Text]:
    codes = {role.partition("@")[2] for role in roles}
    return {o.code: o.label for o in Organisation.objects.filter(code__in=codes)}


def _who(label: str, offices: Mapping[str, Text]) -> Text:
    """``officer@union`` in words."""
    told = []
    for part in label.split(", "):
        role, _, code = part.partition("@")
        if role in Role.values and code in offices:
            told.append(
                Text(f"{offices[code].zh}{Role(role).label}", f"{ROLE_EN[Role(role)]}, {offices[code].en}")
            )
    if not told:
        return _PLATFORM
    return Text("、".join(one.zh for one in told), "; ".join(one.en for one in told))
