"""A worker's situation, read in two queries: what is held, what the law makes of it, what has come of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache, partial
from typing import Any

from jigong.accounts.models import Account, Person
from jigong.delivery.models import Entitlement
from jigong.delivery.offers import subject_hash
from jigong.dossiers.evidence import withdrawn_records
from jigong.dossiers.law import held_of, law_of_run
from jigong.dossiers.models import Dossier, LoadedRun
from jigong.insight.explain import Explained, explain_clause, explain_held
from jigong.insight.held import Held
from jigong.insight.law import Law
from jigong.kernel.problems import error
from jigong.portals.kit.lawbook import Lawbook, book_of
from jigong.portals.worker.reads import Reader, entitlements_of, reader_of

REFERENCE = 16
"""Characters of a keyed hash that stand for a subject in an address: its key is nobody's business."""


@dataclass(frozen=True)
class Situation:
    """Everything the worker's pages show, for one worker."""

    reader: Reader
    dossier: Dossier
    held: Held
    law: Law
    book: Lawbook
    entitlements: Sequence[Entitlement]
    """The newest first."""

    @property
    def person(self) -> Person:
        """Whose it is."""
        return self.reader.person

    @cached_property
    def explained(self) -> tuple[Explained, ...]:
        """Every clause in force, for each of the worker's subjects."""
        return explain_held(self.held, self.law).clauses

    def of_clause(self, clause: str) -> list[Explained]:
        """One clause for each subject."""
        withdrawn = partial(withdrawn_records, self.law.pack)
        return explain_clause(self.held, self.law, clause, withdrawn=withdrawn)

    def entitlements_of(self, clause: str, subject: str | None) -> list[Entitlement]:
        """What has come of one clause for one subject, the newest first."""
        if subject is None:
            return [found for found in self.entitlements if found.clause == clause]
        wanted = subject_hash(subject)
        return [e for e in self.entitlements if e.clause == clause and e.subject_hash == wanted]

    def row(self, kind: str, key: str | None) -> dict[str, Any]:
        """The facts of one subject with the worker's points, as rules read them."""
        rows = self.held.subjects.get(kind, ())
        found = next((row for row in rows if row[kind] == key), {})
        return self.held.read(found)

    def subject(self, kind: str, reference: str) -> str | None:
        """The key of the worker's subject of a kind that ``reference`` stands for; None if they have none such."""
        rows = self.held.subjects.get(kind, ())
        return next((row[kind] for row in rows if reference_of(row[kind]) == reference), None)


def situation_of(account: Account) -> Situation:
    """The situation of the worker behind an account.

    Raises:
        JigongError: no data about them have come yet.
    """
    reader = reader_of(account.person_id) if account.person_id is not None else None
    if reader is None or reader.dossier is None:
        raise error(
            "还没有收到您的数据",
            "no data about you have come yet",
            remedy=(
                "各部门的数据每天更新；刚入职或刚来本区的，请过几天再看，或请单位人事核对您的身份号码",
                "the departments deliver every day; if you have just come, look again in a few days, or ask HR to check your number",
            ),
        )
    dossier = reader.dossier
    dossier.run = run_of(dossier.run_id)
    law = law_of_run(dossier.run)
    entitlements = entitlements_of(reader.person.pk)
    return Situation(reader, dossier, held_of(dossier), law, book_of(law), entitlements)


@lru_cache(maxsize=8)
def run_of(pk: int) -> LoadedRun:
    """A run that was loaded. What it says never changes (only whether it is the current one, which nobody asks here)."""
    return LoadedRun.objects.get(pk=pk)


def reference_of(subject: str) -> str:
    """What stands for a subject in an address."""
    return subject_hash(subject)[:REFERENCE]
