"""A check's report as one reader sees it: names, labels and sums."""

from decimal import Decimal
from functools import cached_property
from typing import Any

from jigong.accounts.enums import OrganisationKind, Permission
from jigong.accounts.masking import mask_name
from jigong.accounts.models import Account, Organisation, Person
from jigong.accounts.scope import people
from jigong.insight.groups import TIER
from jigong.kernel.text import Text
from jigong.packs.pack import Pack


class Report:
    """A check's report with names and labels, for one reader."""

    def __init__(
        self, found: dict[str, Any], pack: Pack, account: Account, drafted: tuple[str, Text] | None = None
    ) -> None:
        self._found, self._pack, self._account, self._drafted = found, pack, account, drafted

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
        if files is None and self._drafted is not None and self._drafted[0] == clause:
            return self._drafted[1]
        return files.clause.value.label if files else Text(clause, clause)

    def _group(self, breakdown: str, group: str | None) -> Text:
        if group is None:
            return Text("未知", "not known")
        if breakdown == TIER:
            tier = next((t.value for t in self._pack.tiers if t.value.id == group), None)
            return tier.label if tier else Text(group, group)
        facts = self._pack.breakdowns[breakdown].value.facts
        words = (self._pack.words_for(fact, group) for fact in facts)
        return next((word for word in words if word is not None), Text(group, group))

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
