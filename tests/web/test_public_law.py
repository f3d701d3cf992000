"""The law for everybody: every clause in words, on any day, with its history; nobody's name in it."""

import shutil
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from html import unescape
from pathlib import Path

import pytest
from django.test import Client

from jigong.accounts.enums import Role
from jigong.accounts.models import Account, Membership, Organisation, Person
from jigong.accounts.workers import worker_account
from jigong.audit.actions import record
from jigong.dossiers.law import current_run, law_of_run
from jigong.dossiers.packs import archive
from jigong.packs.reader import read_pack
from jigong.portals.public.formula import Wording
from jigong.portals.public.lawbook import awards_of, law_today
from jigong.rules.language import parse
from jigong.services.publishing.models import Draft, Version

pytestmark = pytest.mark.django_db

PACK = Path(__file__).parents[2] / "packs" / "qiantang"
AT = datetime(2023, 1, 1, 9, tzinfo=UTC)
CLAUSE = "degree-associate"


def shown(client: Client, path: str, status: int = 200) -> str:
    answer = client.get(path)
    assert answer.status_code == status
    return unescape(answer.content.decode())


def test_everybody_reads_every_clause(client: Client, run: object) -> None:
    law = law_of_run(current_run())
    page = shown(client, "/law")
    for clause in law.clauses:
        assert clause.zh in page
        one = shown(client, f"/law/{clause.id}")
        assert all(condition.zh in one for condition in clause.conditions)
        assert all(award.zh in one for award in clause.awards)
    client.cookies["language"] = "en"
    assert law.clauses[0].en in shown(client, "/law")


def test_a_clause_says_its_rules_and_figures_in_words(client: Client, run: object) -> None:
    page = shown(client, f"/law/{CLAUSE}")
    assert "连续参保月数 ≥ 6 个月" in page
    assert "18 ≤ 周岁年龄 ≤ 45" in page
    assert "最高技能等级 ≥ 高级技师" in page
    assert "75% × 优惠后学费 与 5,000 元，取较小者" in page
    assert "5,000 元" in page
    since = law_of_run(current_run()).pack.clauses[CLAUSE].clause.value.in_force.from_
    assert f"{since.year}年{since.month}月{since.day}日起" in page
    assert "总工会" in page
    # What a fact's SQL reads of the clause's own figures is told, too, and codes by their names.
    assert "无人机装调检修工" in shown(client, "/law/shortage-award")


def test_amounts_that_depend_on_nobody_are_worked_out(run: object) -> None:
    law = law_today()
    wording = law.wording("zh")
    given = {c.id: [a.fixed for a in awards_of(law, c, wording)] for c in law.clauses}
    assert given["certificate-reward"] == [Decimal(n) for n in (4000, 3000, 2000, 1500, 1000)]
    assert given["recuperation"] == [Decimal(2800), Decimal(2000)]
    assert given[CLAUSE] == [None, None]


@pytest.mark.parametrize(
    ("rule", "zh", "en"),
    [
        ("NOT local_hukou", "不是“本区户籍”", "Not “registered household in the district”"),
        ("age >= 18 AND (union_member OR resident)", "周岁年龄 ≥ 18，并且（钱塘区工会会员，或者在本区居住）",
         "Completed age ≥ 18, and (member of a trade union of the district, or lives in the district)"),
        ("annual_pay - (monthly_pay - 5) > 0", "年工资 − （月均工资 − 5） > 0", "Annual pay − (mean monthly pay − 5) > 0"),
        ("hardship_kind IN ('低保', '大病')", "困难类别是低保、大病之一",
         "Kind of hardship is one of minimum living allowance, serious illness"),
    ],
)  # fmt: skip
def test_a_rule_reads_as_it_decides(run: object, rule: str, zh: str, en: str) -> None:
    law = law_today()
    tree = parse(rule, law.rulebook.scope)
    values = law.pack.parameters_on(law.day)
    assert Wording(law.pack, values, "zh").rule(tree) == zh
    assert Wording(law.pack, values, "en").rule(tree) == en


def test_strange_days_and_clauses_are_answered(client: Client, run: object) -> None:
    assert "看不懂日期“soon”" in shown(client, "/law?on=soon", 400)
    assert "看不懂日期" in shown(client, f"/law/{CLAUSE}?on=2023-02-30", 400)
    assert "还没有政策施行" in shown(client, "/law?on=2020-01-01")
    assert "在这一天不施行" in shown(client, f"/law/{CLAUSE}?on=2020-01-01")
    shown(client, "/law/no-such-clause", 404)


def test_it_costs_little_and_may_be_kept(client: Client, run: object, django_assert_max_num_queries) -> None:
    client.get("/law")
    with django_assert_max_num_queries(1):
        answer = client.get("/law")
    assert "max-age" in answer["Cache-Control"]
    assert "private" in answer["Cache-Control"]
    assert "Cookie" in answer["Vary"]
    with django_assert_max_num_queries(3):
        client.get(f"/law/{CLAUSE}")


