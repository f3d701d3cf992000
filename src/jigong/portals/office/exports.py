"""Tables to download: CSV and XLSX that no spreadsheet takes for formulas."""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from typing import Any

from django.http import HttpResponse
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell

from jigong.kernel.spreadsheets import looks_like_formula

_NUMBER = re.compile(r"[+-]?\d+([.,]\d+)*%?")
# What XML cannot hold.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def cell(value: Any) -> str:
    """A text that a spreadsheet shows and never computes: what might be a formula begins with an apostrophe."""
    text = "" if value is None else str(value)
    return f"'{text}" if looks_like_formula(text) and not _NUMBER.fullmatch(text) else text


def as_csv(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    """CSV in UTF-8 with a byte order mark, which every spreadsheet opens rightly."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([cell(name) for name in header])
    writer.writerows([cell(value) for value in row] for row in rows)
    return out.getvalue().encode("utf-8-sig")


def as_xlsx(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    """A workbook of one sheet whose cells are all texts: a formula stays the text it was."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Sheet1")
    for row in (header, *rows):
        cells = []
        for value in row:
            made = WriteOnlyCell(sheet, value=_CONTROL.sub("", "" if value is None else str(value))[:32_767])
            made.data_type = "s"
            made.number_format = "@"
            cells.append(made)
        sheet.append(cells)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def download(content: bytes, name: str) -> HttpResponse:
    """A file to keep; ``name`` ends in ``.csv``, ``.xlsx`` or ``.xml``."""
    kinds = {"csv": "text/csv; charset=utf-8", "xlsx": _XLSX, "xml": "application/xml"}
    response = HttpResponse(content, content_type=kinds[name.rsplit(".", 1)[-1]])
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["Cache-Control"] = "no-store"
    return response
