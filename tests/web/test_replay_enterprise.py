"""An enterprise's matter is decided again like a person's: with what became known since, and it says what changed."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from django.urls import reverse
from django.utils import timezone
from tests.web.office_site import site

from jigong.accounts.models import Account
from jigong.delivery.basis import freeze
from jigong.delivery.models import Entitlement
from jigong.delivery.replay.actions import accept
from jigong.delivery.replay.looking import look_again
from jigong.delivery.replay.models import Adjustment, AdjustmentState, Direction
from jigong.delivery.replay.queries import changes_of, redecide
from jigong.delivery.states import State
from jigong.dossiers.law import current_run, law_of_run
from jigong.lake.facts import build_facts
from jigong.lake.intake import take_in
from jigong.lake.lake import Lake
from jigong.lake.sources import FileSource

pytestmark = pytest.mark.django_db
NOW = timezone.now()
CLAUSE = "startup"


@pytest.fixture
def support() -> Entitlement:
    """What a start-up was given, and the bank has paid."""
    found = Entitlement.objects.filter(clause=CLAUSE, person=None).order_by("id").first()
    freeze(found, at=NOW, claimed={})
    found.state = State.PAID
    found.save()
    return found


def lake_of(town: Path) -> Lake:
    return Lake(town / "lake", law_of_run(current_run()).pack.contracts)


def arrears_clue(town: Path, firm: str, *, day: date, resolved: str = "") -> None:
    """A clue of unpaid wages from before the decision, which comes in on ``day``."""
    file = town / f"clue-{day}.csv"
    header = "clue_no,enterprise_id,people,amount,reported_on,resolved_on"
    file.write_text(f"{header}\nQX888888888,{firm},3,9000.00,2022-12-01,{resolved}\n", encoding="utf-8")
    report = take_in(lake_of(town), [FileSource(file, "wage_arrears")], known_on=day)
    assert report.accepted == 1


def test_facts_of_one_enterprise_are_those_of_all(town, run, support, tmp_path):
    law, snapshot = law_of_run(current_run()), lake_of(town).snapshot()
    firm = support.organisation.code
    whole = build_facts(snapshot, law.pack, law.values, law.day, town / "facts")
    one = build_facts(snapshot, law.pack, law.values, law.day, tmp_path, only=[firm], kind="enterprise")
    for kind in ("enterprise", "wage_arrears"):
        sql = f'SELECT * FROM "{kind}" WHERE enterprise = ? ORDER BY 1'
        assert (
            one.connect().execute(sql, [firm]).fetchall() == whole.connect().execute(sql, [firm]).fetchall()
        )
    assert one.connect().execute("SELECT count(*) FROM worker").fetchone() == (0,)


def test_nothing_new_means_nothing_to_adjust(own_town, support):
    looked = look_again(by=None, at=NOW)
    assert (looked.decisions, looked.proposed) == (1, 0)
    assert {again.amount for again in redecide(support)} == {support.amount}


def test_late_data_ask_the_money_back_and_cite_what_changed(own_town, support):
    arrears_clue(own_town, support.organisation.code, day=date(2023, 1, 9))
    assert look_again(by=None, at=NOW).proposed == 1
    assert look_again(by=None, at=NOW).proposed == 0
    found = Adjustment.objects.get(entitlement=support)
    assert (found.direction, found.amount) == (Direction.RECOVERY, support.amount)
    cited = {c.name: (c.then, c.now) for c in changes_of(found, law_of_run(current_run()).pack)}
    assert cited == {"enterprise_arrears_open": (0, 1)}
    answers = {(again.law, again.data): again for again in redecide(support)}
    assert answers["then", "then"].amount == support.amount
    assert answers["then", "now"].amount == 0
    assert [change.name for change in answers["now", "now"].changed] == ["enterprise_arrears_open"]


def test_a_clue_that_proves_settled_takes_the_proposal_back(own_town, support):
    firm = support.organisation.code
    arrears_clue(own_town, firm, day=date(2023, 1, 9))
    look_again(by=None, at=NOW)
    arrears_clue(own_town, firm, day=date(2023, 1, 10), resolved="2022-12-20")
    looked = look_again(by=None, at=NOW)
    assert (looked.proposed, looked.replaced) == (0, 1)
    assert Adjustment.objects.get(entitlement=support).state == AdjustmentState.REPLACED


def test_arrears_become_an_entitlement_of_the_enterprise(own_town, support):
    less = support.amount - 1000
    Entitlement.objects.filter(pk=support.pk).update(amount=less)
    assert look_again(by=None, at=NOW).proposed == 1
    found = Adjustment.objects.get(entitlement=support)
    assert (found.direction, found.amount) == (Direction.ARREARS, Decimal(1000))
    officer = Account.objects.create(username="officer-of-replay")
    made = accept(adjustment=found.pk, reason="属实", by=officer, at=NOW).supplement
    assert (made.organisation, made.person, made.state) == (support.organisation, None, State.PROPOSED)
    assert look_again(by=None, at=NOW).proposed == 0


def test_the_office_decides_about_it_on_its_page(own_town, support):
    arrears_clue(own_town, support.organisation.code, day=date(2023, 1, 9))
    look_again(by=None, at=NOW)
    browser = site().browser("demo-auditor")
    page = browser.get(reverse("office:adjustments")).content.decode()
    assert support.organisation.zh in page
    assert "未解决欠薪线索数" in page
    again = browser.get(reverse("office:again", args=[support.pk])).content.decode()
    assert "未解决欠薪线索数" in again


def test_looking_again_at_some_people_leaves_enterprises_alone(own_town, support):
    assert look_again(only=[], by=None, at=NOW).decisions == 0
