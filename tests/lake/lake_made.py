"""Contracts made in the tests, so that they do not depend on any pack."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

from jigong.kernel.text import Text
from jigong.lake import IntakeReport
from jigong.packs.contract import Column, Contract, Delivery, EnumValue, RowRule, ValidTime

Deliver: TypeAlias = Callable[..., IntakeReport]
"""``deliver({"person.csv": "…"}, known_on=…, into=…)``: writes files and takes them in as one delivery."""


def column(name: str, kind: str = "string", zh: str | None = None, **more: Any) -> Column:
    """A column that is required unless told otherwise."""
    label = zh or name
    values: dict[str, Any] = {
        "precision": None, "scale": None, "required": True, "unique": False, "values": (), "minimum": None,
        "maximum": None, "exclusive_minimum": None, "exclusive_maximum": None, "min_length": None,
        "max_length": None, "pattern": None, "identifier": None, "reference": None, "classification": None,
    }  # fmt: skip
    if kind == "decimal":
        values |= {"precision": 12, "scale": 2}
    values |= more
    values["values"] = tuple(v if isinstance(v, EnumValue) else EnumValue(v, v) for v in values["values"])
    return Column(name=name, label=Text(label, name), headers=(label, name), kind=kind, **values)  # type: ignore[arg-type]


def contract(
    name: str, label: str, columns: list[Column], *, key: tuple[str, ...], time: tuple[str, ...], **more: Any
) -> Contract:
    """A contract; ``time`` is (kind, start) or (kind, start, end)."""
    values: dict[str, Any] = {
        "no_overlap": (), "row_rules": (), "frequency": "monthly", "latency_days": 62,
        "delivery": Delivery("csv", "utf-8"),
    }  # fmt: skip
    values |= more
    values["row_rules"] = tuple(
        RowRule(i, s, Text(z, e), *warns) for i, s, z, e, *warns in values["row_rules"]
    )
    kind, start, end = (*time, None)[:3]
    return Contract(
        name=name, label=Text(label, name), number=1, department=Text("测试部门", "test department"),
        group=Text("测试", "test"), columns=tuple(columns), key=key,
        valid_time=ValidTime(kind, start, end),  # type: ignore[arg-type]
        file=Path(f"{name}.yaml"), **values,
    )  # fmt: skip


PERSON = contract(
    "person",
    "人口基本信息",
    [
        column("person_id", zh="公民身份号码", identifier="citizen"),
        column("name", zh="姓名"),
        column("sex", zh="性别", values=("男", "女")),
        column("birth_date", "date", "出生日期"),
        column("mobile", zh="手机号", required=False, pattern=r"^1\d{10}$"),
    ],
    key=("person_id",),
    time=("date", "birth_date"),
    row_rules=[
        (
            "birth_date_agrees",
            "substr(person_id, 7, 8) = strftime(birth_date, '%Y%m%d')",
            "出生日期与号码不符",
            "birth date differs",
        ),
    ],
)
PENSION = contract(
    "pension_contribution",
    "养老保险缴费",
    [
        column("person_id", zh="公民身份号码", identifier="citizen", reference=("person", "person_id")),
        column("month", "month", "所属月份"),
        column("base", "decimal", "缴费基数", minimum=0),
        column("amount", "decimal", "缴费金额", minimum=0),
        column("paid_on", "date", "到账日期"),
        column("cumulative_months", "integer", "累计缴费月数", required=False, minimum=0),
    ],
    key=("person_id", "month"),
    time=("month", "month"),
    happened=("paid_on",),
    ahead={"month": 100_000},
    row_rules=[("amount_within_base", "amount <= base", "缴费金额大于基数", "amount above base")],
)
RESIDENCE = contract(
    "residence_registration",
    "居住登记",
    [
        column("registration_no", zh="登记编号"),
        column("person_id", zh="公民身份号码", reference=("person", "person_id")),
        column("valid_from", "date", "登记日期"),
        column("valid_to", "date", "到期日期", required=False),
        column("local", "boolean", "本区", required=False),
    ],
    key=("registration_no",),
    time=("period", "valid_from", "valid_to"),
    no_overlap=("person_id",),
)
CONTRACTS = {c.name: c for c in (PENSION, PERSON, RESIDENCE)}


def citizen(place: int, born: str = "19900307") -> str:
    """A citizen number with a right check digit that no one can have: there is no region 100000."""
    body = f"100000{born}{place:03d}"
    weights = [pow(2, 17 - i, 11) for i in range(17)]
    return body + "10X98765432"[sum(w * int(d) for w, d in zip(weights, body, strict=True)) % 11]


PERSON_HEADER = "公民身份号码,姓名,性别,出生日期,手机号\n"
PENSION_HEADER = "公民身份号码,所属月份,缴费基数,缴费金额,到账日期,累计缴费月数\n"
RESIDENCE_HEADER = "登记编号,公民身份号码,登记日期,到期日期,本区\n"
IDS = tuple(citizen(place) for place in range(6))


def people(*ids: str) -> str:
    """A right person file with one row for each id."""
    return PERSON_HEADER + "".join(f"{i},示例甲,男,1990-03-07,\n" for i in ids or IDS)


def pension(person: str, month: str = "2023-01", base: str = "4000.00", amount: str = "640.00") -> str:
    """A right pension row."""
    return f"{person},{month},{base},{amount},2023-02-15,1\n"


def faults(lake: Any, class_name: str | None = None) -> list[tuple[Any, ...]]:
    """(file, line, column, value, reason) of every fault in quarantine."""
    from jigong.lake.quarantine import quarantined_rows

    return [
        (row.file, row.line, row.column, row.value, row.reason) for row in quarantined_rows(lake, class_name)
    ]


def records(lake: Any, query: str, **when: Any) -> list[tuple[Any, ...]]:
    """The rows of a query on the newest snapshot, or the one as known on a day."""
    with lake.snapshot(**when).connect() as con:
        return con.execute(query).fetchall()  # type: ignore[no-any-return]
