"""Every address of the site, one line for each portal."""

from django.urls import include, path

from jigong.config.health import healthz, metrics

urlpatterns = [
    path("", include("jigong.portals.kit.urls")),
    path("healthz", healthz, name="healthz"),
    path("metrics", metrics, name="metrics"),
    path("", include("jigong.portals.entry.urls")),
    path("", include("jigong.portals.public.urls")),
    path("worker/", include("jigong.portals.worker.urls")),
    path("enterprise/", include("jigong.portals.enterprise.urls")),
    path("office/", include("jigong.portals.office.urls")),
    path("cockpit/", include("jigong.portals.cockpit.urls")),
    path("api/", include("jigong.portals.api.urls")),
]

handler400 = "jigong.portals.kit.views.bad_request"
handler403 = "jigong.portals.kit.views.forbidden"
handler404 = "jigong.portals.kit.views.not_found"
handler500 = "jigong.portals.kit.views.server_error"
