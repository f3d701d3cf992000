"""What can be said of the parts of a pack by which decisions reach people: offices, delivery, credentials, words."""

from collections.abc import Iterator, Mapping
from decimal import Decimal

from jigong.kernel.problems import Place, Problem
from jigong.kernel.text import Text
from jigong.packs.check_names import unknown
from jigong.packs.model import Clause
from jigong.packs.pack import TOWNS, Pack
from jigong.packs.shape import Placed


def offices(pack: Pack) -> Iterator[Problem]:
    """Where a pack lists its offices, every clause has one, every department is one, and another stands in for one."""
    if not pack.offices:
        return
    for office in pack.offices.values():
        if office.value.stand_in is not None:
            others = [name for name in pack.offices if name != office.value.id]
            yield from unknown(
                office, ("stand_in",), office.value.stand_in, others, "其他部门", "other office"
            )
    for files in pack.clauses.values():
        placed, given = files.clause, files.clause.value.delivery
        if given.office is None:
            yield placed.problem(
                ("delivery",),
                "没有写明由哪个部门决定",
                "does not say which office decides",
                remedy=("在 delivery 里写 office", "add office to delivery"),
            )
        else:
            yield from unknown(placed, ("delivery", "office"), given.office, pack.offices, "部门", "office")
    for contract in pack.contracts.values():
        if contract.office is None:
            yield Problem(
                Text(
                    f"{contract.name} 的部门“{contract.department.zh}”不在 offices.yaml 里",
                    f"the department of {contract.name}, {contract.department.en}, is not in offices.yaml",
                ),
                Place(str(contract.file)),
                Text("加上它，更正才有去处", "add it, so that corrections have somewhere to go"),
            )


def delivery(placed: Placed[Clause], pack: Pack) -> Iterator[Problem]:
    """The fact of what was paid, and the column that says who has won, exist."""
    given = placed.value.delivery
    if given.paid is not None:
        yield from unknown(placed, ("delivery", "paid"), given.paid, pack.facts, "事实", "fact")
    if given.won is not None and pack.contracts:
        data_class, _, column = given.won.partition(".")
        contract = pack.contracts.get(data_class)
        known = [c.name for c in contract.columns if c.kind == "boolean"] if contract is not None else []
        if contract is None or column not in known or len(contract.key) != 1:
            yield placed.problem(
                ("delivery", "won"),
                f"{given.won} 不是某一类数据的是非列(该类须只有一个主键列)",
                f"{given.won} is not a yes-or-no column of a class with a single key column",
                remedy=("写成 类.列", "write class.column"),
            )


def contributions(placed: Placed[Clause], pack: Pack) -> Iterator[Problem]:
    """Another fund that bears a part of an award is there, is not the clause's own, and its share is from 0 to 1."""
    clause = placed.value
    for index, award in enumerate(clause.awards):
        if award.borne is None:
            continue
        path = ("awards", index, "borne")
        others = [fund for fund in pack.funds if fund != clause.fund] if clause.fund is not None else []
        yield from unknown(placed, (*path, "fund"), award.borne.fund, others, "其他基金", "other fund")
        share = award.borne.share
        yield from unknown(placed, (*path, "share"), share, pack.parameters, "参数", "parameter")
        values = pack.parameters[share].value.values if share in pack.parameters else ()
        if any(not isinstance(dated.value, int | Decimal) or not 0 <= dated.value <= 1 for dated in values):
            yield placed.problem(
                (*path, "share"),
                f"{share} 须在 0 与 1 之间",
                f"{share} must be from 0 to 1",
                remedy=("写成比例，如 0.50", "write a share such as 0.50"),
            )


def credentials(pack: Pack) -> Iterator[Problem]:
    """Credentials name known offices, and the skill code a known whole number."""
    for placed in pack.credentials.values():
        yield from unknown(placed, ("office",), placed.value.office, pack.offices, "部门", "office")
    if pack.skill_code is not None:
        code, fact = pack.skill_code, pack.skill_code.value.level.fact
        yield from unknown(code, ("level", "fact"), fact, pack.facts, "事实", "fact")
        if fact in pack.facts and pack.facts[fact].type != "integer":
            yield code.problem(
                ("level", "fact"),
                f"技能码显示的 {fact} 须为整数",
                f"what the skill code shows, {fact}, must be a whole number",
                remedy=("换一个整数事实", "choose a fact of type integer"),
            )


def words(pack: Pack) -> Iterator[Problem]:
    """Lists of words that are not there, and words for values that a fact of its type cannot have."""
    for topic in pack.topics.values():
        for name, entry in topic.header.value.facts.items():
            path = ("facts", name, "values")
            named: Mapping[str, object] = {}
            if isinstance(entry.values, str):
                known = [TOWNS, *pack.words]
                yield from unknown(topic.header, path, entry.values, known, "词表", "list of words")
                if entry.values in pack.words:
                    named = pack.words[entry.values].value.values
            else:
                named = entry.values
            for value in named:
                if entry.type != "string" and not (entry.type == "integer" and value.isdecimal()):
                    yield topic.header.problem(
                        path,
                        f"{name} 是 {entry.type}，没有“{value}”这样的值",
                        f"{name} is {entry.type} and never is “{value}”",
                        remedy=("只给文字或整数的值起名", "name values of texts and whole numbers only"),
                    )
