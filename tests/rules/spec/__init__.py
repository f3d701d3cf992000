"""The specification: every operator and construct of the language, by example."""

from jigong.kernel.text import Text

from . import arithmetic, choice, comparison, dates, logic, names, ranges
from .base import Spec
from .rules import RULES

CHAPTERS: tuple[tuple[Text, tuple[Spec, ...]], ...] = (
    (Text("名称与常数", "Names and constants"), names.SPECS),
    (Text("逻辑", "Logic"), logic.SPECS),
    (Text("比较", "Comparison"), comparison.SPECS),
    (Text("算术", "Arithmetic"), arithmetic.SPECS),
    (Text("选择", "Choice"), choice.SPECS),
    (Text("日期", "Dates"), dates.SPECS),
    (Text("上下限", "Ranges"), ranges.SPECS),
)
SPECS = tuple(spec for _, specs in CHAPTERS for spec in specs)

__all__ = ["CHAPTERS", "RULES", "SPECS"]
