"""Reading what the bank sends back: a CSV of ours, or ISO 20022 pain.002."""

import csv
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import Enum
from typing import Any
from xml.etree.ElementTree import Element, ParseError, TreeBuilder, XMLParser

from jigong.kernel.problems import JigongError, error


class Answer(Enum):
    """What the bank says of a payment."""

    PAID = "paid"
    FAILED = "failed"
    RETURNED = "returned"
    """It went through, and the money came back later."""
    WAITING = "waiting"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class Answered:
    """One answer. ``message`` instead of ``end_to_end_id``: it is about every payment of that batch."""

    place: int
    """The line of the file, or the how-manieth element, from 1."""
    end_to_end_id: str
    answer: Answer
    amount: Decimal | None
    reason: str
    reference: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True)
class Parsed:
    """A return file, read."""

    format: str
    """``csv`` or ``pain.002``."""
    answers: tuple[Answered, ...]


def parse(content: bytes) -> Parsed:
    """Read a return file, whichever it is.

    Raises:
        JigongError: it is neither, or a column is missing. Lines that cannot be read are answers of their own.
    """
    if content.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        return Parsed("pain.002", tuple(_pain002(content)))
    return Parsed("csv", tuple(_csv(_text(content))))


_COLUMNS = {
    "端到端编号": "id", "end_to_end_id": "id", "金额": "amount", "amount": "amount",
    "结果": "result", "result": "result", "原因": "reason", "reason": "reason",
    "银行流水号": "reference", "bank_reference": "reference",
}  # fmt: skip
_NEEDED = {"id": "端到端编号 end_to_end_id", "amount": "金额 amount", "result": "结果 result"}
_RESULTS = {
    "成功": Answer.PAID, "paid": Answer.PAID, "失败": Answer.FAILED, "failed": Answer.FAILED,
    "退汇": Answer.RETURNED, "returned": Answer.RETURNED, "处理中": Answer.WAITING, "pending": Answer.WAITING,
}  # fmt: skip


def _text(content: bytes) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" not in text:
            return text
    raise error(
        "回单文件既不是 UTF-8 也不是 GB18030 编码",
        "the return file is neither UTF-8 nor GB18030",
        remedy=("请银行重新导出", "ask the bank to export it again"),
    )


def _csv(text: str) -> Iterator[Answered]:
    reader = csv.reader(io.StringIO(text, newline=""))
    try:
        header = [_COLUMNS.get(name.strip().lower(), "") for name in next(reader, [])]
        missing = [label for column, label in _NEEDED.items() if column not in header]
        if missing:
            raise error(
                f"回单缺少列：{'、'.join(missing)}",
                f"the return lacks columns: {', '.join(missing)}",
                remedy=("列名见 docs/money.md", "docs/money.md names the columns"),
            )
        for row in reader:
            if any(cell.strip() for cell in row):
                given = {name: cell.strip() for name, cell in zip(header, row, strict=False) if name}
                yield _answered(reader.line_num, given)
    except csv.Error as bad:
        raise error(
            f"回单第 {reader.line_num} 行不是 CSV：{bad}",
            f"line {reader.line_num} of the return is not CSV: {bad}",
            remedy=("请银行重新导出", "ask the bank to export it again"),
        ) from None


def _answered(place: int, given: Mapping[str, str]) -> Answered:
    # Spreadsheets keep long numbers whole by a leading apostrophe.
    id_ = given.get("id", "").lstrip("'")
    amount = _decimal(given.get("amount", ""))
    answer = _RESULTS.get(given.get("result", "").lower(), Answer.UNREADABLE)
    if amount is None or not id_:
        answer = Answer.UNREADABLE
    return Answered(place, id_, answer, amount, given.get("reason", ""), given.get("reference", ""))


def _decimal(text: str) -> Decimal | None:
    """An amount with at most two decimals; None for anything else."""
    try:
        value = Decimal(re.sub(r"[,¥¥']", "", text))
    except InvalidOperation:
        return None
    if not value.is_finite() or abs(value) >= Decimal("1e12") or value != value.quantize(Decimal("0.01")):
        return None
    return value.quantize(Decimal("0.01"))


_STATUSES = {"ACSC": Answer.PAID, "ACCC": Answer.PAID, "RJCT": Answer.FAILED, "CANC": Answer.FAILED}
"""Final statuses. All others of the standard (received, accepted, pending, in part) mean: not yet."""


class _NoDoctype(TreeBuilder):
    """No return needs a document type; entities declared in one could swell it without end."""

    def doctype(self, name: str, pubid: str, system: str) -> None:
        raise ParseError("a document type is not allowed")


def _pain002(content: bytes) -> Iterator[Answered]:
    try:
        parser = XMLParser(target=_NoDoctype())
        parser.feed(content)
        root: Any = parser.close()
    except (ParseError, ValueError, LookupError) as bad:
        raise _not_pain002(str(bad)) from None
    namespace = root.tag.partition("}")[0].lstrip("{") if root.tag.startswith("{") else ""
    report = root.find("{*}CstmrPmtStsRpt")
    if ":pain.002.001." not in namespace or report is None:
        raise _not_pain002(root.tag)
    yield from _reported(report)


def _not_pain002(detail: str) -> JigongError:
    return error(
        f"这个 XML 不是 pain.002 回单：{detail[:200]}",
        f"this XML is not a pain.002 report: {detail[:200]}",
        remedy=("请银行提供 pain.002.001 或 CSV 回单", "ask the bank for pain.002.001 or CSV"),
    )


def _reported(report: Element) -> Iterator[Answered]:
    place = 0
    listed = False
    for information in report.findall("{*}OrgnlPmtInfAndSts"):
        transactions = information.findall("{*}TxInfAndSts")
        for transaction in transactions:
            place, listed = place + 1, True
            yield _transaction(place, transaction)
        if not transactions and (status := _find(information, "PmtInfSts")):
            place, listed = place + 1, True
            yield _whole(place, information, status, _find(information, "OrgnlPmtInfId"))
    group = report.find("{*}OrgnlGrpInfAndSts")
    # A group's status says something of its own only where nothing is said of single payments.
    if not listed and group is not None and (status := _find(group, "GrpSts")):
        yield _whole(place + 1, group, status, _find(group, "OrgnlMsgId"))


def _transaction(place: int, element: Element) -> Answered:
    amount_text = _find(element, "OrgnlTxRef/{*}Amt/{*}InstdAmt")
    amount = _decimal(amount_text) if amount_text else None
    status = _find(element, "TxSts")
    answer = _STATUSES.get(status, Answer.WAITING)
    id_ = _find(element, "OrgnlEndToEndId")
    if not status or not id_ or (amount_text and amount is None):
        answer = Answer.UNREADABLE
    return Answered(place, id_, answer, amount, _reason(element), _find(element, "AcctSvcrRef"))


def _whole(place: int, element: Element, status: str, message: str) -> Answered:
    answer = _STATUSES.get(status, Answer.WAITING)
    return Answered(place, "", answer, None, _reason(element), message=message)


def _reason(element: Element) -> str:
    words = []
    for reason in element.findall("{*}StsRsnInf"):
        words += [_find(reason, "Rsn/{*}Cd") or _find(reason, "Rsn/{*}Prtry")]
        words += [(found.text or "").strip() for found in reason.findall("{*}AddtlInf")]
    return " ".join(word for word in words if word)


def _find(element: Element, path: str) -> str:
    found = element.find("{*}" + path)
    return (found.text or "").strip() if found is not None else ""
