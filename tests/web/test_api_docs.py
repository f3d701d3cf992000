"""``docs/api.md`` tells the truth: every request in it is sent, and every answer says what is written."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from api_made import bureau, firm, staff, token_of
from django.test import Client
from django.utils import timezone

from jigong.accounts.actions import add_bank_account, give_consent
from jigong.accounts.enums import Role
from jigong.delivery.models import Entitlement
from jigong.services.access_tokens.enums import SCOPES_OF, Scope

pytestmark = pytest.mark.django_db
TEXT = (Path(__file__).parents[2] / "docs" / "api.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```http\n(.*?)```\s+```json\n(.*?)```", TEXT, re.DOTALL)


def _given() -> dict[str, Any]:
    mine = firm()
    for row in Entitlement.objects.filter(organisation__isnull=True, fund__gt="", state="proposed").order_by(
        "pk"
    )[:2]:
        row.organisation = mine.organisation
        row.save(update_fields=["organisation"])
    add_bank_account(
        organisation=mine.organisation, number="6222021234567890128", holder=mine.organisation.zh, bank="测试银行", by=None,
        at=timezone.now(),
    )  # fmt: skip
    person = mine.people[0]
    give_consent(
        person=person, organisation=mine.organisation, purpose="benefits", by=None, at=timezone.now()
    )
    office = bureau("human_resources")
    due = Entitlement.objects.filter(organisation=mine.organisation)[0]
    return {
        "enterprise": token_of(mine.organisation, mine.hr)[1],
        "bureau": token_of(office, staff(office, Role.OPERATOR))[1],
        "person": person.pk, "number": person.open_number(), "stranger": firm(1).people[0].pk,
        "entitlement": due.pk, "version": due.version,
    }  # fmt: skip


def _send(text: str, given: dict[str, Any]) -> Any:
    for name, value in given.items():
        text = text.replace("{" + name + "}", str(value))
    head, _, body = text.partition("\n\n")
    (method, path), *headers = [line.split(" ", 1) for line in head.strip().splitlines()]
    sent = {name.rstrip(":"): value for name, value in headers}
    content_type = sent.pop("Content-Type", "")
    assert "{" not in path
    return Client().generic(method, path, body.encode(), content_type=content_type, headers=sent)


def _says(found: Any, written: Any, where: str = "answer") -> None:
    if written == "…":
        return
    if isinstance(written, dict):
        assert isinstance(found, dict), where
        for name, value in written.items():
            assert name in found, f"{where} has no {name}: {found}"
            _says(found[name], value, f"{where}.{name}")
    elif isinstance(written, list) and written:
        assert found, f"{where} is empty"
        for place, (one, value) in enumerate(zip(found, written, strict=False)):
            _says(one, value, f"{where}[{place}]")
    else:
        assert found == written, f"{where}: {found}"


def test_every_example_is_true(own_town: Path) -> None:
    assert len(EXAMPLES) > 10
    given = _given()
    for request, answer in EXAMPLES:
        _says(_send(request, given).json(), json.loads(answer), request.splitlines()[0])


def test_every_operation_and_scope_is_documented(client: Client) -> None:
    for path in client.get("/api/openapi.json").json()["paths"]:
        assert path.split("/{")[0].removeprefix("/api/v1") in TEXT, path
    for scope in Scope:
        assert f"`{scope.value}`" in TEXT
        assert any(scope in scopes for scopes in SCOPES_OF.values())
