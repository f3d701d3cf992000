"""What each portal shows beside its pages: registered once, when the portal's app is ready.

``register(Portal("office", Text("办事端", "Office"), "side", (NavItem("office:queue", Text("待办", "Queue"), "inbox"),)))``
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from django.http import HttpRequest
from django.urls import reverse

from jigong.accounts.enums import Permission
from jigong.accounts.models import Account
from jigong.kernel.text import Text


@dataclass(frozen=True)
class NavItem:
    """One line of a portal's navigation.

    ``icon`` is a name of ``assets/icons.txt``; any one of ``permissions`` shows it (none: everybody of
    the portal); ``within`` names further pages during which it is the current one.
    """

    url_name: str
    label: Text
    icon: str
    permissions: tuple[Permission, ...] = ()
    within: tuple[str, ...] = ()

    @cached_property
    def url(self) -> str:
        """Its address."""
        return reverse(self.url_name)

    def current_on(self, view_name: str) -> bool:
        """Whether it is where the reader is."""
        return view_name == self.url_name or view_name in self.within


@dataclass(frozen=True)
class Portal:
    """A portal: ``id`` is its ``app_name``; ``layout`` a sidebar for staff, a bottom bar on phones for workers."""

    id: str
    label: Text
    layout: Literal["side", "bottom"]
    items: tuple[NavItem, ...]
    icon: str = "layout-dashboard"
    for_worker: bool = False
    """Whether workers open it, rather than staff with the permissions of its items."""


@dataclass(frozen=True, slots=True)
class Shown:
    """One line as a template shows it."""

    item: NavItem
    current: bool


@dataclass(frozen=True, slots=True)
class Navigation:
    """The portal of a request, as one account sees it."""

    portal: Portal
    items: tuple[Shown, ...]


_CORNER = 4
"""Less than one line in this many is a corner of a portal."""
_portals: dict[str, Portal] = {}


def register(portal: Portal) -> None:
    """Make a portal known; called from its ``AppConfig.ready``."""
    _portals[portal.id] = portal


def navigation_of(request: HttpRequest) -> Navigation | None:
    """The navigation of the page; None outside a portal, and for who may see none of it."""
    match = request.resolver_match
    portal = _portals.get(match.app_name) if match else None
    if match is None or portal is None or not isinstance(request.user, Account):
        return None
    items = tuple(Shown(item, item.current_on(match.view_name)) for item in _visible(portal, request.user))
    return Navigation(portal, items) if items else None


def portals_of(account: Account) -> list[tuple[Portal, str]]:
    """The portals an account may open, each with the address of its first page.

    Those of which it sees but a corner come last: a leader lands in the cockpit, not in the office's books.
    """
    found = [(portal, list(_visible(portal, account))) for portal in _portals.values()]
    found.sort(key=lambda one: len(one[1]) * _CORNER < len(one[0].items))
    return [(portal, items[0].url) for portal, items in found if items]


def _visible(portal: Portal, account: Account) -> Iterator[NavItem]:
    if portal.for_worker != account.is_worker:
        return
    for item in portal.items:
        if portal.for_worker or any(account.may(permission) for permission in item.permissions):
            yield item
