"""Sealing everything anew after the data key, or the cipher, was changed. The site may run meanwhile.

What is sealed as it should be is passed over, so that it may be stopped and begun again at any time. No row is
waited for, and a value is only replaced where it still is what was read: what the site is just changing is left
for the next pass.

Tables that only grow refuse any change, and keep their values as they are. The keys that open them are then kept in
the database, sealed with the present one, so that the site need not be told them any longer.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import Model

from jigong.accounts.cipher import KEPT_KEY, keep_key, reseal
from jigong.accounts.humans import NUMBER
from jigong.accounts.models import Account, BankAccount, DataKey, FormerMobile, Person, SignInCode
from jigong.accounts.second_factor import reseal_factors
from jigong.audit.actions import record
from jigong.credentials.models import Credential, SigningKey
from jigong.delivery.lottery.models import Entrant
from jigong.delivery.models import Basis, Entitlement
from jigong.delivery.payments.models import PayingAccount
from jigong.delivery.replay.models import STATEMENT, Adjustment, Statement
from jigong.dossiers.models import Dossier
from jigong.kernel.problems import JigongError
from jigong.services.access_tokens.models import KeptAnswer
from jigong.services.cases.models import Case, Said
from jigong.services.notices.models import TEXT, Notice
from jigong.services.reporting.models import Report

AT_ONCE = 500
"""Rows."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """A column of sealed values. ``{pk}`` in its context stands for the row's key."""

    model: type[Model]
    column: str
    context: str
    fixed: bool = False
    """Whether its table only grows."""

    @property
    def name(self) -> str:
        """Table and column."""
        return f"{self.model._meta.db_table}.{self.column}"


COLUMNS = (
    Sealed(DataKey, "sealed", KEPT_KEY),
    Sealed(Person, "number", "person.number"),
    Sealed(Person, "mobile", "person.mobile"),
    Sealed(FormerMobile, "mobile", "person.mobile"),
    Sealed(Account, "number", NUMBER),
    Sealed(BankAccount, "number", "bank.number"),
    Sealed(SignInCode, "mobile", "sign-in.mobile"),
    Sealed(Dossier, "body", "dossier.body"),
    Sealed(SigningKey, "private", "credentials.key.{pk}"),
    Sealed(Credential, "claims", "credential.claims"),
    Sealed(Entitlement, "subject", "entitlement.subject"),
    Sealed(Entrant, "subject", "entitlement.subject", fixed=True),
    Sealed(Basis, "body", "basis.body", fixed=True),
    Sealed(Adjustment, "body", "adjustment.body"),
    Sealed(Statement, "text", STATEMENT),
    Sealed(PayingAccount, "number", "paying_account.number", fixed=True),
    Sealed(Case, "subject", "case.text"),
    Sealed(Case, "text", "case.text"),
    Sealed(Case, "claimed", "case.text"),
    Sealed(Said, "body", "case.difference", fixed=True),
    Sealed(Notice, "body", TEXT),
    Sealed(Report, "rows", "report.rows"),
    Sealed(Report, "faults", "report.faults"),
    Sealed(KeptAnswer, "body", "api.answer"),
)


@dataclass(frozen=True, slots=True)
class Done:
    """What a pass did with one column."""

    name: str
    values: int
    sealed: int
    """Sealed anew."""
    left: int
    """Just being changed by somebody else; the next pass looks at them."""
    unreadable: int
    """None of the site's keys opens them."""
    kept: int = 0
    """In a table that only grows, with another key or cipher than the present; they stay so."""


def reseal_all(*, at: datetime, at_once: int = AT_ONCE) -> Iterator[Done]:
    """One pass over everything that is sealed; what it did goes on the record."""
    total = 0
    for column in COLUMNS:
        done = _column(column, at_once)
        if done.kept:
            for key in settings.JIGONG.old_data_keys:
                keep_key(key)
        total += done.sealed
        yield done
    factors = Done("mfa_authenticator.data", *reseal_factors())
    yield factors
    record("accounts.reseal", by=None, at=at, detail={"sealed": total + factors.sealed})


def _column(column: Sealed, at_once: int) -> Done:
    values = sealed = left = unreadable = kept = 0
    after: Any = None
    while rows := _rows(column, after, at_once):
        after = rows[-1][0]
        values += len(rows)
        renewed = []
        for pk, held in rows:
            try:
                new = reseal(held, column.context.format(pk=pk))
            except JigongError:
                unreadable += 1
                continue
            if new is not None and column.fixed:
                kept += 1
            elif new is not None:
                renewed.append((pk, bytes(held), new))
        written = _write(column, renewed) if renewed else 0
        sealed += written
        left += len(renewed) - written
    return Done(column.name, values, sealed, left, unreadable, kept)


def _rows(column: Sealed, after: Any, at_once: int) -> Sequence[tuple[Any, memoryview]]:
    """The next rows whose value is neither absent nor empty."""
    found = column.model._base_manager.exclude(**{column.column: None}).exclude(**{column.column: b""})
    if after is not None:
        found = found.filter(pk__gt=after)
    return list(found.order_by("pk").values_list("pk", column.column)[:at_once])


def _write(column: Sealed, renewed: Sequence[tuple[Any, bytes, bytes]]) -> int:
    """Replace the values that are still as they were read; gives how many.

    Locks are taken without waiting, so that nobody ever waits for this and for whom it waits at once.
    """
    meta = column.model._meta
    assert meta.pk is not None
    quote = connection.ops.quote_name
    table, key, name = quote(meta.db_table), quote(str(meta.pk.column)), quote(column.column)
    kind = str(meta.pk.rel_db_type(connection))
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH given AS (SELECT * FROM unnest(%s::{kind}[], %s::bytea[], %s::bytea[]) AS g (pk, old, new)),"
            f" free AS (SELECT t.{key} AS pk FROM {table} t JOIN given ON t.{key} = given.pk"
            f" FOR NO KEY UPDATE OF t SKIP LOCKED)"
            f" UPDATE {table} t SET {name} = given.new FROM given JOIN free USING (pk)"
            f" WHERE t.{key} = given.pk AND t.{name} = given.old",
            [list(part) for part in zip(*renewed, strict=True)],
        )
        return int(cursor.rowcount)
