"""Where a request comes from, and where it may go on to."""

from ipaddress import IPv6Address, ip_address

from django.conf import settings
from django.http import HttpRequest

LONGEST = 500


def address_of(request: HttpRequest) -> str:
    """The client's address as limits count it: an IPv4 address, or the /64 of an IPv6 one.

    Only as many entries of ``X-Forwarded-For`` are believed as there are trusted proxies.
    """
    proxies: int = settings.SIGN_IN.proxies
    forwarded = [part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",")]
    told = forwarded[-proxies] if 0 < proxies <= len(forwarded) else request.META.get("REMOTE_ADDR", "")
    try:
        found = ip_address(told)
    except ValueError:
        return "unknown"
    if isinstance(found, IPv6Address):
        found = found.ipv4_mapped or found
    return str(found) if found.version == 4 else ":".join(found.exploded.split(":")[:4])


def own_path(given: str | None, fallback: str = "/") -> str:
    """``given`` where it is a path of this very site, else ``fallback``."""
    path = given or ""
    plain = path.startswith("/") and not path.startswith(("//", "/\\")) and len(path) <= LONGEST
    return path if plain and path.isprintable() and "\\" not in path else fallback
