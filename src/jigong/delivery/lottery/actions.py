"""The steps of a draw: each once, in its order, by who may, in one transaction, recorded."""

import re
from datetime import datetime

from django.db import connection, transaction

from jigong.accounts.humans import refuse_same_human
from jigong.accounts.models import Account
from jigong.delivery.actions import StaleError
from jigong.delivery.lottery import events, prizes, sampler
from jigong.delivery.lottery.enums import STAGE_LABELS, DocumentKind, EventKind, Stage
from jigong.delivery.lottery.models import Document, Draw, Entrant
from jigong.delivery.lottery.preparing import refuse_entrant, refuse_outdated
from jigong.delivery.lottery.queries import View, view, winners
from jigong.kernel.problems import error
from jigong.kernel.text import Text

_LONGEST = 500
PREFIX = 8
"""So many digits of the roster's hash are typed before what cannot be undone."""


def locked(draw: int, by: Account | None = None) -> View:
    """The draw, locked until the transaction ends; not for somebody who is in it (``by``).

    Raises:
        JigongError: ``by``, their household, or an enterprise they belong to is drawn.
    """
    if by is not None:
        refuse_entrant(draw, by)
    return view(Draw.objects.select_for_update(of=("self",)).select_related("run").get(pk=draw))


def stale(found: View) -> StaleError:
    """The refusal of a step that no longer fits."""
    label = STAGE_LABELS[found.stage]
    return _stale(
        f"这次摇号刚有变动，现在是“{label.zh}”，本次操作没有执行",
        f"this draw has just changed and is now “{label.en}”; nothing was done",
    )


def _stale(zh: str, en: str) -> StaleError:
    remedy = ("看一眼最新内容，再决定", "look at it again, then decide")
    return StaleError(*error(zh, en, remedy=remedy).problems)


def _done(found: View, kind: EventKind, by: Account) -> bool:
    """Whether this very account has done this already: a double click asks for nothing new."""
    event = found.last(kind)
    return event is not None and event.actor == by.pk


def _need(found: View, *stages: Stage) -> None:
    if found.stage not in stages:
        raise stale(found)
    if found.replaced_by is not None:
        raise _stale("这次摇号已经重做，不能再继续", "this has been drawn again and cannot go on")


def _other(found: View, kind: EventKind, by: Account, what: Text) -> None:
    """Refuse whoever did the step before: two people do these."""
    event = found.last(kind)
    if event is not None and event.actor is not None:
        refuse_same_human(
            by, Account.objects.get(pk=event.actor), zh=f"{what.zh}须由另一人完成", en=f"{what.en} is for somebody else to do",
            remedy=("请同一单位的另一位经办人操作", "ask another officer of the same office"),
        )  # fmt: skip


def _typed(found: View, typed: str) -> None:
    expected = found.draw.roster_sha256[:PREFIX]
    if typed.strip().lower() != expected:
        raise error(
            f"输入的名单哈希前 {PREFIX} 位不对，没有执行",
            f"these are not the first {PREFIX} digits of the roster's hash; nothing was done",
            remedy=("对照页面上的名单哈希再输入一次", "compare with the hash on the page and type it again"),
        )


@transaction.atomic
def discard(*, draw: int, by: Account, at: datetime, reason: str) -> View:
    """Give up a draft nobody has sealed.

    Raises:
        StaleError: it was sealed, or discarded by somebody else.
    """
    found = locked(draw, by)
    if _done(found, EventKind.DISCARD, by):
        return found
    _need(found, Stage.PREPARED)
    events.add(found.draw, EventKind.DISCARD, by=by, at=at, detail={"reason": reason})
    return view(found.draw)


@transaction.atomic
def commit(*, draw: int, by: Account, at: datetime, typed: str) -> View:
    """Seal the roster and publish it with its hash; nobody can change it from here on.

    Raises:
        StaleError: it was sealed by somebody else, or discarded.
        JigongError: the same officer prepared it, the seed's event is over, or the roster is out of date.
    """
    found = locked(draw, by)
    if _done(found, EventKind.COMMIT, by):
        return found
    _need(found, Stage.PREPARED)
    _typed(found, typed)
    _other(found, EventKind.PREPARE, by, Text("封存名单", "sealing the roster"))
    if at >= found.draw.seed_known_at:
        raise error(
            "公布种子的事件已经发生，不能再封存名单",
            "the event that gives the seed is over; the roster cannot be sealed any more",
            remedy=("作废草案，另选一个将来的公开事件", "discard the draft and name a public event to come"),
        )
    refuse_outdated(found.draw)
    detail = {
        "roster": found.draw.roster_sha256,
        "sampler": found.draw.sampler_sha256,
        "places": found.draw.places,
        "seed_source": found.draw.seed_source,
        "seed_known_at": found.draw.seed_known_at.isoformat(),
    }
    replaced = found.draw.replaces
    if replaced is not None:
        earlier = locked(replaced.pk)
        if earlier.replaced_by is not None:
            raise stale(found)
        detail |= {"replaces": replaced.pk, "reason": found.draw.reason}
    events.add(found.draw, EventKind.COMMIT, by=by, at=at, detail=detail)
    if replaced is not None:
        prizes.take_back(view(replaced), by=by, at=at, reason=f"摇号重做：{found.draw.reason}")
    return view(found.draw)


