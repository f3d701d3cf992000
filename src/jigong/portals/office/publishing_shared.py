"""What the pages of the law share: the newest law, a draft within reach, its changes and its check as a page shows them."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.http import Http404, HttpRequest

from jigong.audit.days import day_of
from jigong.delivery.former import held_under
from jigong.dossiers.packs import pack_folder
from jigong.kernel.text import Text
from jigong.packs.pack import Pack
from jigong.portals.kit.access import account_of
from jigong.rules.rulebook import Rulebook
from jigong.services.publishing import reach
from jigong.services.publishing.changes import (
    DiffLine,
    TextChange,
    ValueChange,
    clause_changes,
    parameter_changes,
    side_by_side,
    text_changes,
    value_changes,
)
from jigong.services.publishing.drafted import clause_in, drafted_label, values_in
from jigong.services.publishing.enums import DraftKind, DraftState, EditKind
from jigong.services.publishing.layer import clause_text
from jigong.services.publishing.models import Draft
from jigong.services.publishing.queries import Head, book, head, kept
from jigong.services.publishing.values import NewValue, parameter_yaml, with_value


@dataclass(frozen=True)
class LawOfPage:
    """The newest law, in force or approved."""

    head: Head
    pack: Pack
    rules: Rulebook


def newest_law() -> LawOfPage:
    """The law that drafts change."""
    newest = head()
    return LawOfPage(newest, *book(newest.folder, newest.pack_hash))


def draft_of(request: HttpRequest, number: int) -> Draft:
    """A draft within the account's reach.

    Raises:
        Http404: there is none, or it is of another office.
    """
    found = reach.drafts(account_of(request)).filter(pk=number).select_related("version", "restores").first()
    if found is None:
        raise Http404
    return found


def label_of_clause(pack: Pack, draft: Draft) -> Text:
    """What a draft is about, in words."""
    if draft.kind == DraftKind.ROLLBACK:
        number = draft.restores.number if draft.restores else 0
        return Text(f"恢复第 {number} 版", f"Restore version {number}")
    files = pack.clauses.get(draft.clause)
    return files.clause.value.label if files else drafted_label(draft)


def source_of(pack: Pack, id_: str) -> Text:
    """A document by its id."""
    source = pack.manifest.sources.get(id_)
    return source.label if source else Text(id_, id_)


@dataclass(frozen=True)
class Shown:
    """An edit as a page shows it: in words, and side by side."""

    kind: EditKind
    target: str
    title: Text
    values: tuple[ValueChange, ...]
    texts: tuple[TextChange, ...]
    lines: tuple[DiffLine, ...]
    body: str = ""


_FILES = {
    EditKind.CLAUSE: Text("条文", "Text of the clause"),
    EditKind.CASES: Text("例子", "Worked cases"),
    EditKind.VALUES: Text("数值", "Values"),
}


def shown_edits(draft: Draft, law: LawOfPage) -> list[Shown]:
    """What a draft changes against the newest law; of one that is published, what it changed."""
    pack, found = _base(draft, law), []
    for edit in sorted(draft.edits.all(), key=lambda edit: (_ORDER.index(edit.kind), edit.target)):
        kind = EditKind(edit.kind)
        if kind == EditKind.PARAMETER:
            if edit.target in pack.parameters:
                found.append(_value(edit.target, NewValue.read(edit.body), pack, draft))
        elif edit.body.strip():
            found.append(_text(kind, edit.target, edit.body, pack))
    return found


def _text(kind: EditKind, clause: str, body: str, pack: Pack) -> Shown:
    values = values_in(body, clause) if kind == EditKind.VALUES else {}
    texts = _clause_changes(body, pack, clause) if kind == EditKind.CLAUSE else []
    return Shown(
        kind,
        clause,
        _FILES[kind],
        tuple(change for name, entry in values.items() for change in parameter_changes(name, None, entry)),
        tuple(texts),
        tuple(side_by_side(clause_text(pack, clause, kind), body)),
        body,
    )


def restoring(draft: Draft, law: LawOfPage) -> dict[str, Any]:
    """What a roll-back changes: values and texts, and the clauses that end, with what people have under each."""
    assert draft.restores is not None
    before, after = _base(draft, law), book(kept(draft.restores.pack_hash), draft.restores.pack_hash)[0]
    gone = [files.clause.value for id_, files in before.clauses.items() if id_ not in after.clauses]
    return {
        "values": value_changes(before, after),
        "texts": clause_changes(before, after),
        "ending": [(clause, *held_under(clause.id)) for clause in gone]
        if draft.state in (DraftState.DRAFTING, DraftState.SUBMITTED)
        else [],
    }


def _base(draft: Draft, law: LawOfPage) -> Pack:
    """What a draft changes: the newest law; of one that is published, the law that it changed."""
    base = pack_folder(draft.base_hash) if draft.state == DraftState.PUBLISHED else None
    return law.pack if base is None else book(base, draft.base_hash)[0]


_ORDER = (EditKind.PARAMETER, EditKind.CLAUSE, EditKind.VALUES, EditKind.CASES)


def _value(name: str, new: NewValue, pack: Pack, draft: Draft) -> Shown:
    entry = pack.parameters[name].value
    after = with_value(entry, new, f"draft-{draft.pk}", day_of(draft.updated_at))
    lines = side_by_side(parameter_yaml(name, entry), parameter_yaml(name, after))
    return Shown(
        EditKind.PARAMETER, name, entry.label, tuple(parameter_changes(name, entry, after)), (), tuple(lines)
    )


def _clause_changes(text: str, pack: Pack, clause: str) -> list[TextChange]:
    """How the clause's parts differ, if the new text can be read at all."""
    before, after = pack.clauses.get(clause), clause_in(text)
    return text_changes(before.clause.value if before else None, after) if after is not None else []


def day_or(text: str, default: date) -> date:
    """A day as a form sends it."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return default
