"""Where each part of a pack comes from: a source that states it, or nobody yet.

Whatever a person can dispute has a key ``source``: one word for the whole (``source: S0``), or a word for each of its
parts (``source: {name: S0, delivery.mode: assumed}``). A part stands for everything beneath it, and the longest one
counts. The word is the id of a source of ``pack.yaml``, with the words of the text where it has some
(``{S0: 给予免费疗休养服务}``), or ``assumed``: no source states it, and the office in charge has not confirmed it.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from jigong.kernel.text import Text

ASSUMED = "assumed"
"""What stands in place of a source where no source states a part."""
ASSUMED_LABEL = Text(
    "来源未载明，暂定，待主管部门确认",
    "Not stated by any source: provisional until the office in charge confirms it",
)
Status = Literal["enacted", "partly", "assumed"]
"""Of a thing as a whole: all its parts have a source, some have, or none has."""

NAME = Text("名称", "name")


class Stated(BaseModel):
    """The source that states a part, and its words where they are quoted."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    source: str
    quote: str | None = None


def _one(value: object) -> Any:
    """``S0`` or ``{S0: words}``."""
    if isinstance(value, str) and value.strip():
        return {"source": value}
    if isinstance(value, dict) and len(value) == 1:
        ((source, quote),) = value.items()
        return {"source": source, "quote": quote}
    return value


def _each(value: object) -> Any:
    """The parts with what is said of each; a word alone is said of all."""
    if isinstance(value, dict):
        return {part: _one(said) for part, said in value.items()}
    return {"": _one(value)}


Sources = Annotated[dict[str, Stated], BeforeValidator(_each)]


class Sourced(BaseModel):
    """Something whose parts each have a source, or are assumed."""

    source: Sources = Field(default_factory=dict)

    def parts(self) -> Mapping[str, Text]:
        """The parts that a person can dispute, with what people call them."""
        raise NotImplementedError

    def stated(self, part: str) -> Stated | None:
        """What is said of a part: of itself, of what it lies in, or of the whole; None where nothing is."""
        names = part.split(".")
        for length in range(len(names), -1, -1):
            said = self.source.get(".".join(names[:length]))
            if said is not None:
                return said
        return None

    def source_of(self, part: str) -> str:
        """The id of the source that states a part; ``assumed`` where none does."""
        said = self.stated(part)
        return said.source if said is not None else ASSUMED

    def is_assumed(self, part: str) -> bool:
        """Whether no source states the part."""
        return self.source_of(part) == ASSUMED

    @property
    def assumed(self) -> tuple[str, ...]:
        """The parts that no source states."""
        return tuple(part for part in self.parts() if self.is_assumed(part))

    @property
    def status(self) -> Status:
        """Whether all parts have a source, some, or none."""
        missing = len(self.assumed)
        return "enacted" if missing == 0 else "assumed" if missing == len(self.parts()) else "partly"
