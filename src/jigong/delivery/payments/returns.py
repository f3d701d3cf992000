"""What the bank says of each payment, booked once. What failed or came back is only noted: :mod:`.confirming` books it."""

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import QuerySet

from jigong.accounts.models import Account
from jigong.audit.actions import record
from jigong.delivery.actions import move
from jigong.delivery.ledger import posting
from jigong.delivery.ledger.budgets import current_pack
from jigong.delivery.ledger.enums import Kind
from jigong.delivery.models import Entitlement
from jigong.delivery.payments.answered import Answer, Answered
from jigong.delivery.payments.enums import SECOND, TROUBLE, BatchState, Outcome, PaymentState
from jigong.delivery.payments.models import Batch, Payment, ReturnFile, ReturnLine
from jigong.delivery.payments.return_files import parse
from jigong.delivery.payments.rights import may_pay
from jigong.delivery.states import State

CHUNK = 200
"""So many answers share a transaction."""


@dataclass(frozen=True, slots=True)
class ReturnResult:
    """What came of one answer. ``amount`` is the bank's, in yuan; None where it gave none that can be read."""

    place: int
    end_to_end_id: str
    outcome: Outcome
    amount: Decimal | None
    reason: str
    payment: int | None


@dataclass(frozen=True, slots=True)
class ReturnReport:
    """What came of a return file. ``repeated``: the same file was taken in before, and nothing was done now."""

    file: int
    filename: str
    format: str
    repeated: bool
    results: tuple[ReturnResult, ...]

    @property
    def counts(self) -> Mapping[Outcome, int]:
        """How many answers came to what."""
        return Counter(result.outcome for result in self.results)

    @property
    def trouble(self) -> tuple[ReturnResult, ...]:
        """The answers somebody must look at."""
        return tuple(result for result in self.results if result.outcome in TROUBLE)


def take_return(*, content: bytes, filename: str, by: Account, at: datetime) -> ReturnReport:
    """Take in a return file: success pays the entitlement; failure and money that came back wait for a second person.

    What is unknown, contradictory or of another amount is reported and changes nothing. Interrupted,
    it is taken in again and goes on where it stopped.

    Raises:
        JigongError: the file cannot be read, or the account may not pay.
    """
    may_pay(by)
    words = {word.lower(): placed.value.means for word, placed in current_pack().bank_words.items()}
    parsed = parse(content, words)
    file, _ = ReturnFile.objects.get_or_create(
        content_hash=hashlib.sha256(content).hexdigest(),
        defaults={"filename": filename[-200:], "format": parsed.format, "taken_by": by, "taken_at": at},
    )
    repeated = file.finished_at is not None
    if not repeated:
        answers = [single for answered in parsed.answers for single in _singles(answered)]
        answers = [replace(answered, place=place) for place, answered in enumerate(answers, start=1)]
        for start in range(0, len(answers), CHUNK):
            _chunk(file.pk, answers[start : start + CHUNK], by=by, at=at)
        _finish(file.pk, by=by, at=at)
    return ReturnReport(file.pk, file.filename, file.format, repeated, _results(file.pk))


def _singles(answered: Answered) -> list[Answered]:
    """An answer about a whole batch, payment by payment."""
    if not answered.message:
        return [answered]
    ids = Payment.objects.filter(batch__number=answered.message).order_by("pk")
    batch = Batch.objects.filter(number=answered.message).first()
    if batch is not None and answered.amount not in (None, batch.total):
        return [replace(answered, end_to_end_id=answered.message)]
    singles = [
        replace(answered, end_to_end_id=id_, amount=None, message="")
        for id_ in ids.values_list("end_to_end_id", flat=True)
    ]
    return singles or [replace(answered, end_to_end_id=answered.message, message="")]


@transaction.atomic
def _chunk(file: int, answers: Sequence[Answered], *, by: Account, at: datetime) -> None:
    """Book some answers, or none of them. Locks: file, batches, entitlements, books, record."""
    locked_file = ReturnFile.objects.select_for_update(no_key=True).get(pk=file)
    done = set(locked_file.lines.values_list("place", flat=True))
    answers = [answered for answered in answers if answered.place not in done]
    found = Payment.objects.filter(end_to_end_id__in=[answered.end_to_end_id for answered in answers])
    batches = lock_batches(sorted(set(found.values_list("batch_id", flat=True))))
    payments = {payment.end_to_end_id: payment for payment in found.all()}
    entitlements = lock_entitlements([payment.entitlement_id for payment in payments.values()])
    waiting = set(open_lines().filter(payment__in=payments.values()).values_list("payment_id", "outcome"))
    lines, postings, changed = [], [], {}
    for answered in answers:
        payment = payments.get(answered.end_to_end_id)
        entitlement = entitlements[payment.entitlement_id] if payment is not None else None
        outcome = outcome_of(answered, payment, entitlement)
        if payment is not None and outcome in SECOND:
            # What waits for a second person was said before.
            outcome = Outcome.REPEATED if (payment.pk, outcome) in waiting else outcome
            waiting.add((payment.pk, outcome))
        elif payment is not None and entitlement is not None and outcome in KINDS:
            postings.append(posting_of(payment, KINDS[outcome], batches[payment.batch_id].fund))
            note_answer(payment, answered, outcome, at)
            changed[payment.pk] = payment
            if outcome in MOVES:
                move(entitlement, MOVES[outcome], by=by, at=at, reason=payment.reason)
        lines.append(
            ReturnLine(
                file=locked_file, place=answered.place, end_to_end_id=answered.end_to_end_id[:100], payment=payment,
                amount=answered.amount, outcome=outcome, reason=answered.reason, reference=answered.reference,
            )
        )  # fmt: skip
    posting.post(postings, by=by, at=at)
    Payment.objects.bulk_update(changed.values(), ["state", "reason", "bank_reference", "settled_at"])
    ReturnLine.objects.bulk_create(lines)
    for batch in batches.values():
        advance(batch, by=by, at=at)


