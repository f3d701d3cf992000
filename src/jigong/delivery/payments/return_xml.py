"""Reading ISO 20022: the report on a file (pain.002), a statement (camt.053), a notification (camt.054)."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any
from xml.etree.ElementTree import Element, ParseError, TreeBuilder, XMLParser

from jigong.delivery.payments.answered import Answer, Answered, yuan_and_cents
from jigong.kernel.problems import JigongError, error

_STATUSES = {"ACSC": Answer.PAID, "ACCC": Answer.PAID, "RJCT": Answer.FAILED, "CANC": Answer.FAILED}
"""Final statuses. All others of the standard (received, accepted, pending, in part) mean: not yet."""


class _NoDoctype(TreeBuilder):
    """No return needs a document type; entities declared in one could swell it without end."""

    def doctype(self, name: str, pubid: str, system: str) -> None:
        raise ParseError("a document type is not allowed")


def read_xml(content: bytes) -> tuple[str, tuple[Answered, ...]]:
    """Which message it is, and what it says.

    Raises:
        JigongError: it is none of those that are read.
    """
    try:
        parser = XMLParser(target=_NoDoctype())
        parser.feed(content)
        root: Any = parser.close()
    except (ParseError, ValueError, LookupError) as bad:
        raise _not_read(str(bad)) from None
    namespace = root.tag.partition("}")[0].lstrip("{") if root.tag.startswith("{") else ""
    for kind, (name, read) in _MESSAGES.items():
        found = root.find("{*}" + name)
        if f":{kind}.001." in namespace and found is not None:
            return kind, tuple(read(found))
    raise _not_read(root.tag)


def _not_read(detail: str) -> JigongError:
    return error(
        f"这个 XML 不是 pain.002、camt.053 或 camt.054：{detail[:200]}",
        f"this XML is not a pain.002, camt.053 or camt.054: {detail[:200]}",
        remedy=(
            "请银行提供其中一种（版本 001），或 CSV 回单",
            "ask the bank for one of them (version 001), or for CSV",
        ),
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
    amount = yuan_and_cents(amount_text) if amount_text else None
    status = _find(element, "TxSts")
    answer = _STATUSES.get(status, Answer.WAITING)
    id_ = _find(element, "OrgnlEndToEndId")
    if not status or not id_ or (amount_text and amount is None):
        answer = Answer.UNREADABLE
    return Answered(place, id_, answer, amount, _reason(element), _find(element, "AcctSvcrRef"))


def _whole(place: int, element: Element, status: str, message: str) -> Answered:
    answer = _STATUSES.get(status, Answer.WAITING)
    return Answered(place, "", answer, None, _reason(element), message=message)


def _reason(element: Element, where: str = "StsRsnInf") -> str:
    words = []
    for reason in element.findall("{*}" + where):
        words += [_find(reason, "Rsn/{*}Cd") or _find(reason, "Rsn/{*}Prtry")]
        words += [(found.text or "").strip() for found in reason.findall("{*}AddtlInf")]
    return " ".join(word for word in words if word)


def _find(element: Element, path: str) -> str:
    found = element.find("{*}" + path)
    return (found.text or "").strip() if found is not None else ""


_OURS = re.compile(r"JG[0-9]{14,}[0-9A-F]{4}(N[0-9]{6})?")
"""Numbers of batches, and of payments in them."""
_BOOKED = {("DBIT", False): Answer.PAID, ("CRDT", False): Answer.RETURNED, ("CRDT", True): Answer.RETURNED}
"""What a booked movement under a payment's id says, by its direction and whether it reverses another. A reversed credit takes
back what had come back: nobody can tell by itself what that means."""


def _moved(statement: Element) -> Iterator[Answered]:
    """The movements of a statement (camt.053) or a notification (camt.054): one answer each."""
    place = 0
    for entry in statement.iterfind("{*}*/{*}Ntry"):
        for answered in _entry(entry):
            place += 1
            yield replace(answered, place=place)


def _entry(entry: Element) -> Iterator[Answered]:
    transactions = entry.findall("{*}NtryDtls/{*}TxDtls")
    for transaction in transactions:
        id_ = _find(transaction, "Refs/{*}EndToEndId")
        paths = ("Amt", "AmtDtls/{*}TxAmt/{*}Amt", "AmtDtls/{*}InstdAmt/{*}Amt")
        amounts = [found for path in paths if (found := transaction.find("{*}" + path)) is not None]
        if len(transactions) == 1:
            amounts += entry.findall("{*}Amt")
        yield _movement(entry, transaction, id_, "", amounts[0] if amounts else None)
    if not transactions:
        batch = _find(entry, "NtryDtls/{*}Btch/{*}MsgId") or _find(entry, "NtryDtls/{*}Btch/{*}PmtInfId")
        yield _movement(entry, entry, "", batch, entry.find("{*}Amt"))


def _movement(entry: Element, detail: Element, id_: str, message: str, money: Element | None) -> Answered:
    amount = yuan_and_cents((money.text or "").strip()) if money is not None else None
    direction = _find(detail, "CdtDbtInd") or _find(entry, "CdtDbtInd")
    reverses = (_find(detail, "RvslInd") or _find(entry, "RvslInd")) in ("true", "1")
    status = _find(entry, "Sts/{*}Cd") or _find(entry, "Sts")
    if _OURS.fullmatch(id_ or message) is None:
        answer, message = Answer.ELSEWHERE, ""
    elif amount is None or money is None or money.get("Ccy", "CNY") != "CNY":
        answer = Answer.UNREADABLE
    elif status != "BOOK":
        answer = Answer.WAITING
    else:
        answer = _BOOKED.get((direction, reverses), Answer.UNREADABLE)
    reason = _reason(detail, "RtrInf") if answer in (Answer.RETURNED, Answer.UNREADABLE) else ""
    reference = _find(detail, "Refs/{*}AcctSvcrRef") or _find(entry, "AcctSvcrRef")
    return Answered(0, id_, answer, amount, reason, reference, message)


_MESSAGES: Mapping[str, tuple[str, Callable[[Element], Iterator[Answered]]]] = {
    "pain.002": ("CstmrPmtStsRpt", _reported),
    "camt.053": ("BkToCstmrStmt", _moved),
    "camt.054": ("BkToCstmrDbtCdtNtfctn", _moved),
}
"""Messages that are read: the element that holds them, and how."""
