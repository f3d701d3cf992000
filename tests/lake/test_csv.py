"""CSV files as departments send them: lines stay right whatever is wrong with the file."""

import codecs
from datetime import date
from pathlib import Path

import pytest
from lake_made import IDS, PERSON_HEADER, Deliver, citizen, column, contract, faults, people, records

from jigong.lake import FileSource, Lake, take_in


def row(person: str, name: str = "示例甲") -> str:
    return f"{person},{name},男,1990-03-07,\n"


def lines(lake: Lake) -> dict[str, int]:
    return dict(records(lake, "SELECT person_id, _line FROM person"))  # type: ignore[arg-type]


A, B, C, D, E, F = IDS


def test_blank_lines_do_not_move_the_others(lake: Lake, deliver: Deliver) -> None:
    report = deliver({"person.csv": PERSON_HEADER + "\n" + row(A) + "\n\n" + row(B) + "\r\n" + row(C) + "\n"})
    assert lines(lake) == {A: 3, B: 6, C: 8}
    assert report.rows_in == 3


def test_rows_with_too_few_or_too_many_cells(lake: Lake, deliver: Deliver) -> None:
    content = (
        PERSON_HEADER + row(A) + f"{B},示例乙\n" + row(C) + "\n" + f"{D},示例丁,男,1990-03-07,,,x\n" + row(E)
    )
    report = deliver({"person.csv": content})
    assert faults(lake) == [
        ("person.csv", 3, None, f"{B},示例乙", "columns"),
        ("person.csv", 6, None, f"{D},示例丁,男,1990-03-07,,,x", "columns"),
    ]
    assert lines(lake) == {A: 2, C: 4, E: 7}
    assert (report.rows_in, report.accepted, report.quarantined) == (5, 3, 2)


@pytest.mark.parametrize("name", ["示例甲", '"示例\n甲"'])
def test_empty_cells_beyond_the_header_are_no_fault(lake: Lake, deliver: Deliver, name: str) -> None:
    report = deliver({"person.csv": PERSON_HEADER + row(B, name) + f"{A},示例甲,男,1990-03-07,,,\n"})
    assert report.accepted == 2


def test_a_truncated_last_line(lake: Lake, deliver: Deliver) -> None:
    report = deliver({"person.csv": people(A, B) + f"{C},示例丙,男,19"})
    assert faults(lake) == [("person.csv", 4, None, f"{C},示例丙,男,19", "columns")]
    assert report.accepted == 2


def test_a_last_line_without_a_line_break(lake: Lake, deliver: Deliver) -> None:
    assert deliver({"person.csv": people(A, B).rstrip("\n")}).accepted == 2


def test_quoted_cells_with_commas_quotes_and_line_breaks(lake: Lake, deliver: Deliver) -> None:
    content = PERSON_HEADER + row(A, '"示例,""甲"""') + row(B, '"示例\n乙"') + row(C)
    deliver({"person.csv": content})
    assert records(lake, "SELECT name FROM person ORDER BY _line") == [
        ('示例,"甲"',),
        ("示例\n乙",),
        ("示例甲",),
    ]
    assert lines(lake) == {A: 2, B: 3, C: 5}


def test_a_quoted_line_break_in_a_file_with_windows_line_breaks(lake: Lake, deliver: Deliver) -> None:
    deliver({"person.csv": (PERSON_HEADER + row(A, '"示例\n甲"') + row(B)).replace("\n", "\r\n")})
    assert records(lake, "SELECT name, _line FROM person ORDER BY 2") == [("示例\n甲", 2), ("示例甲", 4)]


def test_an_unclosed_quote_swallows_nothing(lake: Lake, deliver: Deliver) -> None:
    content = (
        PERSON_HEADER
        + row(A)
        + row(B, '"示例乙')
        + row(C)
        + "\n"
        + row(D, '"示例\n丁"')
        + row(E)
        + row(F, '示例"己')
    )
    report = deliver({"person.csv": content})
    assert lines(lake) == {A: 2, C: 4, D: 6, E: 8}
    assert [(fault[1], fault[4]) for fault in faults(lake)] == [(3, "columns"), (9, "columns")]
    assert report.rows_in == 6


