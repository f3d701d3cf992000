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
        self._limit: list[str] = []
        for i, award in enumerate(rule.awards):
            if award.amount is None:
                self._add(ZERO, ZERO, ZERO)
                continue
            least, most = (_money(end) for end in bounds(award.amount))
            sure, cap = least, None
            if award.most is not None:
                # Beyond what it can ever be it is a fault in the data: nothing is known of it.
                cap = _money(bounds(award.most)[0])
                sure = f"CASE WHEN {least} <= {cap} THEN {least} END"
            self.parts[f"l{i}"] = sure
            if most != sure:
                self.parts[f"m{i}"] = most
            end = name(f"m{i}" if most != sure else f"l{i}")
            # DuckDB's least skips what is not known.
            self._add(name(f"l{i}"), end, end if cap is None else f"least({end}, {cap})")

    def _add(self, least: str, most: str, limit: str) -> None:
        self._least.append(least)
        self._most.append(most)
        self._limit.append(limit)

    def exact(self, i: int) -> str:
        """What branch ``i`` pays, where that is settled."""
        least, most = self._least[i], self._most[i]
        return least if least == most else f"(CASE WHEN {least} = {most} THEN {least} END)"

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
            self._may(i) if self._awards[i].amount is None
            else f"({self._may(i)} AND ({self._least[i]} IS NULL OR {self._most[i]} IS NULL))"
            for i in rest
        ]  # fmt: skip
        least, most = self._end("least", self._least, rest), self._end("greatest", self._most, rest)
        return f"CASE WHEN {' OR '.join([*open_, f'{least} <> {most}'])} THEN NULL ELSE {least} END"

    def least(self) -> str:
        """The least money the branches give that may be the one; NULL where no limit is known."""
        return self._bound("least", self._least)

    def most(self) -> str:
        """The most money the branches give that may be the one; NULL where no limit is known."""
        return self._bound("greatest", self._limit)

    def _bound(self, function: str, ends: Sequence[str]) -> str:
        every = range(len(ends))
        unknown = " OR ".join(f"({self._may(i)} AND {ends[i]} IS NULL)" for i in every)
        end = self._end(function, ends, every)
        return self._by_branch(ends, ZERO, f"CASE WHEN {unknown or 'FALSE'} THEN NULL ELSE {end} END")

    def _end(self, function: str, ends: Sequence[str], of: range) -> str:
        """The end of all that may be: DuckDB's least and greatest skip those that may not."""
        cases = [f"CASE WHEN {self._may(i)} THEN {ends[i]} END" for i in of]
        none = " AND ".join(f"{self._name(f'w{i}')} IS NOT TRUE" for i in range(len(ends))) or "TRUE"
        return f"{function}({', '.join([*cases, f'CASE WHEN {none} THEN {ZERO} END'])})"

    def _by_branch(self, each: Sequence[str], nothing: str, open_: str) -> str:
        """A value by the branch that applies; of none, and where it is open which."""
        tests = "".join(f" WHEN {i} THEN {sql}" for i, sql in enumerate(each))
        body = f"CASE {self._name('b')}{tests} WHEN {BRANCH_NONE} THEN {nothing} ELSE {open_} END"
        return f"CAST({body} AS DECIMAL(14,2))"

    def _may(self, i: int) -> str:
        return self._name(f"p{i}")


def _money(sql: str) -> str:
    """A number as an amount, rounded half up to the cent; NULL when it has too many digits."""
    return f"TRY_CAST({sql} AS DECIMAL(14,2))"
