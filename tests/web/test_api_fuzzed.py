"""The API against its own description: random requests, right and wrong, and every check schemathesis has."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import schemathesis
from api_made import bureau, firm, token_of
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from django.utils import timezone
from hypothesis import HealthCheck, Phase, assume, given, settings
from schemathesis import GenerationMode

from jigong.accounts.actions import add_bank_account, give_consent
from jigong.delivery.models import Entitlement

pytestmark = pytest.mark.django_db

BUREAU = ("list_cases", "list_funds", "list_quarantine")
SLOW = ("deliver_records",)
OPERATIONS = (
    "get_law", "get_clause", "list_parameters", "get_keys", "judge", "list_employees", "get_employee",
    "list_entitlements", "get_entitlement", "confirm_entitlements", "list_classes", "deliver_records",
    "list_quarantine", "list_cases", "list_funds",
)  # fmt: skip


@pytest.fixture
def described(own_town: Path) -> Iterator[Callable[[str], Any]]:
    """Reads the description, as a program with a token does."""
    # The test's transaction lives in one connection, which must outlive each request, as with Django's own client.
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)

    def read(secret: str) -> Any:
        config = schemathesis.Config.from_dict({"auth": {"openapi": {"BearerToken": {"bearer": secret}}}})
        return schemathesis.openapi.from_wsgi("/api/openapi.json", get_wsgi_application(), config=config)

    yield read
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


def test_every_operation_is_fuzzed(described: Callable[[str], Any]) -> None:
    found = {one.ok().definition.raw["operationId"] for one in described("none").get_all_operations()}
    assert found == set(OPERATIONS)


# There is no wrong way to ask for what takes no parameters and needs no token.
CASES = [(one, GenerationMode.POSITIVE) for one in OPERATIONS] + [
    (one, GenerationMode.NEGATIVE) for one in OPERATIONS if one not in ("get_law", "get_keys")
]


def _turned_round(body: Any) -> bool:
    """Whether bounds of a fact are the wrong way round."""
    facts = body.get("facts") if isinstance(body, dict) else None
    ranges = [given for given in facts.values() if isinstance(given, dict)] if isinstance(facts, dict) else []
    ends = [(given.get("least"), given.get("most")) for given in ranges]
    return any(None not in pair and pair[0] > pair[1] for pair in ends)


@pytest.mark.parametrize(("operation", "mode"), CASES, ids=[f"{one}-{mode.value}" for one, mode in CASES])
def test_answers_are_as_described(described: Callable[[str], Any], operation: str, mode: Any) -> None:
    asker = firm()
    organisation = bureau("human_resources") if operation in BUREAU else asker.organisation
    person = asker.people[0]
    give_consent(person=person, organisation=organisation, purpose="benefits", by=None, at=timezone.now())
    add_bank_account(
        organisation=asker.organisation, number="6222021234567890128", holder=asker.organisation.zh, bank="测试银行",
        by=None, at=timezone.now(),
    )  # fmt: skip
    _, secret = token_of(organisation, asker.hr)
    asked = described(secret).find_operation_by_id(operation)
    known = {
        "clause": "degree-associate", "employee": person.pk, "data_class": "training_record",
        "entitlement": Entitlement.objects.order_by("pk").values_list("pk", flat=True)[0],
    }  # fmt: skip

    @settings(
        max_examples=8 if operation in SLOW else 25,
        deadline=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
        derandomize=True,
        database=None,
    )
    @given(case=asked.as_strategy(generation_mode=mode))
    def check(case: Any) -> None:
        if mode == GenerationMode.POSITIVE:
            # Most made-up ids lead nowhere; what the description allows is tried on things there are.
            case.path_parameters = {**(case.path_parameters or {}), **{
                name: known[name] for name in (case.path_parameters or {})
            }}  # fmt: skip
            if "Idempotency-Key" in (case.headers or {}):
                case.headers["Idempotency-Key"] = uuid4().hex
            # JSON Schema cannot say that the least comes before the most.
            assume(not _turned_round(case.body))
        case.call_and_validate()

    check()
