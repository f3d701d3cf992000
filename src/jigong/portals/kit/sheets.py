"""Tables to download, CSV and XLSX: written row by row, and never with a formula in them."""

import csv
import io
import re
import tempfile
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import IO, Any, cast

from django.http import FileResponse, HttpResponse
from django.utils import timezone
from django.utils.http import content_disposition_header
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from jigong.kernel.spreadsheets import looks_like_formula, never_computed

_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "xml": "application/xml",
}
_NUMBER = re.compile(r"[+-]?\d+([.,]\d+)*%?")
# What XML cannot hold.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_LONGEST = 32_767
"""Characters of a cell."""
_IN_MEMORY = 1 << 20


def as_csv(headers: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    """CSV in UTF-8 with a byte order mark, which every spreadsheet opens rightly."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([plain(name) for name in headers])
    writer.writerows([plain(value) for value in row] for row in rows)
    return out.getvalue().encode("utf-8-sig")


def plain(value: Any) -> str:
    """A value as a text that a spreadsheet shows and never computes; a number stays as it is, whatever its sign."""
    text = "" if value is None else str(value)
    return text if _NUMBER.fullmatch(text) else never_computed(text)


def workbook(
    headers: Sequence[str],
    rows: Iterable[Sequence[Any]],
    *,
    title: str = "Sheet1",
    widths: Sequence[int] = (),
    note: str = "",
) -> IO[bytes]:
    """An XLSX file, at its beginning, with one sheet; it goes to disk when it grows.

    A text is a text whatever it looks like, and stays one when somebody types over it: long numbers keep
    all their digits.
    """
    book = Workbook(write_only=True)
    sheet = book.create_sheet(title[:31])
    for place, width in enumerate(widths, 1):
        sheet.column_dimensions[get_column_letter(place)].width = width
    sheet.freeze_panes = f"A{3 if note else 2}"
    if note:
        sheet.append([_cell(sheet, note)])
    sheet.append([_cell(sheet, header, bold=True) for header in headers])
    for row in rows:
        sheet.append([_cell(sheet, value) for value in row])
    file = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115  (the response closes it)
    book.save(file)
    file.seek(0)
    return cast(IO[bytes], file)


def _cell(sheet: Any, value: Any, *, bold: bool = False) -> Any:
    if isinstance(value, datetime):
        value = timezone.localtime(value).replace(tzinfo=None)
    if isinstance(value, str):
        cell = WriteOnlyCell(sheet, value=_CONTROL.sub("", value)[:_LONGEST])
        cell.data_type = "s"
        cell.number_format = "@"
        # It stays a text, too, when somebody copies it elsewhere.
        cell.quotePrefix = looks_like_formula(value)
    else:
        cell = WriteOnlyCell(sheet, value=value)
        if isinstance(value, Decimal):
            cell.number_format = "#,##0.00"
        elif isinstance(value, date):
            cell.number_format = "yyyy-mm-dd"
    if bold:
        cell.font = Font(bold=True)
    return cell


def download(name: str, content: bytes | IO[bytes]) -> HttpResponse:
    """A file to keep, a large one sent piece by piece; ``name`` ends in ``.csv``, ``.xlsx`` or ``.xml``."""
    kind = _TYPES[name.rsplit(".", 1)[-1]]
    if isinstance(content, bytes):
        response = HttpResponse(content, content_type=kind)
    else:
        # Django's streaming answers are no HttpResponse by type, but views may return either.
        response = cast(HttpResponse, FileResponse(content, content_type=kind))
    response.headers["Content-Disposition"] = content_disposition_header(True, name)
    response.headers["Cache-Control"] = "no-store"
    return response
