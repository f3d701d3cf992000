"""The first texts of a new clause: a copy of another with values of its own, or a form with every key to fill in."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from jigong.decisions.points import WORKER
from jigong.packs.model import Clause, Named, ParameterEntry
from jigong.packs.pack import Pack, value_on
from jigong.rules.rulebook import Rulebook
from jigong.services.publishing.enums import EditKind
from jigong.services.publishing.files import topic_of
from jigong.services.publishing.layer import clause_text
from jigong.services.publishing.reach import parameters_of_clause, readers
from jigong.services.publishing.values import dated_value, parameter_yaml, quoted


@dataclass(frozen=True, slots=True)
class Beginning:
    """What is said of a new clause before its texts are written; ``source`` is the id of the document that orders it."""

    id: str
    zh: str
    en: str
    office: str
    source: str
    day: date
    confirmed: date


Texts = Mapping[EditKind, str]


def copied(new: Beginning, like: str, pack: Pack, rules: Rulebook) -> Texts:
    """The texts of clause ``like`` as those of a new one, on a document of its own and from its own day.

    Values that only clauses read are copied with it, as they are on that day; those that facts, points or
    indicators read too stay one for all.
    """
    shared = readers(pack, rules)
    own = [name for name in parameters_of_clause(pack, rules, like) if "" not in shared[name]]
    names = _own_names(own, topic_of(new.id))
    clause = pack.clauses[like].clause.value
    text = clause_text(pack, like, EditKind.CLAUSE)
    for key, line in _head(new, pack).items():
        text = _replaced(text, key, line)
    text = _replaced(text, "delivery", _delivery(clause, new.office))
    for name, renamed in names.items():
        text = re.sub(rf"(?<![\w.]){re.escape(name)}(?![\w.])", renamed, text)
    values = [
        parameter_yaml(renamed, _from_day(pack.parameters[name].value, new))
        for name, renamed in names.items()
    ]
    return {
        EditKind.CLAUSE: text,
        EditKind.CASES: clause_text(pack, like, EditKind.CASES),
        EditKind.VALUES: "".join(values),
    }


def _own_names(names: Iterable[str], topic: str) -> dict[str, str]:
    """Each parameter's name under the new topic; where two would be one, the old topic stays in front."""
    found: dict[str, str] = {}
    for name in names:
        old, key = name.split(".", 1)
        renamed = f"{topic}.{key}"
        found[name] = renamed if renamed not in found.values() else f"{topic}.{old}_{key}"
    return found


def _from_day(entry: ParameterEntry, new: Beginning) -> ParameterEntry:
    """The parameter with the one value that holds on the first day."""
    value = value_on(entry, new.day)
    holds = entry.values[-1].value if value is None else value
    dated = dated_value(new.day, holds, new.source, new.confirmed)
    return entry.model_copy(update={"values": (dated,)})


def _head(new: Beginning, pack: Pack) -> Mapping[str, str]:
    """The keys that no two clauses share."""
    number = max((files.clause.value.number for files in pack.clauses.values()), default=0) + 1
    return {
        "id": new.id,
        "number": str(number),
        "zh": quoted(new.zh),
        "en": quoted(new.en),
        "source": new.source,
        "basis": f"{{source: {new.source}}}",
        "in_force": f"{{from: {new.day}}}",
    }


def _delivery(clause: Clause, office: str) -> str:
    given = clause.delivery.model_dump(mode="json", exclude_unset=True) | {"office": office}
    return "{" + ", ".join(f"{key}: {_flow(value)}" for key, value in given.items()) + "}"


def _flow(value: object) -> str:
    if isinstance(value, list):
        return "[" + ", ".join(_flow(item) for item in value) + "]"
    text = str(value)
    return text if re.fullmatch(r"[\w.]+", text) else json.dumps(text, ensure_ascii=False)


def _replaced(text: str, key: str, value: str) -> str:
    """A text with the value of a key of its first level replaced, over all lines it takes; added where there is none."""
    lines = text.splitlines()
    start = next((i for i, line in enumerate(lines) if line.startswith(f"{key}:")), len(lines))
    end = start + 1
    while end < len(lines) and lines[end].startswith(" "):
        end += 1
    return "\n".join([*lines[:start], f"{key}: {value}", *lines[end:]]) + "\n"


def blank(new: Beginning, pack: Pack) -> Texts:
    """A form: every key a clause must have, what may stand there, and one example of each kind of case."""
    head, topic = _head(new, pack), topic_of(new.id)
    clause = f"""\
id: {head["id"]}
number: {head["number"]}
zh: {head["zh"]}
en: {head["en"]}
# 领域 One of: {_choices({field.id: field for field in pack.manifest.fields})}
field:
# 对什么逐一判定 Decided for each: {_choices({id_: placed.value for id_, placed in pack.subjects.items()})}
per: {WORKER}
# 文件没有写明的部分，改写成 {{conditions.first: assumed, …}} Parts the document does not state are assumed: {{part: assumed, …}}
source: {head["source"]}
# 可加原文 The words of the document may be added: {{source: …, quote: …}}
basis: {head["basis"]}
in_force: {head["in_force"]}
# 不付钱的写 null. null where no money is paid, else one of: {_choices({id_: p.value for id_, p in pack.funds.items()})}
fund:
# mode: proactive 免申即享, application 申请, quota 名额, lottery 摇号; period: once 一次, year 每年, month 每月
delivery: {{mode: proactive, office: {new.office}, period: once}}
conditions:
  # 每条一个条件，须全部成立 One for each condition; all must hold
  - id: first
    when:
    zh:
    en:
awards:
  # 取第一个 when 成立的 The first whose `when` holds; one without always does
  - id: amount
    amount: {topic}.amount
    zh:
    en:
"""
    cases = """\
# 各例共用的事实 Facts that all cases share
base: {}
cases:
  # 每个门槛两侧各一例 One on each side of every threshold
  - zh:
    en:
    given: {}
    expect: {verdict: yes, branch: amount, amount: }
  - zh:
    en:
    given: {}
    expect: {verdict: no, false: [first]}
"""
    values = f"""\
# 条文里写作 {topic}.amount Called {topic}.amount in the text
amount:
  zh:
  en:
  type: decimal
  unit: yuan
  values:
    - {{from: {new.day}, value: , source: {new.source}, confirmed: {new.confirmed}}}
"""
    return {EditKind.CLAUSE: clause, EditKind.CASES: cases, EditKind.VALUES: values}


def _choices(known: Mapping[str, Named]) -> str:
    return ", ".join(f"{id_} {entry.zh}" for id_, entry in known.items())
