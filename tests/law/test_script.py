"""``script/law`` names the random tests it runs; each is there."""

import ast

import pytest
from tests.law.__main__ import _TESTS, BETWEEN, RULES


@pytest.mark.parametrize("name", [*RULES, *BETWEEN])
def test_every_test_that_the_script_names_is_there(name: str) -> None:
    file, _, test = name.partition("::")
    tree = ast.parse((_TESTS / file).read_text(encoding="utf-8"))
    assert not test or test in {one.name for one in tree.body if isinstance(one, ast.FunctionDef)}
