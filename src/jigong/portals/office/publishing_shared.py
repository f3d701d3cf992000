"""What the pages of the law share: the newest law, a draft within reach, its changes and its check as a page shows them."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.http import Http404, HttpRequest

from jigong.accounts.enums import OrganisationKind, Permission
from jigong.accounts.masking import mask_name
from jigong.accounts.models import Account, Organisation, Person
from jigong.accounts.scope import people
from jigong.audit.days import day_of
from jigong.insight.groups import TIER
from jigong.kernel.problems import JigongError, Problem
from jigong.kernel.text import Text
from jigong.packs.document import parse_document
from jigong.packs.model import Clause
from jigong.packs.pack import Pack
from jigong.packs.shape import shaped
from jigong.portals.kit.access import account_of
from jigong.rules.rulebook import Rulebook
from jigong.services.publishing import reach
from jigong.services.publishing.changes import (
    DiffLine,
    TextChange,
    ValueChange,
    parameter_changes,
    side_by_side,
    text_changes,
)
from jigong.services.publishing.enums import DraftKind, EditKind
from jigong.services.publishing.layer import clause_text
from jigong.services.publishing.models import Draft
from jigong.services.publishing.queries import Head, book, head
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
    return files.clause.value.label if files else Text(draft.clause, draft.clause)


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


_FILES = {
    EditKind.CLAUSE: Text("条文", "Text of the clause"),
    EditKind.CASES: Text("例子", "Worked cases"),
}


def shown_edits(draft: Draft, law: LawOfPage) -> list[Shown]:
    """What a draft changes against the newest law."""
    found = []
    for edit in draft.edits.order_by("kind", "target"):
        kind = EditKind(edit.kind)
        if kind == EditKind.PARAMETER:
            if edit.target in law.pack.parameters:
                found.append(_value(edit.target, NewValue.read(edit.body), law.pack, draft))
        else:
            old = clause_text(law.pack, edit.target, kind)
            texts = _clause_changes(edit.body, law.pack, edit.target) if kind == EditKind.CLAUSE else []
            found.append(
                Shown(kind, edit.target, _FILES[kind], (), tuple(texts), tuple(side_by_side(old, edit.body)))
            )
    return found


def _value(name: str, new: NewValue, pack: Pack, draft: Draft) -> Shown:
    entry = pack.parameters[name].value
    after = with_value(entry, new, f"draft-{draft.pk}", day_of(draft.updated_at))
    lines = side_by_side(parameter_yaml(name, entry), parameter_yaml(name, after))
    return Shown(
        EditKind.PARAMETER, name, entry.label, tuple(parameter_changes(name, entry, after)), (), tuple(lines)
    )


def _clause_changes(text: str, pack: Pack, clause: str) -> list[TextChange]:
    """How the clause's parts differ, if the new text can be read at all."""
    problems: list[Problem] = []
    placed = pack.clauses[clause].clause
    try:
        document = parse_document(text, placed.document.file)
        read = shaped(Clause, document, (), placed.layer, problems)
    except JigongError:
        return []
    return text_changes(placed.value, read.value) if read is not None else []


