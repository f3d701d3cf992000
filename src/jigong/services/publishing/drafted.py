"""A draft's texts as far as they can be read: what it is called, the clause, the values of its own."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jigong.kernel.problems import JigongError
from jigong.kernel.text import Text
from jigong.packs.document import Document, parse_document
from jigong.packs.model import Clause, ParameterEntry
from jigong.packs.shape import shaped
from jigong.services.publishing.enums import EditKind
from jigong.services.publishing.files import topic_of
from jigong.services.publishing.models import Draft


def drafted_label(draft: Draft) -> Text:
    """The names a draft's text gives the clause; its id where they cannot be read."""
    data = _data(_body(draft))
    zh, en = (data.get(key) for key in ("zh", "en"))
    return Text(zh if isinstance(zh, str) else draft.clause, en if isinstance(en, str) else draft.clause)


def clause_in(text: str) -> Clause | None:
    """A text as a clause; None where it has not the shape of one."""
    document = _document(text)
    placed = shaped(Clause, document, (), "", []) if document is not None else None
    return placed.value if placed is not None else None


def values_in(text: str, clause: str) -> Mapping[str, ParameterEntry]:
    """The parameters of a new clause's own topic, by name; those that have not the shape of one are left out."""
    document = _document(text)
    read = (
        (key, shaped(ParameterEntry, document, (key,), "", [])) for key in _data(text) if document is not None
    )
    return {f"{topic_of(clause)}.{key}": placed.value for key, placed in read if placed is not None}


def _body(draft: Draft) -> str:
    edit = draft.edits.filter(kind=EditKind.CLAUSE).first()
    return edit.body if edit is not None else ""


def _data(text: str) -> dict[str, Any]:
    document = _document(text)
    return document.data if document is not None and isinstance(document.data, dict) else {}


def _document(text: str) -> Document | None:
    try:
        return parse_document(text, Path("draft.yaml"))
    except JigongError:
        return None
