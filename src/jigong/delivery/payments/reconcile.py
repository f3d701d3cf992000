"""The monthly reconciliation: books, payments, batches and entitlements must tell one story."""

from dataclasses import dataclass

from jigong.delivery.ledger.check import LedgerCheck, Question, ask
from jigong.delivery.ledger.check import check as check_ledger
from jigong.kernel.text import Text


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """What was compared, and every fault found."""

    ledger: LedgerCheck
    payments: tuple[Text, ...]
    """Faults between payments, batches and entitlements."""

    @property
    def faults(self) -> tuple[Text, ...]:
        """All of them."""
        return (*self.ledger.faults, *self.payments)

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong."""
        return not self.faults


def reconcile() -> Reconciliation:
    """Read the books and every payment, and compare."""
    return Reconciliation(check_ledger(), tuple(fault for question in _QUESTIONS for fault in ask(question)))


_QUESTIONS = (
    Question(
        "已兑现的资金事项没有恰好一笔成功付款",
        "paid entitlements without exactly one payment that went through",
        "SELECT e.id FROM delivery_entitlement e LEFT JOIN payments_payment p ON p.entitlement_id = e.id AND p.state = 'paid'"
        " GROUP BY e.id HAVING count(p.id) <>"
        " CASE WHEN e.state = 'paid' AND e.fund <> '' AND e.amount IS NOT NULL THEN 1 ELSE 0 END ORDER BY 1",
    ),
    Question(
        "付款金额与事项金额不同",
        "payments of another amount than their entitlement",
        "SELECT p.id FROM payments_payment p JOIN delivery_entitlement e ON e.id = p.entitlement_id"
        " WHERE p.state IN ('pending', 'sent', 'paid') AND p.amount IS DISTINCT FROM e.amount ORDER BY 1",
    ),
    Question(
        "付款的状态与账簿不符",
        "payments whose state and books differ",
        "WITH held AS (SELECT e.payment AS id, sum(l.amount) FILTER (WHERE l.account = 'sent') AS sent,"
        " sum(l.amount) FILTER (WHERE l.account = 'paid') AS paid FROM ledger_entry e"
        " JOIN ledger_line l ON l.entry_id = e.id WHERE e.payment IS NOT NULL GROUP BY 1)"
        " SELECT coalesce(p.id, h.id) FROM payments_payment p FULL JOIN held h ON h.id = p.id"
        " WHERE coalesce(h.sent, 0) IS DISTINCT FROM CASE WHEN p.state = 'sent' THEN p.amount ELSE 0 END"
        " OR coalesce(h.paid, 0) IS DISTINCT FROM CASE WHEN p.state = 'paid' THEN p.amount ELSE 0 END ORDER BY 1",
    ),
    Question(
        "批次的笔数或合计与付款不符",
        "batches whose count or total is not that of their payments",
        "SELECT b.number FROM payments_batch b LEFT JOIN payments_payment p ON p.batch_id = b.id GROUP BY b.id"
        " HAVING b.count <> count(p.id) OR b.total <> coalesce(sum(p.amount), 0) ORDER BY 1",
    ),
    Question(
        "批次的状态与其中付款不符",
        "batches whose state does not fit their payments",
        "SELECT b.number FROM payments_batch b JOIN payments_payment p ON p.batch_id = b.id GROUP BY b.id"
        " HAVING CASE b.state WHEN 'draft' THEN bool_or(p.state <> 'pending')"
        " WHEN 'discarded' THEN bool_or(p.state <> 'discarded')"
        " WHEN 'closed' THEN bool_or(p.state NOT IN ('paid', 'failed'))"
        " ELSE bool_or(p.state NOT IN ('sent', 'paid', 'failed')) END ORDER BY 1",
    ),
    Question(
        "失败或退汇没有另一个人确认",
        "payments that failed or came back by one person's word",
        "SELECT p.id FROM payments_payment p WHERE p.state = 'failed' AND NOT EXISTS (SELECT FROM payments_return_line l"
        " JOIN payments_return_answer a ON a.line_id = l.id JOIN payments_return_file f ON f.id = l.file_id"
        " WHERE l.payment_id = p.id AND a.confirmed AND a.by_id <> f.taken_by_id) ORDER BY 1",
    ),
    Question(
        "批次由同一人编制和放行",
        "batches made and released by the same person",
        "SELECT b.number FROM payments_batch b JOIN accounts_account m ON m.id = b.made_by_id"
        " JOIN accounts_account r ON r.id = b.released_by_id"
        " LEFT JOIN accounts_person mp ON mp.id = m.person_id LEFT JOIN accounts_person rp ON rp.id = r.person_id"
        " WHERE m.id = r.id OR coalesce(mp.number_hash, nullif(m.number_hash, '')) = coalesce(rp.number_hash, nullif(r.number_hash, '')) ORDER BY 1",
    ),
)
