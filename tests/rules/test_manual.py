"""The manual is what the specification says today."""

from .write_manual import COMMAND, MANUAL, manual


def test_the_manual_is_not_stale() -> None:
    written = MANUAL.read_text(encoding="utf-8") if MANUAL.exists() else ""
    assert written == manual(), f"docs/language.md is stale; rewrite it with: {COMMAND}"


def test_the_manual_shows_every_example() -> None:
    text = MANUAL.read_text(encoding="utf-8")
    for title in (
        "运算一览 All operators",
        "规则 Rules",
        "写错了 Mistakes",
        "`a // b`",
        "`years_between(a, b)`",
    ):
        assert title in text
