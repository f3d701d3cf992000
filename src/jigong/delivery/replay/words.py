"""How arrears and recoveries are told to whom they are about."""

from jigong.delivery.replay.models import Adjustment, AdjustmentState, Direction
from jigong.kernel.text import Text

_SAYS = {
    (Direction.ARREARS, AdjustmentState.PROPOSED): Text(
        "按更正后的数据应当补发，正在由主管部门决定",
        "with the corrected data more is due; the office is deciding",
    ),
    (Direction.ARREARS, AdjustmentState.ACCEPTED): Text("同意补发", "it was agreed to pay more"),
    (Direction.RECOVERY, AdjustmentState.PROPOSED): Text(
        "按更正后的数据多发了，是否追回正在由主管部门决定",
        "with the corrected data too much was paid; the office is deciding whether to ask it back",
    ),
    (Direction.RECOVERY, AdjustmentState.ACCEPTED): Text(
        "决定追回多发的部分，经办人员会与您联系",
        "what was paid too much is asked back; the office will contact you",
    ),
    (Direction.RECOVERY, AdjustmentState.APPEALED): Text(
        "您对追回提出了申诉，答复前不用退款",
        "you have appealed; nothing has to be paid back before the answer",
    ),
    (Direction.RECOVERY, AdjustmentState.SETTLED): Text("多发的部分已退回", "what was paid too much is back"),
}
_LEFT = Text("主管部门决定不调整，金额不变", "the office left the sum as it was")
_UPHELD = Text("申诉成立，不再追回", "your appeal was upheld; nothing is asked back")
_GIVEN_BACK = Text(
    "申诉成立，不再追回；已退回的作为补发还给您，请确认",
    "your appeal was upheld; what you paid back is due to you again, please confirm it",
)
_DISMISSED = Text("申诉不成立，多发的部分仍须退回", "your appeal was dismissed; the sum is still asked back")


def says(row: Adjustment) -> Text:
    """Where it stands, in a sentence."""
    if row.answered_at is not None and row.state == AdjustmentState.REJECTED:
        return _GIVEN_BACK if row.supplement_id else _UPHELD
    if row.answered_at is not None and row.state == AdjustmentState.ACCEPTED:
        return _DISMISSED
    return _SAYS.get((Direction(row.direction), AdjustmentState(row.state)), _LEFT)
