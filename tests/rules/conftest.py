"""Fixtures and settings of the rules tests.

``HYPOTHESIS_PROFILE=thorough pytest tests/rules`` tries far more random rules than the default.
"""

import os

import pytest
from hypothesis import HealthCheck, settings

from .judges import Duck

_QUIET = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture]
settings.register_profile("quick", max_examples=120, deadline=None, suppress_health_check=_QUIET)
settings.register_profile("thorough", max_examples=3000, deadline=None, suppress_health_check=_QUIET)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))


@pytest.fixture(scope="session")
def duck() -> Duck:
    """One database for all tests; every test brings its own table."""
    return Duck()
