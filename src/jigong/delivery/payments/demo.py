"""Paying accounts of a demonstration, so that its batches have a pain.001."""

from datetime import datetime

from jigong.accounts.models import Account
from jigong.delivery.ledger.budgets import current_pack
from jigong.delivery.payments.actions import set_paying_account
from jigong.delivery.payments.queries import paying_account


def make_demo_paying_accounts(*, by: Account, at: datetime) -> int:
    """Give every fund of the pack without one a made-up account; returns how many. ``by`` is somebody in finance."""
    made = 0
    for place, (fund, placed) in enumerate(current_pack().funds.items(), start=1):
        if paying_account(fund) is None:
            set_paying_account(
                fund=fund, holder=f"演示·{placed.value.zh}", number=f"0000000000{place:08d}", bank="演示银行（虚构）",
                by=by, at=at,
            )  # fmt: skip
            made += 1
    return made