@pytest.fixture
def published(town: Path, run: object, settings: object, tmp_path: Path) -> tuple[str, str]:
    """A higher cap that took effect on 10 January, and one more clause's text untouched: hashes before and after."""
    settings.JIGONG = replace(settings.JIGONG, data=tmp_path)  # type: ignore[attr-defined]
    changed = tmp_path / "qiantang"
    shutil.copytree(PACK, changed)
    file = changed / "parameters" / "degree.yaml"
    text = file.read_text(encoding="utf-8")
    old = "- {from: 2022-12-01, value: 5000.00, source: {value: S0, from: assumed}, confirmed: 2022-12-16}"
    assert text.count(old) == 1
    new = "- {from: 2023-01-10, value: 6000.00, source: S0, confirmed: 2023-01-01}"
    file.write_text(text.replace(old, f"{old}\n    {new}"), encoding="utf-8")
    for folder in (PACK, changed):
        archive(folder)
    return read_pack(PACK).hash, read_pack(changed).hash


@pytest.fixture
def version(published: tuple[str, str]) -> Version:
    before, after = published
    drafter = Account.objects.create(username="law-drafter", label_zh="张三丰")
    Membership.objects.create(
        account=drafter, organisation=Organisation.objects.get(code="union"), role=Role.OFFICER
    )
    first = Version.objects.create(
        number=1, pack_hash=before, in_force_on=date(2023, 1, 1), state="in_force", created_at=AT
    )
    second = Version.objects.create(
        number=2, pack_hash=after, in_force_on=date(2023, 1, 10), state="scheduled", created_at=AT
    )
    draft = Draft.objects.create(
        office="union", clause=CLAUSE, state="published", base_hash=first.pack_hash, source_zh="会议纪要〔2023〕1 号",
        source_en="Minutes 1 of 2023", in_force_on=second.in_force_on, version=second, created_by=drafter,
        created_at=AT, updated_at=AT,
    )  # fmt: skip
    record("publishing.create", by=drafter, at=AT, object_kind="draft", object_id=draft.pk)
    return second


def test_a_change_is_told_with_roles_not_names(client: Client, version: Version) -> None:
    page = shown(client, f"/law/{CLAUSE}")
    assert "2023年1月10日起" in page
    assert "会议纪要〔2023〕1 号" in page
    assert "<del>5,000 元</del> → <ins>6,000 元</ins>" in page
    assert "总工会经办" in page
    assert "待生效" in page
    assert 'href="?on=2023-01-10"' in page
    assert 'href="?on=2023-01-10"' not in shown(client, f"/law/{CLAUSE}?on=2023-01-10")
    assert "张三丰" not in page
    assert "law-drafter" not in page
    assert "会议纪要" not in shown(client, "/law/transit")


def test_the_law_of_a_day_is_the_version_of_that_day(client: Client, version: Version) -> None:
    assert "与 5,000 元，取较小者" in shown(client, f"/law/{CLAUSE}")
    assert "与 5,000 元，取较小者" in shown(client, f"/law/{CLAUSE}?on=2023-01-09")
    assert "与 6,000 元，取较小者" in shown(client, f"/law/{CLAUSE}?on=2023-01-10")
    version.state = "skipped"
    version.save()
    assert "与 5,000 元，取较小者" in shown(client, f"/law/{CLAUSE}?on=2023-01-10")
    assert "会议纪要" not in shown(client, f"/law/{CLAUSE}")


def test_a_clause_that_began_later_is_not_shown_before(
    client: Client, version: Version, tmp_path: Path
) -> None:
    without = tmp_path / "without" / "qiantang"
    shutil.copytree(PACK, without)
    shutil.rmtree(without / "clauses" / "transit")
    Version.objects.filter(number=1).update(
        pack_hash=read_pack(without).hash, in_force_on=date(2022, 1, 1), state="past"
    )
    archive(without)
    Version.objects.filter(number=2).update(
        pack_hash=law_of_run(current_run()).pack.hash, in_force_on=date(2023, 1, 1), state="in_force"
    )
    Draft.objects.update(version=None)
    assert "这一天没有这一条" in shown(client, "/law/transit?on=2022-06-01", 404)
    assert "新设条款" in shown(client, "/law/transit")


def test_a_clause_that_ended_is_still_to_be_read(client: Client, version: Version, tmp_path: Path) -> None:
    """Published here, then rolled back: its address says so, and leads to the day it was in force."""
    more = tmp_path / "more" / "qiantang"
    shutil.copytree(PACK, more)
    shutil.copytree(more / "clauses" / "transit", more / "clauses" / "night-bus")
    for file in (more / "clauses" / "night-bus").iterdir():
        text = file.read_text(encoding="utf-8").replace("id: transit", "id: night-bus")
        file.write_text(text.replace("number: 8", "number: 88"), encoding="utf-8")
    archive(more)
    Version.objects.filter(number=1).update(state="past")
    Version.objects.filter(number=2).update(pack_hash=read_pack(more).hash, state="past")
    Draft.objects.update(clause="night-bus")
    restored = law_of_run(current_run()).pack.hash
    Version.objects.create(
        number=3, pack_hash=restored, in_force_on=date(2023, 1, 20), state="in_force", created_at=AT
    )
    page = shown(client, "/law/night-bus", 404)
    assert 'href="/law/night-bus?on=2023-01-10"' in page
    then = shown(client, "/law/night-bus?on=2023-01-12")
    assert "新设条款" in then
    assert "停止施行" in then
    shown(client, "/law/never-bus", 404)


def test_a_visitor_and_a_worker_are_led_to_it(client: Client, run: object) -> None:
    assert 'href="/law"' in shown(client, "/")
    person = Person.objects.filter(entitlements__isnull=False)[0]
    client.force_login(worker_account(person))
    assert f'href="/law/{CLAUSE}"' in shown(client, f"/worker/clauses/{CLAUSE}")
