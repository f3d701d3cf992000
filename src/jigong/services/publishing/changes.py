"""What a change says: old and new text side by side, and in plain words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from difflib import SequenceMatcher
from typing import Literal

from jigong.kernel.text import Text
from jigong.packs.model import AwardEntry, Clause, ConditionEntry, ParameterEntry, ParameterValue
from jigong.packs.pack import Pack, value_on


@dataclass(frozen=True, slots=True)
class ValueChange:
    """A parameter from one day on: what it would have been, and what it will be."""

    name: str
    label: Text
    unit: str | None
    from_: date
    before: ParameterValue | None
    after: ParameterValue | None
    note: str


@dataclass(frozen=True, slots=True)
class TextChange:
    """A condition, an award or another part of a clause that was added, removed or worded anew."""

    how: Literal["added", "removed", "changed"]
    part: Text
    label: Text
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class DiffLine:
    """Two texts side by side: line numbers (None where a side has none), texts, and how they differ."""

    old_number: int | None
    old: str
    new_number: int | None
    new: str
    how: Literal["same", "added", "removed", "changed", "gap"]


def value_changes(before: Pack, after: Pack) -> list[ValueChange]:
    """Every dated value that differs between two packs, on the days something begins."""
    found = []
    for name, placed in after.parameters.items():
        old = before.parameters.get(name)
        if old is None or old.value.values != placed.value.values:
            found += parameter_changes(name, old.value if old else None, placed.value)
    return found


def parameter_changes(name: str, old: ParameterEntry | None, new: ParameterEntry) -> list[ValueChange]:
    """Every day on which one parameter's value differs."""
    days = sorted({d.from_ for d in new.values} | ({d.from_ for d in old.values} if old else set()))
    notes = {d.from_: d.note or "" for d in new.values}
    found: list[ValueChange] = []
    for day in days:
        was, is_ = value_on(old, day) if old else None, value_on(new, day)
        if was != is_:
            found.append(ValueChange(name, new.label, new.unit, day, was, is_, notes.get(day, "")))
    return found


CLAUSE, CONDITION, AWARD = Text("条款", "clause"), Text("条件", "condition"), Text("奖补", "award")


def clause_changes(before: Pack, after: Pack) -> list[tuple[Clause, list[TextChange]]]:
    """The clauses of two packs that differ: worded anew, new, or gone."""
    old = {id_: files.clause.value for id_, files in before.clauses.items()}
    new = {id_: files.clause.value for id_, files in after.clauses.items()}
    found = [(clause, text_changes(old.get(id_), clause)) for id_, clause in new.items()]
    gone = [clause for id_, clause in old.items() if id_ not in new]
    found += [(clause, [TextChange("removed", CLAUSE, clause.label, "", "")]) for clause in gone]
    return [(clause, changes) for clause, changes in found if changes]


def text_changes(before: Clause | None, after: Clause) -> list[TextChange]:
    """How a clause's parts differ; all of them, where it is new."""
    if before is None:
        return [
            TextChange("added", CLAUSE, after.label, "", ""),
            *(
                TextChange("added", part, part, "", _plain(getattr(after, field)))
                for field, part in _FIELDS.items()
                if field in _SHOWN_OF_NEW and getattr(after, field) is not None
            ),
            *_parts(CONDITION, {}, {c.id: c for c in after.conditions}),
            *_parts(AWARD, {}, {a.id: a for a in after.awards}),
        ]
    found = _parts(
        CONDITION,
        {c.id: c for c in before.conditions},
        {c.id: c for c in after.conditions},
    )
    found += _parts(AWARD, {a.id: a for a in before.awards}, {a.id: a for a in after.awards})
    for field, part in _FIELDS.items():
        old, new = getattr(before, field), getattr(after, field)
        if old != new:
            found.append(TextChange("changed", part, part, _plain(old), _plain(new)))
    return found


