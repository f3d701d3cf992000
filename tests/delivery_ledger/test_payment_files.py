"""The files of a batch: the same bytes every time, safe in a spreadsheet, valid by the standard's own schema."""

import csv
import io
from decimal import Decimal
from pathlib import Path
from xml.etree import ElementTree

import pytest
import sepaxml
import xmlschema
from moneybox import AT, FUND, Town, states, whole

from jigong.delivery.approval import approve_many
from jigong.delivery.payments.actions import make_batch, release, take_return
from jigong.delivery.payments.answered import Answer
from jigong.delivery.payments.enums import Outcome
from jigong.delivery.payments.files import COLUMNS, bank_csv, pain001
from jigong.delivery.payments.models import Batch
from jigong.delivery.payments.return_files import parse
from jigong.kernel.problems import JigongError

SCHEMA = Path(sepaxml.__file__).parent / "schemas" / "pain.001.001.09.xsd"
HOLDERS = ("演示·张三", '=HYPERLINK("http://x","y")', "@SUM(A1)", 'a "quoted", <b>name</b>', "控\x07制")


@pytest.fixture
def approved(town: Town) -> list[int]:
    town.paying_account()
    ids = [town.entitlement("1234.50", person=town.worker(holder)).pk for holder in HOLDERS]
    approve_many(entitlements=ids, by=town.approver, at=AT)
    return ids


def _rows(content: bytes, encoding: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode(encoding), newline="")))


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030"])
def test_the_bank_csv_says_whom_to_pay_and_holds_no_formula(
    town: Town, approved: list[int], encoding: str
) -> None:
    batch = town.batch()
    content = bank_csv(batch, encoding)
    header, *rows = _rows(content, encoding)
    assert header == list(COLUMNS)
    payments = list(batch.payments.order_by("pk"))
    assert [row[1] for row in rows] == [payment.end_to_end_id for payment in payments]
    assert [row[3] for row in rows] == [payment.bank_account.open_number() for payment in payments]
    assert {(row[5], row[6]) for row in rows} == {("1234.50", "CNY")}
    assert [row[2] for row in rows][:3] == [HOLDERS[0], "'" + HOLDERS[1], "'" + HOLDERS[2]]
    assert not [cell for row in rows for cell in row if cell.startswith(("=", "+", "-", "@", "\t"))]


def test_pain001_is_valid_by_the_schema_and_says_the_same(town: Town, approved: list[int]) -> None:
    batch = town.batch()
    content = pain001(batch)
    xmlschema.XMLSchema(SCHEMA).validate(content.decode())
    root = ElementTree.fromstring(content)
    texts = {tag: [found.text for found in root.findall(f".//{{*}}{tag}")] for tag in ("MsgId", "EndToEndId", "CtrlSum", "NbOfTxs")}  # fmt: skip
    assert texts["MsgId"] == [batch.number]
    assert texts["NbOfTxs"] == ["5", "5"]
    assert texts["CtrlSum"] == ["6172.50", "6172.50"]
    assert texts["EndToEndId"] == list(batch.payments.order_by("pk").values_list("end_to_end_id", flat=True))
    numbers = [found.text for found in root.findall(".//{*}CdtrAcct/{*}Id/{*}Othr/{*}Id")]
    assert numbers == [payment.bank_account.open_number() for payment in batch.payments.order_by("pk")]
    names = [found.text for found in root.findall(".//{*}Cdtr/{*}Nm")]
    assert names == [*HOLDERS[:4], "控 制"]


def test_the_same_batch_gives_the_same_bytes_whatever_happens_meanwhile(
    town: Town, approved: list[int]
) -> None:
    batch = town.batch()
    before = (bank_csv(batch), pain001(batch))
    town.paying_account()
    town.bank_account(batch.payments.first().entitlement.person, holder="另一个")
    take_return(content=_pain002(batch, "ACSC"), filename="x", by=town.finance, at=AT)
    again = Batch.objects.get(pk=batch.pk)
    assert (bank_csv(again), pain001(again)) == before


def test_a_draft_has_no_file(town: Town, approved: list[int]) -> None:
    made = make_batch(fund=FUND, by=town.finance, at=AT)
    for file in (bank_csv, pain001):
        with pytest.raises(JigongError, match="not released"):
            file(made)


def test_without_a_paying_account_there_is_a_csv_but_no_pain001(town: Town) -> None:
    approve_many(entitlements=town.entitlements(1), by=town.approver, at=AT)
    batch = town.batch()
    assert bank_csv(batch)
    with pytest.raises(JigongError, match="paying account"):
        pain001(batch)


