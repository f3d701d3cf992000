"""How decisions are picked for a second look: ``sampling.yaml``, as frozen objects."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from jigong.kernel.text import Text
from jigong.packs.model import Named, Part
from jigong.packs.sources import Sourced


def _as_decimal(value: object) -> object:
    return Decimal(value) if isinstance(value, int) and not isinstance(value, bool) else value


Share = Annotated[Decimal, BeforeValidator(_as_decimal), Field(gt=0, le=1)]

Signal = Literal[
    "amount_rank",
    "claimed_facts",
    "shared_account",
    "changed_account",
    "recent_correction",
    "upheld_appeal",
]
"""What can be measured of an entitlement; :mod:`jigong.delivery.sampling.signals` says how, in which unit."""


class RiskRule(Named):
    """One thing that makes an entitlement worth a second look: ``weight`` where the signal reaches ``from``.

    ``within_days`` limits signals that look back.
    """

    id: str
    signal: Signal
    from_: Annotated[Decimal, BeforeValidator(_as_decimal), Field(alias="from")]
    within_days: int | None = Field(default=None, gt=0)
    weight: int = Field(gt=0, le=100)


class Sampling(Part, Sourced):
    """``sampling.yaml``: the monthly random sample, and the rules of risk.

    ``share`` of a month's approvals, ``at_least`` so many, are drawn at random; whatever has a risk of
    ``risk_from`` or more is looked at besides. An audit is due after ``days``. The share found wrong
    is given with an interval of ``confidence``.
    """

    share: Share
    at_least: int = Field(ge=0)
    risk_from: int = Field(ge=0, le=100)
    days: int = Field(gt=0)
    confidence: Share
    rules: tuple[RiskRule, ...] = Field(strict=False)

    def parts(self) -> Mapping[str, Text]:
        """How many are drawn, and each rule of risk."""
        return {
            "share": Text("随机抽取的比例、件数和信度", "share and number drawn at random, and confidence"),
            "risk_from": Text("风险分数线", "risk from which all are looked at"),
            "days": Text("复查天数", "days for an audit"),
            **{f"rules.{rule.id}": rule.label for rule in self.rules},
        }