_FIELDS: Mapping[str, Text] = {
    "zh": Text("中文名称", "Chinese name"),
    "en": Text("英文名称", "English name"),
    "field": Text("领域", "field"),
    "per": Text("判定对象", "decided for each"),
    "source": Text("各部分来源", "sources of its parts"),
    "basis": Text("依据", "basis"),
    "in_force": Text("有效期", "in force"),
    "fund": Text("基金", "fund"),
    "begin": Text("如何开始", "how to begin"),
    "exclusion": Text("互斥组", "exclusion group"),
    "delivery": Text("兑现方式", "delivery"),
    "readings": Text("理解口径", "readings"),
}


_SHOWN_OF_NEW = ("per", "basis", "in_force", "fund", "exclusion", "delivery")


def _plain(value: object) -> str:
    if hasattr(value, "model_dump"):
        shown = value.model_dump(mode="json", by_alias=True, exclude_none=True, exclude_unset=True)
        return ", ".join(f"{key}: {item}" for key, item in shown.items())
    if isinstance(value, dict):
        return "; ".join(f"{part}: {said.source}" if part else said.source for part, said in value.items())
    if isinstance(value, Text):
        return f"{value.zh} {value.en}"
    if isinstance(value, tuple):
        return "; ".join(_plain(item) for item in value)
    return "" if value is None else str(value)


def _parts(
    part: Text,
    before: Mapping[str, ConditionEntry | AwardEntry],
    after: Mapping[str, ConditionEntry | AwardEntry],
) -> list[TextChange]:
    found = []
    for id_ in dict.fromkeys([*before, *after]):
        old, new = before.get(id_), after.get(id_)
        if old == new:
            continue
        how: Literal["added", "removed", "changed"] = (
            "changed" if old and new else "added" if new else "removed"
        )
        label = (new or old).label  # type: ignore[union-attr]
        before_, after_ = _words(old), _words(new)
        if before_ == after_ and old and new:
            before_, after_ = _plain(old.label), _plain(new.label)
        found.append(TextChange(how, part, label, before_, after_))
    return found


def _words(entry: ConditionEntry | AwardEntry | None) -> str:
    if entry is None:
        return ""
    if isinstance(entry, ConditionEntry):
        when = " ".join(entry.when.split())
        return f"{when}; change: {', '.join(entry.change)}" if entry.change else when
    parts = [f"when {entry.when}" if entry.when else "", f"amount {entry.amount}" if entry.amount else ""]
    parts += [f"borne by {entry.borne.fund}: {entry.borne.share}"] if entry.borne else []
    return " ".join(" ".join(part.split()) for part in parts if part)


def side_by_side(old: str, new: str, context: int = 2) -> list[DiffLine]:
    """Two texts line by line; long stretches that are the same are left out."""
    a, b = old.splitlines(), new.splitlines()
    lines: list[DiffLine] = []
    groups = list(SequenceMatcher(None, a, b, autojunk=False).get_grouped_opcodes(context))
    for place, group in enumerate(groups):
        if place:
            lines.append(DiffLine(None, "", None, "", "gap"))
        for tag, a1, a2, b1, b2 in group:
            lines += _block(tag, a, b, range(a1, a2), range(b1, b2))
    return lines


def _block(tag: str, a: Sequence[str], b: Sequence[str], left: range, right: range) -> list[DiffLine]:
    if tag == "equal":
        return [DiffLine(i + 1, a[i], j + 1, b[j], "same") for i, j in zip(left, right, strict=True)]
    lines = []
    for place in range(max(len(left), len(right))):
        i = left[place] if place < len(left) else None
        j = right[place] if place < len(right) else None
        how: Literal["added", "removed", "changed"] = (
            "added" if i is None else "removed" if j is None else "changed"
        )
        lines.append(
            DiffLine(
                None if i is None else i + 1, "" if i is None else a[i],
                None if j is None else j + 1, "" if j is None else b[j], how,
            )
        )  # fmt: skip
    return lines
