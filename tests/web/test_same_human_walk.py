"""Every address of the office and of the accounts, sent by another account of the human who acted before.

What waits for a second person is made by the first; then each address is sent every word a form of the site knows. A
stranger is the second person at some of them, which shows that the walk gets there. The first human's other account,
with every role there is, is so at none. An address that is added is walked by itself.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.test import Client
from django.utils import timezone
from tests.web.office_site import confirmed
from tests.web.test_url_walk import ALL, PART, Address
from walk_made import NOW, Scene

from jigong.accounts.enums import Role
from jigong.accounts.humans import set_number
from jigong.accounts.models import Account, FactorReset, Membership, Organisation
from jigong.audit.models import Entry
from jigong.delivery import holds
from jigong.delivery.actions import review
from jigong.delivery.lottery import events
from jigong.delivery.lottery.enums import EventKind
from jigong.delivery.models import Entitlement
from jigong.delivery.replay.models import Adjustment
from jigong.delivery.states import State
from jigong.services.publishing.models import Draft

pytestmark = pytest.mark.django_db
SECOND = {
    "delivery.approve": "office:move",
    "payments.release": "office:act_on_batch",
    "payments.confirm_returns": "office:answer_return",
    "ledger.confirm_change": "office:answer_budget",
    "replay.upheld": "office:answer_recovery",
    "replay.dismissed": "office:answer_recovery",
    "sampling.conclude": "office:conclude",
    "lottery.commit": "office:lottery_step",
    "lake.confirm_set_aside": "office:answer_aside",
    "publishing.approve": "office:law_move",
    "accounts.reset_second_factor": "access:reset",
}
"""What a second person does, by its line in the record, and one of the addresses where."""
REACHED = {
    "delivery.approve",
    "payments.release",
    "replay.dismissed",
    "sampling.conclude",
    "accounts.reset_second_factor",
}
"""What a stranger can do with the things of this scene; the others are refused to anybody for what the things lack."""
NUMBER = "the first human"
WORDS = {
    "slug:move": ("approve", "review", "hand_over", "correct", "revoke"),
    "slug:step": ("commit", "confirm", "publish"),
    "slug:kind": ("approve", "review"),
}
"""What stands for a word in an address, beside the scene's own."""


class Waiting:
    """The scene, with things that wait for a second person; whoever acted on them is one human."""

    def __init__(self) -> None:
        self.scene = scene = Scene()
        for name in ("officer here", "approver here", "finance", "operator"):
            set_number(scene.named(name), NUMBER)
        first = scene.named("officer here")
        # There is a case for the addresses of cases, and the entitlement goes on as if there were none.
        due = Entitlement.objects.get(pk=scene.case.entitlement_id)
        holds.lift(due, at=NOW)
        due.state = State.PROPOSED
        due.save()
        scene.entitlement = due
        self.due = confirmed(scene.entitlement)
        if self.due.state == "confirmed":
            self.due = review(entitlement=self.due.pk, by=first, at=NOW)
        else:
            self.due.steps.create(at=NOW, by=first, move="review", to_state="passed")
        scene.entitlement = self.due
        self.batch, self.audit, self.proposal = scene.batch, scene.audit, scene.proposal
        events.add(scene.lottery, EventKind.PREPARE, by=first, at=NOW, detail={})
        Draft.objects.filter(pk=scene.draft).update(state="submitted", source_zh="x", source_en="x")
        Adjustment.objects.filter(pk=scene.adjustment.pk).update(
            direction="recovery", state="appealed", decided_by=scene.named("approver here"), hear_until=date(2023, 1, 1)
        )  # fmt: skip
        FactorReset.objects.create(
            account_id=scene.other_staff.account_id, asked_by=scene.named("operator"), asked_at=timezone.now(),
            expires_at=timezone.now() + timedelta(hours=1),
        )  # fmt: skip

    def everything(self, name: str, number: str) -> Account:
        """An account with every role of staff, in the office and in the district."""
        account = Account.objects.create(username=name, password=make_password(None))
        set_number(account, number)
        places = [self.scene.department, Organisation.objects.get(kind="district")]
        for place in places:
            for role in set(Role) - {Role.HR}:
                Membership.objects.create(account=account, organisation=place, role=role)
        return Account.objects.get(pk=account.pk)

    def forms(self, address: Address) -> Iterator[tuple[str, dict[str, str]]]:
        """Every way to fill an address, and what is sent to it."""
        parts: dict[str, list[str]] = {}
        sends: dict[str, str] = {}
        for part in PART.finditer(address.route):
            thing = self.scene.thing(address.route[: part.end()], part[2])
            assert thing is not None, address.route
            sends |= thing.sends
            parts[part[0]] = [str(thing.value), *WORDS.get(part[0].strip("<>"), ())]
        wheres = [address.route]
        for part_, values in parts.items():
            wheres = [where.replace(part_, value, 1) for where in wheres for value in values]
        due = Entitlement.objects.get(pk=self.due.pk)
        draft = Draft.objects.get(pk=self.scene.draft)
        base = {
            **sends, "reason": "核对无误", "text": "核对无误", "note": "", "edition": str(draft.edition), "finding": "right",
            "version": str(due.version), "item": f"{due.pk}:{due.version}", "typed": "0" * 8, "confirm": "1", "seed": "1",
        }  # fmt: skip
        for where in wheres:
            for words in ({"answer": "confirm"}, {"answer": "dismiss", "act": "release", "move": "approve"}, {"answer": "accept"}):  # fmt: skip
                yield "/" + where, base | words


def did(client: Client, where: str, sends: dict[str, str]) -> set[str]:
    """What of a second person's acts a form led to; nothing of it stays."""
    with transaction.atomic():
        before = Entry.objects.order_by("-id").values_list("id", flat=True).first() or 0
        response = client.post(where, sends)
        if response.streaming:
            list(response.streaming_content)
        done = set(Entry.objects.filter(id__gt=before).values_list("action", flat=True))
        transaction.set_rollback(True)
    return done & set(SECOND)


def test_the_same_human_is_nowhere_the_second_person() -> None:
    waiting = Waiting()
    twin, stranger = waiting.everything("twin", NUMBER), waiting.everything("stranger", "somebody else")
    done: dict[str, dict[str, set[Any]]] = {"twin": {}, "stranger": {}}
    for account in (twin, stranger):
        client = Client(raise_request_exception=False)
        client.force_login(account)
        for address in ALL:
            if address.portal in ("office", "access") and isinstance(address.access, tuple):
                for where, sends in waiting.forms(address):
                    for act in did(client, where, sends):
                        done[account.username].setdefault(act, set()).add(address.name)
    assert done["twin"] == {}
    assert set(done["stranger"]) >= REACHED, done["stranger"]
    for act in REACHED:
        assert SECOND[act] in done["stranger"][act]
