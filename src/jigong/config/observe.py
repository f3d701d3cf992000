"""What the site tells its operators: a metric and a log line for each request, without personal data.

A request is called by the name of its address (``worker:clause``), never by the address itself, which
may carry somebody's id. Several processes share their counts through ``PROMETHEUS_MULTIPROC_DIR``.
"""

import time
from collections.abc import Callable

import structlog
from django.http import HttpRequest, HttpResponse
from prometheus_client import Counter, Histogram

Next = Callable[[HttpRequest], HttpResponse]

REQUESTS = Counter("jigong_requests_total", "Requests", ["route", "method", "status"])
SECONDS = Histogram(
    "jigong_request_seconds",
    "Time to answer",
    ["route"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.3, 1, 3, 10),
)
_log = structlog.get_logger("jigong.request")


class Observe:
    """Counts, times and logs every request."""

    def __init__(self, get_response: Next) -> None:
        self._next = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        started = time.perf_counter()
        response = self._next(request)
        seconds = time.perf_counter() - started
        match = request.resolver_match
        route = (match.view_name or match.route) if match is not None else "none"
        REQUESTS.labels(route, request.method, response.status_code).inc()
        SECONDS.labels(route).observe(seconds)
        _log.info(
            "request", route=route, method=request.method, status=response.status_code, ms=round(seconds * 1000, 1),
            account=_account(request),
        )  # fmt: skip
        return response


def _account(request: HttpRequest) -> int | None:
    """Who asked, where a view has found that out already: asking here could need the database."""
    return getattr(getattr(request, "_cached_user", None), "pk", None)
