"""Fixtures of the rules tests."""

import pytest

from .judges import Duck


@pytest.fixture(scope="session")
def duck() -> Duck:
    """One database for all tests; every test brings its own table."""
    return Duck()
