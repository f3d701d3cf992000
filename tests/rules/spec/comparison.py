"""Comparisons and membership."""

from datetime import date

from .base import Example, construct, ex, money, operator


def _neighbours(symbol: str, below: bool, equal: bool, above: bool) -> tuple[Example, ...]:
    """A threshold of 45 from both sides, and what every comparison does with missing data."""
    return (
        ex(f"age {symbol} 45", below, age=44),
        ex(f"age {symbol} 45", equal, age=45),
        ex(f"age {symbol} 45", above, age=46),
        ex(f"age {symbol} 45", None),
        ex(f"age {symbol} months", None, age=45),
    )


def _orders(symbol: str, below: bool, equal: bool, above: bool) -> tuple[Example, ...]:
    """The same for decimals of different scale, against whole numbers, and for dates."""
    return (
        *_neighbours(symbol, below, equal, above),
        ex(f"pay {symbol} 100", below, pay=money("99.99")),
        ex(f"pay {symbol} 100.000", equal, pay=money("100.00")),
        ex(f"pay {symbol} 99.995", above, pay=money("100.00")),
        ex(f"joined {symbol} as_of", below, joined=date(2024, 2, 28)),
        ex(f"joined {symbol} DATE '2024-02-29'", equal, joined=date(2024, 2, 29)),
        ex(f"joined {symbol} born", above, joined=date(9999, 12, 31), born=date(1, 1, 1)),
    )


SPECS = (
    operator(
        "=",
        *_neighbours("=", False, True, False),
        ex("pay = 1", True, pay=money("1.00")),
        ex("pay = 1.005", False, pay=money("1.00")),
        ex("town = '甲镇'", True, town="甲镇"),
        ex("town = 'a'", False, ("大小写有别", "case counts"), town="A"),
        ex("member = employed", True, member=False, employed=False),
        ex("born = joined", False, born=date(2024, 2, 29), joined=date(2023, 2, 28)),
    ),
    operator(
        "<>",
        *_neighbours("<>", True, False, True),
        ex("town <> ''", None),
        ex("town <> ''", False, town=""),
        ex("member <> employed", True, member=True, employed=False),
    ),
    operator("<", *_orders("<", True, False, False)),
    operator("<=", *_orders("<=", True, True, False)),
    operator(">", *_orders(">", False, False, True)),
    operator(">=", *_orders(">=", False, True, True)),
    construct(
        "a BETWEEN b AND c",
        "a BETWEEN b AND c",
        ("b 以上 c 以下,两端都含;等于 a >= b AND a <= c。", "Both ends count: a >= b AND a <= c."),
        ex("age BETWEEN 16 AND 45", False, age=15),
        ex("age BETWEEN 16 AND 45", True, age=16),
        ex("age BETWEEN 16 AND 45", True, age=45),
        ex("age BETWEEN 16 AND 45", False, age=46),
        ex("age BETWEEN 16 AND 45", None),
        ex(
            "age BETWEEN 16 AND months",
            False,
            ("下限已不成立", "the lower end already decides"),
            age=15,
        ),
        ex("age NOT BETWEEN 16 AND 45", True, age=46),
    ),
    operator(
        "in",
        ex("town IN ('甲镇', '乙镇')", True, town="乙镇"),
        ex("town IN ('甲镇', '乙镇')", False, town="丙镇"),
        ex("town IN ('甲镇', '乙镇')", None),
        ex("town IN demo.towns", True, ("列表参数", "a list parameter"), town="甲镇"),
        ex("town IN (demo.towns)", False, town="丙镇"),
        ex("town IN demo.towns", None),
        ex("town IN (demo.towns, '丙镇')", True, town="丙镇"),
        ex("town IN demo.no_towns", False, ("空列表", "an empty list"), town="甲镇"),
        ex("town IN demo.no_towns", None),
        ex("rank IN demo.ranks", True, rank=2),
        ex("age IN (demo.min_age, 45)", True, age=16),
        ex("pay IN (1, 2.50, 3.005)", True, pay=money("2.50")),
        ex("pay IN (1, 2.50, 3.005)", False, pay=money("3.00")),
        ex("rank IN (-1, 1)", True, rank=-1),
        ex("as_of IN (DATE '2024-02-28', DATE '2024-02-29')", True),
    ),
    construct(
        "a NOT IN (b, c)",
        "a NOT IN (b, c)",
        ("不等于其中任何一个;a 缺失则缺失。", "Equal to none of them; missing when a is."),
        ex("rank NOT IN (1, 2)", True, rank=3),
        ex("rank NOT IN (1, 2)", False, rank=2),
        ex("rank NOT IN (1, 2)", None),
    ),
)
