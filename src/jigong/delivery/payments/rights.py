"""Who may pay."""

from jigong.accounts.enums import Permission
from jigong.accounts.models import Account
from jigong.kernel.problems import error


def may_pay(by: Account) -> None:
    """Refuse whoever is not in finance.

    Raises:
        JigongError: the account may not pay.
    """
    if not by.may(Permission.PAY):
        raise error(
            "只有财务可以办理支付", "only finance makes payments", remedy=("请财务人员办理", "ask somebody in finance")
        )  # fmt: skip
