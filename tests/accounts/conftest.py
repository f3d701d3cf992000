"""Services that stand in for others'."""

from collections.abc import Callable, Iterator

import pytest

from access_made import Answer, Service


@pytest.fixture
def serve() -> Iterator[Callable[[Answer], Service]]:
    """Starts services that stop after the test."""
    started: list[Service] = []

    def start(answer: Answer) -> Service:
        started.append(Service(answer))
        return started[-1]

    yield start
    for service in started:
        service.stop()
