"""Reading what the bank sends back: a CSV, or ISO 20022."""

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from jigong.delivery.payments.answered import Answer, Answered, yuan_and_cents
from jigong.delivery.payments.return_xml import read_xml
from jigong.kernel.problems import error


@dataclass(frozen=True, slots=True)
class Parsed:
    """A return file, read."""

    format: str
    """``csv``, ``pain.002``, ``camt.053`` or ``camt.054``."""
    answers: tuple[Answered, ...]


def parse(content: bytes, words: Mapping[str, str]) -> Parsed:
    """Read a return file, whichever it is; ``words``: what each of the bank's words in a CSV means, in ours.

    Raises:
        JigongError: it is none, or a column is missing. Lines that cannot be read are answers of their own.
    """
    if content.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        return Parsed(*read_xml(content))
    return Parsed("csv", tuple(_csv(_text(content), words)))


_COLUMNS = {
    "端到端编号": "id", "end_to_end_id": "id", "金额": "amount", "amount": "amount",
    "结果": "result", "result": "result", "原因": "reason", "reason": "reason",
    "银行流水号": "reference", "bank_reference": "reference",
}  # fmt: skip
_NEEDED = {"id": "端到端编号 end_to_end_id", "amount": "金额 amount", "result": "结果 result"}
_OWN = {"paid": Answer.PAID, "failed": Answer.FAILED, "returned": Answer.RETURNED, "pending": Answer.WAITING}
"""The platform's own words for results; a bank's are in the pack."""


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


def _csv(text: str, words: Mapping[str, str]) -> Iterator[Answered]:
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
                yield _answered(reader.line_num, given, words)
    except csv.Error as bad:
        raise error(
            f"回单第 {reader.line_num} 行不是 CSV：{bad}",
            f"line {reader.line_num} of the return is not CSV: {bad}",
            remedy=("请银行重新导出", "ask the bank to export it again"),
        ) from None


def _answered(place: int, given: Mapping[str, str], words: Mapping[str, str]) -> Answered:
    # Spreadsheets keep long numbers whole by a leading apostrophe.
    id_ = given.get("id", "").lstrip("'")
    amount = yuan_and_cents(given.get("amount", ""))
    result = given.get("result", "").lower()
    answer = _OWN.get(words.get(result, result), Answer.UNREADABLE)
    # Many a bank gives the reason for its result: “户名不符”; and whoever looks has to see the word that nobody knows.
    reason = given.get("reason", "") or (
        "" if answer in (Answer.PAID, Answer.WAITING) or result in _OWN else result
    )
    if amount is None or not id_:
        answer = Answer.UNREADABLE
    return Answered(place, id_, answer, amount, reason, given.get("reference", ""))
