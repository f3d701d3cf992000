"""Text in two languages."""

import pytest

from jigong.kernel.text import counted, typed, ways_to_write


@pytest.mark.parametrize(
    ("count", "one", "many", "said"),
    [
        (0, "row", None, "0 rows"),
        (1, "row", None, "1 row"),
        (2000, "row", None, "2,000 rows"),
        (1, "class", "classes", "1 class"),
        (2, "value differs", "values differ", "2 values differ"),
    ],
)
def test_a_number_has_its_noun(count: int, one: str, many: str | None, said: str) -> None:
    assert counted(count, one, many) == said


@pytest.mark.parametrize("dot", ["·", "•", "・", "‧", "．", "."])
def test_a_name_is_found_whichever_dot_was_typed_and_whichever_is_recorded(dot: str) -> None:
    assert f"示例{dot}甲" in ways_to_write("示例·甲")
    assert ways_to_write(f"示例 {dot} 甲") == ways_to_write("示例·甲")
    assert ways_to_write("示例甲") == ["示例甲"]


def test_digits_may_be_typed_in_full_width() -> None:
    assert typed("１３８０００ ０１２３４ｘ") == "13800001234x"
