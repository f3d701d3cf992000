"""What the site is told about those by whom people sign in. Nothing here reads the environment."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, eq=False)
class SmsGateway:
    """Where one-time codes and messages are posted, and the JSON that is."""

    url: str
    body: Mapping[str, Any]
    authorization: str = field(default="", repr=False)
    notice_body: Mapping[str, Any] | None = None
    """The JSON that says there is a new message; None where the gateway sends codes only."""


@dataclass(frozen=True, slots=True)
class Zheliban:
    """浙里办 by way of the province's gateway (IRS)."""

    app_id: str
    access_key: str
    secret_key: str = field(repr=False)
    token_url: str
    user_url: str
    sign_in_url: str
    number_field: str
    """Where in the answer the citizen number stands, such as ``personInfo.idNo``."""
    notice_url: str = ""
    """Where messages are posted; empty where there are none."""
    notice_body: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Zhezhengding:
    """浙政钉: a tenant of the private DingTalk."""

    app_key: str
    app_secret: str = field(repr=False)
    gateway: str


@dataclass(frozen=True, slots=True)
class OpenIdConnect:
    """A provider of OpenID Connect."""

    server_url: str
    client_id: str
    client_secret: str = field(repr=False)
    name: str
    """What its button says."""


@dataclass(frozen=True, slots=True)
class SignIn:
    """All ways in that are configured; None for those that are not."""

    sms: SmsGateway | None = None
    zlb: Zheliban | None = None
    zzd: Zhezhengding | None = None
    oidc: OpenIdConnect | None = None
    proxies: int = 0
    """How many trusted proxies stand before the site, each of which adds to ``X-Forwarded-For``."""
