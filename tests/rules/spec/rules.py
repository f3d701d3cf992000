"""What a rule gives: verdict, branch, amount, and what is missing."""

from typing import Any

from jigong.kernel.text import Text
from jigong.rules.model import Verdict

from .base import Between, Branch, Case, RuleSpec, money


def _case(
    verdict: Verdict,
    branch: str | None = None,
    amount: str | None = None,
    potential: str | None = None,
    *,
    missing: tuple[str, ...] = (),
    conflict: tuple[str, str] | None = None,
    note: tuple[str, str] | None = None,
    **facts: Any,
) -> Case:
    return Case(facts, verdict, branch, amount, potential, missing, conflict, Text(*note) if note else None)


_GATE = {"union_member": "member", "age": "age BETWEEN 16 AND 45"}
_SHARE = "greatest(least(0.75 * tuition, 5000.00) - pay, 0)"

RULES = (
    RuleSpec(
        "verdict",
        Text("结论", "The verdict"),
        Text(
            "有一个条件不成立就是 no;全部成立是 yes;否则是 undecided,并说出缺哪些事实。"
            "缺失的数据不会使人被拒绝。结论为 no 时应付 0;potential 是条件全部成立时的金额。",
            "`no` as soon as one condition is false, `yes` when all are true, else `undecided`, naming the facts "
            "that are missing. Missing data refuses nobody. A `no` is due 0; `potential` is the amount were all "
            "conditions true.",
        ),
        (
            _case("yes", "flat", "500.00", "500.00", member=True, age=45),
            _case("no", None, "0.00", "500.00", member=True, age=46),
            _case("no", None, "0.00", "500.00", member=False, age=15),
            _case("undecided", None, None, "500.00", missing=("age",), member=True),
            _case("undecided", None, None, "500.00", missing=("member", "age")),
            _case(
                "no",
                None,
                "0.00",
                "500.00",
                note=("缺会员资料,但年龄已经决定", "membership is missing, but the age already decides"),
                age=46,
            ),
        ),
        _GATE,
        (Branch("flat", amount="500"),),
    ),
    RuleSpec(
        "no-conditions",
        Text("没有条件", "No conditions"),
        Text("没有条件的规则总是 yes。", "A rule without conditions is always `yes`."),
        (_case("yes", "flat", "1.00", "1.00"),),
        {},
        (Branch("flat", amount="1"),),
    ),
    RuleSpec(
        "first-branch",
        Text("按次序取第一个成立的分支", "The first branch that holds"),
        Text(
            "分支按次序;前面的分支缺数据时,后面的不会代替它:分支不能确定,金额若因此不同也不能确定,并说出缺什么。",
            "Branches are asked in order. Where an earlier one cannot be told, a later one does not take its place: the "
            "branch stays open, and the amount if it depends on it, and what is missing is named.",
        ),
        (
            _case("yes", "high", "2000.00", "2000.00", rank=5, months=0),
            _case("yes", "middle", "1000.00", "1000.00", rank=4, months=24),
            _case("yes", "low", "100.00", "100.00", rank=4, months=23),
            _case("yes", None, None, None, missing=("rank",), months=24),
            _case("yes", None, None, None, missing=("rank", "months")),
            _case(
                "yes",
                "high",
                "2000.00",
                "2000.00",
                note=("已由前面的分支决定,缺月数无妨", "an earlier branch decides; months do not matter"),
                rank=5,
            ),
            _case("yes", None, None, None, missing=("months",), rank=4),
        ),
        {},
        (
            Branch("high", "rank >= 5", "2000"),
            Branch("middle", "months >= 24", "1000"),
            Branch("low", None, "100"),
        ),
    ),
    RuleSpec(
        "settled-amount",
        Text("金额已定,分支未定", "An amount that is settled while the branch is not"),
        Text(
            "可能成立的各分支给的一样多,金额就已确定,不必等到知道是哪一个;与结果无关的事实不算缺。实物各不相同。",
            "Where every branch that may still be the one gives the same, the amount is settled, whichever it is. Facts that "
            "cannot change it are not named. Benefits in kind are all different.",
        ),
        (
            _case("yes", None, "6667.00", "6667.00", tuition=money("6667.00"), months=24),
            _case("yes", None, None, None, missing=("member",), tuition=money("8000.00"), months=24),
            _case("yes", None, None, None, missing=("member", "tuition"), months=24),
            _case(
                "yes",
                None,
                None,
                None,
                missing=("member", "months"),
                tuition=money("6667.00"),
                employed=False,
            ),
            _case("yes", None, "0.00", "0.00", tuition=money("0.00"), employed=False),
            _case(
                "yes",
                "drawn",
                None,
                None,
                missing=("tuition",),
                member=False,
                months=24,
                note=("至多 7700", "at most 7,700"),
            ),
            _case(
                "yes", None, None, None, missing=("member", "months"), tuition=money("0.00"), employed=True
            ),
        ),
        {},
        (
            Branch("full", "member", "tuition"),
            Branch("drawn", "months >= 24", "least(7700, tuition)"),
            Branch("home", "employed"),
        ),
    ),
    RuleSpec(
        "bounds-of-amounts",
        Text("金额的上下限", "Bounds of amounts"),
        Text(
            "缺失的事实没有界限,但封顶仍然封顶:封顶使金额只能是一个数的,金额就已确定。",
            "A missing fact has no limit, and a cap caps it still: an amount that can only be one number is settled.",
        ),
        (
            _case("yes", "rest", None, None, missing=("tuition",), pay=money("0.00")),
            _case("yes", "rest", "0.00", "0.00", pay=money("5000.00")),
            _case("yes", "rest", "0.00", "0.00", pay=money("6000.00"), note=("缺学费", "tuition is missing")),
        ),
        {},
        (Branch("rest", None, "greatest(least(tuition, 5000) - pay, 0)"),),
    ),
    RuleSpec(
        "most",
        Text("最多能给多少", "The most there can be"),
        Text(
            "`most` 是一个分支最多能给的金额,算式说不出上限时写明。超过它的金额只能是数据有错,按缺失处理。",
            "`most` says how much a branch can give at the very most, where the expression sets no limit. An amount above "
            "it can only be a fault in the data, and is missing.",
        ),
        (
            _case("yes", "full", "9000.00", "9000.00", tuition=money("9000.00")),
            _case("yes", "full", None, None, missing=("tuition",), tuition=money("9000.01")),
            _case("yes", "full", None, None, missing=("tuition",)),
        ),
        {},
        (Branch("full", None, "tuition", most="9000"),),
    ),
    RuleSpec(
        "nothing-due",
        Text("没有分支成立", "No branch holds"),
        Text("结论仍是 yes,应付 0。", "The verdict stays `yes`; 0 is due."),
        (
            _case("yes", None, "0.00", "0.00", rank=4),
            _case("yes", "high", "2000.00", "2000.00", rank=5),
            _case("yes", None, None, None, missing=("rank",)),
        ),
        {},
        (Branch("high", "rank >= 5", "2000"),),
    ),
    RuleSpec(
        "amount",
        Text("金额与四舍五入", "Amounts and rounding"),
        Text(
            "金额四舍五入到分;缺少金额所需的事实时,分支已定而金额缺失。",
            "Amounts are rounded half up to the cent. Where a fact of the amount is missing the branch is settled "
            "and the amount missing.",
        ),
        (
            _case(
                "yes",
                "share",
                "75.02",
                "75.02",
                note=("75.015", "75.015"),
                tuition=money("100.02"),
                pay=money("0.00"),
            ),
            _case(
                "yes",
                "share",
                "75.02",
                "75.02",
                note=("75.0225", "75.0225"),
                tuition=money("100.03"),
                pay=money("0.00"),
            ),
            _case("yes", "share", "5000.00", "5000.00", tuition=money("6666.67"), pay=money("0.00")),
            _case("yes", "share", "0.01", "0.01", tuition=money("10000.00"), pay=money("4999.99")),
            _case("yes", "share", "0.00", "0.00", tuition=money("0.00"), pay=money("0.01")),
            _case("yes", "share", None, None, missing=("tuition",), pay=money("0.00")),
            _case("yes", "share", None, None, missing=("tuition", "pay")),
        ),
        {},
        (Branch("share", None, _SHARE),),
    ),
    RuleSpec(
        "amount-limits",
        Text("金额的界限", "The limits of an amount"),
        Text(
            "四舍五入后达到一万亿元的金额缺失,所读的事实都列为缺失:错误的数据不会使整批判定中断。负的金额按绝对值四舍五入。",
            "An amount that reaches a million million after rounding is missing, and all the facts it read are named: bad data "
            "never stops a whole run. "
            "Negative amounts are rounded away from zero.",
        ),
        (
            _case(
                "yes",
                "product",
                "999999999999.00",
                "999999999999.00",
                pay=money("9999999999.99"),
                tuition=money("100.00"),
            ),
            _case(
                "yes",
                "product",
                None,
                None,
                missing=("pay", "tuition"),
                pay=money("9999999999.99"),
                tuition=money("100.01"),
            ),
            _case("yes", "product", "-0.03", "-0.03", pay=money("-0.05"), tuition=money("0.50")),
            _case(
                "yes",
                "product",
                None,
                None,
                missing=("pay", "tuition"),
                pay=money("-9999999999.99"),
                tuition=money("9999999999.99"),
            ),
        ),
        {},
        (Branch("product", None, "pay * tuition"),),
    ),
    RuleSpec(
        "equal-rank",
        Text("同级分支", "Branches of equal rank"),
        Text(
            "同级的两个分支同时成立而金额不同,就是规则自相矛盾,判定要停下来;金额相同则取先写的。"
            "金额缺失不算不同。",
            "Two branches of one rank that both apply with different amounts contradict each other, and deciding "
            "stops. Equal amounts do not; the one written first is taken. A missing amount is not a different one.",
        ),
        (
            _case("yes", "craftsman", "1000.00", "1000.00", rank=5, months=0, pay=money("900.00")),
            _case("yes", "craftsman", "1000.00", "1000.00", rank=5, months=12, pay=money("1000.00")),
            _case(
                "yes",
                "craftsman",
                "1000.00",
                "1000.00",
                conflict=("craftsman", "veteran"),
                rank=5,
                months=12,
                pay=money("900.00"),
            ),
            _case(
                "yes",
                "craftsman",
                "1000.00",
                "1000.00",
                note=("金额缺失", "amount missing"),
                rank=5,
                months=12,
            ),
            _case("yes", "veteran", "900.00", "900.00", rank=4, months=12, pay=money("900.00")),
            _case("yes", None, None, None, missing=("rank",), months=12, pay=money("900.00")),
            _case("yes", "rest", "0.50", "0.50", rank=4, months=11),
        ),
        {},
        (
            Branch("craftsman", "rank >= 5", "1000", rank=1),
            Branch("veteran", "months >= 12", "pay", rank=1),
            Branch("rest", None, "0.50", rank=2),
        ),
    ),
    RuleSpec(
        "equal-rank-not-yet",
        Text("还轮不到的矛盾", "A contradiction not yet reached"),
        Text(
            "前面的分支未定时,后面的同级分支还不算矛盾:补上数据后可能根本轮不到它们。",
            "While an earlier branch is open, later ones of equal rank contradict nothing: more data may never reach them.",
        ),
        (
            _case("yes", "members", "9.00", "9.00", member=True, employed=True),
            _case("yes", "one", "1.00", "1.00", conflict=("one", "two"), member=False, employed=True),
            _case("yes", None, None, None, missing=("member",), employed=True),
        ),
        {},
        (
            Branch("members", "member", "9", rank=1),
            Branch("one", None, "1", rank=2),
            Branch("two", "employed", "2", rank=2),
        ),
    ),
    RuleSpec(
        "equal-rank-in-kind",
        Text("同级的钱与实物", "Money and kind at one rank"),
        Text(
            "同级的一个给钱、一个不给,也是矛盾。",
            "One that pays and one in kind at one rank contradict as well.",
        ),
        (
            _case("yes", "home", None, None, member=True, employed=False),
            _case("yes", "home", None, None, conflict=("home", "rent"), member=True, employed=True),
            _case("yes", "rent", "300.00", "300.00", member=False, employed=True),
            _case("yes", None, "0.00", "0.00", member=False, employed=False),
        ),
        {},
        (Branch("home", "member", None, rank=1), Branch("rent", "employed", "300", rank=1)),
    ),
    RuleSpec(
        "in-kind",
        Text("实物", "Benefits in kind"),
        Text(
            "没有 amount 的分支给的是实物;全是实物的规则没有金额,结论为 no 时也没有。",
            "A branch without `amount` gives a benefit in kind. Where every branch does there is no amount, not even "
            "0 on `no`.",
        ),
        (
            _case("yes", "course", None, None, member=True, age=30),
            _case("no", None, None, None, member=False, age=30),
            _case("undecided", None, None, None, missing=("member",), age=30),
        ),
        _GATE,
        (Branch("course"),),
    ),
    RuleSpec(
        "no-awards",
        Text("没有分支", "No branches"),
        Text("只有结论。", "There is a verdict, and nothing else."),
        (
            _case("yes", member=True, age=16),
            _case("no", member=True, age=15),
            _case("undecided", missing=("member",), age=16),
        ),
        _GATE,
        (),
    ),
    RuleSpec(
        "missing-only-what-matters",
        Text("只说出有关的缺失", "Only what matters is named missing"),
        Text(
            "只列出未定的条件(或未定的分支、金额)所读的缺失事实。结论为 no 时不列。",
            "Only missing facts that an open condition reads, or the open branch or amount. None on `no`.",
        ),
        (
            _case(
                "undecided",
                missing=("months",),
                member=True,
                age=60,
                note=("金额还不问", "the amount is not asked for yet"),
            ),
            _case("undecided", missing=("months", "age"), member=True),
            _case("undecided", missing=("member", "months", "age")),
            _case(
                "undecided", None, None, "8.00", missing=("months",), member=True, age=60, pay=money("8.00")
            ),
            _case("undecided", missing=("member",), months=6),
            _case("yes", "pay", None, None, missing=("pay",), member=True, months=6),
            _case("yes", "pay", "8.00", "8.00", member=True, age=61, pay=money("8.00")),
            _case("no", None, "0.00", None, member=False),
        ),
        {"member": "member", "insured": "months >= 6 OR age > 60"},
        (Branch("pay", None, "pay"),),
    ),
    RuleSpec(
        "ranges",
        Text("上下限", "Ranges"),
        Text(
            "上下限已经够的,结论和金额就已确定;不够的,说出缺哪个事实。",
            "Where bounds suffice verdict and amount are settled; where they do not, the fact is named as missing.",
        ),
        (
            _case("yes", "long", "500.00", "500.00", streak=Between(24), income=money("0.00")),
            _case("yes", "short", "100.00", "100.00", streak=Between(7, 23), income=money("0.00")),
            _case("yes", None, None, None, missing=("streak",), streak=Between(7), income=money("0.00")),
            _case(
                "undecided", None, None, None, missing=("streak",), streak=Between(5), income=money("0.00")
            ),
            _case("no", None, "0.00", "100.00", streak=Between(None, 5), income=money("0.00")),
            _case("yes", "long", "0.00", "0.00", streak=24, income=Between(money("500.00"))),
            _case("yes", "long", None, None, missing=("income",), streak=24, income=Between(money("499.99"))),
        ),
        {"insured": "streak >= 6"},
        (
            Branch("long", "streak >= 24", "greatest(500 - income, 0)"),
            Branch("short", None, "greatest(100 - income, 0)"),
        ),
    ),
)
