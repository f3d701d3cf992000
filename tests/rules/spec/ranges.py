"""Facts known only within bounds: what they settle is settled, the rest is missing."""

from .base import Between, construct, ex, money

_SEVEN, _SEVEN_TO_NINE, _NINE = Between(7), Between(7, 9), Between(None, 9)
_RANKS = "CASE WHEN streak >= 12 THEN 2000 WHEN streak >= 6 THEN 1500.50 ELSE 0 END"

SPECS = (
    construct(
        "比较",
        "Comparisons",
        (
            "声明了 `range: true` 的数字可以只知道至少、至多是多少。比较的结果不论落在其中哪里都一样的,就已确定;否则缺失",
            "Of a number that says `range: true` it may be known only what it is at least and at most. A comparison that "
            "comes out the same wherever it lies in between is settled; any other is missing.",
        ),
        ex("streak >= 6", True, streak=_SEVEN),
        ex("streak >= 7", True, streak=_SEVEN),
        ex("streak >= 8", None, streak=_SEVEN),
        ex("streak >= 8", None, streak=_SEVEN_TO_NINE),
        ex("streak >= 10", False, streak=_SEVEN_TO_NINE),
        ex("streak > 9", False, streak=_NINE),
        ex("streak < 7", False, streak=_SEVEN),
        ex("streak <= 9", True, streak=_SEVEN_TO_NINE),
        ex("streak <= 9", None, streak=_SEVEN),
        ex("streak = 6", False, streak=_SEVEN_TO_NINE),
        ex("streak = 8", None, streak=_SEVEN_TO_NINE),
        ex("streak <> 10", True, streak=_SEVEN_TO_NINE),
        ex("streak BETWEEN 6 AND 9", True, streak=_SEVEN_TO_NINE),
        ex("streak IN (1, 2, 10)", False, streak=_SEVEN_TO_NINE),
        ex(
            "streak IN (7, 8, 9)",
            None,
            ("不逐个去试", "values are not tried one by one"),
            streak=_SEVEN_TO_NINE,
        ),
        ex("income < 70000", True, income=Between(None, money("69999.99"))),
        ex("streak >= 6", None),
    ),
    construct(
        "值",
        "Values",
        (
            "至少与至多相等的,就知道确切是多少;否则缺失。已有确切的值时,上下限不起作用。在例子和给出的事实里写作 `streak: {least: 7, most: 9}`,可只写一边",
            "Where the least is the most the value is known; else it is missing. Where the value itself is given its bounds do not "
            "count. Cases and given facts write `streak: {least: 7, most: 9}`, or only one of the two.",
        ),
        ex("streak", None, streak=_SEVEN_TO_NINE),
        ex("streak", 7, streak=Between(7, 7)),
        ex("streak", 8, streak=8),
    ),
    construct(
        "计算",
        "Arithmetic",
        (
            "上下限随着一起计算:和、差、与确切数的积、整除(除数为常数或参数)、取整、绝对值、取大取小。两个都不确切的数相乘,什么也说不出",
            "Bounds are computed along: of sums and differences, products with something exact, whole division by a constant "
            "or parameter, rounding, size, the smaller and the larger. Of a product of two numbers neither of which is exact nothing is known.",
        ),
        ex("streak + 1 > 7", True, streak=_SEVEN),
        ex("streak + age >= 52", True, streak=_SEVEN, age=45),
        ex("streak + age >= 52", None, ("年龄缺失", "the age is missing"), streak=_SEVEN),
        ex("10 - streak <= 3", True, streak=_SEVEN),
        ex("-streak < 0", True, streak=_SEVEN),
        ex("streak - streak = 0", None, ("各算各的", "each stands for itself"), streak=_SEVEN_TO_NINE),
        ex("0.5 * streak <= 4.5", True, streak=_SEVEN_TO_NINE),
        ex(
            "streak * age <= -14",
            True,
            ("年龄为负,大小倒过来", "negative, so turned round"),
            streak=_SEVEN,
            age=-2,
        ),
        ex("streak * income > 0", None, streak=_SEVEN, income=Between(money("1.00"))),
        ex("streak // 12", 0, streak=_SEVEN_TO_NINE),
        ex("streak // 4 >= 1", True, streak=_SEVEN),
        ex(
            "streak // months >= 1",
            None,
            ("除数可能为 0 的不算", "a divisor that could be 0"),
            streak=_SEVEN,
            months=1,
        ),
        ex("round(income)", money("2"), income=Between(money("1.50"), money("2.49"))),
        ex("floor(income)", 1, income=Between(money("1.50"), money("1.99"))),
        ex("ceil(income) >= 2", True, income=Between(money("1.50"))),
        ex("abs(streak) >= 3", True, streak=Between(None, -3)),
        ex("abs(streak) <= 9", True, streak=Between(-9, 7)),
    ),
    construct(
        "封顶与保底",
        "Caps and floors",
        (
            "已知的上限中最小的起作用:至少 7 的数封顶 5,就确切是 5",
            "The smallest cap that is known holds: of what is at least 7, capped at 5, it is known that it is 5.",
        ),
        ex("least(streak, 5)", 5, streak=_SEVEN),
        ex("least(streak, 8)", None, streak=_SEVEN),
        ex("least(streak, 8) <= 8", True, streak=_SEVEN),
        ex("least(streak, age) <= 5", True, ("年龄缺失", "the age is missing"), streak=Between(None, 5)),
        ex(
            "least(months, age) <= 5",
            None,
            ("与上下限无关的照旧", "without ranges nothing changes"),
            months=5,
        ),
        ex("greatest(streak, 10)", 10, streak=_SEVEN_TO_NINE),
        ex("greatest(3000 - income, 0)", money("0.00"), income=Between(money("3000.00"))),
    ),
    construct(
        "CASE",
        "CASE",
        (
            "条件未定的,可能走到的各分支都算在内;没有 ELSE 的不算上下限",
            "Where a condition is open every branch that may still be the one counts. Without an ELSE there are no bounds.",
        ),
        ex(_RANKS, money("2000.00"), streak=Between(12)),
        ex(_RANKS, None, streak=_SEVEN),
        ex(f"{_RANKS} >= 1500", True, streak=_SEVEN),
        ex(f"{_RANKS} <= 1500.50", True, streak=Between(None, 11)),
        ex("CASE WHEN streak >= 8 THEN 1 ELSE 1 END", 1, streak=_SEVEN),
        ex("CASE WHEN streak >= 8 THEN 1 WHEN streak < 8 THEN 1 END", None, streak=_SEVEN),
        ex(
            "CASE WHEN streak >= 8 THEN '甲' ELSE '甲' END",
            None,
            ("文字没有上下限", "text has no bounds"),
            streak=_SEVEN,
        ),
    ),
)
