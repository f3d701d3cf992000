"""What a delivery says of itself: which months it holds, for whom, since and up to which day, and from whom.

The contract says what a delivery of its class covers; a claim may narrow that, never widen it. Claims come from
the file's name (``pension_contribution-2022-11.csv``, ``…-2022-01_2022-11.csv``, ``…-2022年11月.xlsx``), from a
``delivery.yaml`` beside the files, or from whoever delivers (the command line, a page).
"""

import calendar
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path, PurePosixPath
from typing import Any

import yaml

from jigong.kernel.dates import add_months
from jigong.kernel.problems import JigongError, Place, error, nearest
from jigong.packs.contract import Contract
from jigong.packs.yaml_bounds import check_bounds

DEPARTMENT, ENTERPRISE, PLATFORM = "department", "enterprise", "platform"
"""From whom a delivery comes. An enterprise's is written ``enterprise:<code>``, the platform's ``platform:<what>``."""

CLAIMS_FILE = "delivery.yaml"
"""Beside the files of a folder: what each of them covers, by its name."""

_WITHDRAWS = ("撤回", "withdraw")
"""Words in the name of a file of keys whose records are withdrawn."""

_YEAR = r"(?:19|20)\d{2}"
_OF_YEAR = r"(?:[-.](\d{1,2})(?![-.]?\d)|年(\d{1,2})月|(0[1-9]|1[0-2])(?!\d)|年?(?![-.]?\d))"
_SPAN = re.compile(
    rf"(?<!\d)({_YEAR}){_OF_YEAR}(?:\s*(?:_|~|\.\.|至|到|—)\s*(?:({_YEAR}){_OF_YEAR}|(\d{{1,2}})月))?"
)


@dataclass(frozen=True, slots=True)
class Claim:
    """What one delivered file says of itself. What it leaves out is as its contract says.

    ``months`` are the first and the last month it holds whole. ``since`` is the first day whose changes it holds.
    ``whole`` says that it is the whole register although its class usually sends changes, or although it has far
    fewer rows than the lake. ``stated_on`` is the day
    the office made it, where that is not the day it is known. ``scope`` is for whom it speaks. ``records_only``
    says that it covers nothing: its records count, what it lacks means nothing. ``supersedes`` lets an older word
    replace a newer one. ``withdraws`` says that it names no records to be known, but keys of records that are
    withdrawn, each with a reason (see :mod:`jigong.lake.withdrawing`).
    """

    months: tuple[date, date] | None = None
    since: date | None = None
    whole: bool = False
    stated_on: date | None = None
    scope: str | None = None
    records_only: bool = False
    supersedes: bool = False
    withdraws: bool = False

    @property
    def identity(self) -> list[Any]:
        """What the claim adds to the identity of a delivery; nothing where it claims nothing."""
        if self == Claim():
            return []
        return [
            list(self.months) if self.months else None,
            self.since,
            self.whole,
            self.stated_on,
            self.scope,
            self.records_only,
            *(["withdraws"] if self.withdraws else []),
            self.supersedes,
        ]


def read_months(text: str) -> tuple[date, date]:
    """A month, a year or a span of them, as in ``2022-11``, ``2022-01_2022-11``, ``2022``.

    Raises:
        JigongError: it is none.
    """
    found = _SPAN.fullmatch(text.strip())
    span = _span(found) if found else None
    if span is None:
        raise error(
            f"“{text}”不是月份",
            f"“{text}” is not a month",
            remedy=(
                "写成 2022-11,或一段 2022-01_2022-11",
                "write 2022-11, or a span such as 2022-01_2022-11",
            ),
        )
    return span


def claims_of_note(file: Path, note: bytes, names: Sequence[str], claim: Claim) -> dict[str, Claim]:
    """What the ``note`` of a ``delivery.yaml`` says of the files beside it: a claim by name, on top of ``claim``.

    Raises:
        JigongError: it cannot be read, names a file that is not there, or says something no claim has.
    """
    try:
        text = note.decode()
        check_bounds(text)
        data = yaml.safe_load(text) or {}
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError, JigongError):
        data = None
    if not isinstance(data, dict):
        raise _wrong(file, "不是“文件名: 说明”的列表", "is not a list of “file name: what it covers”")
    claims = {}
    for name, said in data.items():
        if name not in names:
            close = nearest(str(name), names)
            zh, en = f"旁边没有文件 {name}", f"there is no file {name} beside it"
            raise _wrong(
                file, f"{zh},是不是 {close}?" if close else zh, f"{en}; is it {close}?" if close else en
            )
        claims[str(name)] = _claim(file, str(name), said, claim)
    return claims


def _claim(file: Path, name: str, said: Any, claim: Claim) -> Claim:
    """``claim`` with what is said of one file."""
    known = ("months", "since", "whole", "stated_on", "scope", "records_only", "supersedes", "withdraws")
    if not isinstance(said, Mapping) or any(key not in known for key in said):
        raise _wrong(file, f"{name}：只能写 {'、'.join(known)}", f"{name}: it may say {', '.join(known)}")
    values: dict[str, Any] = dict(said)
    for key in ("since", "stated_on"):
        if key in values and not (isinstance(values[key], date) and type(values[key]) is date):
            raise _wrong(file, f"{name}：{key} 须是日期", f"{name}: {key} must be a day such as 2022-12-01")
    for key in ("whole", "records_only", "supersedes", "withdraws"):
        if key in values and not isinstance(values[key], bool):
            raise _wrong(file, f"{name}：{key} 须是 true 或 false", f"{name}: {key} must be true or false")
    if "months" in values:
        values["months"] = read_months(str(values["months"]))
    if "scope" in values:
        values["scope"] = str(values["scope"])
    return replace(claim, **values)


