"""Files out and in, of all portals: what a spreadsheet makes of them, how large they may be, what they may be called."""

import csv
import io
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from openpyxl import load_workbook

from jigong.kernel.problems import JigongError
from jigong.portals.kit.sheets import as_csv, download, plain, workbook
from jigong.portals.kit.uploads import MEGABYTE, limited, safe_name, sent_file

_FORMULAS = ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "＝1+1"]


def _sheet(*args: Any, **more: Any) -> Any:
    with workbook(*args, **more) as file:
        return load_workbook(file).worksheets[0]


@pytest.mark.parametrize("text", _FORMULAS)
def test_no_spreadsheet_takes_a_text_for_a_formula(text: str) -> None:
    assert plain(text) == f"'{text}"
    rows = list(csv.reader(io.StringIO(as_csv(["列"], [[text]]).decode("utf-8-sig"), newline="")))
    assert rows[1][0].startswith("'")
    sheet = _sheet([text], [[text]], note=text)
    assert {one.data_type for row in sheet.iter_rows() for one in row} == {"s"}


@pytest.mark.parametrize("text", ["-5", "+3.2", "1,000.50", "-12%", "张三", "", "2022-01-01"])
def test_plain_values_stay_as_they_are(text: str) -> None:
    assert plain(text) == text


def test_cells_keep_their_kind_and_long_numbers_all_their_digits() -> None:
    evening = datetime(2022, 12, 20, 12, 30, tzinfo=UTC)
    row = ["380000199001011234", Decimal("12.50"), date(2022, 12, 20), evening, None, 7]
    sheet = _sheet(["甲", "乙", "丙", "丁", "戊", "己"], [row], widths=(20,))
    number, money, day, moment, nothing, count = list(sheet.iter_rows())[1]
    assert (number.value, number.number_format) == (row[0], "@")
    assert (money.value, day.value.date(), nothing.value, count.value) == (12.5, row[2], None, 7)
    assert f"{moment.value:%H:%M}" == "20:30"
    assert sheet.freeze_panes == "A2"


def test_what_xml_cannot_hold_is_left_out() -> None:
    sheet = _sheet(["a\x00b"], [["\x0bc\uffff" + "长" * 40_000]])
    assert sheet["A1"].value == "ab"
    assert sheet["A2"].value.startswith("c长")
    assert len(sheet["A2"].value) <= 32_767


def test_a_download_is_kept_and_never_cached() -> None:
    answer = download("人员.csv", b"x")
    assert answer["Content-Disposition"].startswith("attachment; filename*=utf-8''%E4%BA%BA")
    assert answer["Cache-Control"] == "no-store"
    with pytest.raises(KeyError):
        download("a.html", b"<script>")


@limited(1)
def _taking(request: HttpRequest) -> HttpResponse:
    return HttpResponse(str(sent_file(request).size))


def _post(content: bytes, **more: Any) -> HttpResponse:
    request = RequestFactory().post("/", {"file": SimpleUploadedFile("a.csv", content)}, **more)
    request._dont_enforce_csrf_checks = True  # type: ignore[attr-defined]
    request.language = "zh"  # type: ignore[attr-defined]
    return _taking(request)


def test_a_file_within_the_limit_is_taken() -> None:
    assert _post(b"x" * MEGABYTE).content == str(MEGABYTE).encode()


@pytest.mark.django_db
@pytest.mark.parametrize("more", [{}, {"CONTENT_LENGTH": "300000000"}, {"CONTENT_LENGTH": "1e9"}])
def test_a_larger_one_is_refused_with_the_limit(more: dict[str, str]) -> None:
    answer = _post(b"x" * (MEGABYTE + 1), **more)
    assert answer.status_code == 413
    assert "1 MB" in answer.content.decode()


def test_no_file_is_said() -> None:
    with pytest.raises(JigongError, match="no file was chosen"):
        _post(b"")


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\temp\\人口.xlsx", "人口.xlsx"),
        ("<b>x</b>.csv", "b_.csv"),
        (".hidden", "hidden"),
        ("", "file"),
        (None, "file"),
        ("a" * 200 + ".csv", "a" * 76 + ".csv"),
    ],
)
def test_a_files_name_cannot_lead_anywhere(given: str | None, kept: str) -> None:
    assert safe_name(given) == kept
