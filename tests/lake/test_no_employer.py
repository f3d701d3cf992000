"""A key column that may name nothing: somebody who pays without an employer has records like any other."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from lake_made import IDS, PENSION, PERSON, Deliver, column, contract, faults, people, records

from jigong.lake import Lake
from jigong.lake.batches import contract_hash

FIRM = "91350100M000100Y43"
ENTERPRISE = contract(
    "enterprise", "企业", [column("code", identifier="credit_code"), column("since", "date")],
    key=("code",), time=("date", "since"),
)  # fmt: skip
PAID = contract(
    "paid",
    "缴费",
    [
        *(PENSION.column(name) for name in ("person_id", "month", "amount")),
        column(
            "payer", identifier="credit_code", reference=("enterprise", "code"), none=("个人", "灵活就业")
        ),
    ],
    key=("person_id", "month", "payer"),
    time=("month", "month"),
)


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "lake", {c.name: c for c in (PERSON, ENTERPRISE, PAID)})


def test_who_pays_without_an_employer_is_no_fault_and_can_be_corrected_and_withdrawn(
    lake: Lake, deliver: Deliver
) -> None:
    rows = [f"{IDS[0]},2023-01,640,{FIRM}", f"{IDS[0]},2023-01,320,", f"{IDS[1]},2023-01,320,灵活就业"]
    rows.append(f"{IDS[2]},2023-01,320,91350100M000100Y44")
    header = "person_id,month,amount,payer\n"
    report = deliver(
        {
            "person.csv": people(),
            "enterprise.csv": f"code,since\n{FIRM},2010-01-01\n",
            "paid-1.csv": header + "\n".join(rows) + "\n",
        }
    )
    assert (report.accepted, [fault[2:] for fault in faults(lake)]) == (
        len(IDS) + 1 + 3,
        [("payer", "91350100M000100Y44", "identifier")],
    )
    assert records(lake, "SELECT person_id, amount, payer FROM paid ORDER BY ALL") == [
        (IDS[0], 320, "个人"), (IDS[0], 640, FIRM), (IDS[1], 320, "个人"),
    ]  # fmt: skip

    again = deliver({"paid-2.csv": header + f"{IDS[0]},2023-01,330,个人\n"}, known_on=date(2024, 1, 2))
    assert sum(file.corrected for file in again.taken) == 1
    gone = deliver(
        {"paid-撤回.csv": f"person_id,month,payer,reason\n{IDS[1]},2023-01,,退费\n"},
        known_on=date(2024, 1, 3),
    )
    assert gone.withdrawn == 1
    assert records(lake, "SELECT person_id, amount, payer FROM paid ORDER BY ALL") == [
        (IDS[0], 330, "个人"), (IDS[0], 640, FIRM),
    ]  # fmt: skip


def test_a_file_is_read_anew_once_a_column_may_name_nothing() -> None:
    before = replace(PAID, columns=tuple(replace(one, none=()) for one in PAID.columns))
    assert contract_hash(before) != contract_hash(PAID)
