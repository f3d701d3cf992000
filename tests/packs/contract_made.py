"""A good contract, and what is said about it when something in it is wrong."""

from pathlib import Path

import pytest

from jigong.kernel.problems import JigongError
from jigong.packs.contract import read_contract

GOOD = r"""
apiVersion: v3.2.0
kind: DataContract
id: lease
version: 1.0.0
schema:
  - name: lease
    businessName: 租约
    description: Leases
    properties:
      - name: lease_no
        businessName: 租约编号
        synonyms: [{synonym: 合同编号}]
        description: Lease number
        logicalType: string
        logicalTypeOptions: {maxLength: 40, pattern: '^\d+$'}
        primaryKey: true
      - name: kind
        businessName: 类型
        description: Kind
        logicalType: string
        required: true
        enum:
          - {value: 公租房, label: public}
          - {value: 保租房, label: subsidised}
      - name: rent
        businessName: 租金
        description: Rent
        logicalType: number
        physicalType: DECIMAL(12,2)
        logicalTypeOptions: {minimum: 0.10, exclusiveMaximum: 9000}
      - name: valid_from
        businessName: 起租日期
        description: Starts on
        logicalType: date
        required: true
      - name: valid_to
        businessName: 到期日期
        description: Ends on
        logicalType: date
    quality:
      - type: custom
        engine: jigong
        name: ends_after_start
        implementation: valid_to >= valid_from
        description: 到期早于起租
        businessImpact: It ends before it starts
slaProperties:
  - {property: frequency, value: monthly}
  - {property: latency, value: 95, unit: d}
customProperties:
  - {property: number, value: 1}
  - {property: department, value: {zh: 住建局, en: Housing Bureau}}
  - {property: group, value: {zh: 住房, en: Housing}}
  - {property: validTime, value: {kind: period, from: valid_from, to: valid_to}}
  - {property: noOverlap, value: [kind]}
  - {property: delivery, value: {format: csv, encoding: gb18030}}
""".lstrip()


def broken(folder: Path, old: str, new: str) -> JigongError:
    """The error of the good contract in which ``old`` became ``new``."""
    assert old in GOOD
    file = folder / "lease.yaml"
    file.write_text(GOOD.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(JigongError) as caught:
        read_contract(file)
    return caught.value


def check_faults(found: JigongError, remedy: str) -> None:
    """See that one of them has the remedy, and all a line and both languages."""
    matching = [p for p in found.problems if p.remedy is not None and remedy in p.remedy.en]
    assert matching, str(found)
    for problem in found.problems:
        assert problem.place is not None
        assert problem.place.line is not None
        assert problem.what.zh
        assert problem.remedy is not None
        assert problem.remedy.zh