@transaction.atomic
def enter_seed(*, draw: int, seed: str, evidence: str, by: Account, at: datetime) -> View:
    """Write down the seed as the public event gave it. Until it is confirmed it may be entered anew.

    Raises:
        StaleError: nothing is sealed, or the seed is confirmed already.
        JigongError: the event is still to come, or the seed holds odd characters.
    """
    found = locked(draw, by)
    _need(found, Stage.COMMITTED, Stage.SEED_ENTERED)
    seed = _read_seed(found, seed, at)
    evidence = _read_address(evidence)
    last = found.last(EventKind.ENTER_SEED)
    if last is not None and (last.actor, last.given["seed"]) == (by.pk, seed):
        return found
    events.add(found.draw, EventKind.ENTER_SEED, by=by, at=at, detail={"seed": seed, "evidence": evidence})
    return view(found.draw)


def _read_seed(found: View, seed: str, at: datetime) -> str:
    if at < found.draw.seed_known_at:
        raise error(
            "公布种子的事件还没有发生，不能录入种子",
            "the event that gives the seed is still to come",
            remedy=(f"等到“{found.draw.seed_source}”公布之后", f"wait for “{found.draw.seed_source}”"),
        )
    if sampler.SEED.fullmatch(seed.strip()) is None:
        raise error(
            "种子只能由字母、数字和 . , : + / - 组成",
            "a seed consists of letters, digits and . , : + / - only",
            remedy=(f"按公布的写法录入，如 {found.draw.seed_form}", f"write it as {found.draw.seed_form}"),
        )
    return seed.strip()


def _read_address(text: str) -> str:
    """An address of the web, or nothing: it becomes a link for everybody."""
    text = text.strip()
    if text and (re.fullmatch(r"https?://[!-~]+", text) is None or len(text) > _LONGEST):
        raise error(
            "公开来源须是以 https:// 开头的网址",
            "the public source must be an address that begins with https://",
            remedy=("从浏览器地址栏复制，或留空", "copy it from the browser, or leave it empty"),
        )
    return text


@transaction.atomic
def confirm_seed(*, draw: int, seed: str, by: Account, at: datetime) -> View:
    """A second officer reads the seed from the public event too; both must have read the same.

    Raises:
        StaleError: there is none to confirm, or it is confirmed already.
        JigongError: the same officer entered it, or the two differ.
    """
    found = locked(draw, by)
    if _done(found, EventKind.CONFIRM_SEED, by):
        return found
    _need(found, Stage.SEED_ENTERED)
    _other(found, EventKind.ENTER_SEED, by, Text("核对种子", "confirming the seed"))
    entered = found.last(EventKind.ENTER_SEED)
    assert entered is not None
    if _read_seed(found, seed, at) != entered.given["seed"]:
        raise error(
            "两人录入的种子不一致，没有确认",
            "the two seeds differ; nothing was confirmed",
            remedy=("两人都按公开来源再核对一次", "both look at the public source once more"),
        )
    events.add(found.draw, EventKind.CONFIRM_SEED, by=by, at=at, detail=entered.given)
    return view(found.draw)


@transaction.atomic
def run_draw(*, draw: int, by: Account, at: datetime) -> View:
    """Put everybody in order and keep the results. All of it is written, or none.

    Raises:
        StaleError: the seed is not confirmed, or somebody has drawn already.
    """
    found = locked(draw, by)
    if _done(found, EventKind.DRAW, by):
        return found
    _need(found, Stage.SEEDED)
    seed = found.seed
    assert seed is not None
    roster = Document.objects.get(draw=found.draw, kind=DocumentKind.ROSTER)
    drawn = sampler.run(bytes(roster.body), seed)
    _write(found.draw, drawn)
    events.add(found.draw, EventKind.DRAW, by=by, at=at, detail={"results": drawn.sha256})
    return view(found.draw)


def _write(draw: Draw, drawn: sampler.Drawn) -> None:
    """Keep the results file and the order; by COPY, for a file of 10 MB is slow to send as a literal."""
    with connection.cursor() as cursor:
        with cursor.copy(
            "COPY lottery_document (draw_id, kind, body, sha256) FROM STDIN (FORMAT BINARY)"
        ) as copy:
            copy.set_types(["int8", "varchar", "bytea", "varchar"])
            copy.write_row((draw.pk, DocumentKind.RESULTS.value, drawn.results, drawn.sha256))
        with cursor.copy("COPY lottery_result (draw_id, rank, line) FROM STDIN") as copy:
            copy.write("".join(f"{draw.pk}\t{rank}\t{line}\n" for rank, line in enumerate(drawn.lines, 1)))


@transaction.atomic
def publish(*, draw: int, by: Account, at: datetime, typed: str) -> View:
    """Make the results public and bring them to the winners.

    Raises:
        StaleError: there are no results, or they are public already.
        JigongError: the same officer drew.
    """
    found = locked(draw, by)
    if _done(found, EventKind.PUBLISH, by):
        return found
    _need(found, Stage.DRAWN)
    _typed(found, typed)
    _other(found, EventKind.DRAW, by, Text("公布结果", "publishing the results"))
    drawn = found.last(EventKind.DRAW)
    assert drawn is not None
    events.add(found.draw, EventKind.PUBLISH, by=by, at=at, detail=drawn.given)
    holders = winners(view(found.draw))
    for one in holders:
        if one.entrant.conditional:
            keep_waiting(found.draw, one.entrant, at=at)
    lines = [one.entrant.line for one in holders if not one.entrant.conditional]
    prizes.hand_out(found.draw, lines, at=at)
    return view(found.draw)


def keep_waiting(draw: Draw, entrant: Entrant, *, at: datetime) -> None:
    """Write down that a place waits for an entrant who is undecided: until the published day, and until they are looked at."""
    assert draw.waits_until is not None
    detail = {"until": draw.waits_until.isoformat()}
    events.add(
        draw, EventKind.WAIT, by=None, at=at, code=entrant.code, detail=detail, person=entrant.person_id
    )
