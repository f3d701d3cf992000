"""Every address of the site, for every kind of account: who may not is sent away, and nobody's thing is another's.

An address that is added is walked by itself: its view needs a mark (:mod:`jigong.portals.kit.access`), and
each part of it something to stand there (``walk_made.THINGS``).
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from walk_made import Scene, Thing

from jigong.accounts.enums import Permission
from jigong.accounts.models import Account

PART = re.compile(r"<(?:(\w+):)?(\w+)>")


@dataclass(frozen=True)
class Address:
    """One pattern of the site."""

    route: str
    name: str
    access: Any

    @property
    def portal(self) -> str:
        """Its first namespace."""
        return self.name.split(":")[0] if ":" in self.name else "site"


def addresses(patterns: list[Any], route: str = "", spaces: tuple[str, ...] = ()) -> Iterator[Address]:
    """Every pattern below."""
    for one in patterns:
        here = route + str(one.pattern)
        if isinstance(one, URLResolver):
            yield from addresses(
                one.url_patterns, here, (*spaces, one.namespace) if one.namespace else spaces
            )
        elif isinstance(one, URLPattern):
            name = ":".join((*spaces, one.name or here))
            yield Address(here, name, getattr(one.callback, "access", None))


ALL = list(addresses(get_resolver().url_patterns))
OPEN_API = {
    f"api:api-v1:{name}" for name in ("get_law", "get_clause", "list_parameters", "get_keys", "api-root")
}
"""What the API tells everybody: the law and the public keys."""
NOT_YET = {"office:lottery_roster", "office:law_remove", "office:agree_final"}
"""Of the scene's things these have none: a roster before it is sealed, an edit of a fresh draft, an order to agree to."""
PORTALS = sorted({one.portal for one in ALL})


@pytest.fixture
def scene(db: None) -> Iterator[Scene]:
    """The cast and its things."""
    made = Scene()
    yield made
    made.forget()


def things(address: Address, scene: Scene) -> dict[str, Thing]:
    """What stands for each part of an address."""
    found: dict[str, Thing] = {}
    for part in PART.finditer(address.route):
        thing = scene.thing(address.route[: part.end()], part[2])
        assert thing is not None, (
            f"{address.name}: nothing stands for {part[0]} in {address.route!r}. "
            f"Add a line for {address.route[: part.end()]!r} to THINGS in tests/web/walk_made.py."
        )
        found[part[2]] = thing
    return found


def path(address: Address, values: dict[str, Thing]) -> str:
    return "/" + PART.sub(lambda part: str(values[part[2]].value), address.route)


def may_open(access: Any, account: Account) -> bool:
    """What the view's mark promises to who is signed in."""
    if access == "worker":
        return account.is_worker
    return any(account.may(permission) for permission in access)


def ask(account: Account | None, where: str, sends: dict[str, str]) -> list[tuple[str, Any]]:
    """The answers to reading and to sending a form, where the address takes them; nothing of it stays."""
    client = Client(raise_request_exception=False)
    if account is not None:
        client.force_login(account)
    answers = []
    for method, call in (("GET", lambda: client.get(where)), ("POST", lambda: client.post(where, sends))):
        with transaction.atomic():
            answer = call()
            if answer.streaming:
                b"".join(answer.streaming_content)
            transaction.set_rollback(True)
        if answer.status_code != 405:
            answers.append((method, answer))
    return answers


def sent_to_sign_in(answer: Any) -> bool:
    return answer.status_code == 302 and answer.url.startswith("/sign-in?next=/")


def test_every_view_carries_a_mark():
    unmarked = [one.name for one in ALL if one.access is None]
    assert not unmarked, f"views without a mark of jigong.portals.kit.access: {unmarked}"
    for one in ALL:
        known = one.access in ("public", "worker", "token") or (
            isinstance(one.access, tuple)
            and one.access
            and all(isinstance(p, Permission) for p in one.access)
        )
        assert known, f"{one.name}: an unknown mark {one.access!r}"


@pytest.mark.parametrize("portal", PORTALS)
def test_who_may_not_is_sent_away_and_nothing_is_anothers(portal: str, scene: Scene):
    wrong = [said for one in ALL if one.portal == portal for said in walk(one, scene)]
    assert not wrong, "\n".join(wrong)


def walk(address: Address, scene: Scene) -> Iterator[str]:
    """Everything that is not as it should be at one address."""
    parts = things(address, scene)
    where, sends = path(address, parts), {k: v for thing in parts.values() for k, v in thing.sends.items()}
    found = []
    for name in scene.cast:
        account = scene.fresh(name)
        reached = all(t.reached_by is None or name in t.reached_by for t in parts.values())
        answers = ask(account, where, sends)
        for method, answer in answers:
            should = expected(address, account, reached)
            if not should.holds(answer):
                yield f"{name}: {method} {where} → {answer.status_code} {answer.get('Location', '')}, not {should.what}"
            if should is FOUND:
                found.append(answer.status_code)
    # The 404 of the outsiders is for who they are, not for the thing not being there.
    asked = parts and address.access not in ("public", "token") and address.name not in NOT_YET
    if asked and not any(status != 404 for status in found):
        yield f"{where}: nobody of the cast finds it: {found}"


@dataclass(frozen=True)
class Expected:
    """What an answer should be."""

    what: str
    holds: Callable[[Any], bool]


FOUND = Expected(
    "the page", lambda a: a.status_code < 500 and a.status_code != 403 and not sent_to_sign_in(a)
)
OPEN = Expected("an answer", lambda a: a.status_code < 500 and not sent_to_sign_in(a))
ABSENT = Expected("404", lambda a: a.status_code == 404)
SIGN_IN = Expected("the way to sign in", lambda a: sent_to_sign_in(a))
FORBIDDEN = Expected("403", lambda a: a.status_code == 403)
NO_TOKEN = Expected("401", lambda a: a.status_code == 401)


def expected(address: Address, account: Account | None, reached: bool) -> Expected:
    """By the view's mark, and by whose the thing is. Signed in or not, the API knows only tokens."""
    access = address.access
    if access in ("public", "token"):
        return OPEN if access == "public" or address.name in OPEN_API else NO_TOKEN
    if account is None:
        return SIGN_IN
    if not may_open(access, account):
        return FORBIDDEN
    return FOUND if reached else ABSENT
