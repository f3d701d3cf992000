"""Who looked at a worker's data, or changed something about them: the record, in plain words."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.core.paginator import Page, Paginator

from jigong.accounts.enums import ROLE_EN, Role
from jigong.accounts.models import Account, Organisation, Person
from jigong.audit.models import Entry
from jigong.delivery.states import MOVES
from jigong.kernel.text import Text

PAGE = 30
_ACTIONS = {
    "accounts.unmask": Text("查看了您的完整信息", "saw your details in full"),
    "accounts.add_bank_account": Text("登记了收款账户", "stored a bank account"),
    "accounts.give_consent": Text("给出了一项授权", "gave a consent"),
    "accounts.withdraw_consent": Text("收回了一项授权", "withdrew a consent"),
    "accounts.see_dossier": Text("查看了您的档案", "looked at your file"),
    "accounts.sign_in": Text("登录", "signed in"),
    "accounts.sign_out": Text("退出登录", "signed out"),
    "accounts.bind": Text("绑定了其他登录方式", "linked another way to sign in"),
    "accounts.unbind": Text("解除了其他登录方式", "unlinked another way to sign in"),
    "accounts.make_demo": Text("建立了演示账号", "made a demonstration account"),
    "accounts.search": Text("在人员查询中看到了您", "found you in a search"),
    "cases.correction": Text("反映一项数据有误", "reported that something is wrong"),
    "cases.appeal": Text("提出申诉", "appealed"),
    "cases.upheld": Text("核实属实，作了更正", "found that you were right, and put it right"),
    "cases.dismissed": Text("核实后作了答复", "looked into it and answered"),
    "delivery.apply": Text("提交了申请", "applied"),
    "delivery.see": Text("查看了您的申领", "looked at your application"),
    "worker.export": Text("导出了本人数据", "exported the data"),
    "enterprise.see_benefits": Text("查看了您的政策和进度", "saw your benefits and how far they are"),
    "enterprise.see_certificates": Text("查看了您的证书和职称", "saw your certificates and titles"),
    "enterprise.see_skills": Text("查看了您的技能等级", "saw your skill level"),
    "invitations.accepted": Text("同意了单位的授权邀请", "agreed to let the employer see something"),
    "invitations.declined": Text("谢绝了单位的授权邀请", "declined to let the employer see something"),
    "replay.propose": Text("按更正后的数据重新核算", "worked a decision out anew from corrected data"),
    "replay.accepted": Text("同意了补发或追回", "agreed to pay more, or to ask money back"),
    "replay.rejected": Text("决定不补发、不追回", "left the sum as it was"),
    "replay.hearing": Text("对追回作了说明", "was heard about a recovery"),
    "replay.appeal": Text("对追回提出申诉", "appealed against a recovery"),
    "replay.upheld": Text("答复申诉：不再追回", "answered the appeal: nothing is asked back"),
    "replay.dismissed": Text("答复申诉：仍须退回", "answered the appeal: it is still asked back"),
    "replay.settle": Text("登记了退回的款项", "booked money that was paid back"),
    "sampling.pick": Text("抽中复核", "picked a decision for a second look"),
    "sampling.conclude": Text("完成抽查复核", "finished a second look"),
    "credentials.issue": Text("签发了证书", "issued a certificate"),
    "credentials.revoke": Text("撤销了证书", "revoked a certificate"),
    "credentials.check_code": Text("核验了技工码", "checked your skill code"),
}
_ROOMS = {
    "enterprise": Text("查看了您授权的资料", "saw what you let it see"),
    "lottery": Text("办理摇号", "handled a draw"),
    "ledger": Text("登记了资金", "entered money in the ledger"),
    "payments": Text("办理发放", "handled a payment"),
}
"""Rooms whose doings are all told alike."""
_OTHER = Text("办理了与您有关的事项", "handled something that concerns you")
_SELF = Text("您本人", "you")
_PLATFORM = Text("系统自动", "the platform")


@dataclass(frozen=True, slots=True)
class Look:
    """One line of the record: when, who, what, and why."""

    at: datetime
    who: Text
    what: Text
    reason: str
    own: bool


def looks_of(
    person: Person, account: Account, page: str | None, *, others: bool
) -> tuple[Page[Entry], list[Look]]:
    """One page of the record about a person, the newest first; ``others`` leaves out their own doings."""
    rows = Entry.objects.filter(person=person.pk).order_by("-id")
    if others:
        rows = rows.exclude(actor=account.pk).exclude(actor=None)
    found = Paginator(rows, PAGE).get_page(page)
    names = _organisations(entry.actor_label for entry in found)
    return found, [
        Look(e.at, _who(e, account, names), what_of(e.action), e.reason, e.actor == account.pk) for e in found
    ]


def what_of(action: str) -> Text:
    """An action in plain words."""
    room, _, verb = action.partition(".")
    if room == "delivery" and verb in MOVES:
        return MOVES[verb].label
    return _ACTIONS.get(action) or _ROOMS.get(room, _OTHER)


def _organisations(labels: Iterable[str]) -> dict[str, Text]:
    codes = {part.partition("@")[2] for label in labels for part in label.split(", ")}
    return {o.code: o.label for o in Organisation.objects.filter(code__in=codes)}


def _who(entry: Entry, account: Account, names: dict[str, Text]) -> Text:
    if entry.actor == account.pk:
        return _SELF
    if entry.actor is None:
        return _PLATFORM
    parts = [part.partition("@") for part in entry.actor_label.split(", ")]
    told = [
        Text(
            f"{names.get(code, Text(code, code)).zh}{Role(role).label}",
            f"{ROLE_EN[Role(role)]}, {names.get(code, Text(code, code)).en}",
        )
        for role, _, code in parts
        if role in Role.values
    ]
    if not told:
        return Text("工作人员", "a member of staff")
    return Text("、".join(one.zh for one in told), "; ".join(one.en for one in told))