def test_batches_and_payments_never_share_an_identity(town: Town, approved: list[int]) -> None:
    first = town.batch()
    approve_many(entitlements=town.entitlements(2), by=town.approver, at=AT)
    second = release(batch=make_batch(fund=FUND, by=town.finance, at=AT).pk, by=town.other_finance, at=AT)
    assert first.number != second.number
    ids = [
        *first.payments.values_list("end_to_end_id", flat=True),
        *second.payments.values_list("end_to_end_id", flat=True),
    ]
    assert len(set(ids)) == len(ids) == 7
    assert all(len(id_) <= 35 for id_ in ids)


def _pain002(batch: Batch, *statuses: str, amount: str = "1234.50") -> bytes:
    """A bank's report about the payments of a batch, one status each, the last for all that follow."""
    transactions = "".join(
        f"<TxInfAndSts><OrgnlEndToEndId>{payment.end_to_end_id}</OrgnlEndToEndId>"
        f"<TxSts>{statuses[min(place, len(statuses) - 1)]}</TxSts>"
        "<StsRsnInf><Rsn><Cd>AC01</Cd></Rsn><AddtlInf>账号不存在</AddtlInf></StsRsnInf>"
        f'<OrgnlTxRef><Amt><InstdAmt Ccy="CNY">{amount}</InstdAmt></Amt></OrgnlTxRef></TxInfAndSts>'
        for place, payment in enumerate(batch.payments.order_by("pk"))
    )
    return _report(
        f"<OrgnlPmtInfAndSts><OrgnlPmtInfId>{batch.number}</OrgnlPmtInfId>{transactions}</OrgnlPmtInfAndSts>"
    )


def _report(body: str, group: str = "") -> bytes:
    return (
        '<?xml version="1.0" encoding="UTF-8"?><Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.002.001.10">'
        "<CstmrPmtStsRpt><GrpHdr><MsgId>R1</MsgId><CreDtTm>2023-01-06T09:00:00</CreDtTm></GrpHdr>"
        f"<OrgnlGrpInfAndSts>{group}</OrgnlGrpInfAndSts>{body}</CstmrPmtStsRpt></Document>"
    ).encode()


def test_pain002_is_matched_by_end_to_end_id(town: Town, approved: list[int]) -> None:
    batch = town.batch()
    report = take_return(
        content=_pain002(batch, "RJCT", "PDNG", "ACCP", "ACSC"), filename="r.xml", by=town.finance, at=AT
    )
    assert [result.outcome for result in report.results] == [
        Outcome.FAILED, Outcome.WAITING, Outcome.WAITING, Outcome.PAID, Outcome.PAID
    ]  # fmt: skip
    assert report.results[0].reason == "AC01 账号不存在"
    assert states(approved) == ["approved", "approved", "approved", "paid", "paid"]
    assert whole()


def test_pain002_with_another_amount_changes_nothing(town: Town, approved: list[int]) -> None:
    report = take_return(
        content=_pain002(town.batch(), "ACSC", amount="1.00"), filename="r", by=town.finance, at=AT
    )
    assert report.counts == {Outcome.WRONG_AMOUNT: 5}
    assert states(approved) == ["approved"] * 5


@pytest.mark.parametrize(
    ("status", "outcome"), [("RJCT", Outcome.FAILED), ("ACTC", Outcome.WAITING), ("ACSC", Outcome.PAID)]
)
def test_a_whole_file_is_answered_at_once(
    town: Town, approved: list[int], status: str, outcome: Outcome
) -> None:
    batch = town.batch()
    group = f"<OrgnlMsgId>{batch.number}</OrgnlMsgId><OrgnlMsgNmId>pain.001.001.09</OrgnlMsgNmId><GrpSts>{status}</GrpSts>"
    report = take_return(content=_report("", group), filename="r", by=town.finance, at=AT)
    assert report.counts == {outcome: 5}
    assert whole()


def test_a_groups_status_counts_only_where_nothing_is_said_of_single_payments(
    town: Town, approved: list[int]
) -> None:
    batch = town.batch()
    group = f"<OrgnlMsgId>{batch.number}</OrgnlMsgId><GrpSts>PART</GrpSts>"
    id_ = batch.payments.order_by("pk").first().end_to_end_id
    one = f"<OrgnlPmtInfAndSts><TxInfAndSts><OrgnlEndToEndId>{id_}</OrgnlEndToEndId><TxSts>RJCT</TxSts></TxInfAndSts></OrgnlPmtInfAndSts>"
    report = take_return(content=_report(one, group), filename="r", by=town.finance, at=AT)
    assert report.counts == {Outcome.FAILED: 1}


