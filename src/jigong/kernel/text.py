"""Text in the platform's two languages."""

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