class Report:
    """A check's report with names and labels, for one reader."""

    def __init__(self, found: dict[str, Any], pack: Pack, account: Account) -> None:
        self._found, self._pack, self._account = found, pack, account

    @cached_property
    def whole(self) -> dict[str, Any]:
        """Everybody together."""
        return self._sums(self._found["whole"]) | {
            "compared": self._found["compared"],
            "workers": self._found["workers"],
            "undecided": self._found["undecided"],
        }

    @cached_property
    def clauses(self) -> list[dict[str, Any]]:
        """Each clause on which anybody's position changes."""
        return [
            self._sums(item)
            | {
                "label": self._label(item["clause"]),
                "new_yes": item["new_yes"],
                "no_longer_yes": item["no_longer_yes"],
                "examples": [self._example(example) for example in item["examples"]],
            }
            for item in self._found["clauses"]
        ]

    @cached_property
    def groups(self) -> list[dict[str, Any]]:
        """By town, industry, tier."""
        found = []
        for id_ in (*self._pack.breakdowns, TIER):
            if rows := self._found["groups"].get(id_):
                breakdown = self._pack.breakdowns.get(id_)
                label = breakdown.value.label if breakdown else Text("等级", "Tier")
                named = [self._sums(row) | {"label": self._group(id_, row["group"])} for row in rows]
                found.append({"id": id_, "label": label, "rows": named})
        return found

    @cached_property
    def funds(self) -> list[dict[str, Any]]:
        """Each fund whose spending changes, else all that spend: months, sums, and until when the money lasts."""
        parts = [self._fund(part) for part in self._found["funds"]]
        return [part for part in parts if part["changed"]] or [part for part in parts if part["spends"]]

    def _fund(self, part: dict[str, Any]) -> dict[str, Any]:
        months = part["months"]
        before = sum((Decimal(month["before"]) for month in months), Decimal(0))
        after = sum((Decimal(month["after"]) for month in months), Decimal(0))
        fund = self._pack.funds.get(part["fund"])
        return {
            "id": part["fund"],
            "label": fund.value.label if fund else Text(part["fund"], part["fund"]),
            "free": Decimal(part["free"]),
            "before": before,
            "after": after,
            "more": after - before,
            "sign": "+" if after > before else "",
            "changed": any(month["before"] != month["after"] for month in months),
            "spends": bool(before or after),
            "out_before": part["out_before"],
            "out_after": part["out_after"],
            "months": [
                {"month": m["month"], "before": Decimal(m["before"]), "after": Decimal(m["after"])}
                for m in months
            ],
            "chart": {
                "months": [m["month"] for m in months],
                "before": [float(m["before"]) for m in months],
                "after": [float(m["after"]) for m in months],
                "free": float(part["free"]),
            },
        }

    @staticmethod
    def _sums(item: dict[str, Any]) -> dict[str, Any]:
        before, after = Decimal(item["before"]), Decimal(item["after"])
        return {
            "gain": item["gain"],
            "lose": item["lose"],
            "before": before,
            "after": after,
            "more": after - before,
        }

    def _label(self, clause: str) -> Text:
        files = self._pack.clauses.get(clause)
        return files.clause.value.label if files else Text(clause, clause)

    def _group(self, breakdown: str, group: str | None) -> Text:
        if group is None:
            return Text("未知", "not known")
        if breakdown == TIER:
            tier = next((t.value for t in self._pack.tiers if t.value.id == group), None)
            return tier.label if tier else Text(group, group)
        town = self._towns.get(group)
        return town.label if town else Text(group, group)

    @cached_property
    def _towns(self) -> dict[str, Organisation]:
        return {o.town: o for o in Organisation.objects.filter(kind=OrganisationKind.TOWN)}

    @cached_property
    def _people(self) -> dict[int, Person]:
        ids = [e["person"] for c in self._found["clauses"] for e in c["examples"] if e["person"]]
        reached: dict[int, Person] = {}
        for permission in (Permission.DRAFT_LAW, Permission.APPROVE_LAW):
            reached |= people(self._account, permission).in_bulk(ids)
        return reached

    def _example(self, example: dict[str, Any]) -> dict[str, Any]:
        person = self._people.get(example["person"])
        name: Text | None = None
        if person is not None:
            town = self._towns.get(person.town)
            masked = mask_name(person.name)
            where = town.label if town else Text("", "")
            name = Text(f"{masked} {where.zh}", f"{masked} {where.en}")
        elif example["organisation"]:
            organisation = Organisation.objects.filter(pk=example["organisation"]).first()
            name = organisation.label if organisation else None
        before, after = Decimal(example["before"]), Decimal(example["after"])
        return {"name": name, "before": before, "after": after, "more": after - before}


def day_or(text: str, default: date) -> date:
    """A day as a form sends it."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return default
