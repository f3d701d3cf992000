"""The site as others know it: its address, and the decentralised identifier (did:web) credentials are issued under."""

from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from django.conf import settings


@dataclass(frozen=True, slots=True)
class Site:
    """``origin`` is such as ``https://example.org``, without a slash at the end."""

    origin: str

    @property
    def did(self) -> str:
        """``did:web:example.org``; its document is at ``/.well-known/did.json``."""
        return "did:web:" + quote(urlsplit(self.origin).netloc, safe="")

    def url(self, path: str) -> str:
        """The address of ``/path`` on the site."""
        return self.origin + path


def site(asked: str) -> Site:
    """The site: the first of its configured hosts, or, where any host will do (a demonstration), the one ``asked``.

    ``asked`` is the origin of the request, such as ``http://127.0.0.1:8000``. What is issued must not
    depend on the name by which somebody happened to reach the site.
    """
    host = settings.JIGONG.hosts[0] if settings.JIGONG.hosts else "*"
    if host == "*" or host.startswith("."):
        return Site(asked.rstrip("/"))
    return Site(f"{'https' if settings.JIGONG.https else 'http'}://{host}")
