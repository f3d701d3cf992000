"""Everything a site knows, in one folder that says what is in it; and back again, checked.

The database is dumped first and the data folder copied after it: what the lake tells only grows, so whatever the
database refers to is there. Keys are left out unless asked for: a backup that carries the key to what
is sealed in it must be kept like the key.
"""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from jigong import __version__
from jigong.config.postgres import program
from jigong.kernel.hashing import file_hash
from jigong.kernel.problems import error
from jigong.lake.store import Store

_LAKE = "lake"
PARTS = (_LAKE, "packs", "drafts", "runs")
"""Folders of the data folder that cannot be made anew, and the runs, which are worth keeping."""
_SECRETS = "secrets.json"
_DATABASE = "database"


@dataclass(frozen=True, slots=True)
class Saved:
    """What a backup holds."""

    folder: Path
    files: int
    bytes: int


def backup(database_url: str, data: Path, target: Path, *, with_keys: bool) -> Saved:
    """Write a backup into the new folder ``target``; a half-written one never carries that name.

    Raises:
        JigongError: the folder exists, or the database cannot be dumped.
    """
    if target.exists():
        raise error(
            f"{target} 已经存在", f"{target} exists already", remedy=("换一个名字", "choose another name")
        )
    aside = target.with_name(f"{target.name}.{os.getpid()}.tmp")
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(parents=True, mode=0o700)
    try:
        _run(
            "pg_dump",
            database_url,
            "--format=custom",
            "--no-owner",
            "--no-privileges",
            "--file",
            str(aside / _DATABASE),
        )
        for part in PARTS:
            if part == _LAKE and (data / part).is_dir():
                Store(data / part).copy_to(aside / part)
            elif (data / part).is_dir():
                shutil.copytree(
                    data / part, aside / part, ignore=shutil.ignore_patterns("tmp", "lock", "*.tmp")
                )
        if with_keys and (data / _SECRETS).is_file():
            shutil.copy2(data / _SECRETS, aside / _SECRETS)
        files = {str(f.relative_to(aside)): file_hash(f) for f in _files(aside)}
        manifest = {"version": __version__, "made_at": datetime.now(UTC).isoformat(), "files": files}
        (aside / "manifest.json").write_text(json.dumps(manifest, indent=1), encoding="utf-8")
        os.replace(aside, target)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return Saved(target, len(files), sum(f.stat().st_size for f in _files(target)))


def restore(database_url: str, data: Path, source: Path) -> Saved:
    """Bring a backup back into an empty database and a data folder without a lake.

    Raises:
        JigongError: the backup is not whole, or there is something already that would be lost.
    """
    manifest = source / "manifest.json"
    if not manifest.is_file():
        raise error(f"{source} 不是备份", f"{source} is not a backup", remedy=("检查路径", "check the path"))
    files = json.loads(manifest.read_text(encoding="utf-8"))["files"]
    for name, sha256 in files.items():
        inside = (source / name).resolve().is_relative_to(source.resolve())
        if not inside or not (source / name).is_file() or file_hash(source / name) != sha256:
            raise error(f"备份中的 {name} 缺失或被改动", f"{name} of the backup is missing or was changed",
                        remedy=("换另一份备份", "use another backup"))  # fmt: skip
    with psycopg.connect(database_url) as connection:
        row = connection.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone()
    if row is None or row[0] or any((data / part).exists() for part in PARTS):
        raise error(
            "目标不是空的，恢复会覆盖已有数据", "the target is not empty; restoring would overwrite what is there",
            remedy=("用空的数据库和新的数据文件夹", "use an empty database and a new data folder"),
        )  # fmt: skip
    aside = data / "restored.tmp"
    shutil.rmtree(aside, ignore_errors=True)
    try:
        for name in files:
            if name != _DATABASE:
                (aside / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(source / name, aside / name)
        # The last thing that can fail: all of it or nothing. After it nothing but renaming is left.
        _run(
            "pg_restore",
            database_url,
            "--no-owner",
            "--no-privileges",
            "--exit-on-error",
            "--single-transaction",
            str(source / _DATABASE),
        )
        for part in (*PARTS, _SECRETS):
            if (aside / part).exists() and not (data / part).exists():
                (aside / part).rename(data / part)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return Saved(source, len(files), sum(f.stat().st_size for f in _files(source)))


def _files(folder: Path) -> Iterator[Path]:
    return (file for file in sorted(folder.rglob("*")) if file.is_file() and file.name != "manifest.json")


def _run(name: str, database_url: str, *arguments: str) -> None:
    # Everybody on the machine may read a command line, so the password is not on it.
    where = conninfo_to_dict(database_url)
    password = where.pop("password", None)
    environment = {**os.environ, **({"PGPASSWORD": str(password)} if password else {})}
    command = [_found(name, database_url), "--dbname", make_conninfo("", **where), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    if done.returncode != 0:
        last = done.stderr.strip().splitlines()[-1:] or [""]
        raise error(f"{name} 失败：{last[0]}", f"{name} failed: {last[0]}")


def _found(name: str, database_url: str) -> str:
    """The program of the server's own version: the system's, or the one from the wheel."""
    with psycopg.connect(database_url) as connection:
        major = connection.info.server_version // 10_000
    candidates = (
        Path(f"/usr/lib/postgresql/{major}/bin/{name}"),
        Path(shutil.which(name) or "nowhere"),
        program(name) or Path("nowhere"),
    )
    for candidate in candidates:
        if candidate.is_file():
            said = subprocess.run(
                [str(candidate), "--version"], capture_output=True, text=True, check=False
            ).stdout
            if f" {major}." in said:
                return str(candidate)
    raise error(
        f"找不到 PostgreSQL {major} 的 {name}", f"there is no {name} of PostgreSQL {major}",
        remedy=(f"安装 postgresql-client-{major}", f"install postgresql-client-{major}"),
    )  # fmt: skip
