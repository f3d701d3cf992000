"""Lawful doubles in files as offices send them: each line stands, and no fact counts it twice."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from jigong.lake import FileSource, IntakeReport, Lake, take_in
from jigong.packs.contract import Contract, read_contracts

FOLDER = Path(__file__).parents[2] / "packs" / "qiantang" / "contracts"
DAY = date(2023, 1, 5)
WORKER, CHILD = "38000019920308001X", "380000199507210020"
FIRMS = ("913838380000000196", "91383838000000020B")
PEOPLE = f"""证件号码,姓名,性别,出生日期,户籍地代码,登记日期
{WORKER},示例甲,男,1992-03-08,330114,2020-06-01
{CHILD},示例乙,女,1995-07-21,330114,2020-06-01
"""


@pytest.fixture(scope="module")
def contracts() -> dict[str, Contract]:
    return read_contracts(FOLDER)


@pytest.fixture
def send(contracts: dict[str, Contract], tmp_path: Path) -> Callable[[str, str], IntakeReport]:
    """Takes a file in, beside two people and two firms."""

    def run(class_name: str, rows: str) -> IntakeReport:
        files = {"person.csv": PEOPLE, "enterprise.csv": firms(), f"{class_name}.csv": rows}
        for name, text in files.items():
            (tmp_path / name).write_text(text, encoding="utf-8")
        lake = Lake(tmp_path / "lake", contracts)
        return take_in(lake, [FileSource(tmp_path / name) for name in files], known_on=DAY)

    return run


def firms() -> str:
    rows = "".join(f"{firm},示例{n}厂,新材料,规上,330114004,100,2012-04-09\n" for n, firm in enumerate(FIRMS))
    return "统一社会信用代码,企业名称,产业,规模,街道代码,从业人数,登记日期\n" + rows


A, B = FIRMS
INSURED = "身份证号码,费款所属期,单位信用代码,缴费基数,缴费金额,到账日期\n"
PAID = "身份证号码,工资月份,单位信用代码,应发工资,实发工资,发放日期\n"
CONTRACT = "合同编号,身份证号码,信用代码,职业代码,起始日期,终止日期,约定月薪\n"


@pytest.mark.parametrize(
    ("class_name", "rows"),
    [
        pytest.param(
            f"{kind}_contribution",
            INSURED + f"{WORKER},2022-12,{A},7000,560,2022-12-20\n{WORKER},2022-12,{B},4000,320,2022-12-20\n",
            id=f"{kind}: two employers in one month",
        )
        for kind in ("pension", "medical", "injury", "unemployment")
    ]
    + [
        pytest.param(
            "pension_contribution",
            INSURED + f"{WORKER},2022-12,{A},7000,560,2022-12-20\n{WORKER},2022-12,{A},500,40,2023-01-04\n"
            f"{WORKER},2022-12,{A},7000,-600,2023-01-05\n",
            id="a supplement for a month already paid, and a refund",
        ),
        pytest.param(
            "housing_fund_deposit",
            INSURED.replace("缴费", "缴存").replace("费款所属期", "缴存月份")
            + f"{WORKER},2022-12,{A},7000,560,2022-12-20\n{WORKER},2022-12,{B},4000,320,2022-12-20\n",
            id="two deposits in one month",
        ),
        pytest.param(
            "wage_payment",
            PAID + f"{WORKER},2022-12,{A},7000,6000,2022-12-20\n{WORKER},2022-12,{A},9000,8000,2022-12-30\n"
            f"{WORKER},2022-12,{A},-100,-100,2023-01-05\n",
            id="a bonus later in the month, and money taken back",
        ),
        pytest.param(
            "labour_contract",
            CONTRACT + f"1,{WORKER},{A},6-31-01-03,2020-01-01,2022-12-31,7000\n"
            f"2,{WORKER},{A},6-31-01-03,2022-12-31,无固定期限,8000\n",
            id="a renewal that begins on the day the old contract ends",
        ),
        pytest.param(
            "labour_contract",
            CONTRACT + f"1,{WORKER},{A},6-31-01-03,2022-01-01,长期,3000\n2,{WORKER},{B},4-03-02-01,2022-06-01,长期,3000\n",
            id="two part-time contracts",
        ),
        pytest.param(
            "flexible_work",
            f"登记编号,身份证号,平台,职业代码,起始日期,终止日期\n1,{WORKER},甲平台,4-02-07-08,2022-01-01,\n"
            f"2,{WORKER},乙平台,4-02-07-08,2022-03-01,\n",
            id="work for two platforms",
        ),
        pytest.param(
            "skill_certificate",
            "证书编号,身份证号,职业代码,技能等级,发证日期,评价机构,机构类型\n"
            f"Y000138000001214000001,{WORKER},6-31-01-03,4,2021-05-20 10:22:31,示例中心,社会评价组织\n"
            f"Y000138000001213000002,{WORKER},6-11-01-04,三级/高级工,2021-05-20,示例中心,社会评价组织\n",
            id="two certificates on one day",
        ),
        pytest.param(
            "vacancy",
            f"岗位编号,信用代码,职业代码,月薪,月份,招聘人数\n1,{A},6-31-01-03,7000,2022-11,3\n1,{A},6-31-01-03,7000,2022-12,3\n",
            id="a vacancy that stays open",
        ),
    ],
)  # fmt: skip
def test_each_line_stands(send: Callable[[str, str], IntakeReport], class_name: str, rows: str) -> None:
    report = send(class_name, rows)
    assert report.refused == ()
    (counts,) = [c for c in report.classes() if c.class_name == class_name]
    assert (counts.accepted, counts.quarantined) == (rows.count("\n") - 1, {})


def test_two_contracts_of_one_employer_that_overlap_are_no_lawful_double(
    send: Callable[[str, str], IntakeReport],
) -> None:
    rows = (
        f"1,{WORKER},{A},6-31-01-03,2020-01-01,2022-12-31,7000\n2,{WORKER},{A},6-31-01-03,2022-12-30,,8000\n"
    )
    (counts,) = [
        c for c in send("labour_contract", CONTRACT + rows).classes() if c.class_name == "labour_contract"
    ]
    assert counts.quarantined == {"overlap": 2}


def test_every_contract_says_what_makes_two_rows_two_records(contracts: dict[str, Contract]) -> None:
    assert [name for name, contract in contracts.items() if contract.records is None] == []


@pytest.mark.parametrize(
    ("class_name", "column", "ways"),
    [
        ("person", "sex", {"1": "男", "2": "女"}),
        ("academic_credential", "level", {"47": "技工学校", "44": "职业高中", "31": "专科", "21": "本科", "大专": "专科"}),
        ("household_member", "relation", {"02": "户主", "12": "配偶", "21": "子女", "长女": "子女", "51": "父母", "73": "其他"}),
        ("enterprise", "industry", {"3973": "半导体", "C3612": "智能汽车及智能装备", "3741": "航空航天", "C1353": "其他"}),
        ("skill_certificate", "level", {"1": "高级技师", "5": "初级工"}),
        ("honour", "level", {"国家级": "国家"}),
        ("station", "kind", {"暖心驿站": "温暖驿站"}),
    ],
)  # fmt: skip
def test_codes_of_standards_beside_the_words(
    contracts: dict[str, Contract], class_name: str, column: str, ways: dict[str, str]
) -> None:
    import re

    values = contracts[class_name].column(column).values
    for way, agreed in ways.items():
        assert next(v.value for v in values if any(re.fullmatch(p, way) for p in v.written)) == agreed


def test_the_police_are_not_asked_what_they_cannot_know(contracts: dict[str, Contract]) -> None:
    for name in ("price", "first_car", "made_in_qiantang"):
        column = contracts["vehicle"].column(name)
        assert (column.required, column.owner) == (False, "platform")
