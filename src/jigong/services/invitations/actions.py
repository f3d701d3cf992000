"""Ask, remind, accept, decline."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F

from jigong.accounts.actions import give_consent
from jigong.accounts.models import Account, Consent, Organisation, Person
from jigong.audit.actions import record
from jigong.kernel.problems import error
from jigong.kernel.text import Text
from jigong.services.invitations.enums import PURPOSE_LABELS, PURPOSE_SEES, Purpose, State
from jigong.services.invitations.models import Invitation
from jigong.services.notices.actions import Told, tell, withdraw
from jigong.services.notices.enums import Kind, Place

REMIND_AFTER = timedelta(days=7)
"""Nobody is reminded more often."""
QUIET_AFTER_NO = timedelta(days=90)
"""After a refusal an enterprise does not ask the same again for so long."""
_ABOUT = "invitation"


@dataclass(frozen=True, slots=True)
class Asked:
    """What came of asking many: how many were asked, reminded, and left alone (consented, refused, asked lately)."""

    asked: int
    reminded: int
    left: int


@transaction.atomic
def invite(
    *,
    organisation: Organisation,
    people: Collection[int],
    purposes: Collection[Purpose],
    by: Account,
    at: datetime,
) -> Asked:
    """Ask each of these people (ids) for each purpose; those asked a week ago or longer are reminded.

    People who are not employed by the organisation now are left out, whoever named them. Asking again changes nothing.
    """
    employed = set(
        Person.objects.filter(pk__in=people, employer=organisation)
        .select_for_update()
        .values_list("pk", flat=True)
    )
    consents = Consent.objects.filter(organisation=organisation, person__in=employed).order_by("given_at")
    withdrawn = {
        (person, purpose): end
        for person, purpose, end in consents.values_list("person", "purpose", "withdrawn_at")
    }
    newest = {
        (row.person_id, row.purpose): row
        for row in Invitation.objects.filter(organisation=organisation, person__in=employed).order_by("id")
    }
    new, reminded = [], []
    for person in sorted(employed):
        for purpose in purposes:
            before = newest.get((person, purpose))
            if withdrawn.get((person, purpose), at) is None or _lately(withdrawn.get((person, purpose)), at):
                continue
            if before is not None and before.state == State.OPEN:
                if at - (before.reminded_at or before.asked_at) >= REMIND_AFTER:
                    reminded.append(before)
                continue
            if before is not None and before.state == State.DECLINED and _lately(before.answered_at, at):
                continue
            new.append(Invitation(person_id=person, organisation=organisation, purpose=purpose, asked_at=at))
    Invitation.objects.bulk_create(new)
    for row in reminded:
        row.reminded_at = at
    Invitation.objects.bulk_update(reminded, ["reminded_at"])
    _tell([*new, *reminded], at)
    if new or reminded:
        record(
            "invitations.invite",
            by=by,
            at=at,
            object_kind="organisation",
            object_id=organisation.pk,
            detail={"asked": len(new), "reminded": len(reminded), "purposes": sorted(purposes)},
        )
    total = len(employed) * len(set(purposes))
    return Asked(len(new), len(reminded), total - len(new) - len(reminded))


def withdraw_of_leavers(*, at: datetime) -> None:
    """Take back the notices of invitations by an employer somebody has left: nobody can accept those. For the schedule."""
    left = Invitation.objects.filter(state=State.OPEN).exclude(organisation=F("person__employer"))
    withdraw(_ABOUT, list(left.values_list("pk", flat=True)), Kind.CONSENT, at=at)


def _tell(asked: Collection[Invitation], at: datetime) -> None:
    """Tell people what they are asked; a reminder takes the place of what it reminds of."""
    withdraw(_ABOUT, [row.pk for row in asked if row.reminded_at], Kind.CONSENT, at=at)
    tell(
        [
            Told(
                f"invitation:{row.pk}:{row.reminded_at or row.asked_at:%Y%m%dT%H%M%S}", Kind.CONSENT, (_ABOUT, row.pk),
                _asks(row), Place.CONSENTS, person=row.person_id, more=PURPOSE_SEES[Purpose(row.purpose)],
            )
            for row in asked
        ],
        at=at,
    )  # fmt: skip


def _asks(row: Invitation) -> Text:
    who, what = row.organisation.label, PURPOSE_LABELS[Purpose(row.purpose)]
    return Text(f"{who.zh}请您授权：{what.zh}", f"{who.en} asks for your consent: {what.en}")


def _lately(no: datetime | None, at: datetime) -> bool:
    """Whether a refusal, or the end of a consent, is so recent that asking again would be pestering."""
    return no is not None and at - no < QUIET_AFTER_NO


@transaction.atomic
def accept(*, invitation: int, person: Person, by: Account, at: datetime) -> None:
    """The worker agrees: the employer sees what the purpose covers, until the worker withdraws it.

    Raises:
        JigongError: there is no such invitation for this person, or it was answered.
    """
    row = _open(invitation, person)
    if row.state == State.ACCEPTED:
        return
    give_consent(person=person, organisation=row.organisation, purpose=row.purpose, by=by, at=at)
    _answer(row, State.ACCEPTED, by, at)


@transaction.atomic
def decline(*, invitation: int, person: Person, by: Account, at: datetime) -> None:
    """The worker says no; the enterprise does not ask again for a quarter of a year.

    Raises:
        JigongError: there is no such invitation for this person, or it was answered.
    """
    row = _open(invitation, person)
    if row.state == State.DECLINED:
        return
    if row.state == State.ACCEPTED:
        raise error(
            "您已同意过这项邀请",
            "you have agreed to this already",
            remedy=("要停止授权，请在“我的数据”里撤回", "to stop it, withdraw the consent under “My data”"),
        )
    _answer(row, State.DECLINED, by, at)


def _open(invitation: int, person: Person) -> Invitation:
    row = (
        Invitation.objects.select_for_update(of=("self",))
        .select_related("organisation")
        .filter(pk=invitation, person=person, organisation=person.employer_id)
        .first()
    )
    if row is None:
        raise error(
            "这项邀请已不在了",
            "this invitation is no longer there",
            remedy=("它可能来自您已离开的单位", "it may come from an enterprise you have left"),
        )
    return row


def _answer(row: Invitation, state: State, by: Account, at: datetime) -> None:
    row.state = state
    row.answered_at = at
    row.save(update_fields=["state", "answered_at"])
    withdraw(_ABOUT, [row.pk], Kind.CONSENT, at=at)
    record(
        f"invitations.{state.value}",
        by=by,
        at=at,
        object_kind="invitation",
        object_id=row.pk,
        person=row.person_id,
        detail={"organisation": row.organisation_id, "purpose": row.purpose},
    )
