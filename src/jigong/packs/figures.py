"""Published figures and defects of printed texts: ``figures.yaml`` and ``defects.yaml``, as frozen objects."""

from collections.abc import Mapping
from datetime import date
from typing import Literal

from jigong.kernel.text import Text
from jigong.packs.model import Amount, Named, SourcedName


class Figure(SourcedName):
    """A figure that a source prints: what it is of, on which day, and the words that give it."""

    kind: Literal["actual", "target"] = "actual"
    value: Amount
    unit: Literal[
        "person",
        "household",
        "enterprise",
        "event",
        "yuan",
        "percent",
        "home",
        "item",
        "month",
        "year",
        "hour",
    ]
    on: date
    """The day the figure is of; of a target, the day by which it is to be reached."""
    note: Named | None = None

    def parts(self) -> Mapping[str, Text]:
        """The value."""
        return {"value": Text("数值", "value")}


class Defect(SourcedName):
    """Where a printed text contradicts itself or another, and how that was read."""

    reading: Named

    def parts(self) -> Mapping[str, Text]:
        """The text, and the other text it disagrees with."""
        other = {"other": Text("另一处", "elsewhere")} if "other" in self.source else {}
        return {"text": Text("原文", "as printed"), **other}
