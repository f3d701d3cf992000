"""Setting a waiting row aside takes two people of its department; what waits too long stands first, and on the home page."""

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import Error, transaction
from django.urls import reverse
from django.utils import timezone
from tests.web.lake_words import lake, said
from tests.web.office_site import Site, site

from jigong.accounts.enums import OrganisationKind, Role
from jigong.accounts.humans import set_number
from jigong.accounts.models import Account, Membership, Organisation
from jigong.audit.models import Entry
from jigong.dossiers.law import current_run, law_of_run
from jigong.kernel.problems import JigongError
from jigong.lake.waiting import WaitingRow
from jigong.portals.office.quarantined import wrong_rows
from jigong.portals.office.setting_aside import ProposalForm
from jigong.services.setting_aside import actions
from jigong.services.setting_aside.enums import Why
from jigong.services.setting_aside.models import Answer, Proposal
from jigong.services.setting_aside.queries import place_of, waiting_rows

pytestmark = pytest.mark.django_db
FIRST, SECOND = "demo-officer-union", "demo-approver-union"


@pytest.fixture
def office(own_town: Path) -> Site:
    """The people of the demonstration, an officer of a department with data of its own, a second one of the union."""
    found = site()
    police = law_of_run(current_run()).pack.contracts["person"].department.zh
    for name, zh, role in (
        ("police", police, Role.OFFICER),
        ("union-auditor", "总工会", Role.AUDITOR),
        (SECOND, "总工会", Role.APPROVER),
    ):
        account = found.who.get(name) or Account.objects.create(username=name)
        set_number(account, name)
        bureau = Organisation.objects.get(kind=OrganisationKind.BUREAU, zh=zh)
        Membership.objects.get_or_create(account=account, organisation=bureau, role=role)
        found.who[name] = Account.objects.get(pk=account.pk)
    assert wrong_rows(lake(), "person")
    return found


def waits(name: str = "honour") -> list[WaitingRow]:
    return [row for row in waiting_rows(lake()) if row.class_name == name]


def form(row: WaitingRow, **given: str) -> dict[str, Any]:
    return {
        "batch": row.batch,
        "file": row.file,
        "line": row.line,
        "why": "nobody",
        "text": "户籍查无此人",
        **given,
    }


def page(office: Site, who: str) -> Any:
    return office.browser(who).get(reverse("office:quarantined", args=["honour"]))


def proposed(office: Site, row: WaitingRow) -> Proposal:
    address = reverse("office:propose_aside", args=["honour"])
    assert office.browser(FIRST).post(address, form(row)).status_code == 302
    return Proposal.objects.get()


def test_two_people_set_a_row_aside_and_its_people_are_decided_anew(office: Site) -> None:
    row, before = waits()[0], lake().snapshot().id
    proposal = proposed(office, row)
    assert lake().snapshot().id == before
    # Once more is the same proposal.
    proposed(office, row)
    answer = reverse("office:answer_aside", args=["honour", proposal.pk])
    refused = office.browser(FIRST).post(answer, {"answer": "confirm"})
    assert refused.status_code == 422
    assert "两个人" in refused.content.decode()
    assert [may for _, _, may in page(office, FIRST).context["proposed"]] == [False]
    shown = page(office, SECOND)
    assert [may for _, _, may in shown.context["proposed"]] == [True]
    assert "户籍查无此人" in shown.content.decode()
    home = office.browser(SECOND).get(reverse("office:home")).content.decode()
    assert "不再等待的行待确认" in home
    assert "不再等待的行待确认" not in office.browser(FIRST).get(reverse("office:home")).content.decode()
    assert office.browser(SECOND).post(answer, {"answer": "confirm"}).status_code == 302
    assert row.line not in {one.line for one in waits()}
    (aside,) = lake().batches()[-1].aside
    assert (aside.class_name, aside.file, aside.line) == ("honour", row.file, row.line)
    assert aside.reason == "查无此人或此单位：户籍查无此人"
    lines = Entry.objects.filter(object_kind="set_aside").order_by("id")
    assert [line.action for line in lines] == ["lake.propose_set_aside", "lake.confirm_set_aside"]
    assert all("户籍查无此人" in line.reason for line in lines)
    assert "已不再等待" in page(office, FIRST).content.decode()
    # Answered is answered.
    after = lake().snapshot().id
    office.browser(SECOND).post(answer, {"answer": "confirm"})
    assert (lake().snapshot().id, Answer.objects.count()) == (after, 1)


def test_a_record_that_a_delivery_left_out_has_no_line_and_may_be_set_aside() -> None:
    assert ProposalForm(
        {"batch": "b", "file": "f.csv", "line": "-1", "why": "nobody", "text": "x"}
    ).is_valid()


def test_a_declined_row_goes_on_waiting_and_may_be_proposed_again(office: Site) -> None:
    row = waits()[0]
    proposal = proposed(office, row)
    answer = reverse("office:answer_aside", args=["honour", proposal.pk])
    assert office.browser(SECOND).post(answer, {"answer": "decline"}).status_code == 422
    office.browser(SECOND).post(answer, {"answer": "decline", "text": "再查一次档案"})
    assert row.line in {one.line for one in waits()}
    assert "再查一次档案" in page(office, FIRST).content.decode()
    assert Entry.objects.get(action="lake.decline_set_aside").reason == "再查一次档案"
    address = reverse("office:propose_aside", args=["honour"])
    office.browser(FIRST).post(address, form(row))
    assert Proposal.objects.count() == 2
    # Neither table can be changed afterwards.
    for table in (Proposal.objects, Answer.objects):
        with pytest.raises(Error), transaction.atomic():
            table.update(text="x")