def open_lines() -> QuerySet[ReturnLine]:
    """What the bank says failed or came back and nobody has answered; once its payment has failed, there is nothing to answer."""
    found = ReturnLine.objects.filter(outcome__in=SECOND, answer__isnull=True)
    return found.exclude(payment__state=PaymentState.FAILED)


def lock_batches(ids: Sequence[int]) -> dict[int, Batch]:
    """The batches, locked in the order of their ids."""
    rows = Batch.objects.filter(pk__in=ids).order_by("pk").select_for_update(of=("self",), no_key=True)
    return {row.pk: row for row in rows}


def lock_entitlements(ids: Sequence[int]) -> dict[int, Entitlement]:
    """The entitlements, locked in the order of their ids, and then the books."""
    rows = Entitlement.objects.filter(pk__in=ids).order_by("pk")
    found = {row.pk: row for row in rows.select_for_update(of=("self",), no_key=True)}
    posting.lock()
    return found


def outcome_of(answered: Answered, payment: Payment | None, entitlement: Entitlement | None) -> Outcome:
    """What an answer comes to, by what is known of its payment."""
    if answered.answer is Answer.UNREADABLE:
        return Outcome.UNREADABLE
    if answered.answer is Answer.ELSEWHERE:
        return Outcome.ELSEWHERE
    if answered.message:
        # About a whole batch, and of another sum.
        return Outcome.WRONG_AMOUNT
    if payment is None or entitlement is None:
        return Outcome.UNKNOWN
    if answered.amount is not None and answered.amount != payment.amount:
        return Outcome.WRONG_AMOUNT
    outcome = _ANSWERS.get((PaymentState(payment.state), answered.answer), Outcome.CONFLICT)
    if outcome in _NEEDS and entitlement.state != _NEEDS[outcome]:
        return Outcome.CONFLICT
    return outcome


_ANSWERS = {
    (PaymentState.SENT, Answer.PAID): Outcome.PAID,
    (PaymentState.SENT, Answer.FAILED): Outcome.FAILED,
    (PaymentState.SENT, Answer.RETURNED): Outcome.FAILED,
    (PaymentState.SENT, Answer.WAITING): Outcome.WAITING,
    (PaymentState.PAID, Answer.PAID): Outcome.REPEATED,
    (PaymentState.PAID, Answer.WAITING): Outcome.REPEATED,
    (PaymentState.PAID, Answer.RETURNED): Outcome.BOUNCED,
    (PaymentState.FAILED, Answer.FAILED): Outcome.REPEATED,
    (PaymentState.FAILED, Answer.RETURNED): Outcome.REPEATED,
    (PaymentState.FAILED, Answer.WAITING): Outcome.REPEATED,
}
"""All else contradicts what is known: a success after a failure may mean that money went out twice."""
_NEEDS = {Outcome.PAID: State.APPROVED, Outcome.FAILED: State.APPROVED, Outcome.BOUNCED: State.PAID}
MOVES = {Outcome.PAID: "pay", Outcome.BOUNCED: "bounce"}
KINDS = {Outcome.PAID: Kind.SETTLE, Outcome.FAILED: Kind.FAIL, Outcome.BOUNCED: Kind.BOUNCE}


def posting_of(payment: Payment, kind: Kind, fund: str) -> posting.Posting:
    """The entry of an answer."""
    return posting.Posting(
        f"{kind.value}:{payment.pk}", kind, fund, payment.year, payment.amount, payment.entitlement_id, payment.pk
    )  # fmt: skip


def note_answer(payment: Payment, answered: Answered, outcome: Outcome, at: datetime) -> None:
    """Note the bank's answer on the payment."""
    paid = outcome is Outcome.PAID
    payment.state = PaymentState.PAID if paid else PaymentState.FAILED
    payment.reason = "" if paid else answered.reason
    payment.bank_reference = answered.reference or payment.bank_reference
    payment.settled_at = at


def advance(batch: Batch, *, by: Account, at: datetime) -> None:
    """The bank's answer shows that the file arrived; when every payment is answered, the batch is closed."""
    if batch.state == BatchState.RELEASED:
        batch.state, batch.sent_by, batch.sent_at = BatchState.SENT, by, at
    open_ = batch.payments.filter(state__in=[PaymentState.PENDING, PaymentState.SENT]).exists()
    if batch.state == BatchState.SENT and not open_:
        batch.state, batch.closed_at = BatchState.CLOSED, at
    batch.save(update_fields=["state", "sent_by", "sent_at", "closed_at"])


@transaction.atomic
def _finish(file: int, *, by: Account, at: datetime) -> None:
    found = ReturnFile.objects.select_for_update(no_key=True).get(pk=file)
    if found.finished_at is not None:
        return
    found.outcomes = dict(Counter(found.lines.values_list("outcome", flat=True)))
    found.finished_at = at
    found.save(update_fields=["outcomes", "finished_at"])
    record(
        "payments.take_return", by=by, at=at, object_kind="return_file", object_id=found.pk,
        detail={"hash": found.content_hash, "format": found.format, "outcomes": found.outcomes},
    )  # fmt: skip


def _results(file: int) -> tuple[ReturnResult, ...]:
    return tuple(
        ReturnResult(line.place, line.end_to_end_id, Outcome(line.outcome), line.amount, line.reason, line.payment_id)
        for line in ReturnLine.objects.filter(file_id=file).order_by("place")
    )  # fmt: skip
