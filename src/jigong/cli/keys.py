"""The site's signing keys: which there are, a new one in time, and one that was stolen."""

from typing import Annotated, Literal

import typer

from jigong.cli import options
from jigong.cli.console import Screen, default_language
from jigong.cli.site import variables
from jigong.config.site import environment, set_up

Use = Annotated[
    Literal["code", "credential"],
    typer.Argument(help="code 技工码 skill codes / credential 证书 credentials"),
]


def add_to(app: typer.Typer) -> None:
    """Add the commands to ``app``."""
    keys = typer.Typer(
        name="keys", help="签名密钥 The keys that sign codes and credentials", no_args_is_help=True
    )
    keys.command("show")(show)
    keys.command("rotate")(rotate_)
    keys.command("withdraw")(withdraw_)
    app.add_typer(keys)


def show(
    pack: options.Pack_ = options.DEFAULT_PACK,
    data: options.Data = options.DEFAULT_DATA,
    as_json: options.Json = False,
) -> None:
    """列出所有签名密钥 · List every signing key: what it is for, from when it signs, and whether it was withdrawn."""
    screen = Screen(default_language(), as_json)
    with environment(pack, data, variables(False)) as found:
        set_up(found)
        from jigong.credentials.models import SigningKey

        every = list(SigningKey.objects.order_by("use", "-signs_from"))
        if as_json:
            screen.json(
                [
                    {"kid": k.kid, "use": k.use, "signs_from": k.signs_from, "withdrawn_at": k.withdrawn_at}
                    for k in every
                ]
            )
            return
        for key in every:
            zh = f",{key.withdrawn_at:%Y-%m-%d %H:%M} 撤销" if key.withdrawn_at else ""
            en = f", withdrawn {key.withdrawn_at:%Y-%m-%d %H:%M}" if key.withdrawn_at else ""
            since = f"{key.signs_from:%Y-%m-%d %H:%M}"
            screen.say(
                f"{key.kid} {key.use} 启用于 {since}{zh}", f"{key.kid} {key.use} signs from {since}{en}"
            )


def rotate_(
    use: Use, pack: options.Pack_ = options.DEFAULT_PACK, data: options.Data = options.DEFAULT_DATA
) -> None:
    """换新密钥：现在公布，一天后启用 · Make a new key: published now, signing in a day, so that whoever checks offline has it in time."""
    screen = Screen(default_language())
    with environment(pack, data, variables(False)) as found:
        set_up(found)
        from django.utils import timezone

        from jigong.credentials.enums import KeyUse
        from jigong.credentials.keys import rotate

        made = rotate(KeyUse(use), by=None, at=timezone.now())
        screen.say(
            f"新密钥 {made.kid} 已公布，{made.signs_from:%Y-%m-%d %H:%M} 起启用",
            f"the new key {made.kid} is published, and signs from {made.signs_from:%Y-%m-%d %H:%M}",
        )


def withdraw_(
    kid: Annotated[str, typer.Argument(help="密钥编号 Key id")],
    reason: Annotated[str, typer.Option("--reason", help="理由 Why")],
    pack: options.Pack_ = options.DEFAULT_PACK,
    data: options.Data = options.DEFAULT_DATA,
) -> None:
    """撤销一把密钥(例如被盗):它签过的一律不再算数 · Withdraw a key, such as a stolen one: nothing it signed counts any more."""
    screen = Screen(default_language())
    with environment(pack, data, variables(False)) as found:
        set_up(found)
        from django.utils import timezone

        from jigong.credentials.enums import KeyUse
        from jigong.credentials.keys import signer, withdraw

        at = timezone.now()
        gone = withdraw(kid=kid, by=None, at=at, reason=reason)
        now = signer(KeyUse(gone.use), at=at)
        screen.say(
            f"{kid} 已撤销，现由 {now.kid} 签名；它签过的证书请持有人重新下载",
            f"{kid} is withdrawn, {now.kid} signs now; holders take their credentials away again",
        )
