"""What a check of a skill code tells whoever checks: a sign, a word, a sentence; and, if it is valid, whom it shows."""

from dataclasses import dataclass
from datetime import datetime

from jigong.accounts.enums import Permission
from jigong.accounts.masking import mask_name
from jigong.accounts.models import Account, Person
from jigong.accounts.scope import people
from jigong.credentials.code import Shown, shown_of
from jigong.credentials.enums import PURPOSE_LABELS, Outcome, Purpose
from jigong.credentials.models import CodeUse
from jigong.kernel.text import Text

_REACH = (Permission.SEE_EMPLOYEES, Permission.SEARCH_PEOPLE)
"""What lets a station see who stands before it, within its own reach."""


@dataclass(frozen=True, slots=True)
class Sign:
    """How an outcome looks at arm's length: a tone, a word, and what to do."""

    tone: str
    word: Text
    advice: Text


SIGNS = {
    Outcome.VALID: Sign("valid", Text("有效", "VALID"), Text("可以放行。", "All is well.")),
    Outcome.EXPIRED: Sign(
        "late",
        Text("已过期", "EXPIRED"),
        Text("请对方刷新技工码，再扫一次。", "Ask for a fresh code and scan again."),
    ),
    Outcome.EARLY: Sign(
        "late",
        Text("时间不对", "WRONG TIME"),
        Text(
            "这个码的时间比现在还晚：有一方的时钟不准。请对方刷新后再扫。",
            "The code is from the future: a clock is wrong. Ask for a fresh code and scan again.",
        ),
    ),
    Outcome.USED: Sign(
        "used",
        Text("已使用过", "ALREADY USED"),
        Text(
            "这个码刚才已经用过一次，可能是截图或转发。请对方当面刷新，再扫一次。",
            "This code was used a moment ago; it may be a copy. Ask for a fresh one, shown before your eyes.",
        ),
    ),
    Outcome.FORGED: Sign(
        "bad",
        Text("伪造", "FORGED"),
        Text("签名不符，不是本平台发出的码，不要放行。", "The signature is wrong: this platform never made this code."),
    ),
    Outcome.UNKNOWN_KEY: Sign(
        "bad",
        Text("不是本站的码", "UNKNOWN ISSUER"),
        Text(
            "由别的密钥签发，本站无法确认，不要放行。",
            "It was signed with a key that is not of this site; nothing can be said for it.",
        ),
    ),
    Outcome.UNREADABLE: Sign(
        "unclear",
        Text("不是技工码", "NOT A SKILL CODE"),
        Text("请扫技工码页面上的二维码。", "Scan the QR code on the skill code page."),
    ),
    Outcome.GONE: Sign(
        "bad",
        Text("持码人已注销", "NO LONGER LISTED"),
        Text("码是真的，但本平台已没有这名职工。", "The code is genuine, but its holder is no longer listed."),
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Seen:
    """Whom a valid code shows: to anybody a masked name, tier and level; to a station in whose reach they are, more."""

    name: str
    shown: Shown | None
    purpose: Text
    at: datetime
    in_reach: bool = False
    employer: str = ""


def seen(use: CodeUse, reader: Account | None) -> Seen:
    """What ``reader`` may see of an accepted code; in full only the station that checked it, within its reach."""
    person, purpose = use.person, PURPOSE_LABELS[Purpose(use.purpose)]
    shown = shown_of(person)
    if reader is None or use.by_id != reader.pk or not _reaches(reader, person):
        return Seen(mask_name(person.name), shown, purpose, use.at)
    employer = person.employer.zh if person.employer else ""
    return Seen(person.name, shown, purpose, use.at, True, employer)


def _reaches(account: Account, person: Person) -> bool:
    return any(
        account.may(permission) and people(account, permission).filter(pk=person.pk).exists()
        for permission in _REACH
    )
