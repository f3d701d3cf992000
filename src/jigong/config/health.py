"""Whether the site is well: for a load balancer, and for Prometheus."""

import hmac
import os
from datetime import timedelta

from django.conf import settings
from django.db import Error, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest, multiprocess
from prometheus_client import REGISTRY as OWN

from jigong.delivery.models import Entitlement
from jigong.dossiers.models import LoadedRun
from jigong.portals.kit.access import public
from jigong.services.notices.models import Push

_WORKER_SILENCE = timedelta(minutes=2)


@public
def healthz(request: HttpRequest) -> HttpResponse:
    """200 and ``ok`` where requests can be served; 503 and what is missing where they cannot.

    A background worker that is away is told, but pages are served without it.
    """
    checks: dict[str, str] = {}
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT max(last_heartbeat) FROM procrastinate_workers")
            (heard,) = cursor.fetchone()
        checks["database"] = "ok"
        checks["decisions"] = "ok" if LoadedRun.objects.filter(current=True).exists() else "none loaded"
        alive = heard is not None and timezone.now() - heard < _WORKER_SILENCE
        checks["background"] = "ok" if alive else "not heard from"
    except Error:
        checks["database"] = "away"
    checks["data"] = "ok" if (settings.JIGONG.data / "lake").is_dir() else "no lake"
    well = checks["database"] == "ok"
    return JsonResponse({"status": "ok" if well else "unwell", **checks}, status=200 if well else 503)


@public
def metrics(request: HttpRequest) -> HttpResponse:
    """Prometheus' text. Only for whoever has ``JIGONG_METRICS_TOKEN``, or from this machine where none is set."""
    token = settings.JIGONG.metrics_token
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    local = (
        request.META.get("REMOTE_ADDR") in ("127.0.0.1", "::1") and "X-Forwarded-For" not in request.headers
    )
    if not (hmac.compare_digest(given.encode(), token.encode()) if token else local):
        return HttpResponse(status=404)
    registry = OWN
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        registry = CollectorRegistry()
        multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return HttpResponse(generate_latest(registry) + generate_latest(_now()), content_type=CONTENT_TYPE_LATEST)


def _now() -> CollectorRegistry:
    """What the database knows this moment: entitlements by state, waiting jobs, pushes, the age of the run."""
    registry = CollectorRegistry()
    states = Gauge("jigong_entitlements", "Entitlements by state", ["state"], registry=registry)
    jobs = Gauge("jigong_jobs", "Background jobs by status", ["status"], registry=registry)
    pushes = Gauge("jigong_pushes", "Messages to phones: waiting, or given up", ["state"], registry=registry)
    age = Gauge("jigong_run_age_seconds", "Since decisions were last brought", registry=registry)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT state, count(*) FROM {Entitlement._meta.db_table} GROUP BY state")
        for state, count in cursor.fetchall():
            states.labels(state).set(count)
        cursor.execute("SELECT status::text, count(*) FROM procrastinate_jobs GROUP BY status")
        for status, count in cursor.fetchall():
            jobs.labels(status).set(count)
    undone = Push.objects.filter(sent_at=None, skipped_at=None)
    pushes.labels("waiting").set(undone.filter(failed_at=None).count())
    pushes.labels("failed").set(undone.exclude(failed_at=None).count())
    run = LoadedRun.objects.filter(current=True).first()
    if run is not None:
        age.set((timezone.now() - run.loaded_at).total_seconds())
    return registry
