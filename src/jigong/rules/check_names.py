"""Checks what a pack calls things: names that can stand in a rule, and no two that SQL would take for one."""

import re
from collections.abc import Iterator, Mapping
from typing import TypeAlias

from jigong.kernel.names import NAME, alike
from jigong.kernel.problems import Place, Problem
from jigong.kernel.text import Text
from jigong.packs.pack import Pack
from jigong.rules.language import TODAY, WORDS
from jigong.rules.rulebook import POINTS_TOTAL, points_fact

_ID = re.compile(r"\w+(-\w+)*")
_TABLES = frozenset(
    ["asked", "covered_months", "reckoned", "words", "waiting", "open", "named", "read", "points", "excluded"]
)
"""Tables of the program, beside which the classes and kinds of a pack stand."""

Places: TypeAlias = Mapping[str, Place]


def check_names(pack: Pack) -> list[Problem]:
    """Names that are no names, that are words of the rules language or of the program, or differ only in case."""
    facts = {
        name: topic.header.place("facts", name)
        for topic in pack.topics.values()
        for name in topic.header.value.facts
    }
    kinds = {name: placed.place() for name, placed in pack.subjects.items()}
    parameters = {name: placed.place() for name, placed in pack.parameters.items()}
    classes = {name: Place(str(contract.file)) for name, contract in pack.contracts.items()}
    topics = {name: topic.place() for name, topic in pack.topics.items()}
    clauses = {id_: files.clause.place("id") for id_, files in pack.clauses.items()}
    points = [points_fact(id_) for id_ in pack.dimensions] + [POINTS_TOTAL] * bool(pack.dimensions)
    return [
        *_formed(facts, NAME, WORDS),
        *_formed(kinds, NAME, WORDS | _TABLES),
        *_formed(classes, NAME, _TABLES),
        *_formed(parameters, re.compile(rf"{NAME.pattern}\.{NAME.pattern}"), frozenset()),
        *_formed(topics, NAME, frozenset()),
        *_formed(clauses, _ID, frozenset()),
        # A rule about one kind of subject may read the facts of another, and a column is named after its kind.
        *_alike({**dict.fromkeys([TODAY, *points], Place("")), **kinds, **facts}),
        *(problem for places in (parameters, classes, topics, clauses) for problem in _alike(places)),
        *_columns(pack),
    ]


def _formed(places: Places, form: re.Pattern[str], words: frozenset[str]) -> Iterator[Problem]:
    for name, place in places.items():
        if name.lower() in words:
            yield Problem(
                Text(f"{name} 是规则语言或程序自己的词", f"{name} is a word of the rules language, or of the program"),
                place,
                Text("换一个名字", "choose another name"),
            )  # fmt: skip
        elif not form.fullmatch(name):
            yield Problem(
                Text(f"{name!r} 不能作名字", f"{name!r} is no name"),
                place,
                Text(
                    "只用字母、数字和下划线，不以数字开头",
                    "use letters, digits and underscores, not a digit first",
                ),
            )


def _alike(places: Places) -> Iterator[Problem]:
    for first, second in alike(places):
        yield Problem(
            Text(f"{first} 与 {second} 只有大小写不同", f"{first} and {second} differ only in case"),
            places[second],
            Text("换一个名字：SQL 会把它们当作一个", "choose another name: for SQL the two are one"),
        )


def _columns(pack: Pack) -> Iterator[Problem]:
    """Columns of a class that differ only in case from each other, or from those the lake adds."""
    for contract in pack.contracts.values():
        place = Place(str(contract.file))
        own = [column.name for column in contract.columns]
        for name in own:
            if not NAME.fullmatch(name) or name.startswith("_"):
                yield Problem(
                    Text(f"{contract.name} 的列 {name!r} 不能这样叫", f"column {name!r} of {contract.name} cannot be called so"),
                    place,
                    Text("只用字母、数字和下划线，以字母开头", "use letters, digits and underscores, a letter first"),
                )  # fmt: skip
        yield from _alike(dict.fromkeys(own, place))
