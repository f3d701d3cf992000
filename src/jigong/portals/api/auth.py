"""Who calls: a token, within its scopes and its limit."""

from typing import Any

from django.http import HttpRequest
from ninja.security import HttpBearer

from jigong.kernel.text import Text
from jigong.portals.api.problems import ApiError
from jigong.portals.kit.clock import now
from jigong.services.access_tokens.enums import SCOPE_LABELS, Scope
from jigong.services.access_tokens.models import Token
from jigong.services.access_tokens.queries import use

MAX_BODY = 4 * 1024 * 1024
"""Bytes of a request's body."""
_LONGEST_SECRET = 200


class BearerToken(HttpBearer):
    """``Authorization: Bearer jg_…``; ``scope`` is what the token must be able to do, None for nothing special."""

    def __init__(self, scope: Scope | None = None) -> None:
        super().__init__()
        self.scope = scope

    def authenticate(self, request: HttpRequest, token: str) -> Token | None:
        """The token; None where there is none of this secret.

        Raises:
            ApiError: too large a body (413), too many requests (429), or not within the token's scopes (403).
        """
        check_size(request)
        # No secret has other signs; and nobody makes us hash a megabyte.
        found = use(token, at=now()) if token.isascii() and len(token) <= _LONGEST_SECRET else None
        if found is None:
            return None
        if found.too_many:
            raise ApiError(
                429,
                Text(
                    f"每分钟最多 {found.token.per_minute} 次请求",
                    f"at most {found.token.per_minute} requests a minute",
                ),
                remedy=Text("按 Retry-After 等待后再试", "wait as Retry-After says, then try again"),
                headers={"Retry-After": str(found.reset_in)},
            )
        if self.scope is not None and self.scope.value not in found.token.scopes:
            label = SCOPE_LABELS[self.scope]
            raise ApiError(
                403,
                Text(
                    f"令牌没有权限“{label.zh}”（{self.scope.value}）",
                    f"the token lacks the scope {self.scope.value}",
                ),
                remedy=Text("新建一个带此权限的令牌", "make a token with this scope"),
            )
        return found.token


def check_size(request: HttpRequest) -> None:
    """Refuse a body that is too large before it is read.

    Raises:
        ApiError: it is.
    """
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not length.isdigit() or int(length) > MAX_BODY:
        raise ApiError(
            413,
            Text(
                f"请求超过 {MAX_BODY // 1024 // 1024} MB",
                f"the request is larger than {MAX_BODY // 1024 // 1024} MB",
            ),
            remedy=Text("分几次发送", "send it in several parts"),
        )


def token_of(request: HttpRequest) -> Token:
    """The token that made the request."""
    found: Any = getattr(request, "auth", None)
    if not isinstance(found, Token):
        raise AssertionError("an operation without a token asks for one")
    return found
