"""CASE, least, greatest."""

from datetime import date

from .base import construct, ex, money, operator

_RANKS = "CASE WHEN rank >= 4 THEN 2000 WHEN rank >= 3 THEN 1500.50 ELSE 0 END"

SPECS = (
    operator(
        "case",
        ex(_RANKS, money("2000.00"), rank=4),
        ex(_RANKS, money("1500.50"), rank=3),
        ex(_RANKS, money("0.00"), rank=2),
        ex(_RANKS, None, ("先遇到缺失的条件", "a missing condition comes first")),
        ex(
            "CASE WHEN member THEN 1 WHEN rank = 1 THEN 2 ELSE 3 END",
            1,
            ("后面的条件不问", "later conditions are not asked"),
            member=True,
        ),
        ex("CASE WHEN member THEN 1 WHEN rank = 1 THEN 2 ELSE 3 END", None, member=False),
        ex("CASE WHEN member THEN age END", None, ("无 ELSE", "no ELSE"), member=False),
        ex(
            "CASE WHEN member THEN age END",
            None,
            ("该分支的值缺失", "the branch's value is missing"),
            member=True,
        ),
        ex("CASE WHEN member THEN age ELSE 0 END", 0, member=False),
        ex("CASE WHEN TRUE THEN 1 END", 1),
        ex("CASE WHEN member THEN '甲' ELSE '乙' END", "乙", member=False),
        ex("CASE WHEN member THEN employed ELSE NOT employed END", True, member=False, employed=False),
        ex("CASE WHEN member THEN born ELSE as_of END", date(2024, 2, 29), member=False),
    ),
    construct(
        "CASE a WHEN b THEN c ELSE d END",
        "CASE a WHEN b THEN c ELSE d END",
        (
            "依次比较 a = b;a 缺失则结果缺失,不取 ELSE。",
            "Compares a = b in turn; where a is missing the result is missing, never the ELSE.",
        ),
        ex("CASE rank WHEN 1 THEN 500 WHEN 2 THEN 1000 ELSE 0 END", 1000, rank=2),
        ex("CASE rank WHEN 1 THEN 500 WHEN 2 THEN 1000 ELSE 0 END", 0, rank=3),
        ex("CASE rank WHEN 1 THEN 500 WHEN 2 THEN 1000 ELSE 0 END", None),
    ),
    operator(
        "least",
        ex("least(age, 45)", 45, age=46),
        ex("least(age, 45)", None),
        ex("least(age, months, rank)", None, age=1, months=2),
        ex("least(0.75 * pay, demo.cap)", money("5000.0000"), pay=money("6666.67")),
        ex("least(0.75 * pay, demo.cap)", money("4999.9800"), pay=money("6666.64")),
        ex("least(pay, 1)", money("0.99"), pay=money("0.99")),
        ex("least(age)", 45, age=45),
    ),
    operator(
        "greatest",
        ex("greatest(pay - tuition, 0)", money("0.00"), pay=money("1.00"), tuition=money("1.01")),
        ex("greatest(pay - tuition, 0)", money("0.01"), pay=money("1.01"), tuition=money("1.00")),
        ex("greatest(pay - tuition, 0)", None, pay=money("1.00")),
        ex("greatest(age, -1)", -1, age=-2147483648),
        ex("greatest(2, 3, 1)", 3),
    ),
)
