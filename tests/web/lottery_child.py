"""One step of a draw in a process of its own, which may be killed in its middle: ``python lottery_child.py STEP DRAW ACCOUNT [EVENT]``.

With EVENT it stops for good just before that event would be written, says so, and waits to be killed.
"""

import sys
import time
from pathlib import Path

import django

django.setup()

from bench.lottery import CLAUSE, LATER, NOW, made_source  # noqa: E402
from django.core.management import call_command  # noqa: E402

from jigong.accounts.models import Account  # noqa: E402
from jigong.delivery.actions import StaleError  # noqa: E402
from jigong.delivery.lottery import actions, events, preparing, prizes  # noqa: E402
from jigong.delivery.lottery.models import Draw  # noqa: E402

ENTRANTS, PLACES = 3_000, 50


def setup(folder: str) -> None:
    """A draw whose seed is known."""
    call_command("migrate", verbosity=0)
    first, second = (Account.objects.create_user(username=name) for name in ("first", "second"))
    draw = preparing.prepare(
        source=made_source(ENTRANTS, Path(folder)), clause=CLAUSE, places=PLACES, by=first, at=NOW,
        announced=preparing.Announcement("某指数", "1", LATER),
    )  # fmt: skip
    actions.commit(draw=draw.pk, by=second, at=NOW, typed=draw.roster_sha256[:8])
    actions.enter_seed(draw=draw.pk, seed="3089.26", evidence="", by=first, at=LATER)
    actions.confirm_seed(draw=draw.pk, seed="3089.26", by=second, at=LATER)
    print(draw.pk)


def step(name: str, draw: int, account: str) -> None:
    """Draw or publish."""
    by = Account.objects.get(username=account)
    try:
        if name == "draw":
            actions.run_draw(draw=draw, by=by, at=LATER)
        else:
            typed = Draw.objects.get(pk=draw).roster_sha256[:8]
            actions.publish(draw=draw, by=by, at=LATER, typed=typed)
    except StaleError:
        print("stale")
    else:
        print("done")


def stop(*_: object, **__: object) -> None:
    """Say where it stands, and go no further."""
    print("here", flush=True)
    time.sleep(600)


if __name__ == "__main__":
    name, *rest = sys.argv[1:]
    if name == "setup":
        setup(rest[0])
    else:
        if len(rest) == 3:
            # Everything but the last of the step's lines is written then.
            setattr(events if rest[2] == "add" else prizes, rest[2], stop)
        step(name, int(rest[0]), rest[1])
