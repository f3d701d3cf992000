"""Text in two languages."""

import pytest

from jigong.kernel.text import counted


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