def _wrong(file: Path, zh: str, en: str) -> Exception:
    return error(
        f"{file.name} {zh}",
        f"{file.name} {en}",
        place=Place(str(file)),
        remedy=(
            "例如 pension.csv: {months: 2022-01_2022-11}",
            "for example pension.csv: {months: 2022-01_2022-11}",
        ),
    )


def claim_of_name(name: str, contract: Contract, claim: Claim) -> Claim:
    """``claim`` with what the file's name adds: that it withdraws, the months of a monthly class, and the scope."""
    stem = PurePosixPath(name).name
    if any(word in stem.lower() for word in _WITHDRAWS):
        claim = replace(claim, withdraws=True)
    if claim.withdraws:
        return claim
    if contract.covers.kind == "months" and claim.months is None and not claim.records_only:
        rest = stem[len(contract.name) :] if stem.lower().startswith(contract.name) else stem
        found = _SPAN.search(rest)
        span = _span(found) if found else None
        if span is not None:
            claim = replace(claim, months=span)
    if contract.covers.by is not None and claim.scope is None:
        tokens = set(re.split(r"[\s._\-（）()]+", stem))
        claim = replace(claim, scope=next((s for s in contract.covers.scopes if s in tokens), None))
    return claim


def check_claim(name: str, contract: Contract, claim: Claim, known_on: date) -> None:
    """See that the claim narrows what the contract says, and does not widen it.

    Raises:
        JigongError: it names months of a class that has none, a scope the contract does not know, a day after
            ``known_on``, and so on.
    """
    covers = contract.covers
    if claim.withdraws and (claim.months or claim.since or claim.whole or claim.scope):
        raise error(
            f"{name}：这是撤回名单，不代表全部，不能写月份、起始日、范围或“全部”",
            f"{name}: it names records to be withdrawn; it has no months, first day or scope, and is never the whole",
            remedy=(
                "去掉 --months、--since、--scope 和 --whole；不是撤回名单的，文件名里不要写“撤回”",
                "leave out --months, --since, --scope and --whole; if it withdraws nothing, take “withdraw” out of its name",
            ),
        )
    if claim.whole and claim.records_only:
        raise error(
            f"{name}：不能既是全部，又只是几条记录",
            f"{name}: it cannot be the whole and single records at once",
            remedy=("--whole 和 --records-only 只写一个", "give one of --whole and --records-only"),
        )
    later = next((day for day in (claim.stated_on, claim.since) if day is not None and day > known_on), None)
    if later is not None:
        raise error(
            f"{name}：写明的日期 {later} 晚于知悉日期 {known_on}",
            f"{name}: the day it names, {later}, is after {known_on}, when it became known",
            remedy=("核对日期", "check the day"),
        )
    if claim.months is not None and covers.kind != "months":
        raise error(
            f"{name}：“{contract.label.zh}”不按月报送，不能写明月份",
            f"{name}: {contract.label.en} is not delivered by months, so none can be named",
            remedy=("去掉 --months", "leave --months out"),
        )
    if claim.since is not None and covers.kind != "changes":
        raise error(
            f"{name}：“{contract.label.zh}”不是增量报送的类",
            f"{name}: {contract.label.en} is not delivered as changes",
            remedy=("去掉 --since", "leave --since out"),
        )
    if claim.scope is not None and (
        covers.by is None or (covers.scopes and claim.scope not in covers.scopes)
    ):
        known = "、".join(covers.scopes)
        raise error(
            f"{name}：“{contract.label.zh}”没有“{claim.scope}”这个范围",
            f"{name}: {contract.label.en} has no scope “{claim.scope}”",
            remedy=(
                f"可写 {known}" if known else "这一类不分范围报送",
                f"it has {', '.join(covers.scopes)}" if known else "this class is not delivered by scope",
            ),
        )


def month_end(month: date) -> date:
    """The last day of a month."""
    return month.replace(day=calendar.monthrange(month.year, month.month)[1])


def months_from(first: date, last: date) -> list[date]:
    """The first days of the months from ``first`` to ``last``, both included."""
    found = []
    month = first.replace(day=1)
    while month <= last:
        found.append(month)
        month = add_months(month, 1) or date.max
    return found


def _span(found: re.Match[str]) -> tuple[date, date] | None:
    year, *month = found.group(1, 2, 3, 4)
    first = last = _bounds(year, _either(month))
    if found[5]:
        last = _bounds(found[5], _either(found.group(6, 7, 8)))
    elif found[9]:
        last = _bounds(year, found[9])
    return (first[0], last[1]) if first and last and first[0] <= last[1] else None


def _either(texts: Sequence[str | None]) -> str | None:
    return next((text for text in texts if text), None)


def _bounds(year: str, month: str | None) -> tuple[date, date] | None:
    """The first and the last month that a month, or a year alone, names."""
    if not 1900 <= int(year) <= 9998 or (month is not None and not 1 <= int(month) <= 12):
        return None
    if month is None:
        return date(int(year), 1, 1), date(int(year), 12, 1)
    day = date(int(year), int(month), 1)
    return day, day
