"""What the tests of a new clause share: staff, and a draft on its way."""

from datetime import UTC, date, datetime

from django.test import Client

from jigong.accounts.enums import Role
from jigong.accounts.humans import set_number
from jigong.accounts.models import Account, Membership, Organisation
from jigong.packs.reader import read_pack
from jigong.services.publishing import actions, adding, checks, drafting
from jigong.services.publishing.enums import CheckState, EditKind
from jigong.services.publishing.layer import clause_text
from jigong.services.publishing.models import Check, Draft, Version
from jigong.services.publishing.problems import from_json
from jigong.services.publishing.queries import head

AT = datetime(2023, 1, 1, 9, tzinfo=UTC)
TODAY = date(2023, 1, 1)
NEW = "night-transit"
CAP = "degree.associate_cap"
HOME = "/office/publishing/"


def staff(name: str, office: str, role: Role) -> Account:
    account, made = Account.objects.get_or_create(username=name)
    if made:
        set_number(account, name)
        Membership.objects.create(
            account=account, organisation=Organisation.objects.get(code=office), role=role
        )
    return account


def browser(account: Account) -> Client:
    client = Client()
    client.force_login(account)
    return client


def begun(by: Account, like: str | None = "transit", clause: str = NEW, office: str = "union") -> Draft:
    return adding.create_clause(
        clause=clause, zh="夜校交通补贴", en="Night school travel", office=office, like=like, by=by, at=AT, on=TODAY,
    )  # fmt: skip


def ordered(draft: Draft, by: Account) -> Draft:
    return drafting.settle(
        draft=draft.pk, edition=draft.edition, in_force_on=TODAY, source_zh="关于夜校的通知", source_en="",
        source_on=TODAY, by=by, at=AT,
    )  # fmt: skip


def rewritten(draft: Draft, by: Account, kind: EditKind, old: str, new: str) -> Draft:
    body = draft.edits.get(kind=kind).body
    assert old in body
    return drafting.set_text(
        draft=draft.pk, edition=draft.edition, kind=kind, text=body.replace(old, new), by=by, at=AT
    )


def capped(by: Account, value: str = "4000", from_: date = TODAY, on: date | None = None) -> Draft:
    """A draft that gives the cap of the associate grant another value."""
    draft = drafting.create_draft(clause="degree-associate", by=by, at=AT, on=TODAY)
    draft = retitled(draft, by, "关于调整资助上限的通知", on or from_)
    return drafting.set_value(
        draft=draft.pk, edition=draft.edition, name=CAP, text=value, from_=from_, note="", by=by, at=AT
    )


def retitled(draft: Draft, by: Account, title: str, on: date = TODAY) -> Draft:
    """The draft with another document."""
    return drafting.settle(
        draft=draft.pk, edition=draft.edition, in_force_on=on, source_zh=title, source_en="", source_on=TODAY,
        by=by, at=AT,
    )  # fmt: skip


def rewritten_clause(
    draft: Draft, by: Account, old: str, new: str, kind: EditKind = EditKind.CLAUSE
) -> Draft:
    """The draft with another word in a file of the clause in force."""
    body = clause_text(read_pack(head().folder), draft.clause, kind)
    assert old in body
    return drafting.set_text(
        draft=draft.pk, edition=draft.edition, kind=kind, text=body.replace(old, new, 1), by=by, at=AT
    )


def checked(draft: Draft, by: Account) -> Check:
    return checks.run_check(checks.start_check(draft=draft.pk, edition=draft.edition, by=by, at=AT).pk)


def published(draft: Draft, by: Account, second: Account) -> Version:
    check = checked(draft, by)
    assert check.state == CheckState.PASSED, [p.render("en") for p in from_json(check.problems)]
    actions.submit(draft=draft.pk, edition=draft.edition, by=by, at=AT)
    actions.approve(draft=draft.pk, edition=draft.edition, by=second, at=AT, on=TODAY)
    version = actions.due(on=TODAY, at=AT)
    assert version is not None
    return version


def rolled_back(by: Account, second: Account, number: int = 1) -> None:
    back = actions.roll_back(number=number, by=by, at=AT, on=TODAY, reason="误发")
    assert checked(back, by).state == CheckState.PASSED
    actions.submit(draft=back.pk, edition=back.edition, by=by, at=AT)
    actions.approve(draft=back.pk, edition=back.edition, by=second, at=AT, on=TODAY)
    assert actions.due(on=TODAY, at=AT) is not None


def said(draft: Draft) -> list[str]:
    return [problem.what.en for problem in from_json(checks.quick_problems(draft))]
