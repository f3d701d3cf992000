"""The credentials of a person, and one by its id."""

import uuid
from dataclasses import dataclass
from datetime import date, datetime

from jigong.accounts.models import Person
from jigong.credentials.enums import Standing
from jigong.credentials.models import Credential
from jigong.dossiers.law import current_run, law_of_run
from jigong.kernel.text import Text
from jigong.packs.pack import Pack

GONE_FROM_DATA = Text(
    "数据里已没有这条记录，或内容有更正", "The data no longer have this record, or it was corrected"
)


@dataclass(frozen=True, slots=True)
class HeldCredential:
    """A credential as its holder, or whoever scans a printed one, sees it."""

    id: uuid.UUID
    kind: str
    kind_label: Text
    name: Text
    awarded_on: date
    until: date | None
    issued_at: datetime
    standing: Standing
    revoked_at: datetime | None
    reason: Text | None
    """Why it was revoked."""


def credentials_of(person: Person) -> list[HeldCredential]:
    """Those that count on the day of the current run, the newest award first; then those that do not."""
    run = current_run()
    pack = law_of_run(run).pack
    found = Credential.objects.filter(person=person, kind__in=pack.credentials).defer("claims")
    held = [_held(credential, pack, run.as_of) for credential in found.order_by("-awarded_on", "id")]
    return sorted(held, key=lambda one: one.standing != Standing.VALID)


def credential_of(person: Person, id_: uuid.UUID) -> Credential | None:
    """The person's own credential with this id, of a kind the pack still has."""
    kinds = law_of_run(current_run()).pack.credentials
    return Credential.objects.filter(person=person, pk=id_, kind__in=kinds).first()


def find(id_: uuid.UUID) -> tuple[Credential, HeldCredential] | None:
    """Anybody's credential, for whoever has its address."""
    run = current_run()
    pack = law_of_run(run).pack
    found = Credential.objects.select_related("person").filter(pk=id_, kind__in=pack.credentials).first()
    return None if found is None else (found, _held(found, pack, run.as_of))


def achieved(kind: str, code: str) -> Credential | None:
    """Any credential for an achievement, to describe the achievement by."""
    return Credential.objects.filter(kind=kind, achievement=code).order_by("issued_at").first()


def _held(credential: Credential, pack: Pack, today: date) -> HeldCredential:
    standing, reason = Standing.VALID, None
    if credential.revoked_at is not None:
        standing = Standing.REVOKED
        written = credential.revoked_reason
        reason = Text(written, written) if written else GONE_FROM_DATA
    elif credential.until is not None and credential.until < today:
        standing = Standing.EXPIRED
    return HeldCredential(
        credential.pk,
        credential.kind,
        pack.credentials[credential.kind].value.label,
        Text(credential.zh, credential.en),
        credential.awarded_on,
        credential.until,
        credential.issued_at,
        standing,
        credential.revoked_at,
        reason,
    )
