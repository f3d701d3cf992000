"""The sentences of notices."""

from datetime import date
from decimal import Decimal

from jigong.delivery.replay.models import Adjustment
from jigong.delivery.replay.queries import changes_of
from jigong.delivery.replay.words import says
from jigong.delivery.states import MOVES, State
from jigong.insight.shown import day_text, fact_text, yuan
from jigong.kernel.text import Text
from jigong.packs.pack import Pack

LOOKED = Text("有工作人员查看了您的完整信息", "an official saw your details in full")
OTHER_ACCOUNT = Text(
    "请登记另一个收款账户，登记后重新发放",
    "please give another bank account; it is then paid again",
)


def step_words(move: str, to: str, label: Text, amount: Decimal | None) -> Text:
    """What a step came to. ``amount`` is none for a benefit in kind."""
    zh, en = (f"{yuan(amount)} 元", f"{yuan(amount)} yuan") if amount else ("", "")
    if move in ("propose", "renew"):
        return Text(
            f"您符合“{label.zh}”{zh and f' {zh}'}，等您确认",
            f"{label.en}{en and f' {en}'}: due to you, please confirm",
        )
    done = MOVES[move].label
    if to == State.CORRECTED:
        return Text(
            f"“{label.zh}”：{done.zh}，{zh}等您确认", f"{label.en}: {done.en}, please confirm {en}".rstrip()
        )
    if to in (State.APPROVED, State.PAID):
        return Text(f"“{label.zh}”：{done.zh}{zh and f' {zh}'}", f"{label.en}: {done.en}{en and f', {en}'}")
    return Text(f"“{label.zh}”：{done.zh}", f"{label.en}: {done.en}")


def unpaid_words(label: Text, amount: Decimal) -> Text:
    """The bank did not pay it, or sent it back."""
    return Text(
        f"“{label.zh}”{yuan(amount)} 元没有付成", f"{label.en}, {yuan(amount)} yuan: the bank did not pay it"
    )


def hold_words(label: Text, what: Text) -> Text:
    """Something was put on hold, or is not any more."""
    return Text(f"“{label.zh}”{what.zh}", f"{label.en}: {what.en}")


def draw_words(label: Text, what: Text, until: date | None, why: Text | None) -> Text:
    """What became of a place in a draw: it waits, it is theirs, it went to the next."""
    zh, en = [f"“{label.zh}”摇号：{what.zh}"], [f"{label.en}, draw: {what.en}"]
    if until is not None:
        zh.append(f"名额为您保留到{day_text(until, 'zh')}，缺什么点开看")
        en.append(f"the place waits for you until {day_text(until, 'en')}; open it to see what is missing")
    if why is not None:
        zh.append(why.zh)
        en.append(why.en)
    return Text("，".join(zh), ", ".join(en))


def adjustment_words(row: Adjustment, label: Text, pack: Pack) -> Text:
    """Arrears or a recovery, with what changed."""
    changes = changes_of(row, pack)
    zh = "；".join(
        f"{c.label.zh} {fact_text(pack, c.name, c.then, 'zh')} → {fact_text(pack, c.name, c.now, 'zh')}"
        for c in changes
    )
    en = "; ".join(
        f"{c.label.en} {fact_text(pack, c.name, c.then, 'en')} → {fact_text(pack, c.name, c.now, 'en')}" for c in changes
    )  # fmt: skip
    kind = Text("追回", "paid too much") if row.direction == "recovery" else Text("补发", "more is due")
    said, sum_ = says(row), yuan(row.amount)
    return Text(
        f"“{label.zh}”{kind.zh} {sum_} 元：{said.zh}" + (f"（{zh}）" if zh else ""),
        f"{label.en}, {kind.en} {sum_} yuan: {said.en}" + (f" ({en})" if en else ""),
    )
