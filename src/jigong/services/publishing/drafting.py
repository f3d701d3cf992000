"""Writing a draft: begin, change values and texts, name the document and the day, give up. New clauses: see ``adding``."""

from datetime import date, datetime

from django.db import transaction

from jigong.accounts.enums import Permission
from jigong.accounts.models import Account
from jigong.kernel.problems import JigongError, error
from jigong.packs.pack import value_on
from jigong.services.publishing.enums import DraftKind, DraftState, EditKind
from jigong.services.publishing.files import MOST_TEXT, file_of
from jigong.services.publishing.layer import before_hash, clause_text
from jigong.services.publishing.models import Draft, Edit
from jigong.services.publishing.queries import book, head
from jigong.services.publishing.reach import offices, parameters_of_clause, readers
from jigong.services.publishing.steps import changed, locked, step
from jigong.services.publishing.values import NewValue, parse_value


@transaction.atomic
def create_draft(*, clause: str, by: Account, at: datetime, on: date) -> Draft:
    """Begin a change of ``clause`` of the newest law, to be in force from ``on`` unless said otherwise.

    Raises:
        JigongError: the law has no such clause.
    """
    newest = head()
    pack, _ = book(newest.folder, newest.pack_hash)
    if clause not in pack.clauses:
        raise _gone(clause)
    entry = pack.clauses[clause].clause.value
    draft = Draft.objects.create(
        office=entry.delivery.office or "", clause=clause, base_hash=newest.pack_hash,
        in_force_on=max(on, newest.in_force_on), created_by=by, created_at=at, updated_at=at,
    )  # fmt: skip
    step(draft, "create", by=by, at=at)
    return draft


@transaction.atomic
def settle(
    *,
    draft: int,
    edition: int,
    in_force_on: date,
    source_zh: str,
    source_en: str,
    source_on: date | None,
    by: Account,
    at: datetime,
) -> Draft:
    """Name the document that orders the change, and the day it takes effect.

    Raises:
        StaleError: the page was old.
    """
    found = locked(draft, edition, DraftState.DRAFTING)
    given = (in_force_on, source_zh.strip(), source_en.strip(), source_on)
    if (found.in_force_on, found.source_zh, found.source_en, found.source_on) == given:
        return found
    found.in_force_on, found.source_zh, found.source_en, found.source_on = given
    return changed(found, "settle", by=by, at=at, note=str(in_force_on))


@transaction.atomic
def set_value(
    *, draft: int, edition: int, name: str, text: str, from_: date, note: str, by: Account, at: datetime
) -> Draft:
    """Give a parameter of the clause a new value from a day on.

    Raises:
        StaleError: the page was old.
        JigongError: the clause does not read it, another office's does too, it is of the wrong type, or nothing changes.
    """
    found = locked(draft, edition, DraftState.DRAFTING)
    newest = head()
    pack, rules = book(newest.folder, newest.pack_hash)
    if name not in parameters_of_clause(pack, rules, found.clause):
        raise error(
            f"本条款不用参数 {name}",
            f"this clause does not read parameter {name}",
            remedy=("从列表里选", "choose from the list"),
        )
    reached = offices(by, Permission.DRAFT_LAW)
    if reached is not None and not readers(pack, rules)[name] <= reached:
        raise error(
            f"参数 {name} 也用于其他部门的条款",
            f"parameter {name} is also read by clauses of other offices",
            remedy=("请区级账号起草", "let an account of the district draft it"),
        )
    entry = pack.parameters[name].value
    new = NewValue(from_, text.strip(), note.strip())
    if parse_value(text, entry) == value_on(entry, from_):
        raise error(
            f"{from_} 起“{entry.zh}”本来就是这个值",
            f"“{entry.en}” is that already from {from_}",
            remedy=("填一个不同的值", "enter another value"),
        )
    return _edit(
        found, EditKind.PARAMETER, name, new.body(), before_hash(pack, EditKind.PARAMETER, name), by, at
    )


@transaction.atomic
def set_text(*, draft: int, edition: int, kind: EditKind, text: str, by: Account, at: datetime) -> Draft:
    """Give the clause's file a new text; the old text takes the edit away.

    Raises:
        StaleError: the page was old.
        JigongError: the text is empty or too long, or the law no longer has the clause.
    """
    found = locked(draft, edition, DraftState.DRAFTING)
    newest = head()
    pack, _ = book(newest.folder, newest.pack_hash)
    text = text.replace("\r\n", "\n").rstrip() + "\n"
    if not text.strip() and kind != EditKind.VALUES:
        raise error("条文不能为空", "the text is empty", remedy=("写上内容", "write something"))
    if len(text) > MOST_TEXT:
        raise error(
            f"文本有 {len(text)} 字，至多 {MOST_TEXT} 字",
            f"the text has {len(text)} characters; at most {MOST_TEXT}",
            remedy=("删短，或拆成几条", "shorten it, or split the clause"),
        )
    if found.kind != DraftKind.NEW and found.clause not in pack.clauses:
        raise _gone(found.clause)
    if text == clause_text(pack, found.clause, kind):
        return _drop(found, kind, found.clause, by, at)
    return _edit(found, kind, found.clause, text, before_hash(pack, kind, found.clause), by, at)


@transaction.atomic
def drop_edit(*, draft: int, edition: int, kind: EditKind, target: str, by: Account, at: datetime) -> Draft:
    """Take an edit out of the draft.

    Raises:
        StaleError: the page was old.
    """
    found = locked(draft, edition, DraftState.DRAFTING)
    if found.kind == DraftKind.NEW:
        raise error(
            "新条款的文本不能单独撤下",
            "a text of a new clause cannot be taken out by itself",
            remedy=("改它，或放弃整份草案", "change it, or give the draft up"),
        )
    return _drop(found, kind, target, by, at)


@transaction.atomic
def drop(*, draft: int, edition: int, by: Account, at: datetime, reason: str = "") -> Draft:
    """Give the draft up. Nothing is deleted.

    Raises:
        StaleError: the page was old, or it is published.
    """
    found = locked(draft, edition, DraftState.DRAFTING, DraftState.SUBMITTED)
    found.state = DraftState.DROPPED
    return changed(found, "drop", by=by, at=at, note=reason)


def _edit(
    draft: Draft, kind: EditKind, target: str, body: str, before: str, by: Account, at: datetime
) -> Draft:
    known = Edit.objects.filter(draft=draft, kind=kind, target=target).first()
    if known is not None and (known.body, known.before) == (body, before):
        return draft
    Edit.objects.update_or_create(
        draft=draft, kind=kind, target=target, defaults={"body": body, "before": before}
    )
    return changed(draft, "edit", by=by, at=at, note=_named(kind, target))


def _drop(draft: Draft, kind: EditKind, target: str, by: Account, at: datetime) -> Draft:
    removed, _ = Edit.objects.filter(draft=draft, kind=kind, target=target).delete()
    return changed(draft, "edit", by=by, at=at, note=f"- {_named(kind, target)}") if removed else draft


def _named(kind: EditKind, target: str) -> str:
    """What was edited, by the pack's own names."""
    return target if kind == EditKind.PARAMETER else file_of(kind, target)


def _gone(clause: str) -> JigongError:
    return error(
        f"现行政策里没有条款 {clause}",
        f"the law has no clause {clause}",
        remedy=("从条款列表里选", "choose from the list"),
    )
