"""The data contracts of a pack: one ODCS file for each class of data, read into frozen objects.

Which parts of the standard are read, and the properties Jigong adds, is in ``docs/pack.md``.
"""

from collections.abc import Mapping
from pathlib import Path

from jigong.kernel.problems import JigongError, Problem, error
from jigong.packs.contract_findings import Findings
from jigong.packs.contract_reader import Headers, build_contract, column_path
from jigong.packs.contract_types import (
    PEOPLE,
    Column,
    Contract,
    Covers,
    Delivery,
    EnumValue,
    Identifier,
    Kind,
    Owner,
    RowRule,
    Unread,
    ValidTime,
    Withdraws,
)
from jigong.packs.document import read_document

__all__ = [
    "PEOPLE",
    "Column",
    "Contract",
    "Covers",
    "Delivery",
    "EnumValue",
    "Identifier",
    "Kind",
    "Owner",
    "RowRule",
    "Unread",
    "ValidTime",
    "Withdraws",
    "read_contract",
    "read_contracts",
]


def read_contract(file: Path) -> Contract:
    """Read one contract. References to other classes are not followed.

    Raises:
        JigongError: with every problem found, each with its line and a remedy.
    """
    contract, findings = build_contract(read_document(file), read_headers(file.parent.parent / HEADERS))
    if contract is None:
        raise JigongError(*findings.problems)
    return contract


HEADERS = "headers.yaml"
"""The file of a pack, beside its contracts, with the headers that people write whatever the class."""


def read_headers(file: Path) -> Headers:
    """The lists of headers by what a column holds; none if there is no such file.

    Raises:
        JigongError: it is something else.
    """
    if not file.is_file():
        return {}
    document = read_document(file)
    data = document.data
    right = isinstance(data, dict) and all(
        isinstance(headers, list) and all(isinstance(header, str) for header in headers)
        for headers in data.values()
    )
    if not right:
        remedy = ("写 person_number: [身份证号, 证件号码]", "write person_number: [身份证号, 证件号码]")
        raise JigongError(
            document.problem(
                (), "不是“列的含义: 表头列表”", "is not “what a column holds: headers”", remedy=remedy
            )
        )
    return data  # type: ignore[no-any-return]


def read_contracts(
    folder: Path, known: Mapping[str, Contract] | None = None, headers: Headers | None = None
) -> dict[str, Contract]:
    """Read every ``*.yaml`` in ``folder``: the contracts by class, in the order of their numbers.

    ``known`` are contracts of the packs beneath, which the ones read may refer to, and ``headers`` their lists of
    headers; a ``headers.yaml`` beside the folder replaces or adds lists.

    Raises:
        JigongError: with every problem of every file, and of the contracts with each other:
            a number given twice, a reference to an unknown class or column.
    """
    files = sorted(folder.glob("*.yaml"))
    if not files:
        raise error(
            f"{folder} 里没有数据标准",
            f"no data contracts in {folder}",
            remedy=("放入 <类名>.yaml", "add <class>.yaml files"),
        )
    problems: list[Problem] = []
    headers = {**(headers or {}), **read_headers(folder.parent / HEADERS)}
    read: dict[str, tuple[Contract, Findings]] = {}
    for file in files:
        try:
            contract, findings = build_contract(read_document(file), headers)
        except JigongError as bad:
            problems += bad.problems
            continue
        problems += findings.problems
        if contract is not None:
            read[contract.name] = (contract, findings)
    classes = {**(known or {}), **{name: contract for name, (contract, _) in read.items()}}
    for contract, findings in read.values():
        _check_references(contract, findings, classes, [*classes, *(file.stem for file in files)])
    _check_numbers(read)
    problems += [problem for _, findings in read.values() for problem in findings.problems]
    if problems:
        raise JigongError(*problems)
    contracts = sorted((contract for contract, _ in read.values()), key=lambda contract: contract.number)
    return {contract.name: contract for contract in contracts}


def _check_references(
    contract: Contract,
    findings: Findings,
    read: Mapping[str, Contract],
    classes: list[str],
) -> None:
    """Note references to nothing. A class whose own file is wrong is not held against others."""
    for index, column in enumerate(contract.columns):
        if column.reference is None:
            continue
        path = (*column_path(index), "relationships", 0, "to")
        name, target = column.reference
        if name not in classes:
            findings.unknown(path, ("类", "class"), name, classes)
            continue
        if name not in read:
            continue
        known = {there.name: there for there in read[name].columns}
        if target not in known:
            findings.unknown(path, (f"列，在 {name} 中没有", f"column of {name}"), target, list(known))
        elif known[target].kind != column.kind:
            findings.add(
                path,
                f"“{column.name}”是 {column.kind}，{name}.{target} 却是 {known[target].kind}",
                f"“{column.name}” is a {column.kind}, but {name}.{target} is a {known[target].kind}",
                remedy=("两列用同一种类型", "give both columns the same type"),
            )


def _check_numbers(read: Mapping[str, tuple[Contract, Findings]]) -> None:
    first: dict[int, str] = {}
    for contract, findings in read.values():
        name = first.setdefault(contract.number, contract.name)
        if name != contract.name:
            findings.add(
                ("customProperties",),
                f"编号 {contract.number} 已由 {name} 占用",
                f"the number {contract.number} is already that of {name}",
                remedy=("每类数据用自己的编号", "give each class its own number"),
            )
