"""The API: who sees what, nothing twice, errors a program understands."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from api_made import bureau, firm, staff, token_of
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.html import escape

from jigong.accounts.actions import add_bank_account, give_consent, withdraw_consent
from jigong.accounts.enums import OrganisationKind, Role
from jigong.accounts.models import Consent, Membership, Organisation
from jigong.audit.models import Entry
from jigong.delivery.models import Entitlement
from jigong.delivery.states import State
from jigong.dossiers.law import current_run, law_of_run
from jigong.services.access_tokens.actions import Answer, BusyError, ReusedKeyError, create, once, revoke
from jigong.services.access_tokens.enums import Scope
from jigong.services.access_tokens.models import KeptAnswer, Token

pytestmark = pytest.mark.django_db


class Caller:
    """Somebody with a token."""

    def __init__(self, secret: str) -> None:
        self.client = Client()
        self.headers = {"Authorization": f"Bearer {secret}"} if secret else {}

    def get(self, path: str, **headers: str) -> Any:
        return self.client.get(f"/api/v1/{path}", headers={**self.headers, **headers})

    def post(self, path: str, body: Any, key: str | None = "", **headers: str) -> Any:
        sent = {**self.headers, **headers}
        if key is not None:
            sent["Idempotency-Key"] = key or uuid4().hex
        content = body if isinstance(body, str | bytes) else json.dumps(body)
        return self.client.post(f"/api/v1/{path}", content, content_type="application/json", headers=sent)


def caller(organisation: Organisation, *scopes: Scope) -> Caller:
    return Caller(token_of(organisation, staff(organisation, Role.HR), *scopes)[1])


def own_money(place: int = 0, count: int = 2) -> tuple[Organisation, list[Entitlement]]:
    """An enterprise to which the district owes something."""
    organisation = firm(place).organisation
    for row in Entitlement.objects.filter(organisation__isnull=True, fund__gt="", state="proposed").order_by(
        "pk"
    )[:count]:
        row.organisation = organisation
        row.save(update_fields=["organisation"])
    return organisation, list(Entitlement.objects.filter(organisation=organisation).order_by("pk"))


def with_account(organisation: Organisation) -> None:
    add_bank_account(
        organisation=organisation, number="6222021234567890128", holder=organisation.zh, bank="测试银行", by=None,
        at=timezone.now(),
    )  # fmt: skip


def test_without_a_token_only_the_law_is_open():
    nobody = Caller("")
    for path in ("law", "clauses/degree-associate", "parameters", "keys"):
        assert nobody.get(path).status_code == 200, path
    for path in ("employees", "entitlements", "classes", "cases", "funds"):
        answer = nobody.get(path)
        assert answer.status_code == 401
        assert answer["Content-Type"] == "application/problem+json"
        assert answer["WWW-Authenticate"] == "Bearer"
        assert answer.json()["problems"][0]["remedy"]["zh"]


def test_a_token_is_kept_as_a_hash_and_ends():
    organisation = firm().organisation
    token, secret = token_of(organisation, firm().hr, Scope.ENTITLEMENTS_READ)
    assert secret not in str(Token.objects.filter(pk=token.pk).values())
    assert Caller(secret).get("entitlements").status_code == 200
    Token.objects.filter(pk=token.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    assert Caller(secret).get("entitlements").status_code == 401
    token, secret = token_of(organisation, firm().hr, Scope.ENTITLEMENTS_READ)
    revoke(token=token.pk, by=firm().hr, at=timezone.now())
    assert Caller(secret).get("entitlements").status_code == 401
    _, secret = token_of(organisation, firm().hr, Scope.ENTITLEMENTS_READ)
    maker = firm().hr
    maker.is_active = False
    maker.save()
    assert Caller(secret).get("entitlements").status_code == 401


def test_a_token_ends_with_the_role_of_whoever_made_it():
    ours = firm()
    _, secret = token_of(ours.organisation, ours.hr, Scope.ENTITLEMENTS_READ)
    assert Caller(secret).get("entitlements").status_code == 200
    Membership.objects.filter(account=ours.hr).update(active=False)
    Membership.objects.create(account=ours.hr, organisation=firm(1).organisation, role=Role.HR)
    assert Caller(secret).get("entitlements").status_code == 401
    union = bureau("union")
    keeper = staff(Organisation.objects.get(kind=OrganisationKind.DISTRICT), Role.OPERATOR)
    _, secret = token_of(union, keeper, Scope.ENTITLEMENTS_READ)
    assert Caller(secret).get("entitlements").status_code == 200
    Membership.objects.filter(account=keeper).update(active=False)
    assert Caller(secret).get("entitlements").status_code == 401


def test_a_scope_opens_only_what_it_names():
    only = caller(firm().organisation, Scope.EMPLOYEES_READ)
    assert only.get("employees").status_code == 200
    assert only.get("entitlements").status_code == 403
    assert only.post("confirmations", {"items": [{"id": 1, "version": 1}]}).status_code == 403


def test_beyond_the_limit_a_token_waits():
    token, secret = token_of(firm().organisation, firm().hr, Scope.EMPLOYEES_READ, per_minute=2)
    Token.objects.filter(pk=token.pk).update(
        minute=timezone.now().replace(second=0, microsecond=0), used_in_minute=2
    )
    answer = Caller(secret).get("employees")
    assert answer.status_code in (429, 200)  # the minute may have turned
    if answer.status_code == 429:
        assert 0 < int(answer["Retry-After"]) <= 60
    answers = [Caller(secret).get("employees").status_code for _ in range(6)]
    assert 429 in answers


def test_only_consenting_people_employed_here_now_are_listed():
    mine, other = firm(0), firm(1)
    seen, hidden = mine.people[:2]
    theirs = other.people[0]
    give_consent(person=seen, organisation=mine.organisation, purpose="benefits", by=None, at=timezone.now())
    give_consent(
        person=theirs, organisation=other.organisation, purpose="benefits", by=None, at=timezone.now()
    )
    # Somebody who once worked here and consented then.
    give_consent(
        person=theirs, organisation=mine.organisation, purpose="benefits", by=None, at=timezone.now()
    )
    asked = caller(mine.organisation)
    assert [one["id"] for one in asked.get("employees").json()["items"]] == [seen.pk]
    assert asked.get(f"employees/{hidden.pk}").status_code == 404
    assert asked.get(f"employees/{theirs.pk}").status_code == 404
    detail = asked.get(f"employees/{seen.pk}").json()
    assert detail["name"] == seen.name
    assert detail["benefits"] is not None
    entry = Entry.objects.filter(person=seen.pk, action="enterprise.see_benefits")
    assert entry.count() == 1
    withdraw_consent(consent_id=Consent.objects.get(person=seen).pk, by=None, at=timezone.now())
    assert asked.get(f"employees/{seen.pk}").status_code == 404


def test_each_sees_only_its_own_entitlements():
    mine, rows = own_money(0)
    other, others = own_money(1, 1)
    listed = caller(mine).get("entitlements").json()["items"]
    assert {one["id"] for one in listed} == {row.pk for row in rows}
    assert caller(mine).get(f"entitlements/{others[0].pk}").status_code == 404
    office = rows[0].office
    by_office = caller(bureau(office)).get("entitlements?limit=200").json()["items"]
    assert by_office
    assert {one["office"] for one in by_office} == {office}
    assert {one["id"] for one in caller(other).get("entitlements").json()["items"]} == {others[0].pk}


def test_pages_follow_one_another():
    office = bureau(Entitlement.objects.values_list("office", flat=True)[0])
    asked, seen, cursor = caller(office), [], ""
    while cursor is not None:
        page = asked.get(f"entitlements?limit=40{cursor and f'&cursor={cursor}'}").json()
        seen += [one["id"] for one in page["items"]]
        cursor = page["next"]
    assert seen == list(
        Entitlement.objects.filter(office=office.code).order_by("pk").values_list("pk", flat=True)
    )


def test_a_page_costs_the_same_however_long():
    office = bureau(Entitlement.objects.values_list("office", flat=True)[0])
    asked = caller(office)
    asked.get("entitlements?limit=1")
    counts = []
    for limit in (2, 100):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            asked.get(f"entitlements?limit={limit}")
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_confirming_says_what_became_of_each():
    mine, rows = own_money(0)
    _, others = own_money(1, 1)
    asked = caller(mine)
    items = [{"id": rows[0].pk, "version": rows[0].version}, {"id": rows[1].pk, "version": rows[1].version + 7},
             {"id": others[0].pk, "version": others[0].version}]  # fmt: skip
    without = asked.post("confirmations", {"items": items}).json()["items"]
    assert [one["confirmed"] for one in without] == [False, False, False]
    with_account(mine)
    done = asked.post("confirmations", {"items": items}).json()["items"]
    assert [one["confirmed"] for one in done] == [True, False, False]
    assert done[1]["problems"][0]["what"]["en"]
    for row in (rows[0], rows[1], others[0]):
        row.refresh_from_db()
    assert rows[0].state in (State.CONFIRMED, State.PASSED)
    assert (rows[1].state, others[0].state) == (State.PROPOSED, State.PROPOSED)


def test_the_same_request_twice_does_one_thing():
    mine, rows = own_money(0)
    with_account(mine)
    asked = caller(mine)
    body = {"items": [{"id": rows[0].pk, "version": rows[0].version}]}
    first = asked.post("confirmations", body, key="a-key-of-mine")
    second = asked.post("confirmations", body, key="a-key-of-mine")
    assert first.content == second.content
    assert "Idempotency-Replayed" not in first
    assert second["Idempotency-Replayed"] == "true"
    assert rows[0].steps.filter(move="confirm").count() == 1
    other = asked.post("confirmations", {"items": [{"id": rows[1].pk, "version": 1}]}, key="a-key-of-mine")
    assert other.status_code == 422
    assert asked.post("confirmations", body, key=None).status_code == 422
    # Another's key of the same name is another key.
    assert caller(firm(1).organisation).post("confirmations", body, key="a-key-of-mine").status_code == 200
    assert b"confirmed" not in bytes(KeptAnswer.objects.first().body)


def test_a_failure_of_ours_may_be_tried_again():
    token, _ = token_of(firm().organisation, firm().hr)
    given: dict[str, Any] = {"token": token, "key": "some-key", "asked": "x", "at": timezone.now()}
    assert once(**given, do=lambda: Answer(503, "text/plain", b"away")).status == 503
    assert once(**given, do=lambda: Answer(200, "text/plain", b"done")).body == b"done"
    assert once(**given, do=lambda: Answer(200, "text/plain", b"again")).body == b"done"
    with pytest.raises(ReusedKeyError):
        once(**{**given, "asked": "y"}, do=lambda: Answer(200, "text/plain", b""))


def test_of_two_at_once_one_runs():
    token, _ = token_of(firm().organisation, firm().hr)
    ran: list[str] = []

    def do() -> Answer:
        ran.append("second")
        return Answer(200, "text/plain", b"")

    # The first is under way in another process: it holds the key's lock until its transaction ends.
    given = connection.get_connection_params()
    with psycopg.connect(
        **{k: v for k, v in given.items() if k in ("dbname", "user", "password", "host", "port")}
    ) as first:
        first.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"answer {token.pk} both-at-once"]
        )
        with pytest.raises(BusyError):
            once(token=token, key="both-at-once", asked="x", at=timezone.now(), do=do)
    assert ran == []
    once(token=token, key="both-at-once", asked="x", at=timezone.now(), do=do)
    assert ran == ["second"]


def test_the_law_is_told_once_and_remembered():
    nobody = Caller("")
    first = nobody.get("law")
    again = nobody.get("law", **{"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert nobody.get("clauses/degree-associate", **{"If-None-Match": first["ETag"]}).status_code == 200
    clause = nobody.get("clauses/degree-associate").json()
    law = law_of_run(current_run())
    assert len(first.json()["clauses"]) == len(law.clauses)
    values = {line["name"]: line for line in clause["parameters"]}
    assert values
    assert all(line["source"] and line["confirmed"] for line in values.values())
    assert nobody.get("clauses/no-such").status_code == 404


def test_given_facts_are_judged_and_not_kept():
    law = law_of_run(current_run())
    files = law.pack.clauses["degree-associate"]
    before = Entry.objects.count()
    asked = caller(firm().organisation)
    for case in files.cases.value.cases:
        if case.as_of is not None:
            continue
        facts = {**files.cases.value.base, **case.given}
        answer = asked.post(
            "clauses/degree-associate/judge", json.dumps({"facts": facts}, default=str), key=None
        )
        assert answer.status_code == 200, answer.content
        assert answer.json()["verdict"] == case.expect.verdict
        if case.expect.amount is not None:
            assert float(answer.json()["amount"]) == float(case.expect.amount)
    assert Entry.objects.count() == before + 1  # the token that was made
    assert not KeptAnswer.objects.exists()
    wrong = asked.post(
        "clauses/degree-associate/judge", {"facts": {"union_membr": True, "age": "old"}}, key=None
    )
    assert wrong.status_code == 422
    assert "union_member" in wrong.json()["problems"][0]["remedy"]["en"]
    assert wrong.json()["problems"][1]["where"] == "body.facts.age"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{", 400), (b'{"facts": NaN}', 400), (b'{"facts": {"x": "\\ud800"}}', 400), (b"\xff\xfe", 400),
        (b"[]", 422), (b'{"facts": {}, "more": 1}', 422), (b"[" * 100_000, 400), (b" " * (5 * 1024 * 1024), 413),
    ],
)  # fmt: skip
def test_a_broken_body_is_a_problem(body: bytes, status: int):
    answer = caller(firm().organisation).post("clauses/degree-associate/judge", body, key=None)
    assert answer.status_code == status
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["status"] == status


def test_a_bureau_delivers_its_classes_and_no_other(own_town: Path):
    law = law_of_run(current_run())
    contract = law.pack.contracts["training_record"]
    office = next(
        placed.value for placed in law.pack.offices.values() if placed.value.zh == contract.department.zh
    )
    other = next(
        placed.value
        for placed in law.pack.offices.values()
        if placed.value.kind == "bureau" and placed.value.id != office.id
    )
    person = firm().people[0]
    row = {"record_no": "PX-API-1", "person_id": person.open_number(), "course": "=1+1", "provider": "测试", "hours": 8,
           "completed_on": "2022-12-01", "free": True}  # fmt: skip
    wrong = {**row, "record_no": "PX-API-2", "hours": 0}
    asked = caller(bureau(office.id))
    answer = asked.post("classes/training_record/records", {"records": [row, wrong]}).json()
    assert [one["result"] for one in answer["rows"]] == ["accepted", "refused"]
    assert answer["rows"][1]["faults"][0]["column"] == "hours"
    again = asked.post("classes/training_record/records", {"records": [row]}).json()
    assert [one["result"] for one in again["rows"]] == ["duplicate"]
    waiting = asked.get("classes/training_record/quarantine").json()["items"]
    assert waiting[0]["column"] == "hours"
    assert (
        caller(bureau(other.id)).post("classes/training_record/records", {"records": [row]}).status_code
        == 404
    )
    assert caller(bureau(other.id)).get("classes/training_record/quarantine").status_code == 404


def test_an_enterprise_reports_only_its_own_people(own_town: Path):
    mine, other = firm(0), firm(1)
    row = {
        "record_no": "PX-API-9",
        "course": "设备点检",
        "provider": "本单位",
        "hours": 8,
        "completed_on": "2022-12-01",
        "free": True,
    }
    rows = [{**row, "person_id": f"P-{mine.people[0].pk}"}, {**row, "person_id": f"P-{other.people[0].pk}"},
            {**row, "person_id": other.people[0].open_number()}]  # fmt: skip
    answer = caller(mine.organisation).post("classes/training_record/records", {"records": rows}).json()
    assert [one["result"] for one in answer["rows"]] == ["accepted", "refused", "refused"]
    # Another firm can neither replace that record nor read the quarantine.
    stolen = {**row, "course": "别的", "person_id": f"P-{other.people[0].pk}"}
    answer = caller(other.organisation).post("classes/training_record/records", {"records": [stolen]}).json()
    assert [one["result"] for one in answer["rows"]] == ["refused"]
    assert caller(mine.organisation).get("classes/training_record/quarantine").status_code == 403


def test_tokens_are_made_for_ones_own_organisation_only(client: Client):
    mine, other = firm(0), firm(1)
    client.force_login(mine.hr)
    made = {"name": "人事系统", "scope": ["employees:read"], "days": "90"}
    assert client.post("/api/tokens/", {**made, "organisation": other.organisation.pk}).status_code == 404
    answer = client.post("/api/tokens/", {**made, "organisation": mine.organisation.pk})
    assert answer["Location"] == "/api/tokens/"
    kept = str(dict(client.session))
    page = client.get("/api/tokens/")
    token = Token.objects.get(organisation=mine.organisation)
    secret = page.context["secret"]
    assert secret in page.content.decode()
    assert secret not in kept
    assert secret not in client.get("/api/tokens/").content.decode()
    assert Caller(secret).get("employees").status_code == 200
    theirs, _ = token_of(other.organisation, other.hr)
    assert client.post(f"/api/tokens/{theirs.pk}/revoke").status_code == 404
    assert client.post(f"/api/tokens/{token.pk}/revoke").status_code == 302
    assert Caller(secret).get("employees").status_code == 401
    refused = client.post(
        "/api/tokens/", {**made, "scope": ["ledger:read"], "organisation": mine.organisation.pk}
    )
    assert refused.status_code == 422


def test_an_operator_makes_tokens_for_offices_not_for_enterprises(client: Client):
    district = Organisation.objects.filter(kind="district")[0]
    client.force_login(staff(district, Role.OPERATOR))
    office = bureau("human_resources")
    made = {"name": "数据平台", "scope": ["classes:deliver"], "days": "90"}
    assert client.post("/api/tokens/", {**made, "organisation": office.pk}).status_code == 302
    assert client.post("/api/tokens/", {**made, "organisation": firm().organisation.pk}).status_code == 404
    assert Token.objects.filter(organisation=office).count() == 1


def test_the_page_describes_every_operation(client: Client):
    page = client.get("/api/").content.decode()
    described = client.get("/api/openapi.json").json()
    for path, item in described["paths"].items():
        assert path in page
        for operation in item.values():
            _, chinese = operation["summary"].split(" · ")
            assert escape(chinese) in page


def test_a_token_needs_a_life(django_user_model: Any):
    mine = firm()
    for days in (0, 400):
        with pytest.raises(Exception, match="must live"):
            create(
                organisation=mine.organisation,
                name="x",
                scopes=[Scope.EMPLOYEES_READ],
                days=days,
                by=mine.hr,
                at=timezone.now(),
            )


def test_a_wrong_address_or_method_is_a_problem_too():
    client = Client()
    for method, path, status in (
        ("get", "nothing/here", 404),
        ("post", "nothing", 404),
        ("get", "confirmations", 405),
    ):
        answer = getattr(client, method)(f"/api/v1/{path}")
        assert answer.status_code == status
        assert answer["Content-Type"] == "application/problem+json"
    assert answer["Allow"] == "POST"


def test_what_is_wrong_is_told_in_both_languages_where_the_sender_wrote_it():
    mine = firm(0)
    _, secret = token_of(mine.organisation, mine.hr)
    (problem,) = Caller(secret).post("confirmations", {"items": []}).json()["problems"]
    assert problem["where"] == "body.items"
    assert problem["what"]["zh"] == "body.items 不符合要求：至少 1 项"
    (problem,) = Caller(secret).get("entitlements?limit=9999").json()["problems"]
    assert problem["what"]["zh"] == "query.limit 不符合要求：不大于 200"