def test_an_unknown_message_is_reported(town: Town) -> None:
    report = take_return(
        content=_report("", "<OrgnlMsgId>nobody</OrgnlMsgId><GrpSts>RJCT</GrpSts>"),
        filename="r",
        by=town.finance,
        at=AT,
    )
    assert [(result.end_to_end_id, result.outcome) for result in report.results] == [
        ("nobody", Outcome.UNKNOWN)
    ]


@pytest.mark.parametrize(
    "content",
    [
        b'<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>',
        b'<?xml version="1.0"?><Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"/>',
        b'<?xml version="1.0" encoding="nonsense"?><x/>',
    ],
)
def test_other_xml_is_refused(town: Town, content: bytes) -> None:
    with pytest.raises(JigongError, match=r"not a pain\.002"):
        take_return(content=content, filename="r", by=town.finance, at=AT)


def _moves(*entries: str, kind: str = "053") -> bytes:
    outer, inner = ("BkToCstmrStmt", "Stmt") if kind == "053" else ("BkToCstmrDbtCdtNtfctn", "Ntfctn")
    return (
        f'<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.{kind}.001.08"><{outer}><GrpHdr><MsgId>S1</MsgId></GrpHdr>'
        f"<{inner}>{''.join(entries)}</{inner}></{outer}></Document>"
    ).encode()


def _entry(
    detail: str, way: str = "DBIT", status: str = "<Cd>BOOK</Cd>", amount: str = "1234.50", more: str = ""
) -> str:
    return (
        f'<Ntry><Amt Ccy="CNY">{amount}</Amt><CdtDbtInd>{way}</CdtDbtInd>{more}<Sts>{status}</Sts>'
        f"<NtryDtls>{detail}</NtryDtls></Ntry>"
    )


def _details(id_: str, more: str = "") -> str:
    return f"<TxDtls><Refs><AcctSvcrRef>B7</AcctSvcrRef><EndToEndId>{id_}</EndToEndId></Refs>{more}</TxDtls>"


@pytest.mark.parametrize("kind", ["053", "054"])
def test_a_statement_says_what_went_out_and_what_came_back(
    town: Town, approved: list[int], kind: str
) -> None:
    one, two, three, four, five = town.batch().payments.order_by("pk").values_list("end_to_end_id", flat=True)
    back = "<RtrInf><Rsn><Cd>AC04</Cd></Rsn><AddtlInf>账户已销户</AddtlInf></RtrInf>"
    content = _moves(
        _entry(_details(one)),
        _entry(_details(two), status="PDNG"),
        _entry(_details(three) + _details(four, '<Amt Ccy="CNY">1234.50</Amt>'), amount="2469.00"),
        _entry(_details(one, back), way="CRDT"),
        _entry(_details(five), amount="1.00"),
        _entry(_details(five), more="<RvslInd>true</RvslInd>"),
        _entry(_details("NOTPROVIDED")),
        _entry(_details(one[:-1] + "9")),
        kind=kind,
    )
    report = take_return(content=content, filename="r.xml", by=town.finance, at=AT)
    assert [result.outcome for result in report.results] == [
        Outcome.PAID, Outcome.WAITING, Outcome.UNREADABLE, Outcome.PAID, Outcome.BOUNCED, Outcome.WRONG_AMOUNT,
        Outcome.UNREADABLE, Outcome.ELSEWHERE, Outcome.UNKNOWN,
    ]  # fmt: skip
    assert report.format == f"camt.{kind}"
    assert report.results[4].reason == "AC04 账户已销户"
    assert states(approved) == ["paid", "approved", "approved", "paid", "approved"]
    assert whole()


@pytest.mark.parametrize(
    ("less", "outcomes"), [("0", {Outcome.PAID: 5}), ("0.01", {Outcome.WRONG_AMOUNT: 1})]
)
def test_one_movement_for_a_whole_batch_counts_only_with_its_sum(
    town: Town, approved: list[int], less: str, outcomes: dict[Outcome, int]
) -> None:
    batch = town.batch()
    lump = _entry(f"<Btch><MsgId>{batch.number}</MsgId></Btch>", amount=str(batch.total - Decimal(less)))
    assert take_return(content=_moves(lump), filename="r", by=town.finance, at=AT).counts == outcomes
    assert whole()


@pytest.mark.parametrize(
    ("word", "means", "reason"),
    [
        ("户名不符", Answer.FAILED, "户名不符"),
        ("Paid", Answer.PAID, ""),
        ("failed", Answer.FAILED, ""),
        ("谁也不认识", Answer.UNREADABLE, "谁也不认识"),
    ],
)
def test_the_banks_words_are_the_packs(word: str, means: Answer, reason: str) -> None:
    (found,) = parse(f"端到端编号,金额,结果\nx,1.00,{word}\n".encode(), {"户名不符": "failed"}).answers
    assert (found.answer, found.reason) == (means, reason)
