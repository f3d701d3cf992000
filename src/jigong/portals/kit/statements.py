"""What a payee sends about a recovery, from whichever portal: words before the decision, or an appeal after it."""

from datetime import datetime

from django import forms
from django.http import HttpRequest

from jigong.accounts.models import Account
from jigong.delivery.replay.models import Adjustment, StatementKind
from jigong.delivery.replay.recoveries import MOST_WORDS, appeal, speak
from jigong.kernel.problems import error
from jigong.kernel.text import Text

TAKEN = {
    StatementKind.HEARING: Text(
        "说明已提交，决定前经办人员会看到", "sent; the office reads it before it decides"
    ),
    StatementKind.APPEAL: Text(
        "申诉已提交，答复前不用退款", "your appeal is in; nothing is asked before the answer"
    ),
}
"""What to tell whoever sent it."""


class StatementForm(forms.Form):
    """The words, and what the page asked them for: an answer to the hearing never becomes an appeal."""

    kind = forms.ChoiceField(choices=StatementKind.choices)
    text = forms.CharField(max_length=MOST_WORDS)


def take_statement(
    request: HttpRequest, adjustment: Adjustment, *, by: Account, at: datetime
) -> StatementKind:
    """Take what was sent about one of the payee's own recoveries.

    Raises:
        JigongError: nothing is said, or it is too late or said before (:mod:`jigong.delivery.replay.recoveries`).
    """
    form = StatementForm(request.POST)
    if not form.is_valid():
        raise error(
            f"没有提交：请写清楚情况（不超过 {MOST_WORDS} 字）", f"not sent: please say it in at most {MOST_WORDS} characters",
            remedy=("回到上一页写好再提交", "go back, write it, and send again"),
        )  # fmt: skip
    kind = StatementKind(form.cleaned_data["kind"])
    take = appeal if kind == StatementKind.APPEAL else speak
    take(adjustment=adjustment.pk, text=form.cleaned_data["text"], by=by, at=at)
    return kind