def test_a_row_that_came_right_meanwhile_is_not_set_aside(office: Site) -> None:
    contract = lake().contracts["honour"]
    row = next(one for one in waits() if [fault.reason for fault in one.faults] == ["enum"])
    proposal = proposed(office, row)
    column = contract.column(row.faults[0].columns[0])
    right = {name: cell or "" for name, cell in (row.row or {}).items()} | {
        column.name: column.values[0].value
    }
    assert said("honour", right).accepted == 1
    before = lake().snapshot().id
    answer = reverse("office:answer_aside", args=["honour", proposal.pk])
    told = office.browser(SECOND).post(answer, {"answer": "confirm"}, follow=True)
    assert "已经接入或被新的报送替代" in told.content.decode()
    assert lake().snapshot().id == before
    assert not Answer.objects.exists()
    assert not page(office, SECOND).context["proposed"]


def test_only_officers_of_the_classs_own_department(office: Site) -> None:
    row = waits()[0]
    proposal = proposed(office, row)
    address = reverse("office:propose_aside", args=["honour"])
    answer = reverse("office:answer_aside", args=["honour", proposal.pk])
    # The other department's officer has rows of their own, and answers only those.
    for name, status in (
        ("police", 404),
        ("union-auditor", 403),
        ("demo-auditor", 403),
        ("demo-operator", 403),
    ):
        browser = office.browser(name)
        assert browser.post(address, form(waits()[1])).status_code == status
        assert browser.post(answer, {"answer": "confirm"}).status_code == status
    for act in (
        lambda by: actions.propose(lake=lake(), place=place_of(row), why=Why.OTHER, text="x", by=by, at=timezone.now()),
        lambda by: actions.confirm(lake=lake(), proposal=proposal.pk, by=by, at=timezone.now()),
        lambda by: actions.decline(lake=lake(), proposal=proposal.pk, text="x", by=by, at=timezone.now()),
    ):  # fmt: skip
        with pytest.raises(JigongError):
            act(office.who["police"])
    # A proposal is reached under its own class only.
    other = reverse("office:answer_aside", args=["person", proposal.pk])
    assert office.browser("police").post(other, {"answer": "confirm"}).status_code == 404
    assert not Answer.objects.exists()
    for name, may in ((FIRST, True), ("union-auditor", False), ("demo-auditor", False)):
        assert (address in page(office, name).content.decode()) == may


def test_a_proposal_says_why(office: Site) -> None:
    address = reverse("office:propose_aside", args=["honour"])
    for wrong in ({"why": ""}, {"why": "because"}, {"text": " "}, {"line": "x"}):
        assert office.browser(FIRST).post(address, form(waits()[0], **wrong)).status_code == 422
    office.browser(FIRST).post(address, form(waits()[0], line="999999"))
    assert not Proposal.objects.exists()


def test_what_waits_too_long_stands_first_and_on_the_home_page(
    office: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    contract = lake().contracts["honour"]
    known = lake().snapshot().known_on
    days = law_of_run(current_run()).pack.days_for("waiting_row")
    late = date.fromordinal(known.toordinal() + days + 3)
    home = office.browser(FIRST).get(reverse("office:home"))
    (number,) = [one for one in home.context["numbers"] if one.label.zh == "问题数据"]
    own = {n for n, c in lake().contracts.items() if c.department == contract.department}
    waiting = [row for row in waiting_rows(lake()) if row.class_name in own]
    assert (number.late, number.count.count) == (0, len(waiting))
    monkeypatch.setattr(settings, "JIGONG", replace(settings.JIGONG, today=late))
    home = office.browser(FIRST).get(reverse("office:home"))
    (number,) = [one for one in home.context["numbers"] if one.label.zh == "问题数据"]
    assert number.late == number.count.count == len(waiting) > 0
    # A fresh one is not late, and comes after those that are.
    said("honour", {column.name: "=" for column in contract.columns}, file="-new", day=late)
    rows = [row for row, *_ in page(office, FIRST).context["rows"]]
    assert ((late - rows[0].due).days, rows[-1].due > late) == (3, True)
    assert rows[-1].file == "honour-new.csv"
    assert "逾期 3 天" in page(office, FIRST).content.decode()


def test_a_lost_cell_waits_apart(office: Site) -> None:
    """Its record is in, and only the cell is unknown; it may be set aside like a row."""
    (row,) = [one for one in waits("person") if one.cells][:1]
    browser = office.browser("police")
    overview = browser.get(reverse("office:quarantine"))
    (one,) = [
        o for _, ones, _ in overview.context["departments"] for o in ones if o.contract.name == "person"
    ]
    assert (one.waiting, one.cells) == (
        sum(not w.cells for w in waits("person")),
        sum(bool(w.cells) for w in waits("person")),
    )
    shown = browser.get(reverse("office:quarantined", args=["person"]))
    (cell,) = [r for r, *_ in shown.context["rows"] if (r.file, r.line) == (row.file, row.line)]
    assert cell.cell
    assert "只丢了这一格" in shown.content.decode()
    assert "记录已接收，只有这一格未知" in shown.content.decode()


def test_the_list_tells_rows_apart_and_the_home_page_counts_as_it_does(office: Site) -> None:
    shown = page(office, FIRST)
    rows = shown.context["rows"]
    assert all(key for one, key, _ in rows if one.line > 0)
    assert [one.due for one, _, _ in rows] == sorted(one.due for one, _, _ in rows)
    overview = office.browser(FIRST).get(reverse("office:quarantine")).context
    home = office.browser(FIRST).get(reverse("office:home")).context["numbers"]
    number = next(one for one in home if one.label.zh == "问题数据")
    assert number.count.count == overview["waiting"] + overview["cells"]
    assert not overview["cells"] or f"其中 {overview['cells']} 行只丢了一格" in number.hint.zh
