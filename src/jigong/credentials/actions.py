"""What an officer does with a credential."""

import uuid
from datetime import datetime

from django.db import transaction

from jigong.accounts.models import Account
from jigong.audit.actions import record
from jigong.credentials.models import Credential
from jigong.kernel.problems import error


@transaction.atomic
def revoke(*, credential: uuid.UUID, by: Account, at: datetime, reason: str) -> Credential:
    """It no longer counts; whoever reads the status list sees so. Revoking it again changes nothing.

    Raises:
        JigongError: no reason is given.
    """
    if not reason.strip():
        raise error(
            "撤销凭证须写明理由", "revoking a credential needs a reason", remedy=("写一句持有人能看懂的话", "write a sentence its holder can understand")
        )  # fmt: skip
    found = Credential.objects.select_for_update(of=("self",)).get(pk=credential)
    if found.revoked_at is not None:
        return found
    found.revoked_at, found.revoked_by, found.revoked_reason = at, by, reason
    found.save(update_fields=["revoked_at", "revoked_by", "revoked_reason"])
    record(
        "credentials.revoke", by=by, at=at, object_kind="credential", object_id=found.pk, person=found.person_id,
        reason=reason, detail={"kind": found.kind},
    )  # fmt: skip
    return found
