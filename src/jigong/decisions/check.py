"""Everything ``jigong pack check`` finds in a pack."""

from datetime import date

from jigong.decisions.parameters import facts_read, parameters_on, parameters_read
from jigong.decisions.points import WORKER
from jigong.kernel.problems import JigongError, Place, Problem
from jigong.kernel.text import Text
from jigong.lake.check import check_facts
from jigong.packs.check import check_structure, ill_typed
from jigong.packs.pack import Pack
from jigong.rules.check import check_rules
from jigong.rules.check_amounts import check_figures
from jigong.rules.check_names import check_names
from jigong.rules.rulebook import Rulebook, read_rulebook, values_on


def check_pack(pack: Pack, day: date) -> list[Problem]:
    """Every problem of a pack whose files have the right shape; ``day`` is one on which it should decide."""
    problems = [*check_names(pack), *check_structure(pack), *_worker(pack), *check_figures(pack)]
    # Any value will do to see whether the SQL of the facts binds.
    some = {name: placed.value.values[-1].value for name, placed in pack.parameters.items()}
    problems += check_facts(pack, some | pack.parameters_on(day), day)
    try:
        rulebook = read_rulebook(pack)
    except JigongError as bad:
        return [*problems, *bad.problems]
    problems += [*_unread(pack, rulebook), *_unread_facts(pack, rulebook)]
    try:
        values_on(pack, day, parameters_on(pack, rulebook, day))
    except JigongError as bad:
        problems += bad.problems
    return problems if ill_typed(pack) else [*problems, *check_rules(pack, rulebook)]


def _worker(pack: Pack) -> list[Problem]:
    """Points and quotas are about workers, so there must be some."""
    if WORKER in pack.subjects:
        return []
    return [
        Problem(
            Text(f"没有主体 {WORKER}", f"there is no subject {WORKER}"),
            Place(str(pack.layers[-1] / "facts" / "subjects.yaml")),
            Text(f"在 facts/subjects.yaml 里写明 {WORKER}", f"define {WORKER} in facts/subjects.yaml"),
        )
    ]


def _unread(pack: Pack, rulebook: Rulebook) -> list[Problem]:
    """Parameters nobody reads."""
    read = parameters_read(pack, rulebook)
    return [
        placed.problem(
            (),
            f"参数 {name} 没有任何地方用到",
            f"nobody reads parameter {name}",
            remedy=("用上它，或删去", "use it, or remove it"),
        )
        for name, placed in pack.parameters.items()
        if name not in read
    ]


def _unread_facts(pack: Pack, rulebook: Rulebook) -> list[Problem]:
    """Facts nobody reads that do not say so. What a layer that only amends the law no longer reads stays as it is."""
    if any(document.file.name == "pack.yaml" and _amends(document.data) for document in pack.documents):
        return []
    read = facts_read(pack, rulebook)
    return [
        topic.header.problem(
            ("facts", name),
            f"没有任何地方用到事实 {name}",
            f"nobody reads fact {name}",
            remedy=(
                "用上它；只供人查看的写 shown: true",
                "use it; where people only see it, write shown: true",
            ),
        )
        for name, topic in pack.fact_topics.items()
        if name not in read and not pack.facts[name].shown
    ]


def _amends(manifest: object) -> bool:
    return isinstance(manifest, dict) and manifest.get("amends") is True
