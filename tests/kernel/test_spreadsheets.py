"""Texts a spreadsheet would compute."""

import pytest

from jigong.kernel.spreadsheets import looks_like_formula


@pytest.mark.parametrize("sign", "=+-@\t\r\n＝＋－＠")
def test_what_begins_like_a_formula_is_told(sign: str) -> None:
    assert looks_like_formula(f"{sign}HYPERLINK(1)")
    assert not looks_like_formula(f"张{sign}三")


def test_plain_texts_are_plain() -> None:
    assert not any(map(looks_like_formula, ("", "张三", "6222", " =1")))
