"""Books, payments, batches and entitlements are compared: whatever does not fit is named."""

import pytest
from django.db import connection, transaction
from moneybox import AT, Town, answer, take_return, whole

from jigong.delivery.approval import approve_many
from jigong.delivery.payments.reconcile import reconcile


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ("UPDATE ledger_entry SET amount = 1 WHERE id = 2", "chain of entries breaks at line 2"),
        ("UPDATE payments_payment SET state = 'paid' WHERE state = 'failed'", "payments whose state and books differ"),
        ("UPDATE delivery_entitlement SET state = 'paid'", "without exactly one payment that went through"),
        ("DELETE FROM payments_payment WHERE state = 'paid'", "without exactly one payment that went through"),
        ("UPDATE payments_batch SET total = total + 1", "count or total is not that of their payments"),
        ("UPDATE payments_batch SET state = 'draft'", "state does not fit their payments"),
        ("UPDATE payments_payment SET amount = amount + 1 WHERE state = 'paid'", "another amount than their entitlement"),
    ],
)  # fmt: skip
def test_whatever_was_tampered_with_is_found(town: Town, change: str, says: str) -> None:
    approve_many(entitlements=town.entitlements(3), by=town.approver, at=AT)
    take_return(content=answer(town.batch(), "失败", "成功"), filename="r", by=town.finance, at=AT)
    assert whole()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(change)
    assert any(says in fault.en for fault in reconcile().faults)
