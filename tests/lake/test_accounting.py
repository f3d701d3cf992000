"""Every file and every sheet of a delivery is accounted for: taken, refused, or passed over and why."""

import io
import json
import os
import zipfile
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import openpyxl
import pytest
from lake_made import IDS, PERSON_HEADER, Deliver, citizen, faults, people, records
from xls_made import xls

from jigong.cli.console import Screen
from jigong.cli.show_intake import show_intake
from jigong.lake import FileSource, FolderSource, IntakeReport, Lake, folders, take_in
from jigong.lake.report import Tally

DAY = date(2024, 1, 1)
HEADER = PERSON_HEADER.strip().split(",")


def row(number: str) -> list[str]:
    return [number, "示例甲", "男", "1990-03-07", ""]


def book(sheets: dict[str, list[list[Any]]], hidden: tuple[str, ...] = ()) -> bytes:
    made = openpyxl.Workbook()
    made.remove(made.worksheets[0])
    for name, rows in sheets.items():
        sheet = made.create_sheet(name)
        for cells in rows:
            sheet.append(cells)
        if name in hidden:
            sheet.sheet_state = "hidden"
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def archive(files: dict[str, str | bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in files.items():
            made.writestr(name, content)
    return out.getvalue()


def taken(report: IntakeReport) -> list[tuple[str, int]]:
    return [(file.name, file.rows_in) for file in report.taken]


def refused(report: IntakeReport) -> list[tuple[str, str]]:
    return [(file.place, file.reason) for file in report.refused]


def passed_over(report: IntakeReport) -> list[tuple[str, str | None]]:
    return [(one.name, one.sheet) for one in report.not_taken]


def check_tallies(report: IntakeReport) -> None:
    for tally in (report.files, report.sheets):
        assert tally.came == tally.taken + tally.repeated + tally.refused + tally.not_taken


def test_a_sheet_a_town(lake: Lake, deliver: Deliver) -> None:
    sheets = {"下沙": [HEADER, row(IDS[0])], "白杨": [["白杨街道"], HEADER, row(IDS[1]), row(IDS[2])]}
    report = deliver({"person.xlsx": book(sheets)})
    assert taken(report) == [("person.xlsx!下沙", 1), ("person.xlsx!白杨", 2)]
    assert records(lake, "SELECT _file, _line FROM person ORDER BY ALL") == [
        ("person.xlsx!下沙", 2), ("person.xlsx!白杨", 3), ("person.xlsx!白杨", 4),
    ]  # fmt: skip
    assert report.sheets == Tally(2, 2, 0, 0, 0)


def test_a_sheet_a_month_covers_the_months_the_name_says(lake: Lake, deliver: Deliver) -> None:
    header = ["公民身份号码", "所属月份", "缴费基数", "缴费金额", "到账日期"]
    sheets = {
        month: [header, [IDS[0], month, 4000, 640, "2023-12-05"]] for month in ("2023-10", "2023-11")
    }  # fmt: skip
    report = deliver({"person.csv": people(), "pension_contribution-2023-10_2023-11.xlsx": book(sheets)})
    assert sorted(row.month for row in report.covered if row.month) == [date(2023, 10, 1), date(2023, 11, 1)]
    assert report.thin == ()


def test_a_sheet_that_may_hold_records_is_refused_and_the_others_are_not_the_whole(
    lake: Lake, deliver: Deliver
) -> None:
    other = ["号码", "姓名", "性别", "出生日期", "手机号"]
    report = deliver({"person.xlsx": book({"下沙": [HEADER, row(IDS[0])], "白杨": [other, row(IDS[1])]})})
    assert refused(report) == [("person.xlsx!白杨", "file:columns")]
    assert report.accepted == 1
    # It was to be the first register, so the file is missed until it comes again.
    assert [(row.kind, row.file) for row in report.covered] == [("gap", "person.xlsx")]
    assert report.incomplete == ("person",)


def test_a_sheet_that_goes_on_without_a_header_is_refused(lake: Lake, deliver: Deliver) -> None:
    report = deliver({"person.xlsx": book({"1": [HEADER, row(IDS[0])], "2": [row(IDS[1]), row(IDS[2])]})})
    assert refused(report) == [("person.xlsx!2", "file:columns")]


def test_sheets_with_nothing_for_the_class_are_named(lake: Lake, deliver: Deliver) -> None:
    sheets = {
        "旧": [HEADER, row(IDS[1])],
        "说明": [["填表说明"]],
        "数据": [HEADER, row(IDS[0])],
        "Sheet3": [],
    }
    report = deliver({"person.xlsx": book(sheets, hidden=("旧",))})
    assert taken(report) == [("person.xlsx", 1)]
    assert [(one.sheet, one.why.en) for one in report.not_taken] == [
        ("旧", "is hidden; show it if it counts"), ("说明", "has no header of this class"), ("Sheet3", "is empty"),
    ]  # fmt: skip
    assert len(report.covered) == 1
    assert report.sheets == Tally(4, 1, 0, 0, 3)


def test_a_workbook_of_which_no_sheet_can_be_read_names_them_all(lake: Lake, deliver: Deliver) -> None:
    report = deliver(
        {"person.xlsx": book({"旧": [HEADER, row(IDS[1])], "说明": [["填表说明"]]}, hidden=("旧",))}
    )
    assert refused(report) == [("person.xlsx", "file:columns")]
    assert "“旧”是隐藏的" in report.refused[0].what.zh
    assert passed_over(report) == [("person.xlsx", "旧"), ("person.xlsx", "说明")]


def test_workbooks_of_the_old_binary_kind(lake: Lake, deliver: Deliver) -> None:
    content = xls(
        {"旧": [HEADER, row(IDS[2])], "一": [HEADER, row(IDS[0])], "二": [HEADER, row(IDS[1])]}, ["旧"]
    )
    for name in ("person.xls", "person-2.et", "person-3.xlsx"):
        report = deliver({name: content}, into=Lake(lake.root / name, lake.contracts))
        assert taken(report) == [(f"{name}!一", 1), (f"{name}!二", 1)]
        assert passed_over(report) == [(name, "旧")]


def test_what_is_called_xls_and_is_text_or_a_web_page(lake: Lake, deliver: Deliver) -> None:
    text = people().replace(",", "\t").encode("gb18030")
    report = deliver({"person-1.xls": text, "person-2.xls": "<html><table></table></html>"})
    assert taken(report) == [("person-1.xls", 6)]
    assert "web page" in report.refused[0].what.en


def test_everything_in_a_folder(lake: Lake, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    (folder / "sub").mkdir(parents=True)
    (folder / "person.csv").write_text(people(), encoding="utf-8")
    (folder / "pension_contribution.rar").write_bytes(b"Rar!")
    (folder / "person-letter.pdf").write_bytes(b"%PDF")
    (folder / "notes.json").write_text("{}", encoding="utf-8")
    (folder / "sub" / "~$person.xlsx").write_bytes(b"")
    (folder / "sub" / ".DS_Store").write_bytes(b"")
    (folder / "person-old.csv").symlink_to(folder / "gone.csv")
    (folder / "elsewhere").symlink_to(tmp_path)
    os.mkfifo(folder / "person-pipe.csv")
    (folder / "delivery.yaml").write_text("person.csv: {whole: true}", encoding="utf-8")
    report = take_in(lake, [FolderSource(folder)], known_on=DAY)
    assert taken(report) == [("person.csv", 6)]
    assert refused(report) == [
        ("pension_contribution.rar", "file:format"),
        ("person-old.csv", "file:unreadable"),
        ("person-pipe.csv", "file:unreadable"),
    ]
    assert sorted(name for name, _ in passed_over(report)) == [
        "delivery.yaml", "elsewhere", "notes.json", "person-letter.pdf", "sub/.DS_Store", "sub/~$person.xlsx",
    ]  # fmt: skip
    assert report.files == Tally(10, 1, 0, 3, 6)


def test_a_pipe_is_refused_and_does_not_hold_the_lake(lake: Lake, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "person.csv")
    report = take_in(lake, [FileSource(tmp_path / "person.csv")], known_on=DAY)
    assert refused(report) == [("person.csv", "file:unreadable")]


@pytest.mark.parametrize(
    ("raw", "name"),
    [("人口基本信息".encode("gb18030"), "人口基本信息.csv"), (b"person-\xff", "person-\ufffd.csv")],
)
def test_a_name_that_is_not_utf8(lake: Lake, tmp_path: Path, raw: bytes, name: str) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    path = Path(os.fsdecode(os.fsencode(folder) + b"/" + raw + b".csv"))
    path.write_text(people(), encoding="utf-8")
    assert taken(take_in(lake, [FileSource(path)], known_on=DAY)) == [(name, 6)]
    assert taken(take_in(lake, [FolderSource(folder)], known_on=date(2024, 1, 2))) == [(name, 6)]


def test_a_zip_of_deliveries(lake: Lake, tmp_path: Path) -> None:
    content = {
        "公安/person.csv": people(*IDS[:2]),
        "person-2.xlsx": book({"一": [HEADER, row(IDS[2])]}),
        "__MACOSX/._person.csv": "x",
        "inner.zip": archive({"person.csv": people()}),
        "delivery.yaml": "person-2.xlsx: {whole: true}",
    }
    file = tmp_path / "in" / "12月.zip"
    file.parent.mkdir()
    file.write_bytes(archive(content))
    for source in (FileSource(file), FolderSource(file.parent)):
        report = take_in(Lake(tmp_path / type(source).__name__, lake.contracts), [source], known_on=DAY)
        assert sorted(taken(report)) == [("12月.zip/person-2.xlsx", 1), ("12月.zip/公安/person.csv", 2)]
        assert sorted(name for name, _ in passed_over(report)) == [
            "12月.zip/__MACOSX/._person.csv", "12月.zip/delivery.yaml", "12月.zip/inner.zip",
        ]  # fmt: skip
        check_tallies(report)


def test_names_in_an_old_zip_are_in_the_code_page_of_its_machine(lake: Lake, tmp_path: Path) -> None:
    file = tmp_path / "x.zip"
    raw = "人口基本信息.csv".encode("gb18030")
    file.write_bytes(archive({"A" * len(raw): people()}).replace(b"A" * len(raw), raw))
    assert taken(take_in(lake, [FileSource(file)], known_on=DAY)) == [("x.zip/人口基本信息.csv", 6)]


def test_a_zip_that_is_no_zip_or_too_much(
    lake: Lake, deliver: Deliver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folders, "MOST_ENTRIES", 2)
    many = archive({f"person-{n}.csv": people() for n in range(3)})
    report = deliver({"person-a.zip": b"PK", "person-b.zip": many, "person.csv": people()})
    assert refused(report) == [("person-a.zip", "file:format"), ("person-b.zip", "file:format")]
    assert report.accepted == 6
    monkeypatch.setattr(folders, "MOST_BYTES", 100)
    assert refused(deliver({"person-c.zip": archive({"person.csv": people()})})) == [
        ("person-c.zip", "file:format")
    ]


@pytest.mark.parametrize("name", ["../person.csv", "/person.csv", "C:\\person.csv", "a/../../person.csv"])
def test_a_name_that_leads_out_of_a_zip(lake: Lake, deliver: Deliver, name: str) -> None:
    report = deliver({"x.zip": archive({name: people(), "person.csv": people()})})
    assert [reason for _, reason in refused(report)] == ["file:format"]
    assert report.accepted == 6


def test_a_damaged_file_in_a_zip_keeps_the_others(lake: Lake, deliver: Deliver) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        made.writestr("person-1.csv", people(IDS[0]))
        made.writestr("person-2.csv", people(IDS[1]))
    content = out.getvalue().replace(people(IDS[0]).encode(), people(IDS[2]).encode())
    report = deliver({"x.zip": content})
    assert refused(report) == [("x.zip/person-1.csv", "file:format")]
    assert report.accepted == 1


def test_a_folder_with_everything_spoiled_at_once_is_accounted_for_to_the_last_sheet(
    lake: Lake, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "in"
    (folder / "sub").mkdir(parents=True)
    other = ["号码", "姓名", "性别", "出生日期", "手机号"]
    sheets = {
        "旧": [HEADER, row(IDS[5])],
        "说明": [["填表说明"]],
        "下沙": [
            ["下沙街道"],
            HEADER,
            row(IDS[0]),
            [float(IDS[1][:15] + "000"), "示例乙", "男", "1990-03-07", ""],
        ],
        "白杨": [other, row(IDS[2])],
        "河庄": [HEADER, [f"'{IDS[3]}", "示例丁", "男", "1990-03-07 08:00:00", ""], row("330114900307123")],
        "Sheet6": [],
    }
    wide = IDS[4].translate({ord(digit): ord(digit) + 0xFEE0 for digit in "0123456789"})
    mac = PERSON_HEADER.replace("\n", "\r") + "\r".join(",".join(row(n)) for n in (wide, IDS[5])) + "\r"
    private = ",".join([citizen(7), "示例\ue000", "男", "1990-03-07", ""])
    header = "公民身份号码,所属月份,缴费基数,缴费金额,到账日期\n"
    files: dict[str, str | bytes] = {
        "人口基本信息-镇街.xlsx": book(sheets, hidden=("旧",)),
        "人口基本信息-旧系统.xls": xls({"一": [HEADER, row(IDS[2])]}),
        "人口基本信息-金山.et": xls({"一": [HEADER, row(IDS[1])]}),
        "person-mac.csv": mac,
        "person-excel.csv": PERSON_HEADER + f"3.8E+17,示例乙,男,1990-03-07,\n{private}\n",
        "人口基本信息-损坏.xlsx": b"PK\x03\x04",
        "人口基本信息-网页.xls": "<html></html>",
        "养老保险缴费.zip": archive({
            "养老保险缴费-2023-11.csv": (header + f"{IDS[0]},2023-11,4000,640,20231205102231\n").encode("gb18030"),
            "../pension_contribution.csv": header, "再一层.zip": archive({}), "说明.docx": b"x",
        }),
        "养老保险缴费-2023-10.7z": b"7z",
        "来信.pdf": b"%PDF", "记录.json": "{}", "sub/.DS_Store": b"", "sub/~$人口.xlsx": b"",
    }  # fmt: skip
    for name, content in files.items():
        (folder / name).write_bytes(content.encode() if isinstance(content, str) else content)
    with duckdb.connect() as con:
        columns = ", ".join(f"'x' AS \"{name}\"" for name in HEADER[1:])
        con.execute(
            f"COPY (SELECT {{'number': 'x'}} AS \"{HEADER[0]}\", {columns}) TO '{folder}/person-nested.parquet'"
        )
    os.mkfifo(folder / "person-pipe.csv")
    (folder / "person-link.csv").symlink_to(folder / "nowhere.csv")
    raw = os.fsencode(folder) + b"/sub/" + "人口基本信息-备份.csv".encode("gb18030")
    Path(os.fsdecode(raw)).write_text(people(IDS[0]), encoding="utf-8")
    report = take_in(lake, [FolderSource(folder)], known_on=DAY)
    assert sorted(taken(report)) == [
        ("person-excel.csv", 2),
        ("person-mac.csv", 2),
        ("sub/人口基本信息-备份.csv", 1),
        ("人口基本信息-旧系统.xls", 1),
        ("人口基本信息-金山.et", 1),
        ("人口基本信息-镇街.xlsx!下沙", 2),
        ("人口基本信息-镇街.xlsx!河庄", 2),
        ("养老保险缴费.zip/养老保险缴费-2023-11.csv", 1),
    ]
    assert sorted(refused(report)) == [
        ("person-link.csv", "file:unreadable"),
        ("person-nested.parquet", "file:columns"),
        ("person-pipe.csv", "file:unreadable"),
        ("人口基本信息-损坏.xlsx", "file:format"),
        ("人口基本信息-网页.xls", "file:format"),
        ("人口基本信息-镇街.xlsx!白杨", "file:columns"),
        ("养老保险缴费-2023-10.7z", "file:format"),
        ("养老保险缴费.zip/../pension_contribution.csv", "file:format"),
    ]
    assert sorted(name if sheet is None else f"{name}!{sheet}" for name, sheet in passed_over(report)) == [
        "sub/.DS_Store",
        "sub/~$人口.xlsx",
        "人口基本信息-镇街.xlsx!Sheet6",
        "人口基本信息-镇街.xlsx!旧",
        "人口基本信息-镇街.xlsx!说明",
        "养老保险缴费.zip/再一层.zip",
        "养老保险缴费.zip/说明.docx",
        "来信.pdf",
        "记录.json",
    ]
    assert report.files == Tally(20, 7, 0, 7, 6)
    assert report.sheets == Tally(8, 4, 0, 1, 3)
    assert report.rows_in == report.accepted + report.quarantined + report.duplicates + report.outdated == 12
    reasons = sorted(fault[4] for fault in faults(lake) if not fault[4].startswith("rule:"))
    assert reasons == ["character", "digits", "digits", "old_number"]
    assert records(lake, f"SELECT _file FROM person WHERE person_id = '{IDS[4]}'") == [("person-mac.csv",)]
    # None of it is the whole, and each file that may hold people is missed once.
    assert sorted((row.kind, row.file) for row in report.covered) == [
        ("gap", "person-link.csv"),
        ("gap", "person-nested.parquet"),
        ("gap", "person-pipe.csv"),
        ("gap", "人口基本信息-损坏.xlsx"),
        ("gap", "人口基本信息-网页.xls"),
        ("gap", "人口基本信息-镇街.xlsx"),
    ]

    # What a program reads, and what a person does, say the same.
    Screen("zh", as_json=True).json(report)
    said = json.loads(capsys.readouterr().out)
    assert said["files"] == {"came": 20, "taken": 7, "repeated": 0, "refused": 7, "not_taken": 6}
    assert said["sheets"] == {"came": 8, "taken": 4, "repeated": 0, "refused": 1, "not_taken": 3}
    assert (len(said["refused"]), len(said["not_taken"])) == (7 + 1, 6 + 3)
    assert sum(file["rows_in"] for file in said["taken"]) == 12
    show_intake(Screen("zh"), report, SimpleNamespace(contracts=lake.contracts))  # type: ignore[arg-type]
    shown = capsys.readouterr().out
    assert "20 = 7 + 7 + 6  文件 = 收下 + 退回 + 没有收" in shown
    assert "8 = 4 + 1 + 3  工作表 = 收下 + 退回 + 没有收" in shown
    assert f"12 = {report.accepted} + {report.quarantined} + {report.duplicates}  收到 = " in shown
    for place, _ in refused(report):
        assert place in shown
