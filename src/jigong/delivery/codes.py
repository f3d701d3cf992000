"""Codes that stand for people where their names must not: on a roster, in a record."""

from jigong.accounts.cipher import lookup

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's: no letter that looks like a digit."""
_LETTERS = 12


def code_in(scope: str, subject: str) -> str:
    """A subject's code within ``scope``, such as ``7F3K-90QM-V2XA``.

    It is cut from a keyed hash: the same each time, telling nothing, and another one in every scope. Two are equal
    with a chance of one in a hundred million among 100,000.
    """
    number = int(lookup(f"{scope}|{subject}", "lottery.code"), 16)
    letters = "".join(_ALPHABET[number >> (5 * place) & 31] for place in range(_LETTERS))
    return f"{letters[:4]}-{letters[4:8]}-{letters[8:]}"
