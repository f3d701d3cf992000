"""Every address of the site, one line for each portal."""

from django.urls import include, path

urlpatterns = [
    path("", include("jigong.portals.entry.urls")),
    path("", include("jigong.portals.public.urls")),
    path("worker/", include("jigong.portals.worker.urls")),
    path("enterprise/", include("jigong.portals.enterprise.urls")),
    path("office/", include("jigong.portals.office.urls")),
    path("cockpit/", include("jigong.portals.cockpit.urls")),
    path("api/", include("jigong.portals.api.urls")),
]
