"""Version 1 of the API: the parts put together, and its description."""

import json
from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from django.http import HttpRequest
from ninja import NinjaAPI
from ninja.errors import HttpError
from ninja.parser import Parser
from ninja.renderers import JSONRenderer

from jigong.portals.api import problems
from jigong.portals.api.auth import check_size
from jigong.portals.api.endpoints import data, entitlements, law, office, people

DESCRIPTION = """
For enterprises and bureaus. Every token belongs to one organisation and sees what that organisation may see.

* Send `Authorization: Bearer <token>`. The law and the public keys are open to everybody.
* Lists come in pages: pass `next` of one page as `cursor` of the next.
* A POST that writes needs an `Idempotency-Key` of your own. The same key with the same request is answered the same,
  and nothing happens twice; with another request it is refused (422); while the first is under way, 409.
* Errors are `application/problem+json`: what is wrong, where, and what to do, in Chinese and English.
* Too many requests in a minute: 429 with `Retry-After`. Bodies of more than 4 MB: 413.
* Money is a text in yuan with two decimals; days are `2023-01-31`.
""".strip()


_WHOLE_DIGITS = 19
"""Longer whole numbers no field has; they are not spelt out."""


class JsonParser(Parser):
    """JSON as the standard has it: no NaN, no half of a surrogate pair; decimals stay exact."""

    def parse_body(self, request: HttpRequest) -> Any:
        """The body's value.

        Raises:
            HttpError: it is not JSON.
        """
        check_size(request)
        try:
            value = json.loads(request.body.decode("utf-8"), parse_float=_exact, parse_constant=_no_constant)
            json.dumps(value, ensure_ascii=False, default=str).encode("utf-8")
        except (ValueError, RecursionError) as bad:
            raise HttpError(400, "the body is not JSON in UTF-8") from bad
        return value


def _exact(text: str) -> Decimal | int:
    """A number as it was written; ``43.0`` is the whole number it is in JSON Schema."""
    number = Decimal(text)
    small = number.adjusted() < _WHOLE_DIGITS
    return int(number) if small and number == number.to_integral_value() else number


def _no_constant(name: str) -> Any:
    raise ValueError(name)


class PlainJson(JSONRenderer):
    """JSON in which Chinese is Chinese."""

    json_dumps_params: Mapping[str, Any] = MappingProxyType({"ensure_ascii": False})


def _make() -> NinjaAPI:
    made = NinjaAPI(
        title="Jigong API",
        version="1",
        description=DESCRIPTION,
        # The description is served by this portal's own views: no script from elsewhere.
        docs_url=None,
        openapi_url=None,
        urls_namespace="api-v1",
        parser=JsonParser(),
        renderer=PlainJson(),
    )
    problems.install(made)
    for router in (law.router, people.router, entitlements.router, data.router, office.router):
        made.add_router("", router)
    return made


api = _make()
