"""Check digits in SQL, so that millions of numbers are checked in one pass."""

from jigong.packs.contract import Identifier

_CREDIT_SIGNS = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_CITIZEN_WEIGHTS = tuple(pow(2, 17 - place, 11) for place in range(17))
_CREDIT_WEIGHTS = tuple(pow(3, place, 31) for place in range(17))

FORMS: dict[Identifier, str] = {
    "citizen": r"[1-9]\d{5}(18|19|20)\d{9}[\dX]",
    "credit_code": r"[0-9A-HJ-NPQRTUWXY]{2}\d{6}[0-9A-HJ-NPQRTUWXY]{10}",
    "person": r"[1-9]\d{5}(18|19|20)\d{9}[\dX]|[HM]\d{8}(\d{2})?|\d{8}|\d{10}[A-Z]?|[A-Z]{3}\d{12}|[A-Z]{1,3}\d{6,9}|\d{9}",
    "certificate": r"[YS]\d{14}[1-5]\d{6}",
    "occupation": r"\d-\d{2}-\d{2}-\d{2}",
}


def valid(identifier: Identifier, value: str) -> str:
    """SQL that is TRUE when ``value`` (a VARCHAR expression) has the right form and check digit.

    A citizen number (GB 11643) also needs a birth date that exists; a credit code follows GB 32100.
    The number of a person may also be that of a residence permit of people of Hong Kong, Macau or Taiwan or of a
    foreigner's permanent residence card (18 characters, the same check digit; older cards have three letters and
    twelve digits), of a permit to travel to the mainland, or of a passport: these have a form but no check digit, as
    have certificates and occupations.
    """
    form = f"regexp_full_match({value}, '{FORMS[identifier]}')"
    match identifier:
        case "citizen":
            return f"(CASE WHEN {form} THEN {_citizen(value)} ELSE FALSE END)"
        case "credit_code":
            return f"(CASE WHEN {form} THEN {_credit_code(value)} ELSE FALSE END)"
        case "person":
            other = f"length({value}) < 18 AND {form}"
            return f"(CASE WHEN length({value}) = 18 THEN {valid('citizen', value)} ELSE {other} END)"
        case _:
            return form


def _citizen(value: str) -> str:
    number = f"TRY_CAST({value}[1:17] AS BIGINT)"
    total = " + ".join(
        f"{weight} * ({number} // {10 ** (16 - place)} % 10)" for place, weight in enumerate(_CITIZEN_WEIGHTS)
    )
    birth = f"{value}[7:10] || '-' || {value}[11:12] || '-' || {value}[13:14]"
    return f"{value}[18] = ('10X98765432')[1 + ({total}) % 11] AND TRY_CAST({birth} AS DATE) IS NOT NULL"


def _credit_code(value: str) -> str:
    total = " + ".join(
        f"{weight} * (instr('{_CREDIT_SIGNS}', {value}[{place + 1}]) - 1)"
        for place, weight in enumerate(_CREDIT_WEIGHTS)
    )
    return f"{value}[18] = ('{_CREDIT_SIGNS}')[1 + (31 - ({total}) % 31) % 31]"
