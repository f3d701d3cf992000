"""Which files are taken for which class."""

from datetime import date
from pathlib import Path

import pytest
from lake_made import CONTRACTS, IDS, PERSON_HEADER, Deliver, people, records

from jigong.kernel.problems import JigongError
from jigong.lake import FileSource, FolderSource, Lake, take_in
from jigong.lake.errors import Refused
from jigong.lake.intake import by_reference
from jigong.lake.sources import Item, class_of

DAY = date(2024, 1, 1)


@pytest.mark.parametrize(
    ("name", "class_name"),
    [
        ("person.csv", "person"),
        ("person-2024.csv", "person"),
        ("person_2024-01.xlsx", "person"),
        ("2024/Person.CSV", "person"),
        ("人口基本信息.xlsx", "person"),
        ("公安_人口基本信息(一月).csv", "person"),
        ("pension_contribution-1.csv", "pension_contribution"),
    ],
)
def test_the_class_is_told_by_the_name(name: str, class_name: str) -> None:
    assert class_of(Item(name, FileSource(Path(name))), CONTRACTS) == class_name


@pytest.mark.parametrize("name", ["personnel.csv", "pensions.csv", "数据.csv"])
def test_a_name_that_tells_no_class(name: str) -> None:
    with pytest.raises(Refused, match="file:class"):
        class_of(Item(name, FileSource(Path(name))), CONTRACTS)


def test_an_unknown_class_is_refused_with_the_nearest(lake: Lake, deliver: Deliver) -> None:
    report = deliver({"persons.csv": people()})
    assert report.refused[0].reason == "file:class"
    assert "“person”" in report.refused[0].what.zh
    assert report.refused[0].sha256 is not None


def test_a_given_class_wins(lake: Lake, tmp_path: Path) -> None:
    file = tmp_path / "data.csv"
    file.write_text(people(), encoding="utf-8")
    assert take_in(lake, [FileSource(file, "person")], known_on=DAY).accepted == 6


def test_a_folder_is_taken_with_the_folders_in_it(lake: Lake, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    (folder / "b").mkdir(parents=True)
    (folder / "person.csv").write_text(PERSON_HEADER, encoding="utf-8")
    (folder / "b" / "person.csv").write_text(people(), encoding="utf-8")
    (folder / "manifest.json").write_text("{}", encoding="utf-8")
    (folder / "~$person.xlsx").write_text("", encoding="utf-8")
    report = take_in(lake, [FolderSource(folder)], known_on=DAY)
    assert [file.name for file in report.taken] == ["b/person.csv", "person.csv"]
    assert {row[0] for row in records(lake, "SELECT DISTINCT _file FROM person")} == {"b/person.csv"}


def test_two_files_of_one_name(lake: Lake, tmp_path: Path) -> None:
    sources = []
    for place in (0, 1):
        folder = tmp_path / str(place)
        folder.mkdir()
        (folder / "person.csv").write_text(people(*IDS[place * 3 :][:3]), encoding="utf-8")
        sources.append(FolderSource(folder))
    report = take_in(lake, sources, known_on=DAY)
    assert [file.accepted for file in report.taken] == [3, 3]
    assert len({file.name for file in report.taken}) == 2


def test_another_kind_of_file_is_refused(lake: Lake, tmp_path: Path) -> None:
    file = tmp_path / "person.docx"
    file.write_bytes(b"x")
    report = take_in(lake, [FileSource(file)], known_on=DAY)
    assert [refused.reason for refused in report.refused] == ["file:format"]


def test_a_missing_file_stops_the_run(lake: Lake, tmp_path: Path) -> None:
    with pytest.raises(JigongError, match="does not exist"):
        take_in(lake, [FileSource(tmp_path / "person.csv")], known_on=DAY)


def test_classes_come_after_those_they_refer_to() -> None:
    assert by_reference(CONTRACTS) == ["person", "pension_contribution", "residence_registration"]
