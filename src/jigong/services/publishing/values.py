"""A parameter's dated values: a new one read from a form, put in its place, and written as a pack file."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from jigong.kernel.hashing import content_hash
from jigong.kernel.problems import error
from jigong.packs.model import DatedValue, ParameterEntry, ParameterValue
from jigong.packs.sources import Stated

_TRUE = {"true", "yes", "1", "是"}
_FALSE = {"false", "no", "0", "否"}


@dataclass(frozen=True, slots=True)
class NewValue:
    """A value from a day on, as somebody typed it."""

    from_: date
    text: str
    note: str

    def body(self) -> str:
        """As kept with the draft."""
        return json.dumps(
            {"from": str(self.from_), "value": self.text, "note": self.note}, ensure_ascii=False
        )

    @classmethod
    def read(cls, body: str) -> "NewValue":
        """From what was kept."""
        data = json.loads(body)
        return cls(date.fromisoformat(data["from"]), data["value"], data["note"])


def parse_value(text: str, entry: ParameterEntry) -> ParameterValue:
    """What somebody typed, as the parameter's type; a list has one item on a line.

    Raises:
        JigongError: it is not a value of that type.
    """
    text = text.strip()
    try:
        match entry.type:
            case "integer":
                return int(text.replace(",", "").replace("，", ""))
            case "decimal":
                return _decimal(text.replace(",", "").replace("，", ""), entry)
            case "date":
                return date.fromisoformat(text)
            case "boolean" if text.lower() in _TRUE | _FALSE:
                return text.lower() in _TRUE
            case "string" if text:
                return text
            case "list of string" if items := tuple(
                line.strip() for line in text.splitlines() if line.strip()
            ):
                return items
    except (ValueError, InvalidOperation):
        pass
    kinds = {
        "integer": ("一个整数", "a whole number"),
        "decimal": ("一个数", "a number"),
        "date": ("一个日期，如 2023-01-01", "a date such as 2023-01-01"),
        "boolean": ("是或否", "yes or no"),
        "string": ("一段文字", "a text"),
        "list of string": ("每行一项", "one item on a line"),
    }
    zh, en = kinds[entry.type]
    raise error(
        f"“{entry.zh}”需要{zh}，填的是“{text}”",
        f"“{entry.en}” needs {en}, not “{text}”",
        remedy=("改成这样的值", "enter such a value"),
    )


def _decimal(text: str, entry: ParameterEntry) -> Decimal:
    """With as many places as the value before, where it needs no more: 6000 after 5000.00 is 6000.00."""
    value = Decimal(text)
    if not value.is_finite():
        raise ValueError(text)
    before = entry.values[-1].value
    if isinstance(before, Decimal):
        exponent = before.as_tuple().exponent
        value_exponent = value.as_tuple().exponent
        if isinstance(exponent, int) and isinstance(value_exponent, int) and value_exponent > exponent:
            value = value.quantize(Decimal(1).scaleb(exponent))
    return value


def with_value(entry: ParameterEntry, new: NewValue, source: str, confirmed: date) -> ParameterEntry:
    """The parameter with the new value in its place among the dated ones; one of the same day is replaced.

    The value before ends the day before, the one after keeps its day. The new one rests on a document, the others on what they did.
    """
    kept = [dated for dated in entry.values if dated.from_ != new.from_]
    kept = [
        dated.model_copy(update={"to": None})
        if dated.to is not None and dated.from_ < new.from_ <= dated.to
        else dated
        for dated in kept
    ]
    added = dated_value(new.from_, parse_value(new.text, entry), source, confirmed, new.note)
    values = tuple(sorted([*kept, added], key=lambda dated: dated.from_))
    return entry.model_copy(update={"values": values})


def dated_value(
    from_: date, value: ParameterValue, source: str, confirmed: date, note: str = ""
) -> DatedValue:
    """A value from a day on; what was read from a file or typed, a list as a tuple."""
    given = list(value) if isinstance(value, tuple) else value
    return DatedValue.model_validate(
        {"from": from_, "value": given, "source": source, "confirmed": confirmed, "note": note or None}
    )


def parameter_yaml(name: str, entry: ParameterEntry) -> str:
    """One parameter as it stands in a pack file, one line a value."""
    key = name.split(".", 1)[1]
    lines = [f"{key}:", f"  zh: {quoted(entry.zh)}", f"  en: {quoted(entry.en)}", f"  type: {entry.type}"]
    lines += [f"  unit: {entry.unit}"] if entry.unit is not None else []
    lines += ["  values:"]
    lines += [f"    - {{{_dated(dated)}}}" for dated in entry.values]
    if entry.reading is not None:
        lines.append(f"  reading: {{zh: {quoted(entry.reading.zh)}, en: {quoted(entry.reading.en)}}}")
    return "\n".join(lines) + "\n"


def parameter_hash(name: str, entry: ParameterEntry) -> str:
    """By which one sees whether a parameter is still what an edit was made from."""
    return content_hash(parameter_yaml(name, entry))


def _dated(dated: DatedValue) -> str:
    parts: list[tuple[str, Any]] = [("from", dated.from_)]
    parts += [("to", dated.to)] if dated.to is not None else []
    parts += [("value", dated.value), ("source", dated.source), ("follows", dated.follows)]
    parts += [("confirmed", dated.confirmed)]
    text = ", ".join(f"{key}: {_scalar(value)}" for key, value in parts if value is not None)
    return text + (f", note: {quoted(dated.note)}" if dated.note is not None else "")


def _scalar(value: Any) -> str:
    if isinstance(value, tuple):
        return "[" + ", ".join(quoted(item) for item in value) + "]"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return _stated(value)
    return quoted(value) if isinstance(value, str) else str(value)


def _stated(source: Mapping[str, Stated]) -> str:
    """Where each part comes from, as the pack's file says it."""
    said = {
        part: quoted(one.source) if one.quote is None else f"{{{one.source}: {quoted(one.quote)}}}"
        for part, one in source.items()
    }
    if list(said) == [""]:
        return said[""]
    return "{" + ", ".join(f"{part}: {one}" for part, one in said.items()) + "}"


def quoted(text: str) -> str:
    """A quoted YAML scalar: JSON's strings are YAML's."""
    return json.dumps(text, ensure_ascii=False)
