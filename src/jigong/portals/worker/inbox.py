"""Messages: nothing is stored for them, they are what happened to the worker's matters, told in sentences."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from jigong.accounts.models import Account
from jigong.audit.models import Entry
from jigong.delivery.former import clause_of
from jigong.delivery.hold_words import waits_words
from jigong.delivery.lottery.queries import happened_to
from jigong.delivery.models import Entitlement, Step
from jigong.delivery.states import MOVES
from jigong.delivery.timeline import hold_events
from jigong.insight.shown import day_text, yuan
from jigong.kernel.text import Language, Text
from jigong.portals.kit.look import remember
from jigong.portals.worker.adjusting import adjustments_of
from jigong.portals.worker.situation import Situation
from jigong.services.cases.models import Case, CaseState

SEEN = "messages_seen"
"""The cookie that remembers when this device last showed the messages."""
MOST = 60
_LANGUAGES: tuple[Language, ...] = ("zh", "en")
_NOTHING = Text("", "")


@dataclass(frozen=True, slots=True)
class Message:
    """Something that happened, and where to see more of it."""

    at: datetime
    sign: str
    text: Text
    said: str
    url: str
    more: Text = _NOTHING
    """What else is to be known of it."""
    unread: bool = False


def messages_of(situation: Situation, account: Account, since: datetime | None) -> list[Message]:
    """The newest messages; ``unread`` are those after ``since``."""
    found = [
        *_of_steps(situation, account),
        *_of_holds(situation),
        *_of_draws(situation, account),
        *_of_adjustments(situation),
        *_of_cases(situation),
        *_of_looks(situation, account),
    ]
    found.sort(key=lambda message: message.at, reverse=True)
    return [replace(m, unread=since is None or m.at > since) for m in found[:MOST]]


def _of_steps(situation: Situation, account: Account) -> list[Message]:
    # What an employer is due for somebody is told to the employer.
    own = Step.objects.filter(entitlement__person=situation.person, entitlement__organisation=None)
    rows = own.exclude(by=account)
    messages = []
    for step in rows.exclude(move="pass_by_rule").select_related("entitlement").order_by("-id")[:MOST]:
        clause = clause_of(step.entitlement.clause, situation.law.pack)
        if clause is None:
            continue
        label = clause.label
        worth = f" {yuan(step.amount)}" if step.amount and not step.entitlement.in_kind else ""
        move = MOVES.get(step.move)
        if move is None:
            text = Text(
                f"您符合“{label.zh}”{worth and worth + ' 元'}，等您确认",
                f"{label.en}{worth and worth + ' yuan'}: due to you, please confirm",
            )
        else:
            text = Text(f"“{label.zh}”：{move.label.zh}", f"{label.en}: {move.label.en}")
        url = reverse("worker:clause", args=[step.entitlement.clause])
        sign = {"pay": "cash", "decline": "circle-x", "approve": "circle-check"}.get(step.move, "gift")
        messages.append(Message(step.at, sign, text, step.reason, url))
    return messages


def _of_holds(situation: Situation) -> list[Message]:
    """What was put on hold, what for, and what goes on."""
    mine = {e.pk: e for e in situation.entitlements if e.organisation_id is None}
    messages = []
    for event in hold_events(mine):
        clause = clause_of(mine[event.hold.entitlement_id].clause, situation.law.pack)
        if clause is None:
            continue
        name, label = clause.label, event.label
        lines = [] if event.lifted else [*waits_words(event.hold, situation.law.pack), event.hold.ended_by]
        text = Text(f"“{name.zh}”{label.zh}", f"{name.en}: {label.en}")
        more = Text("；".join(line.zh for line in lines), "; ".join(line.en for line in lines))
        url = reverse("worker:clause", args=[clause.id])
        messages.append(Message(event.at, "hourglass", text, "", url, more))
    return messages


def _of_draws(situation: Situation, account: Account) -> list[Message]:
    """What became of a place in a draw: it waits, it is theirs, it went to the next."""
    messages = []
    for event in happened_to(situation.person, MOST):
        if event.actor == account.pk:
            continue
        label, what = event.draw.label, event.label
        zh, en = [f"“{label.zh}”摇号：{what.zh}"], [f"{label.en}, draw: {what.en}"]
        if event.until is not None:
            zh.append(f"名额为您保留到{day_text(event.until, 'zh')}，缺什么点开看")
            en.append(
                f"the place waits for you until {day_text(event.until, 'en')}; open it to see what is missing"
            )
        if event.why is not None:
            zh.append(event.why.zh)
            en.append(event.why.en)
        url = reverse("worker:clause", args=[event.draw.clause])
        messages.append(Message(event.at, "ticket", Text("，".join(zh), ", ".join(en)), "", url))
    return messages


def _of_adjustments(situation: Situation) -> list[Message]:
    """Arrears and recoveries, with what changed in words."""
    book = situation.book
    told = zip(
        *(adjustments_of(situation.entitlements, book, language) for language in _LANGUAGES), strict=True
    )
    messages = []
    for zh, en in told:
        clause = clause_of(zh.clause, situation.law.pack)
        if clause is None:
            continue
        label = clause.label
        why_zh = "；".join(f"{c.label.zh} {c.then} → {c.now}" for c in zh.changes)
        why_en = "; ".join(f"{c.label.en} {c.then} → {c.now}" for c in en.changes)
        kind = Text("补发", "more is due") if zh.arrears else Text("追回", "paid too much")
        text = Text(
            f"“{label.zh}”{kind.zh} {yuan(zh.amount)} 元：{zh.says.zh}" + (f"（{why_zh}）" if why_zh else ""),
            f"{label.en}, {kind.en} {yuan(zh.amount)} yuan: {zh.says.en}"
            + (f" ({why_en})" if why_en else ""),
        )
        url = reverse("worker:clause", args=[zh.clause])
        messages.append(Message(zh.at, "arrows-exchange", text, zh.reason, url))
    return messages


def _of_cases(situation: Situation) -> list[Message]:
    decided = Case.objects.filter(person=situation.person, decided_at__isnull=False)
    words = {
        CaseState.UPHELD: Text("您反映的问题属实，已更正", "you were right, and it was put right"),
        CaseState.DISMISSED: Text("您反映的问题已核实答复", "what you reported was looked into and answered"),
    }
    return [
        Message(case.decided_at, "message-report", words[CaseState(case.state)], case.reason, reverse("worker:cases"))
        for case in decided.order_by("-decided_at")[:MOST]
        if case.decided_at is not None and case.state in words
    ]  # fmt: skip


def _of_looks(situation: Situation, account: Account) -> list[Message]:
    """When somebody saw a masked value in full."""
    rows = Entry.objects.filter(person=situation.person.pk, action="accounts.unmask").exclude(
        actor=account.pk
    )
    text = Text("有工作人员查看了您的完整信息", "an official saw your details in full")
    return [Message(row.at, "eye", text, row.reason, reverse("worker:looks")) for row in rows[:MOST]]


def seen_at(request: HttpRequest) -> datetime | None:
    """When this device last showed the messages."""
    try:
        return datetime.fromtimestamp(float(request.COOKIES[SEEN]), UTC)
    except (KeyError, ValueError, OverflowError, OSError):
        return None


def mark_seen(response: HttpResponse, now: datetime, *, secure: bool) -> None:
    """Remember on this device that the messages were shown."""
    remember(response, SEEN, f"{now.timestamp():.0f}", secure=secure)


def is_unread(request: HttpRequest, account: Account, entitlements: Sequence[Entitlement]) -> bool:
    """Whether something happened since; asks the database only where one of the matters did change."""
    since = seen_at(request)
    if since is None:
        return bool(entitlements)
    changed = [e.pk for e in entitlements if e.updated_at > since and e.organisation_id is None]
    if not changed:
        return False
    if Step.objects.filter(entitlement__in=changed, at__gt=since).exclude(by=account).exists():
        return True
    return any(event.at > since for event in hold_events(changed))