def test_many_unclosed_quotes(lake: Lake, deliver: Deliver) -> None:
    people_ = [citizen(place) for place in range(400)]
    content = PERSON_HEADER + "".join(
        row(i, '"示例' if n % 150 == 7 else "示例") for n, i in enumerate(people_)
    )
    report = deliver({"person.csv": content})
    assert [fault[1] for fault in faults(lake)] == [9, 159, 309]
    assert report.accepted == 397
    assert all(line == people_.index(person) + 2 for person, line in lines(lake).items())


@pytest.mark.parametrize("sign", ["\t", ";"])
def test_other_delimiters_are_told_from_the_header(lake: Lake, deliver: Deliver, sign: str) -> None:
    assert deliver({"person.csv": people().replace(",", sign)}).accepted == 6


def test_title_rows_above_the_header(lake: Lake, deliver: Deliver) -> None:
    deliver({"person.csv": "人口基本信息,,,,\n截至2024年1月,,,,\n" + people(A)})
    assert lines(lake) == {A: 4}


def test_headers_by_other_names_in_any_order_and_width(lake: Lake, deliver: Deliver) -> None:
    content = f" sex ,出生日期,姓 名,备注,ｐｅｒｓｏｎ_id\n男,1990-03-07,示例甲,x,{A}\n"
    report = deliver({"person.csv": content})
    assert report.accepted == 1
    assert report.taken[0].ignored == ("备注",)
    assert records(lake, "SELECT mobile FROM person") == [(None,)]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_encodings_are_found_out(lake: Lake, deliver: Deliver, encoding: str) -> None:
    content = PERSON_HEADER + row(A, "示例甲") + "\n" + row(B, "示例㐀𠀀")
    deliver({"person.csv": content.encode(encoding)})
    assert records(lake, "SELECT name FROM person ORDER BY _line") == [("示例甲",), ("示例㐀𠀀",)]
    assert lines(lake) == {A: 2, B: 4}


@pytest.mark.parametrize("line_break", ["\r\n", "\n"])
def test_line_breaks(lake: Lake, deliver: Deliver, line_break: str) -> None:
    deliver({"person.csv": people(A, B).replace("\n", line_break)})
    assert lines(lake) == {A: 2, B: 3}


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_bytes_outside_the_encoding(lake: Lake, deliver: Deliver, encoding: str) -> None:
    content = (PERSON_HEADER + row(A) + row(B) + row(C)).encode(encoding)
    name = "示例甲".encode(encoding)
    at = content.index(name, content.index(B.encode())) + len(name)
    report = deliver({"person.csv": content[:at] + b"\xff" + content[at:]})
    assert faults(lake) == [("person.csv", 3, "name", "示例甲\ufffd", "encoding")]
    assert report.accepted == 2


def test_bad_bytes_far_into_an_ascii_file(lake: Lake, deliver: Deliver) -> None:
    header = "person_id,name,sex,birth_date,mobile\n"
    filler = "".join(f"{citizen(0)},A,男,1990-03-07,\n" for _ in range(40_000))
    content = (header + filler + row(B) + row(C, "示例?")).encode().replace("示例?".encode(), b"\xff\xfe")
    assert content.index(b"\xff") > 1 << 20
    report = deliver({"person.csv": content})
    assert [(fault[1], fault[4]) for fault in faults(lake)] == [(40_003, "encoding")]
    assert (report.accepted, report.duplicates) == (2, 39_999)


