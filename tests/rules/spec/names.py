"""Names, constants, brackets."""

from datetime import date

from .base import construct, ex, money

SPECS = (
    construct(
        "事实",
        "Facts",
        (
            "小写字母写的名称;没有值的事实是缺失的,不是 0 也不是否。",
            "A plain name. A fact without a value is missing: neither 0 nor false.",
        ),
        ex("age", 45, age=45),
        ex("pay", money("-0.01"), pay=money("-0.01")),
        ex("member", False, member=False),
        ex("town", "甲镇", town="甲镇"),
        ex("born", date(1980, 2, 29), born=date(1980, 2, 29)),
        ex("age", None),
    ),
    construct(
        "参数",
        "Parameters",
        (
            "`主题.名称`,取运行之日有效的值;不会缺失。列表参数只能写在 IN 后面。",
            "`topic.name`: its value in force on the day; never missing. A list stands only after IN.",
        ),
        ex("demo.min_age", 16),
        ex("age >= demo.min_age", True, age=16),
        ex("demo.share * pay", money("7500.0000"), pay=money("10000.00")),
        ex("as_of >= demo.start", True),
    ),
    construct(
        "as_of",
        "as_of",
        ("判定之日;不会缺失。", "The day it is decided on; never missing."),
        ex("as_of", date(2024, 2, 29)),
        ex("as_of", date(9999, 12, 31), as_of=date(9999, 12, 31)),
        ex("years_between(born, as_of)", 43, born=date(1980, 3, 1)),
    ),
    construct(
        "常数",
        "Constants",
        (
            "整数、小数、单引号中的文字(单引号写两次)、TRUE、FALSE、DATE '年-月-日'。小数精确,位数如所写。",
            "Whole numbers, decimals, text in single quotes (a quote is written twice), TRUE, FALSE, "
            "DATE 'year-month-day'. Decimals are exact, with the digits written.",
        ),
        ex("45", 45),
        ex("0.10", money("0.10")),
        ex("0.1 + 0.2 = 0.3", True, ("小数精确", "decimals are exact")),
        ex("'it''s'", "it's"),
        ex("'甲镇'", "甲镇"),
        ex("TRUE", True),
        ex("DATE '2024-02-29'", date(2024, 2, 29)),
        ex("12345678901234567890123456789012345678", 12345678901234567890123456789012345678),
        ex(
            "1234567890123456789012345678901234.5678",
            money("1234567890123456789012345678901234.5678"),
            ("最多 38 位", "38 digits at most"),
        ),
    ),
    construct(
        "括号与优先顺序",
        "Brackets and order",
        (
            "先 `*` `//`,再 `+` `-`,再比较,再 NOT,再 AND,最后 OR;拿不准就加括号。",
            "First `*` `//`, then `+` `-`, then comparisons, then NOT, then AND, last OR; brackets make it plain.",
        ),
        ex("2 + 3 * 4", 14),
        ex("(2 + 3) * 4", 20),
        ex("10 - 3 - 2", 5),
        ex("NOT age = 45", False, age=45),
        ex("TRUE OR FALSE AND FALSE", True),
        ex("(TRUE OR FALSE) AND FALSE", False),
    ),
)
