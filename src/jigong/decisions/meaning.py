"""What of a pack can change a decision, as one hash: everything but words, sources and worked cases."""

import re
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from jigong.kernel.hashing import content_hash, file_hash
from jigong.packs.model import AwardEntry, ConditionEntry, Delivery
from jigong.packs.pack import Pack, deciding_files
from jigong.rules.rulebook import Rulebook

_WORDS = {"zh", "en", "source", "basis", "note", "confirmed", "follows", "reading", "readings"}
"""Fields of a parameter, a clause or their parts that people read, and nothing decides by."""
_COMPILED: Mapping[type[BaseModel], frozenset[str]] = {
    ConditionEntry: frozenset({"when"}),
    AwardEntry: frozenset({"when", "amount", "most"}),
    Delivery: frozenset({"rank"}),
}
"""Texts of which the compiled rule counts: how they are written does not."""
_LAW = re.compile(r"pack\.yaml|parameters/[^/]+\.yaml|clauses/[^/]+/(clause|cases)\.yaml")
"""Files that are compared by what they say. Of any other, such as the SQL of facts, each byte counts."""


def meaning(pack: Pack, rulebook: Rulebook) -> str:
    """A hash that is equal for two packs only if they decide everybody alike, on any data and day.

    What is not known to be words counts: a field that is added to the format changes decisions until it is named here.
    """
    others = [
        [(str(file.relative_to(layer)), file_hash(file)) for file in deciding_files(layer)
         if not _LAW.fullmatch(file.relative_to(layer).as_posix())]
        for layer in pack.layers
    ]  # fmt: skip
    return content_hash(
        {
            "parameters": {name: _said(placed.value) for name, placed in pack.parameters.items()},
            "clauses": {id_: _said(files.clause.value) for id_, files in pack.clauses.items()},
            "rules": {id_: repr(rule) for id_, rule in rulebook.clauses.items()},
            "ranks": {id_: repr(rank) for id_, rank in rulebook.ranks.items()},
            "points": repr(rulebook.points),
            "others": [layer for layer in others if layer],
        }
    )


def _said(value: Any) -> Any:
    """A part of a pack without its words."""
    if isinstance(value, BaseModel):
        left_out = _WORDS | _COMPILED.get(type(value), frozenset())
        return {
            name: _said(getattr(value, name)) for name in type(value).model_fields if name not in left_out
        }
    if isinstance(value, Mapping):
        return {str(key): _said(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [_said(item) for item in value]
    return value
