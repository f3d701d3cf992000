"""POSTs that write: with an idempotency key, so that a repeated request does nothing twice."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from ninja import Schema

from jigong.kernel.problems import JigongError
from jigong.portals.api.auth import token_of
from jigong.portals.api.problems import TYPE, ApiError, body_of, status_of
from jigong.portals.kit.clock import now
from jigong.services.access_tokens.actions import Answer, once, request_hash


def answer_once(request: HttpRequest, key: str, act: Callable[[], Schema]) -> HttpResponse:
    """What ``act`` says; the same request again is answered the same, with ``Idempotency-Replayed: true``.

    Raises:
        BusyError: the same request is under way.
        ReusedKeyError: the key came with another request.
    """

    def do() -> Answer:
        try:
            return Answer(200, "application/json", act().model_dump_json().encode())
        except JigongError as bad:
            return Answer(status_of(bad), TYPE, body_of(status_of(bad), bad.problems))
        except ApiError as bad:
            return Answer(bad.status, TYPE, body_of(bad.status, bad.problems))

    asked = request_hash(request.method or "", request.get_full_path(), request.body)
    kept = once(token=token_of(request), key=key, asked=asked, at=now(), do=do)
    response = HttpResponse(kept.body, status=kept.status, content_type=kept.content_type)
    if kept.repeated:
        response["Idempotency-Replayed"] = "true"
    return response
