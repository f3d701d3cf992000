"""What happens to a draw, and how far it has come."""

from django.db.models import TextChoices

from jigong.kernel.text import Text


class EventKind(TextChoices):
    """One thing done with a draw. Events only grow; the stage of a draw follows from them."""

    PREPARE = "prepare"
    DISCARD = "discard"
    COMMIT = "commit"
    ENTER_SEED = "enter_seed"
    CONFIRM_SEED = "confirm_seed"
    DRAW = "draw"
    PUBLISH = "publish"
    WITHDRAW = "withdraw"
    PROMOTE = "promote"
    WAIT = "wait"
    DECIDE = "decide"


ONCE = (
    EventKind.PREPARE,
    EventKind.DISCARD,
    EventKind.COMMIT,
    EventKind.CONFIRM_SEED,
    EventKind.DRAW,
    EventKind.PUBLISH,
)
"""What happens to a draw at most once."""
ONCE_EACH = (EventKind.WITHDRAW, EventKind.PROMOTE, EventKind.WAIT, EventKind.DECIDE)
"""What happens to an entrant of a draw at most once."""

EVENT_LABELS = {
    EventKind.PREPARE: Text("拟定名单", "roster drawn up"),
    EventKind.DISCARD: Text("草案作废", "draft discarded"),
    EventKind.COMMIT: Text("封存并公布名单", "roster sealed and published"),
    EventKind.ENTER_SEED: Text("录入随机种子", "seed entered"),
    EventKind.CONFIRM_SEED: Text("第二人核对种子一致", "seed confirmed by a second officer"),
    EventKind.DRAW: Text("排出顺序", "order drawn"),
    EventKind.PUBLISH: Text("公布结果", "results published"),
    EventKind.WITHDRAW: Text("放弃或失去名额", "place given up or lost"),
    EventKind.PROMOTE: Text("递补中签", "promoted from the waitlist"),
    EventKind.WAIT: Text("中签，资格待定", "won, not decided yet"),
    EventKind.DECIDE: Text("判定符合，名额归其所有", "decided, entitled: the place is theirs"),
}

WHY_LABELS = {
    "given_up": Text("本人放弃", "given up"),
    "withdrawn": Text("本人放弃", "given up"),
    "declined": Text("不予批准", "declined"),
    "lapsed": Text("超过确认期限", "not confirmed in time"),
    "not_entitled": Text("补判不符合", "decided: not entitled"),
    "undecided": Text("到期仍缺数据", "still undecided when the wait ended"),
}
"""Why somebody left a draw, as its event says."""
UNFULFILLED = ("not_entitled", "undecided")
"""The reasons for which a place waits no longer and goes to the next in line."""


class Stage(TextChoices):
    """How far a draw has come."""

    PREPARED = "prepared"
    DISCARDED = "discarded"
    COMMITTED = "committed"
    SEED_ENTERED = "seed_entered"
    SEEDED = "seeded"
    DRAWN = "drawn"
    PUBLISHED = "published"


STAGE_LABELS = {
    Stage.PREPARED: Text("名单草案", "draft roster"),
    Stage.DISCARDED: Text("草案已作废", "draft discarded"),
    Stage.COMMITTED: Text("名单已封存，等待种子", "sealed, waiting for the seed"),
    Stage.SEED_ENTERED: Text("种子待第二人核对", "seed to be confirmed"),
    Stage.SEEDED: Text("种子已确认，待排序", "seed known, to be drawn"),
    Stage.DRAWN: Text("已排序，待公布", "drawn, to be published"),
    Stage.PUBLISHED: Text("结果已公布", "results published"),
}

_REACHED = (
    (EventKind.DISCARD, Stage.DISCARDED),
    (EventKind.PUBLISH, Stage.PUBLISHED),
    (EventKind.DRAW, Stage.DRAWN),
    (EventKind.CONFIRM_SEED, Stage.SEEDED),
    (EventKind.ENTER_SEED, Stage.SEED_ENTERED),
    (EventKind.COMMIT, Stage.COMMITTED),
)


def stage_of(kinds: set[str]) -> Stage:
    """The stage to which these events have brought a draw."""
    return next((stage for kind, stage in _REACHED if kind in kinds), Stage.PREPARED)


class DocumentKind(TextChoices):
    """The files of a draw, kept to the byte."""

    ROSTER = "roster"
    SAMPLER = "sampler"
    RESULTS = "results"
