"""What branches come to when it is not settled which of them applies, in the columnar engine."""

from collections.abc import Callable, Sequence

from jigong.rules.model import Rule
from jigong.rules.nodes import Expression

BRANCH_OPEN, BRANCH_NONE = -1, -2
"""Branch codes where it cannot be told, and where none applies; otherwise the branch's position."""

ZERO = "CAST(0 AS DECIMAL(14,2))"


class Sums:
    """SQL for the amounts of a rule.

    ``parts`` are columns l and m for each branch: the least and the most it comes to. The rest reads them, and
    columns w (the branch applies), p (it may be the one) and b (which one it is). ``name`` quotes such a name;
    ``bounds`` gives the wide bounds of an expression.
    """

    def __init__(
        self, rule: Rule, name: Callable[[str], str], bounds: Callable[[Expression], tuple[str, str]]
    ) -> None:
        self._name = name
        self._awards = rule.awards
        self._pays = rule.pays_money
        self.parts: dict[str, str] = {}
        self.nothing = ZERO if rule.pays_money else "CAST(NULL AS DECIMAL(14,2))"
        self._least: list[str] = []
        self._most: list[str] = []
        self._caps: list[str | None] = []
        for i, award in enumerate(rule.awards):
            self._caps.append(None if award.most is None else _money(bounds(award.most)[0]))
            if award.amount is None:
                self._least.append(ZERO)
                self._most.append(ZERO)
                continue
            least, most = (_money(end) for end in bounds(award.amount))
            self.parts[f"l{i}"] = least
            if most != least:
                self.parts[f"m{i}"] = most
            self._least.append(name(f"l{i}"))
            self._most.append(name(f"l{i}" if most == least else f"m{i}"))

    def exact(self, i: int) -> str:
        """What branch ``i`` pays, where that is settled."""
        tests = [] if self._least[i] == self._most[i] else [f"{self._least[i]} = {self._most[i]}"]
        if (cap := self._caps[i]) is not None:
            # Beyond what it can ever be it is a fault in the data, and no amount.
            tests.append(f"{self._least[i]} <= {cap}")
        return f"(CASE WHEN {' AND '.join(tests)} THEN {self._least[i]} END)" if tests else self._least[i]

    def potential(self) -> str:
        """The amount, whatever the verdict: known as soon as every branch that may be the one gives the same."""
        each = [self.exact(i) if a.amount is not None else "NULL" for i, a in enumerate(self._awards)]
        return self._by_branch(each, self.nothing, self.common(0))

    def common(self, first: int) -> str:
        """What every branch gives that may be the one, of those from ``first``; NULL where they differ, or may."""
        if not self._pays:
            return "NULL"
        rest = range(first, len(self._awards))
        open_ = [
            self._may(i) if self._awards[i].amount is None else f"({self._may(i)} AND {self._unsure(i)})"
            for i in rest
        ]
        least, most = self._end("least", self._least, rest), self._end("greatest", self._most, rest)
        return f"CASE WHEN {' OR '.join([*open_, f'{least} <> {most}'])} THEN NULL ELSE {least} END"

    def most(self) -> str:
        """The most money the branches give that may be the one; NULL where no limit is known."""
        # DuckDB's least skips what is not known.
        limits = [
            end if cap is None else f"least({end}, {cap})"
            for end, cap in zip(self._most, self._caps, strict=True)
        ]
        every = range(len(limits))
        unknown = " OR ".join(f"({self._may(i)} AND {limits[i]} IS NULL)" for i in every)
        end = self._end("greatest", limits, every)
        return self._by_branch(limits, ZERO, f"CASE WHEN {unknown or 'FALSE'} THEN NULL ELSE {end} END")

    def _end(self, function: str, ends: Sequence[str], of: range) -> str:
        """The end of all that may be: DuckDB's least and greatest skip those that may not."""
        cases = [f"CASE WHEN {self._may(i)} THEN {ends[i]} END" for i in of]
        none = " AND ".join(f"{self._name(f'w{i}')} IS NOT TRUE" for i in range(len(ends))) or "TRUE"
        return f"{function}({', '.join([*cases, f'CASE WHEN {none} THEN {ZERO} END'])})"

    def _by_branch(self, each: Sequence[str], nothing: str, open_: str) -> str:
        """A value by the branch that applies; of none, and where it is open which."""
        if all(award.when is None for award in self._awards):
            open_ = "NULL"
        tests = "".join(f" WHEN {i} THEN {sql}" for i, sql in enumerate(each))
        body = f"CASE {self._name('b')}{tests} WHEN {BRANCH_NONE} THEN {nothing} ELSE {open_} END"
        return f"CAST({body} AS DECIMAL(14,2))"

    def _unsure(self, i: int) -> str:
        """Whether an end of branch ``i`` is not known, or cannot be right."""
        beyond = "" if self._caps[i] is None else f" OR {self._least[i]} > {self._caps[i]}"
        return f"({self._least[i]} IS NULL OR {self._most[i]} IS NULL{beyond})"

    def _may(self, i: int) -> str:
        return self._name(f"p{i}")


def _money(sql: str) -> str:
    """A number as an amount, rounded half up to the cent; NULL when it has too many digits."""
    return f"TRY_CAST({sql} AS DECIMAL(14,2))"
