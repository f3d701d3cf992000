"""The files of a batch. The same batch always gives the same bytes, so a file made again is the same file."""

import csv
import io
from datetime import UTC
from decimal import Decimal
from typing import Literal
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from django.db.models import QuerySet

from jigong.delivery.payments.enums import BatchState
from jigong.delivery.payments.models import Batch, PayingAccount, Payment
from jigong.kernel.problems import error
from jigong.kernel.spreadsheets import never_computed

COLUMNS = ("序号", "端到端编号", "收款人户名", "收款账号", "收款银行", "金额", "币种", "用途")
"""Of the bank CSV; ``docs/money.md`` explains them."""
NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"
_CURRENCY = "CNY"


def bank_csv(batch: Batch, encoding: Literal["utf-8-sig", "gb18030"] = "utf-8-sig") -> bytes:
    """The batch as CSV for a bank's upload page, in UTF-8 with a byte order mark or in GB18030.

    Raises:
        JigongError: the batch is not released.
    """
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for place, payment in enumerate(_payments(batch), start=1):
        account = payment.bank_account
        cells = [payment.end_to_end_id, payment.payee, account.open_number(), account.bank]
        writer.writerow(
            [place, *map(never_computed, cells), f"{payment.amount:.2f}", _CURRENCY, batch.number]
        )
    return out.getvalue().encode(encoding)


def pain001(batch: Batch) -> bytes:
    """The batch as ISO 20022 customer credit transfer initiation, pain.001.001.09.

    Raises:
        JigongError: the batch is not released, or the fund had no paying account when it was.
    """
    payments = list(_payments(batch))
    paying = batch.paying_account
    if paying is None:
        raise error(
            f"批次 {batch.number} 放行时还没有登记基金的付款账户，不能生成 pain.001",
            f"batch {batch.number} was released before the fund's paying account was entered, so there is no pain.001",
            remedy=("这一批用银行 CSV；登记付款账户后，之后的批次即可生成", "use the bank CSV for it; enter the account for later batches"),
        )  # fmt: skip
    document = Element("Document", xmlns=NAMESPACE)
    initiation = SubElement(document, "CstmrCdtTrfInitn")
    _header(initiation, batch, paying)
    information = _information(initiation, batch, paying)
    for payment in payments:
        _transfer(information, payment)
    indent(document)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{tostring(document, encoding="unicode")}\n'.encode()


def _payments(batch: Batch) -> QuerySet[Payment]:
    if batch.state in (BatchState.DRAFT, BatchState.DISCARDED):
        raise error(
            f"批次 {batch.number} 没有放行，不能生成文件",
            f"batch {batch.number} is not released, so it has no file",
            remedy=("请另一位财务人员复核放行", "ask another person in finance to release it"),
        )
    return batch.payments.select_related("bank_account").order_by("pk")


def _header(initiation: Element, batch: Batch, paying: PayingAccount) -> None:
    header = SubElement(initiation, "GrpHdr")
    _put(header, "MsgId", batch.number)
    released = batch.released_at
    assert released is not None, "the database lets no batch leave the draft without it"
    _put(header, "CreDtTm", released.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"))
    _sums(header, batch)
    _put(SubElement(header, "InitgPty"), "Nm", _name(paying.holder))


def _information(initiation: Element, batch: Batch, paying: PayingAccount) -> Element:
    found = SubElement(initiation, "PmtInf")
    _put(found, "PmtInfId", batch.number)
    _put(found, "PmtMtd", "TRF")
    _sums(found, batch)
    _put(SubElement(found, "ReqdExctnDt"), "Dt", str(batch.released_on))
    _put(SubElement(found, "Dbtr"), "Nm", _name(paying.holder))
    _account(SubElement(found, "DbtrAcct"), paying.open_number())
    _agent(SubElement(found, "DbtrAgt"), paying.bank, paying.clearing_code)
    return found


def _transfer(information: Element, payment: Payment) -> None:
    found = SubElement(information, "CdtTrfTxInf")
    identity = SubElement(found, "PmtId")
    _put(identity, "InstrId", payment.end_to_end_id)
    _put(identity, "EndToEndId", payment.end_to_end_id)
    _put(SubElement(found, "Amt"), "InstdAmt", _money(payment.amount), Ccy=_CURRENCY)
    account = payment.bank_account
    _agent(SubElement(found, "CdtrAgt"), account.bank)
    _put(SubElement(found, "Cdtr"), "Nm", _name(payment.payee))
    _account(SubElement(found, "CdtrAcct"), account.open_number())


def _sums(parent: Element, batch: Batch) -> None:
    _put(parent, "NbOfTxs", str(batch.count))
    _put(parent, "CtrlSum", _money(batch.total))


def _account(parent: Element, number: str) -> None:
    _put(SubElement(SubElement(parent, "Id"), "Othr"), "Id", number)


def _agent(parent: Element, bank: str, clearing_code: str = "") -> None:
    institution = SubElement(parent, "FinInstnId")
    if clearing_code:
        member = SubElement(institution, "ClrSysMmbId")
        _put(SubElement(member, "ClrSysId"), "Cd", "CNAPS")
        _put(member, "MmbId", clearing_code)
    _put(institution, "Nm", _name(bank))


def _put(parent: Element, tag: str, text: str, **attributes: str) -> None:
    SubElement(parent, tag, attributes).text = text


def _money(amount: Decimal) -> str:
    return f"{amount:.2f}"


def _name(text: str) -> str:
    """A name as XML and the standard allow it: no control characters, 1 to 140 characters."""
    return "".join(char if char.isprintable() else " " for char in text).strip()[:140] or "-"
