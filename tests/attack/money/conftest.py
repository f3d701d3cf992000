"""The town of the ledger's tests, a database of its own for each: here with people who try to be two."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "delivery_ledger"))

from tests.delivery_ledger.conftest import founded, town

__all__ = ["founded", "town"]
