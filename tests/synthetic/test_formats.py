"""Files look as departments send them: their formats, encodings, headers, dates and careless cells."""

import re
from collections.abc import Mapping

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from jigong.packs.contract import Contract

from .conftest import District
from .plain_intake import sheet_rows


def _lines(district: District, cls: str, encoding: str) -> list[str]:
    return district.files(cls)[0].read_bytes().decode(encoding, "replace").split("\n")


def test_formats_and_encodings_are_those_of_the_contracts(
    contracts: Mapping[str, Contract], clean: District
) -> None:
    for name, contract in contracts.items():
        [file] = clean.manifest.classes[name].files
        assert (file.format, file.encoding) == (contract.delivery.format, contract.delivery.encoding)
        assert file.file == f"{name}.{contract.delivery.format}"


def test_gb18030_is_not_utf8(clean: District) -> None:
    with pytest.raises(UnicodeDecodeError):
        clean.files("person")[0].read_text(encoding="utf-8")
    assert "工人000001" in clean.files("person")[0].read_text(encoding="gb18030")


def test_headers_are_chinese_and_known(contracts: Mapping[str, Contract], clean: District) -> None:
    synonyms = 0
    for name, contract in contracts.items():
        if contract.delivery.format == "csv":
            header = _lines(clean, name, contract.delivery.encoding or "utf-8")[0].split(",")
            for column, text in zip(contract.columns, header, strict=True):
                assert text in column.headers
                assert text != column.name
                synonyms += text != column.headers[0]
    assert synonyms > 0


def test_sheets_have_a_title_above_the_header(contracts: Mapping[str, Contract], clean: District) -> None:
    rows = sheet_rows(clean.files("honour")[0])
    assert str(rows[0][0]).endswith("荣誉(截至 2023-01-01)")
    assert rows[1][1] in contracts["honour"].columns[1].headers


def test_parquet_is_typed(clean: District) -> None:
    schema = pq.read_schema(clean.files("wage_payment")[0])
    assert pa.types.is_date(schema.field("所属月份").type)
    assert schema.field("应发工资").type == pa.decimal128(12, 2)


def test_dates_and_months_come_in_several_forms(contracts: Mapping[str, Contract], clean: District) -> None:
    forms = {"iso": r"\d{4}-\d\d(-\d\d)?", "compact": r"\d{6}(\d\d)?", "chinese": r"\d{4}年\d+月(\d+日)?"}
    seen: dict[str, set[str]] = {"date": set(), "month": set()}
    for name, contract in contracts.items():
        if contract.delivery.format != "csv":
            continue
        cells = _lines(clean, name, contract.delivery.encoding or "utf-8")[1].split(",")
        for column, cell in zip(contract.columns, cells, strict=True):
            if column.kind in seen and cell:
                seen[column.kind] |= {form for form, pattern in forms.items() if re.fullmatch(pattern, cell)}
    assert seen == {"date": set(forms), "month": set(forms)}


def test_sheets_hold_serial_numbers_dates_and_text(
    contracts: Mapping[str, Contract], clean: District
) -> None:
    kinds = set()
    for name, contract in contracts.items():
        if contract.delivery.format == "xlsx":
            rows = sheet_rows(clean.files(name)[0])[2:]
            at = [column.name for column in contract.columns].index(contract.valid_time.start)
            kinds |= {type(row[at]).__name__ for row in rows}
    assert kinds == {"int", "str", "datetime"}


def test_yes_and_no(clean: District) -> None:
    values = {line.split(",")[-1] for line in _lines(clean, "vehicle", "gb18030")[1:-1]}
    assert values == {"是", "否"}


def test_some_cells_are_careless(small: District, clean: District) -> None:
    careless = re.compile(r"[\uff10-\uff19]|(^|,)[ \u3000]|[ \u3000](,|$)")
    names = ("person", "household_member", "academic_credential", "residence_registration", "labour_contract")
    encodings = ("gb18030", "gb18030", "gb18030", "gb18030", "utf-8")
    both = list(zip(names, encodings, strict=True))
    assert any(careless.search(line) for name, encoding in both for line in _lines(small, name, encoding))
    assert not any(careless.search(line) for name, encoding in both for line in _lines(clean, name, encoding))
    assert not any(careless.search(line) for line in _lines(small, "pension_contribution", "utf-8"))
