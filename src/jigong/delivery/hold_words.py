"""What a hold waits for, and who has to deliver it, in plain words: the same for officers, workers and enterprises."""

from collections.abc import Iterable

from jigong.delivery.former import clause_of
from jigong.delivery.models import Hold
from jigong.delivery.states import Cause
from jigong.kernel.text import Text
from jigong.packs.pack import Pack
from jigong.rules.rulebook import label_of


def waits_words(hold: Hold, pack: Pack) -> list[Text]:
    """One line for each thing it waits for; none where its cause says all."""
    named = _clause if hold.cause == Cause.OUTBID else label_of
    names = [named(pack, name) for name in hold.names]
    lines = [record_words(name, pack) for name in hold.records]
    if hold.cause == Cause.UNDECIDED:
        lines += _deliveries(hold.classes, pack)
    if names:
        begin = _BEGINS.get(Cause(hold.cause), Text("还缺", "missing"))
        joined = _joined(names)
        lines.append(Text(f"{begin.zh}：{joined.zh}", f"{begin.en}: {joined.en}"))
    return lines


_BEGINS = {
    Cause.OUTBID: Text("可能更高的一项", "it may be"),
    Cause.CHANGED: Text("变了的数据", "what changed"),
}


def waits_in_short(holds: Iterable[Hold], pack: Pack) -> Text:
    """Why, in one line: the first thing that is waited for, else the cause of the first hold."""
    first = next(iter(holds), None)
    if first is None:
        return Text("", "")
    return next(iter(waits_words(first, pack)), first.label)


def delivery_words(data_class: str, pack: Pack) -> Text:
    """“人社局的养老保险缴费”: a class and who has to deliver it."""
    contract = pack.contracts.get(data_class)
    if contract is None:
        return Text(data_class, data_class)
    return Text(
        f"{contract.department.zh}的{contract.label.zh}", f"{contract.label.en} of {contract.department.en}"
    )


def record_words(data_class: str, pack: Pack) -> Text:
    """“一条劳动合同记录等待改正（人社局）”: that a record of a class waits, and at whom."""
    contract = pack.contracts.get(data_class)
    if contract is None:
        return Text("一条记录等待改正", "a record waits to be put right")
    return Text(
        f"一条{contract.label.zh}记录等待改正（{contract.department.zh}）",
        f"a record waits to be put right: {contract.label.en} ({contract.department.en})",
    )


def _deliveries(classes: Iterable[str], pack: Pack) -> list[Text]:
    by_department: dict[Text, list[Text]] = {}
    for name in classes:
        if (contract := pack.contracts.get(name)) is not None:
            by_department.setdefault(contract.department, []).append(contract.label)
    joined = [(department, _joined(labels)) for department, labels in by_department.items()]
    return [
        Text(f"等{whose.zh}报送{what.zh}", f"waits for {whose.en} to deliver: {what.en}")
        for whose, what in joined
    ]


def _joined(names: Iterable[Text]) -> Text:
    known = list(names)
    return Text("、".join(name.zh for name in known), ", ".join(name.en for name in known))


def _clause(pack: Pack, name: str) -> Text:
    clause = clause_of(name, pack)
    return clause.label if clause is not None else Text(name, name)
