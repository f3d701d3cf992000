"""What a command left behind, as the tests look at it."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Ran:
    """What a command left behind."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The whole output stream as JSON."""
        return json.loads(self.out)


Jigong = Callable[..., Ran]
