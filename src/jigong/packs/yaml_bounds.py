"""How large and how deep YAML may be, told before it is composed: PyYAML's composer in C recurses, and ends the process."""

import yaml

from jigong.kernel.problems import JigongError, Place, error

LONGEST = 1_000_000
"""How many characters a document may have; the largest of a pack has some ten thousand."""
DEEPEST = 60
"""How many levels."""


def check_bounds(text: str) -> None:
    """Let only a text of bounded size and depth go on.

    Raises:
        JigongError: it is too long, or nests too deep.
    """
    if len(text) > LONGEST:
        raise error(
            f"YAML 超过 {LONGEST:,} 个字",
            f"the YAML has more than {LONGEST:,} characters",
            place=Place("", 1),
            remedy=("拆成几个文件", "split it into several files"),
        )
    depth = 0
    try:
        # Events come one by one, and nothing recurses.
        for event in yaml.parse(text, Loader=yaml.CSafeLoader):
            if isinstance(event, yaml.CollectionStartEvent):
                depth += 1
                if depth > DEEPEST:
                    raise too_deep(event.start_mark.line + 1 if event.start_mark else 1)
            elif isinstance(event, yaml.CollectionEndEvent):
                depth -= 1
    except yaml.YAMLError:
        # What is no YAML is for whoever composes it to say.
        return


def too_deep(line: int) -> JigongError:
    """The error for what nests too deep."""
    return error(
        "YAML 嵌套太深，或别名指向自身、展开后过大",
        "YAML is nested too deep, or an alias refers to itself or unfolds to too much",
        place=Place("", line),
        remedy=("去掉别名或多余的层次", "remove the alias or the extra levels"),
    )
