"""Where a draft's texts stand in its layer: file names are made from checked ids, so that nothing is written elsewhere."""

import re

from jigong.kernel.problems import error
from jigong.services.publishing.enums import EditKind

MOST_TEXT = 100_000
"""Characters of one text; the largest of a pack has some thousands."""
_ID = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")
_NAME = re.compile(r"[A-Za-z0-9_-]+")
_MOST_ID = 40


def checked_id(text: str) -> str:
    """What somebody typed as the id of a new clause.

    Raises:
        JigongError: it cannot be the id of a clause.
    """
    if not _ID.fullmatch(text) or len(text) > _MOST_ID:
        raise error(
            f"“{text[:_MOST_ID]}”不能作编号",
            f"“{text[:_MOST_ID]}” cannot be an id",
            remedy=(
                f"小写字母开头，用小写字母、数字和连字符，至多 {_MOST_ID} 个，如 night-school",
                f"small letters, digits and hyphens, at most {_MOST_ID}, such as night-school",
            ),
        )
    return text


def topic_of(clause: str) -> str:
    """The topic that holds a new clause's own parameters."""
    return clause.replace("-", "_")


def file_of(kind: EditKind, clause: str) -> str:
    """The file of a text inside a layer.

    Raises:
        ValueError: the name would lead elsewhere.
    """
    if not _NAME.fullmatch(clause):
        raise ValueError(f"not the name of a clause: {clause!r}")
    if kind == EditKind.VALUES:
        return f"parameters/{topic_of(clause)}.yaml"
    return f"clauses/{clause}/{kind.value}.yaml"
