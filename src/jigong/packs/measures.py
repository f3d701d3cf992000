"""What a pack measures: points with their tiers, and the indicators of the portrait, as frozen objects."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Literal

from pydantic import BeforeValidator, ConfigDict, Field

from jigong.kernel.text import Text
from jigong.packs.model import Amount, Named, Part, SourcedName, as_tuple
from jigong.packs.sources import NAME


class PointItem(Named):
    """One way to earn points."""

    id: str
    value: str
    cap: str | None = None


class Dimension(SourcedName):
    """One dimension of points."""

    cap: str
    items: tuple[PointItem, ...] = Field(strict=False, min_length=1)

    def parts(self) -> Mapping[str, Text]:
        """Its name, and what earns points; how many are parameters."""
        return {"name": NAME, **{f"items.{item.id}": item.label for item in self.items}}


class Tier(SourcedName):
    """A tier of the points' total, from so many points on."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, populate_by_name=True)

    from_: str = Field(alias="from")


class Published(Part):
    """A figure of a source to put beside an indicator."""

    kind: Literal["actual", "target"]
    value: Amount
    unit: Literal["percent"] | None = None
    """Where it is not counted in the indicator's own unit: growth over the year before."""
    on: date
    source: str
    note: Named | None = None


class Over(Part):
    """What an indicator is divided by (a count of subjects, or the sum of a number), and then multiplied with."""

    per: str
    where: str | None = None
    sum: str | None = None
    times: int = 1


class Indicator(SourcedName):
    """One indicator of the portrait."""

    per: str
    where: str | None = None
    measure: Literal["mean", "sum", "share", "count"]
    value: str | None = None
    over: Over | None = None
    unit: Literal["yuan", "percent", "person", "household", "enterprise", "event", "per_1000"]
    better: Literal["up", "down", "neither"] = "up"
    definition: Named | None = None
    reading: Named | None = None
    """How an ambiguous text was read."""
    published: tuple[Published, ...] = Field(default=(), strict=False)

    def parts(self) -> Mapping[str, Text]:
        """Its name, and how it is counted."""
        return {"name": NAME, "definition": Text("统计口径", "definition")}


class IndicatorDimension(SourcedName):
    """The heading of one indicator file."""


class IndicatorFile(Part):
    """``indicators/<dimension>.yaml``."""

    dimension: IndicatorDimension
    indicators: tuple[Indicator, ...] = Field(strict=False)


class Breakdown(Named):
    """A way to break indicators down: by the value of a fact, the first of these that a subject has."""

    facts: Annotated[tuple[str, ...], BeforeValidator(as_tuple)] = Field(alias="fact", strict=False)
