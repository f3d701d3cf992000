"""Arithmetic: exact, with sizes known before anything runs."""

from .base import construct, ex, money, operator

_MOST = 2147483647
_MOST_MONEY = money("9999999999.99")

SPECS = (
    operator(
        "+",
        ex("age + 1", 46, age=45),
        ex("age + 1", None),
        ex("pay + 0.005", money("1.015"), pay=money("1.01")),
        ex("pay + age", money("46.01"), pay=money("1.01"), age=45),
        ex("age + months", 4294967294, age=_MOST, months=_MOST),
        ex("age + months", -4294967296, age=-_MOST - 1, months=-_MOST - 1),
        ex("pay + tuition", money("19999999999.98"), pay=_MOST_MONEY, tuition=_MOST_MONEY),
    ),
    operator(
        "-",
        ex("age - 46", -1, age=45),
        ex("age - 46", None),
        ex("pay - 0.005", money("-0.005"), pay=money("0.00")),
        ex("age - months", 4294967295, age=_MOST, months=-_MOST - 1),
        ex("pay - tuition", money("-19999999999.98"), pay=-_MOST_MONEY, tuition=_MOST_MONEY),
    ),
    operator(
        "*",
        ex("age * 2", 90, age=45),
        ex("age * months", None, age=0),
        ex("0.75 * pay", money("75.0225"), pay=money("100.03")),
        ex("demo.share * pay", money("-75.0225"), pay=money("-100.03")),
        ex("age * months", 4611686014132420609, age=_MOST, months=_MOST),
        ex("pay * tuition", money("99999999999800000000.0001"), pay=_MOST_MONEY, tuition=_MOST_MONEY),
    ),
    operator(
        "//",
        ex("age // 12", 3, age=45),
        ex("age // 12", -4, ("向下取整", "rounded down"), age=-45),
        ex("age // -12", -4, age=45),
        ex("age // -12", 3, age=-45),
        ex("age // 12", -3, age=-36),
        ex("age // months", None, ("除数为 0", "divided by 0"), age=45, months=0),
        ex("age // 12", None),
        ex("5 // months", 0, months=_MOST),
        ex("5 // months", -1, months=-_MOST - 1),
        ex("5 // (months + months)", 0, months=_MOST),
        ex("age // -1", 2147483648, age=-_MOST - 1),
    ),
    operator(
        "neg",
        ex("-age", -45, age=45),
        ex("-age", 2147483648, age=-_MOST - 1),
        ex("-pay", money("0.01"), pay=money("-0.01")),
        ex("-age", None),
    ),
    operator(
        "round",
        ex("round(2.5, 0)", money("3")),
        ex("round(-2.5, 0)", money("-3"), ("远离 0 的方向", "away from zero")),
        ex("round(2.4999, 0)", money("2")),
        ex("round(0.75 * pay, 2)", money("75.02"), pay=money("100.02")),
        ex("round(0.75 * pay, 2)", money("-75.02"), pay=money("-100.02")),
        ex("round(1.005, 2)", money("1.01"), ("小数精确", "decimals are exact")),
        ex("round(pay)", money("10"), ("不写位数即保留整数", "no digits: to the whole"), pay=money("9.50")),
        ex(
            "round(pay, 4)",
            money("9.50"),
            ("位数够少,不变", "few digits stay as they are"),
            pay=money("9.50"),
        ),
        ex("round(age, 2)", 45, age=45),
        ex("round(pay, 1)", None),
    ),
    operator(
        "floor",
        ex("floor(pay)", 2, pay=money("2.99")),
        ex("floor(pay)", -3, pay=money("-2.01")),
        ex("floor(pay)", -2, pay=money("-2.00")),
        ex("floor(age)", 45, age=45),
        ex("floor(age * months)", 4611686014132420609, age=_MOST, months=_MOST),
        ex("floor(pay)", None),
    ),
    operator(
        "ceil",
        ex("ceil(pay)", 3, pay=money("2.01")),
        ex("ceil(pay)", -2, pay=money("-2.99")),
        ex("ceil(pay)", 2, pay=money("2.00")),
        ex("ceil(pay)", 10000000000, pay=_MOST_MONEY),
        ex("ceil(age * months)", -4611686016279904256, age=_MOST, months=-_MOST - 1),
        ex("ceil(pay)", None),
    ),
    operator(
        "abs",
        ex("abs(age)", 45, age=-45),
        ex("abs(age)", 2147483648, age=-_MOST - 1),
        ex("abs(pay)", money("0.01"), pay=money("-0.01")),
        ex("abs(age)", None),
    ),
    construct(
        "位数",
        "Sizes",
        (
            "每个结果最多有几位数字,读规则时就知道;可能超过 38 位的写法当时就被拒绝,运行时从不溢出。",
            "How many digits a result can have is known when the rule is read; what could exceed 38 is refused "
            "then, and nothing overflows when it runs.",
        ),
        ex(
            "pay * tuition * age",
            money("2147483647.0000"),
            pay=money("1.00"),
            tuition=money("1.00"),
            age=_MOST,
        ),
        ex("(age + months) * (age + months)", 18446744056529682436, age=_MOST, months=_MOST),
    ),
)
