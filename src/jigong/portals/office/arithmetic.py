"""How an amount came about: the clause's formula with the values it was computed from put in."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from jigong.insight.explain import Explained
from jigong.insight.law import Law
from jigong.kernel.text import Language, Text
from jigong.portals.kit.templatetags.kit import value_text

_NAME = re.compile(r"[a-z_][a-z0-9_]*(?:\.[a-z_][a-z0-9_]*)*", re.IGNORECASE)
_WORDS = {
    "greatest": Text("取大", "max"),
    "least": Text("取小", "min"),
    "case": Text("按情形", "case"),
    "when": Text("若", "when"),
    "then": Text("则", "then"),
    "else": Text("否则", "else"),
    "end": Text("", ""),
    "and": Text("且", "and"),
    "or": Text("或", "or"),
    "round": Text("四舍五入", "round"),
}


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a formula: text as written, or a value with the name of what it is."""

    text: str
    label: Text | None = None


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """A formula in pieces, and what it comes to (yuan)."""

    pieces: tuple[Piece, ...]
    amount: Decimal | None


def arithmetic(
    explained: Explained, law: Law, facts: Mapping[str, Any], language: Language
) -> Arithmetic | None:
    """The formula of the branch that applies; None for a benefit in kind, or where no branch does."""
    award = next((entry for entry in explained.clause.awards if entry.id == explained.branch), None)
    if award is None or award.amount is None:
        return None
    pieces, place = [], 0
    for match in _NAME.finditer(award.amount):
        if match.start() > place:
            pieces.append(Piece(_signs(award.amount[place : match.start()])))
        pieces.append(_piece(match[0], law, facts, language))
        place = match.end()
    pieces.append(Piece(_signs(award.amount[place:])))
    return Arithmetic(tuple(piece for piece in pieces if piece.text), explained.amount)


def _piece(name: str, law: Law, facts: Mapping[str, Any], language: Language) -> Piece:
    if name in law.values:
        entry = law.pack.parameters[name].value
        return Piece(value_text(law.values[name], None, language), entry.label)
    if name in law.pack.facts:
        return Piece(value_text(facts.get(name), None, language), law.pack.facts[name].label)
    known = _WORDS.get(name.lower())
    return Piece(known.in_(language) if known else name)


def _signs(text: str) -> str:
    return re.sub(r"\s+", " ", text.replace("*", "×").replace(" - ", " − "))
