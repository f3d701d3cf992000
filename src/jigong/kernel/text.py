"""Text in the platform's two languages."""

import unicodedata
from dataclasses import dataclass
from typing import Literal

Language = Literal["zh", "en"]


@dataclass(frozen=True, slots=True)
class Text:
    """One sentence or label in Chinese and in English."""

    zh: str
    en: str

    def in_(self, language: Language) -> str:
        """The text in ``language``."""
        return self.zh if language == "zh" else self.en


def counted(count: int, one: str, many: str | None = None) -> str:
    """A number with its English noun: ``1 row``, ``2,000 rows``; ``many`` where it takes more than an s."""
    return f"{count:,} {one if count == 1 else many or f'{one}s'}"


_DOTS = "·•・‧．."
"""The signs that people write between the parts of a name; the first is the right one (GB/T 15834)."""


def typed(text: str) -> str:
    """What somebody typed to search for: without blanks, digits and letters in half width, one sign for the dot in a name."""
    half = "".join(unicodedata.normalize("NFKC", text).split())
    return half.translate({ord(dot): _DOTS[0] for dot in (*_DOTS, *unicodedata.normalize("NFKC", _DOTS))})


def ways_to_write(name: str) -> list[str]:
    """The ways in which a name that was typed may stand in the records: with each sign for its dot."""
    plain = typed(name)
    return [plain.replace(_DOTS[0], dot) for dot in _DOTS] if _DOTS[0] in plain else [plain]
