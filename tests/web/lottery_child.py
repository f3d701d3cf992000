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

from jigong.accounts.humans import set_number  # noqa: E402
from jigong.accounts.models import Account  # noqa: E402
from jigong.delivery.actions import StaleError  # noqa: E402
from jigong.delivery.lottery import actions, changes, events, preparing, prizes  # noqa: E402
from jigong.delivery.lottery.deciding import Decided  # noqa: E402
from jigong.delivery.lottery.models import Draw, Entrant  # noqa: E402
from jigong.delivery.lottery.queries import View  # noqa: E402

ENTRANTS, PLACES, UNDECIDED = 3_000, 50, 1_000


def setup(folder: str) -> None:
    """A draw whose seed is known."""
    call_command("migrate", verbosity=0)
    first, second = (Account.objects.create_user(username=name) for name in ("first", "second"))
    for one in (first, second):
        set_number(one, one.username)
    draw = preparing.prepare(
        source=made_source(ENTRANTS, Path(folder), UNDECIDED), clause=CLAUSE, places=PLACES, by=first, at=NOW,
        announced=preparing.Announcement("某指数", "1", LATER),
    )  # fmt: skip
    actions.commit(draw=draw.pk, by=second, at=NOW, typed=draw.roster_sha256[:8])
    actions.enter_seed(draw=draw.pk, seed="3089.26", evidence="", by=first, at=LATER)
    actions.confirm_seed(draw=draw.pk, seed="3089.26", by=second, at=LATER)
    print(draw.pk)


def step(name: str, draw: int, account: str) -> None:
    """Draw, publish, or settle the places that wait."""
    by = Account.objects.get(username=account)
    try:
        if name == "draw":
            actions.run_draw(draw=draw, by=by, at=LATER)
        elif name == "settle":
            changes.decide_conditional = decided
            changes.settle(draw=draw, at=LATER)
        else:
            typed = Draw.objects.get(pk=draw).roster_sha256[:8]
            actions.publish(draw=draw, by=by, at=LATER, typed=typed)
    except StaleError:
        print("stale")
    else:
        print("done")


def decided(found: View) -> dict[int, Decided]:
    """Of those who were undecided every other one is entitled, and every other one is not."""
    lines = Entrant.objects.filter(draw=found.draw, conditional=True).values_list("line", flat=True)
    return {line: Decided("yes" if line % 2 else "no", prizes.Terms("may_buy", None)) for line in lines}


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