def test_gb18030_that_looks_like_ascii_at_first(lake: Lake, deliver: Deliver) -> None:
    header = "person_id,name,sex,birth_date,mobile\n"
    filler = "".join(f"{citizen(0)},A,m,1990-03-07,\n" for _ in range(45_000))
    deliver({"person.csv": header.encode() + filler.encode() + row(B, "示例乙").encode("gb18030")})
    assert records(lake, "SELECT name, _line FROM person") == [("示例乙", 45_002)]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"\x00\x01\x02" * 100, "file:encoding"),
        (bytes(range(128, 256)) * 40, "file:encoding"),
        (b"", "file:format"),
        (people().replace("公民身份号码", "身份号").encode(), "file:columns"),
        (people().replace("手机号", "姓名").encode(), "file:columns"),
        ("甲,乙\n1,2\n".encode(), "file:columns"),
    ],
)
def test_files_that_are_refused_whole(lake: Lake, deliver: Deliver, content: bytes, reason: str) -> None:
    report = deliver({"person.csv": content})
    assert [(file.name, file.class_name, file.reason) for file in report.refused] == [
        ("person.csv", "person", reason)
    ]
    # That the first register could not be read is remembered: another file is not the whole of it.
    (noted,) = lake.batches()
    assert (noted.name, noted.files, noted.gaps) == (report.batch, (), ("person",))
    sha256 = report.refused[0].sha256
    assert sha256 is not None
    assert lake.store.archived(sha256).read_bytes() == content


def test_a_missing_column_is_named_with_the_most_similar_header(lake: Lake, deliver: Deliver) -> None:
    report = deliver({"person.csv": people().replace("公民身份号码", "公民身份号")})
    assert "“公民身份号码”(文件中最接近的是“公民身份号”)" in report.refused[0].what.zh
    assert "most similar in the file: “公民身份号”" in report.refused[0].what.en
    assert report.refused[0].remedy.zh


def test_a_byte_order_mark_is_not_part_of_the_header(lake: Lake, deliver: Deliver) -> None:
    content = codecs.BOM_UTF8 + (PERSON_HEADER + row(A) + row(B, '"示例\n乙"')).encode()
    assert deliver({"person.csv": content}).accepted == 2


def test_lines_of_a_large_file_stay_right(tmp_path: Path) -> None:
    # Enough rows for DuckDB to read the file in several pieces at once; each says where it stands.
    thing = contract(
        "thing", "东西", [column("code"), column("day", "date")], key=("code",), time=("date", "day")
    )
    made = [f"{line},2023-01-05\n" for line in range(2, 300_002)]
    made[100_000] = "broken\n"
    made[200_000] = "\n"
    made[250_000] = "250002,never\n"
    made[260_000] = "260002,2023年1月5日\n"
    file = tmp_path / "thing.csv"
    file.write_text("code,day\n" + "".join(made), encoding="utf-8")
    lake = Lake(tmp_path / "lake", {"thing": thing})
    report = take_in(lake, [FileSource(file)], known_on=date(2024, 1, 1))
    assert (report.rows_in, report.accepted) == (299_999, 299_997)
    assert records(lake, "SELECT count(*) FROM thing WHERE code <> _line::VARCHAR") == [(0,)]
    assert [(fault[1], fault[4]) for fault in faults(lake)] == [(100_002, "columns"), (250_002, "type")]


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "utf-16"])
def test_lines_that_end_in_a_carriage_return_alone(lake: Lake, deliver: Deliver, encoding: str) -> None:
    report = deliver({"person.csv": people().replace("\n", "\r").encode(encoding)})
    assert (report.rows_in, report.accepted) == (6, 6)
    assert records(lake, "SELECT min(_line), max(_line) FROM person") == [(2, 7)]


def test_numbers_marked_as_text(lake: Lake, deliver: Deliver) -> None:
    first, second = people(*IDS[:2]).split("\n")[1:3]
    deliver({"person.csv": PERSON_HEADER + f"'{first}\n" + f'="{IDS[1]}"{second[18:]}\n'})
    assert faults(lake) == []
    assert records(lake, "SELECT person_id, _line FROM person ORDER BY 2") == [(IDS[0], 2), (IDS[1], 3)]
