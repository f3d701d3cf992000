"""Settings from the environment: one place that knows their names, checks them, and says what is missing."""

import base64
import binascii
import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Literal

from jigong.kernel.problems import JigongError, Problem
from jigong.kernel.text import Text

KEY_BYTES = 32
_HOW = "openssl rand -base64 32"


@dataclass(frozen=True)
class Environment:
    """What a site is told from outside. See ``docs/operations.md`` for each name."""

    secret_key: str
    data_key: bytes
    """The key from which those of encryption are derived; 32 bytes."""
    old_data_keys: tuple[bytes, ...]
    """Those before it, with which nothing new is sealed."""
    lookup_key: bytes
    """The key from which those of look-up are derived; 32 bytes. It never changes."""
    database_url: str
    pack: Path
    data: Path
    """The folder of lake, facts, runs and published packs."""
    hosts: tuple[str, ...]
    cipher: Literal["aes", "sm4"]
    demo: bool
    """A demonstration: made-up people, sign-in by a list, one-time codes shown on screen."""
    today: date | None
    """Of a demonstration: the day its made-up district lives in. None is the clock's day."""
    https: bool
    metrics_token: str
    """What Prometheus must show; empty: only this machine may ask."""
    log_level: str


def read_environment(given: Mapping[str, str]) -> Environment:
    """Check the environment's ``JIGONG_*`` and ``DATABASE_URL``.

    Raises:
        JigongError: everything that is missing or wrong, each with what to set.
    """
    reader = _Reader(given)
    demo = reader.flag("JIGONG_DEMO", default=False)
    found = Environment(
        secret_key=reader.secret(),
        data_key=reader.key("JIGONG_DATA_KEY"),
        old_data_keys=reader.old_keys("JIGONG_OLD_DATA_KEYS"),
        lookup_key=reader.key("JIGONG_LOOKUP_KEY"),
        database_url=reader.needed(
            "DATABASE_URL",
            "数据库地址,如 postgresql://用户:密码@主机:5432/jigong",
            "the database, such as postgresql://user:password@host:5432/jigong",
        ),
        pack=reader.folder("JIGONG_PACK"),
        data=Path(given.get("JIGONG_DATA", "var")),
        hosts=tuple(h.strip() for h in reader.hosts(demo).split(",") if h.strip()),
        cipher="sm4" if reader.choice("JIGONG_CIPHER", ("aes", "sm4")) == "sm4" else "aes",
        demo=demo,
        today=reader.day("JIGONG_TODAY", only_if=demo),
        https=reader.flag("JIGONG_HTTPS", default=not demo),
        metrics_token=given.get("JIGONG_METRICS_TOKEN", ""),
        log_level=reader.choice("JIGONG_LOG_LEVEL", ("INFO", "DEBUG", "WARNING", "ERROR")),
    )
    if reader.problems:
        raise JigongError(*reader.problems)
    return found


def local_environment(pack: Path, data: Path, database_url: str) -> dict[str, str]:
    """The variables of a site on this machine whose secrets live beside its data, made on first use."""
    file = data / "secrets.json"
    if not file.is_file():
        data.mkdir(parents=True, exist_ok=True)
        made = {
            "JIGONG_SECRET_KEY": secrets.token_urlsafe(48),
            "JIGONG_DATA_KEY": base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode(),
            "JIGONG_LOOKUP_KEY": base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode(),
        }
        aside = file.with_suffix(f".{os.getpid()}.tmp")
        with os.fdopen(os.open(aside, os.O_CREAT | os.O_WRONLY | os.O_EXCL, 0o600), "w") as stream:
            json.dump(made, stream)
        try:
            os.link(aside, file)
        except FileExistsError:
            pass  # Another process was first; its secrets count.
        finally:
            aside.unlink()
    kept = json.loads(file.read_text(encoding="utf-8"))
    # A site from before there were two keys looks up with its data key.
    kept.setdefault("JIGONG_LOOKUP_KEY", kept["JIGONG_DATA_KEY"])
    return {
        **kept,
        "DATABASE_URL": database_url,
        "JIGONG_PACK": str(pack),
        "JIGONG_DATA": str(data),
    }


class _Reader:
    def __init__(self, given: Mapping[str, str]) -> None:
        self._given = given
        self.problems: list[Problem] = []

    def _problem(self, name: str, zh: str, en: str, remedy_zh: str, remedy_en: str) -> None:
        self.problems.append(Problem(Text(f"{name} {zh}", f"{name} {en}"), None, Text(remedy_zh, remedy_en)))

    def needed(self, name: str, zh: str, en: str) -> str:
        value = self._given.get(name, "")
        if not value:
            self._problem(name, "没有设置", "is not set", f"设置环境变量：{zh}", f"set the variable: {en}")
        return value

    def secret(self) -> str:
        name = "JIGONG_SECRET_KEY"
        value = self.needed(name, "50 个以上随机字符", "50 or more random characters")
        if value and len(value) < 32:
            self._problem(name, "太短", "is too short", "至少 32 个随机字符", "at least 32 random characters")
        return value

    def key(self, name: str) -> bytes:
        value = self.needed(
            name, f"32 字节的 Base64,可用 {_HOW} 生成", f"32 bytes in Base64, made with {_HOW}"
        )
        return self._decoded(name, value) if value else b""

    def old_keys(self, name: str) -> tuple[bytes, ...]:
        return tuple(self._decoded(name, value) for value in self._given.get(name, "").split(",") if value)

    def _decoded(self, name: str, value: str) -> bytes:
        try:
            key = base64.b64decode(value.strip(), validate=True)
        except binascii.Error:
            key = b""
        if len(key) != KEY_BYTES:
            self._problem(name, "不是 32 字节的 Base64", "is not 32 bytes in Base64", _HOW, _HOW)
        return key

    def folder(self, name: str) -> Path:
        value = self.needed(name, "技工包文件夹", "the pack's folder")
        if value and not (Path(value) / "pack.yaml").is_file():
            self._problem(
                name,
                f"{value} 里没有 pack.yaml",
                f"has no pack.yaml in {value}",
                "检查路径",
                "check the path",
            )
        return Path(value)

    def hosts(self, demo: bool) -> str:
        if demo:
            return self._given.get("JIGONG_HOSTS", "*")
        return self.needed(
            "JIGONG_HOSTS", "站点域名，多个用逗号隔开", "the site's host names, separated by commas"
        )

    def choice(self, name: str, known: tuple[str, ...]) -> str:
        value = self._given.get(name, known[0])
        if value not in known:
            options = " / ".join(known)
            self._problem(name, f"不能是 {value}", f"cannot be {value}", f"写 {options}", f"write {options}")
        return value

    def flag(self, name: str, *, default: bool) -> bool:
        value = self._given.get(name, "")
        if value not in ("", "0", "1"):
            self._problem(name, "须为 0 或 1", "must be 0 or 1", "写 0 或 1", "write 0 or 1")
        return value == "1" if value else default

    def day(self, name: str, *, only_if: bool) -> date | None:
        value = self._given.get(name, "")
        if not value:
            return None
        if not only_if:
            self._problem(
                name, "只能用于演示", "is for demonstrations only", "去掉它，或设 JIGONG_DEMO=1", "unset it, or set JIGONG_DEMO=1"
            )  # fmt: skip
            return None
        try:
            return date.fromisoformat(value)
        except ValueError:
            self._problem(
                name, f"不是日期：{value}", f"is not a date: {value}", "写成 2023-01-01", "write 2023-01-01"
            )
            return None
