"""Beginning a draft that adds a clause to the law."""

from datetime import date, datetime

from django.db import transaction

from jigong.accounts.enums import Permission
from jigong.accounts.models import Account
from jigong.audit.days import day_of
from jigong.delivery.models import Entitlement
from jigong.kernel.problems import JigongError, error
from jigong.packs.pack import Pack
from jigong.services.publishing.beginnings import Beginning, blank, copied
from jigong.services.publishing.checks import basis_id
from jigong.services.publishing.enums import DraftKind, DraftState
from jigong.services.publishing.files import checked_id, topic_of
from jigong.services.publishing.layer import NOTHING
from jigong.services.publishing.models import Draft, Edit
from jigong.services.publishing.queries import book, head
from jigong.services.publishing.reach import reaches
from jigong.services.publishing.steps import one_at_a_time, step


@transaction.atomic
def create_clause(
    *, clause: str, zh: str, en: str, office: str, like: str | None, by: Account, at: datetime, on: date
) -> Draft:
    """Begin a draft of a new clause of ``office``, as a copy of clause ``like`` or as a form to fill in.

    Raises:
        JigongError: the id cannot be one or is taken, a name is missing, there is no such office or clause, or
            ``by`` may not draft for the office.
    """
    one_at_a_time()
    newest = head()
    pack, rules = book(newest.folder, newest.pack_hash)
    _free(checked_id(clause), office, pack)
    if not zh.strip() or not en.strip():
        raise error("须写明中英文名称", "both names are needed", remedy=("填写两个名称", "enter both"))
    if office not in pack.offices or not reaches(by, office, Permission.DRAFT_LAW):
        raise error(
            "您不能为这个部门起草", "you may not draft for this office", remedy=("选自己的部门", "choose your own")
        )  # fmt: skip
    if like is not None and like not in pack.clauses:
        raise error(f"现行政策里没有条款 {like}", f"the law has no clause {like}", remedy=("从列表里选", "choose from the list"))  # fmt: skip
    draft = Draft.objects.create(
        kind=DraftKind.NEW, office=office, clause=clause, base_hash=newest.pack_hash,
        in_force_on=max(on, newest.in_force_on), created_by=by, created_at=at, updated_at=at,
    )  # fmt: skip
    new = Beginning(clause, zh.strip(), en.strip(), office, basis_id(draft), draft.in_force_on, day_of(at))
    texts = blank(new, pack) if like is None else copied(new, like, pack, rules)
    Edit.objects.bulk_create(
        Edit(draft=draft, kind=kind, target=clause, body=body, before=NOTHING) for kind, body in texts.items()
    )
    step(draft, "create", by=by, at=at, note=f"{clause} ← {like}" if like else clause)
    return draft


def _free(clause: str, office: str, pack: Pack) -> None:
    """Refuse an id that is or was another clause's: what people have under it would become this one's."""
    topic = f"{topic_of(clause)}."
    if clause in pack.clauses or any(name.startswith(topic) for name in pack.parameters):
        raise _taken(clause, "现行政策", "the law")
    waiting = (DraftState.DRAFTING, DraftState.SUBMITTED)
    if Draft.objects.filter(kind=DraftKind.NEW, clause=clause, state__in=waiting).exists():
        raise _taken(clause, "另一份草案", "another draft")
    if Entitlement.objects.filter(clause=clause).exclude(office=office).exists():
        raise _taken(clause, "其他部门从前的条款", "a former clause of another office")


def _taken(clause: str, zh: str, en: str) -> JigongError:
    return error(
        f"编号 {clause} 已用于{zh}",
        f"the id {clause} is used by {en}",
        remedy=("换一个编号", "choose another"),
    )
