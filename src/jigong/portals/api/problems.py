"""Errors of the API: one format, ``application/problem+json`` (RFC 9457), in both languages."""

import json
import logging
from collections import defaultdict
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, UnreadablePostError
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError

from jigong.delivery.actions import StaleError
from jigong.kernel.problems import JigongError, Place, Problem
from jigong.kernel.text import Text
from jigong.lake.store import LakeBusyError
from jigong.services.access_tokens.actions import BusyError

TYPE = "application/problem+json"
_log = logging.getLogger("jigong.api")


class ApiError(Exception):
    """An answer other than the wished one: a status, what is wrong, headers."""

    def __init__(
        self,
        status: int,
        what: Text,
        *,
        where: str | None = None,
        remedy: Text | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(what.en)
        self.status = status
        self.problems = (Problem(what, Place(where) if where else None, remedy),)
        self.headers = headers or {}


def not_found() -> ApiError:
    """There is no such thing, or it is not within the token's reach: the answer does not tell which."""
    return ApiError(
        404,
        Text("没有找到", "not found"),
        remedy=Text("核对编号，以及令牌所属单位", "check the id, and whose token it is"),
    )


def body_of(status: int, problems: Sequence[Problem]) -> bytes:
    """The problems as the body of an answer."""
    content = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": problems[0].what.en if problems else HTTPStatus(status).phrase,
        "problems": [_plain(problem) for problem in problems],
    }
    return json.dumps(content, ensure_ascii=False).encode("utf-8", "replace")


def answer(
    status: int, problems: Sequence[Problem], headers: Mapping[str, str] | None = None
) -> HttpResponse:
    """The problems as an answer."""
    return HttpResponse(body_of(status, problems), status=status, content_type=TYPE, headers=headers)


def status_of(bad: JigongError) -> int:
    """What kind of error it is for a program."""
    return 409 if isinstance(bad, (StaleError, BusyError, LakeBusyError)) else 422


def install(api: NinjaAPI) -> None:
    """Make every error of ``api`` a problem."""
    api.add_exception_handler(ApiError, _api_error)
    api.add_exception_handler(JigongError, _jigong_error)
    api.add_exception_handler(ValidationError, _invalid)
    api.add_exception_handler(AuthenticationError, _unauthenticated)
    api.add_exception_handler(HttpError, _http_error)
    api.add_exception_handler(Http404, _absent)
    api.add_exception_handler(OperationalError, _away)
    api.add_exception_handler(InterfaceError, _away)
    api.add_exception_handler(RequestDataTooBig, _too_large)
    api.add_exception_handler(UnreadablePostError, _broken)
    api.add_exception_handler(Exception, _failed)


_SAID = {
    "missing": "缺少这一项",
    "extra_forbidden": "没有这一项",
    "too_short": "至少 {min_length} 项",
    "too_long": "最多 {max_length} 项",
    "string_too_short": "至少 {min_length} 个字",
    "string_too_long": "最多 {max_length} 个字",
    "string_pattern_mismatch": "格式须为 {pattern}",
    "string_type": "应是文字",
    "int_type": "应是整数",
    "int_parsing": "应是整数",
    "list_type": "应是列表",
    "less_than_equal": "不大于 {le}",
    "greater_than_equal": "不小于 {ge}",
}
"""What is wrong, by pydantic's names of errors; the others are told in English."""


def _plain(problem: Problem) -> dict[str, Any]:
    return {
        "what": {"zh": problem.what.zh, "en": problem.what.en},
        "where": str(problem.place) if problem.place else None,
        "remedy": {"zh": problem.remedy.zh, "en": problem.remedy.en} if problem.remedy else None,
    }


def _one(status: int, zh: str, en: str, remedy_zh: str, remedy_en: str, **headers: str) -> HttpResponse:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return answer(status, [Problem(Text(zh, en), None, Text(remedy_zh, remedy_en))], named)


def _api_error(request: HttpRequest, bad: Any) -> HttpResponse:
    return answer(bad.status, bad.problems, bad.headers)


def _jigong_error(request: HttpRequest, bad: Any) -> HttpResponse:
    status = status_of(bad)
    return answer(status, bad.problems, {"Retry-After": "2"} if status == 409 else None)


def _invalid(request: HttpRequest, bad: Any) -> HttpResponse:
    problems = []
    for entry in bad.errors[:50]:
        where = _where([str(part) for part in entry.get("loc", ())])
        said = str(entry.get("msg", "invalid"))
        zh = _SAID.get(str(entry.get("type", "")), said).format_map(defaultdict(str, entry.get("ctx") or {}))
        problems.append(
            Problem(
                Text(f"{where} 不符合要求：{zh}", f"{where}: {said}"),
                Place(where),
                Text("按接口说明改正", "correct it as the description says"),
            )
        )
    return answer(422, problems)


def _where(parts: list[str]) -> str:
    """The place as the sender knows it: a body has no name of its own."""
    return ".".join(parts[:1] + parts[2:] if parts[:1] == ["body"] else parts)


def _unauthenticated(request: HttpRequest, bad: Any) -> HttpResponse:
    return _one(
        401, "没有令牌，或令牌无效、已到期、已吊销", "no token, or one that is wrong, expired or revoked",
        "在请求头加 Authorization: Bearer <令牌>", "send the header Authorization: Bearer <token>",
        WWW_Authenticate="Bearer",
    )  # fmt: skip


def _http_error(request: HttpRequest, bad: Any) -> HttpResponse:
    return _one(bad.status_code, "请求无法处理", str(bad), "核对请求", "check the request")


def _absent(request: HttpRequest, bad: Any) -> HttpResponse:
    error = not_found()
    return answer(404, error.problems)


def _away(request: HttpRequest, bad: Any) -> HttpResponse:
    return _one(
        503, "系统正在恢复，请求没有执行", "we are coming back; nothing was done",
        "稍后用同一个幂等键重试", "try again in a moment with the same idempotency key", Retry_After="10",
    )  # fmt: skip


def _too_large(request: HttpRequest, bad: Any) -> HttpResponse:
    return _one(413, "请求太大", "the request is too large", "分几次发送", "send it in several parts")


def _broken(request: HttpRequest, bad: Any) -> HttpResponse:
    return _one(400, "请求没有收全", "the request did not arrive whole", "重新发送", "send it again")


def _failed(request: HttpRequest, bad: Any) -> HttpResponse:
    _log.error("an API request failed", exc_info=bad)
    return _one(
        500, "系统内部出错，已记录", "something went wrong here; it was logged",
        "稍后用同一个幂等键重试", "try again later with the same idempotency key",
    )  # fmt: skip


def no_such_address(request: HttpRequest, rest: str) -> HttpResponse:
    """No operation has this address."""
    return answer(404, not_found().problems)


def wrong_method(allowed: str) -> HttpResponse:
    """The address answers other methods only."""
    return _one(
        405, f"这个地址只接受 {allowed}", f"this address answers {allowed} only",
        "换用正确的方法", "use the right method", Allow=allowed,
    )  # fmt: skip
