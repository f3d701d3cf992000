"""AND, OR, NOT: logic with a third value, missing."""

from collections.abc import Callable

from .base import Example, ex, operator

_TRUTH = {"T": True, "F": False, "-": None}


def _table(word: str, results: Callable[[bool | None, bool | None], bool | None]) -> tuple[Example, ...]:
    """All nine cases of a connective on the facts ``member`` and ``employed``."""
    return tuple(
        Example(
            f"member {word} employed",
            results(a, b),
            {name: value for name, value in (("member", a), ("employed", b)) if value is not None},
        )
        for a in _TRUTH.values()
        for b in _TRUTH.values()
    )


_AND = {(True, True): True, (True, None): None, (None, True): None, (None, None): None}
_OR = {(False, False): False, (False, None): None, (None, False): None, (None, None): None}

SPECS = (
    operator("and", *_table("AND", lambda a, b: _AND.get((a, b), False))),
    operator("or", *_table("OR", lambda a, b: _OR.get((a, b), True))),
    operator(
        "not",
        ex("NOT member", False, member=True),
        ex("NOT member", True, member=False),
        ex("NOT member", None),
        ex("NOT TRUE", False),
    ),
)
