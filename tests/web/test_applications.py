"""Applying where data are missing: asked only for what is missing, once, and reviewed by an officer."""

from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from jigong.accounts.actions import add_bank_account
from jigong.accounts.workers import worker_account
from jigong.delivery.actions import withdraw
from jigong.delivery.applications import apply, asks
from jigong.delivery.models import Entitlement
from jigong.delivery.states import State
from jigong.dossiers.body import body_hash, body_text, pack_body
from jigong.dossiers.law import held_of, law_of_run
from jigong.dossiers.models import Dossier
from jigong.kernel.problems import JigongError

pytestmark = pytest.mark.django_db
NOW: datetime = timezone.now()
CLAUSE = "degree-associate"


@pytest.fixture
def unknown() -> dict[str, Any]:
    """A worker whose discounted tuition nobody has reported, and who has no proposal therefore."""
    import json

    found = (
        Entitlement.objects.filter(clause=CLAUSE, branch="partial", state=State.PROPOSED)
        .order_by("amount")
        .first()
    )
    person, subject = found.person, found.open_subject()
    dossier = Dossier.objects.select_related("run").get(person=person)
    held = held_of(dossier)
    rows = [
        {
            "key": row["degree_enrolment"],
            "as_of": row["as_of"],
            "own": {
                name: None if name == "discounted_tuition" else row[name]
                for name in held.kinds["degree_enrolment"].facts
            },
            "at": None,
        }
        for row in held.subjects["degree_enrolment"]
    ]
    plain = {name: value for name, value in held.facts.items() if name not in ("worker", "as_of")}
    text = body_text(
        json.dumps(plain, default=str), json.dumps(dict(held.points), default=str),
        json.dumps({"degree_enrolment": rows}, default=str), "null", "null", held.worker,
    )  # fmt: skip
    dossier.body, dossier.body_hash = pack_body(text), body_hash(text)
    dossier.save()
    Entitlement.objects.filter(pk=found.pk).update(state=State.LAPSED)
    account = worker_account(person)
    bank = add_bank_account(
        person=person, number="6222020000000001586", holder=person.name, bank="示例银行", by=account, at=NOW
    )
    return {
        "person": person,
        "clause": CLAUSE,
        "subject": subject,
        "by": account,
        "at": NOW,
        "bank_account": bank,
    }


def test_only_what_is_missing_is_asked(unknown):
    dossier = Dossier.objects.select_related("run").get(person=unknown["person"])
    asked = asks(held_of(dossier), law_of_run(dossier.run), CLAUSE, unknown["subject"])
    assert [(fact.name, fact.type, fact.unit) for fact in asked] == [
        ("discounted_tuition", "decimal", "yuan")
    ]


def test_an_answer_makes_an_application_for_an_officer_and_twice_is_once(unknown):
    given = {"discounted_tuition": Decimal("4000.00")}
    made = apply(**unknown, claims=given)
    assert (made.state, made.amount) == (State.CONFIRMED, Decimal("3000.00"))
    assert apply(**unknown, claims=given) == made
    assert Entitlement.objects.filter(clause=CLAUSE, person=unknown["person"]).count() == 1
    assert [step.move for step in made.steps.all()].count("confirm") == 1


def test_without_the_answer_it_says_what_is_needed(unknown):
    with pytest.raises(JigongError, match="still needed"):
        apply(**unknown, claims={})


def test_what_was_given_up_is_not_quietly_submitted(unknown):
    made = apply(**unknown, claims={"discounted_tuition": Decimal("4000.00")})
    withdraw(entitlement=made.pk, by=unknown["by"], at=NOW)
    with pytest.raises(JigongError, match="gave this up"):
        apply(**unknown, claims={"discounted_tuition": Decimal("4000.00")})


def test_an_answer_never_replaces_what_a_department_reported(unknown):
    made = apply(
        **unknown, claims={"discounted_tuition": Decimal("4000.00"), "paid_before": Decimal("-9000.00")}
    )
    assert made.amount == Decimal("3000.00")
